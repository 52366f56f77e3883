//! `update`: the course's new files, and every file the learner touched as it is.
//!
//! The course is a git clone, and git's own merge works line by line: it would mix the
//! course's lines into a learner's code, or leave conflict marks in it. This merges
//! file by file, with one rule: **a file that is not as the course had it stays.**
//!
//! ```text
//! fetch ─► the commit to be at: the course's; if the learner has commits of their own,
//!    │     a merge in which every file they changed is theirs
//!    ▼
//! .marmota/update.json   from where to where: written before anything is changed
//!    ▼
//! a backup of each file that will change; then each is replaced whole, if it still is
//! as the course had it
//!    ▼
//! git's index, git's HEAD, and the note is removed
//! ```
//!
//! Each step can be done again, so a run that was killed is finished by the next one:
//! the note says what it was at, and a file that is new already is left alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use crate::backups;
use crate::course::Course;
use crate::git::{Blob, Change, Failure, Git};
use crate::own;
use crate::store::{self, step};
use crate::trouble::{Outcome, Trouble};

/// Get the course's newest files; yours stay as they are
///
/// Fetches with git, and replaces only files that are as the course had them. A file
/// that you edited stays, whether you committed it or not: your code in `src` above
/// all. Where the course has a new one too, that is said, with how to compare.
///
/// What is replaced is kept first; `cargo xtask undo` brings it back. If it is
/// interrupted, run it again: it goes on where it was.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// Where the course comes from: a remote's name, an address, or a folder
    /// [default: what your branch follows, else origin]
    #[arg(long, value_name = "REPOSITORY")]
    from: Option<String>,
}

/// The note of an update that is under way.
#[derive(Serialize, Deserialize)]
struct Move {
    from: String,
    to: String,
}

/// Updates, or finishes an update that was interrupted.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    let update = Update {
        course,
        git: Git::at(&course.root),
        note: store::folder(&course.root).join("update.json"),
    };
    update.see_clone()?;
    if let Some(unfinished) = update.unfinished()? {
        println!("an update was interrupted; this finishes it");
        update.carry_out(&unfinished)?;
        return Ok(ExitCode::SUCCESS);
    }
    update.see_order()?;
    let theirs = update.fetch(arguments.from.as_deref())?;
    let head = update.commit("HEAD")?;
    let base = update.git.line(&["merge-base", &head, &theirs]);
    let base = base.map_err(|_| {
        Trouble::new(
            "this clone and what was fetched have no commit in common",
            "if you cloned with --depth: git fetch --unshallow; otherwise name the course's\n\
             repository: cargo xtask update --from REPOSITORY",
        )
    })?;
    if base == theirs {
        println!("nothing new: the course is at {}", short(&theirs));
        return Ok(ExitCode::SUCCESS);
    }
    let to = if base == head {
        theirs
    } else {
        update.merged(&base, &head, &theirs)?
    };
    let update_to = Move { from: head, to };
    let note = serde_json::to_vec(&update_to).expect("two strings always serialize");
    store::put(&course.root, &update.note, &note).map_err(|e| unwritable(&update.note, &e))?;
    update.carry_out(&update_to)?;
    Ok(ExitCode::SUCCESS)
}

struct Update<'a> {
    course: &'a Course,
    git: Git<'a>,
    note: PathBuf,
}

/// What is to happen to one file.
struct Replacement {
    path: PathBuf,
    /// Its bytes now.
    now: Option<Vec<u8>>,
    /// Its bytes from now on, and whether it may be run.
    new: Option<(Vec<u8>, bool)>,
}

impl Update<'_> {
    /// The course is the whole of a git clone.
    fn see_clone(&self) -> Outcome<()> {
        const REMEDY: &str = "clone the course with git, and copy your files in `lessons/*/src` into the\n\
            clone; `cargo xtask progress --rebuild` there counts what has passed";
        let top = self.git.line(&["rev-parse", "--show-toplevel"]);
        let top = top.map_err(|e| e.trouble("the course is no git clone", REMEDY))?;
        let same = |a: &Path, b: &Path| match (a.canonicalize(), b.canonicalize()) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        };
        if same(Path::new(&top), &self.course.root) {
            return self.commit("HEAD").map(drop);
        }
        let what = format!("the course is a part of another repository, {top}");
        Err(Trouble::new(what, REMEDY))
    }

    /// The update that was interrupted, if one was. A note that git knows better than
    /// (the learner has committed since, or gone to another branch) is thrown away:
    /// whatever was replaced by then counts as the learner's.
    fn unfinished(&self) -> Outcome<Option<Move>> {
        let Ok(text) = fs::read(&self.note) else {
            return Ok(None);
        };
        let head = self.commit("HEAD")?;
        let known: Option<Move> = serde_json::from_slice(&text).ok();
        let known = known.filter(|m| head == m.from || head == m.to);
        if known.is_none() {
            fs::remove_file(&self.note).map_err(|e| unwritable(&self.note, &e))?;
        }
        Ok(known)
    }

    /// Nothing of git's is half done: it could be lost.
    fn see_order(&self) -> Outcome<()> {
        for unfinished in ["MERGE_HEAD", "rebase-merge", "rebase-apply"] {
            let path = self.git.line(&["rev-parse", "--git-path", unfinished]);
            if path.is_ok_and(|path| self.course.root.join(path).exists()) {
                return Err(Trouble::new(
                    "a merge or rebase of yours is not finished",
                    "finish it (`git status` says how), and update then",
                ));
            }
        }
        let staged = ["diff", "--cached", "--name-only", "HEAD", "--"];
        let staged = self.git.line(&staged).map_err(unknown)?;
        if staged.is_empty() {
            return Ok(());
        }
        Err(Trouble::new(
            format!("these are staged and not committed:\n{staged}"),
            "git commit, or git restore --staged . (your files stay), and update then",
        ))
    }

    /// Fetches; gives the course's newest commit.
    fn fetch(&self, from: Option<&str>) -> Outcome<String> {
        let branch = self
            .git
            .line(&["symbolic-ref", "--quiet", "--short", "HEAD"]);
        let configured = |key: &str| {
            let branch = branch.as_ref().ok()?;
            self.git
                .line(&["config", &format!("branch.{branch}.{key}")])
                .ok()
        };
        let (remote, what) = match from {
            Some(from) => (from.to_owned(), "HEAD".to_owned()),
            None => match (configured("remote"), configured("merge")) {
                (Some(remote), Some(merge)) => (remote, merge),
                _ => ("origin".into(), "HEAD".into()),
            },
        };
        let fetch = ["fetch", "--quiet", "--no-tags", "--", &remote, &what];
        self.git.bytes(&fetch).map_err(|e| {
            e.trouble(
                &format!("`{remote}` cannot be fetched"),
                "connect to the network, or name where the course comes from:\n\
                 cargo xtask update --from REPOSITORY; nothing was changed",
            )
        })?;
        step();
        self.commit("FETCH_HEAD")
    }

    fn commit(&self, name: &str) -> Outcome<String> {
        let name = format!("{name}^{{commit}}");
        let found = self.git.line(&["rev-parse", "--verify", "--quiet", &name]);
        found.map_err(|_| {
            Trouble::new(
                "this clone has no commit yet",
                "clone the course's repository; an empty one cannot be updated",
            )
        })
    }

    /// A merge of `head` and `theirs`: their files, but of those that changed from `base`
    /// to `head`, the learner's. Made with an index of its own; no file is touched.
    fn merged(&self, base: &str, head: &str, theirs: &str) -> Outcome<String> {
        let index = store::folder(&self.course.root)
            .join("tmp")
            .join("update.index");
        let _none_was_left = fs::remove_file(&index);
        let folder = index.parent().expect("a file has a folder");
        fs::create_dir_all(folder).map_err(|e| unwritable(&index, &e))?;
        let git = self.git.with_index(&index);
        let make = || -> Result<String, Failure> {
            git.bytes(&["read-tree", theirs])?;
            let mut lines = String::new();
            for change in git.changes(base, head)? {
                let none = Blob {
                    mode: "0".into(),
                    hash: "0".repeat(base.len()),
                };
                let Blob { mode, hash } = change.after.unwrap_or(none);
                lines += &format!("{mode} {hash}\t{}\0", change.path);
            }
            git.fed(&["update-index", "-z", "--index-info"], lines.as_bytes())?;
            let tree = git.line(&["write-tree"])?;
            // A learner without a name may have commits, from another machine.
            let named = git.line(&["var", "GIT_COMMITTER_IDENT"]).is_ok();
            let name: &[&str] = match named {
                true => &[],
                false => &[
                    "-c",
                    "user.name=learner",
                    "-c",
                    "user.email=learner@localhost",
                ],
            };
            let commit = [
                "commit-tree",
                &tree,
                "-p",
                head,
                "-p",
                theirs,
                "-m",
                "Update the course",
            ];
            git.line(&[name, &commit].concat())
        };
        let made = make().map_err(unknown);
        let _gone_already = fs::remove_file(&index);
        step();
        made
    }

    /// Replaces the files, then tells git.
    fn carry_out(&self, update: &Move) -> Outcome<()> {
        let Move { from, to } = update;
        let changes = self.git.changes(from, to).map_err(unknown)?;
        let (replacements, mut kept) = self.plan(&changes)?;
        let paths: Vec<PathBuf> = replacements.iter().map(|r| r.path.clone()).collect();
        let backup = match paths.is_empty() {
            true => None,
            false => Some(backups::keep(self.course, &paths)?),
        };
        for replacement in &replacements {
            let done = self.replace(replacement);
            if !done.map_err(|e| unwritable(&replacement.path, &e))? {
                kept.push(self.course.short(&replacement.path));
            }
        }
        self.git.bytes(&["read-tree", to]).map_err(busy)?;
        step();
        let message = "cargo xtask update";
        self.git
            .bytes(&["update-ref", "-m", message, "HEAD", to])
            .map_err(busy)?;
        step();
        // So that `git status` has not to read every file.
        let _only_faster = self.git.bytes(&["update-index", "-q", "--refresh"]);
        fs::remove_file(&self.note).map_err(|e| unwritable(&self.note, &e))?;
        step();
        own::remember(self.course);
        let (base, theirs) = self.of_the_course(update)?;
        kept.extend(self.committed(update, &base, &theirs)?);
        kept.sort();
        kept.dedup();
        self.say(&base, &theirs, &changes, &kept);
        if let Some(backup) = backup {
            println!("\nthe files before: cargo xtask undo {}", backup.number);
        }
        println!("grade your code with the new tests: cargo xtask progress --rebuild");
        Ok(())
    }

    /// What is to be replaced, and which files stay because they are the learner's.
    fn plan(&self, changes: &[Change]) -> Outcome<(Vec<Replacement>, Vec<String>)> {
        let mut there = Vec::new();
        for change in changes {
            let path = self.course.root.join(&change.path);
            there.push(match fs::symlink_metadata(&path) {
                Ok(about) if about.is_file() => {
                    let bytes = fs::read(&path).map_err(|e| unreadable(&path, &e))?;
                    Some((Some(bytes), is_program(&about)))
                }
                // A link or a folder: nothing of the course's.
                Ok(_) => Some((None, false)),
                Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    None
                }
                Err(e) => return Err(unreadable(&path, &e)),
            });
        }
        let is_there = |i: &usize| matches!(there[*i], Some((Some(_), _)));
        let files: Vec<usize> = (0..changes.len()).filter(is_there).collect();
        let names: String = files
            .iter()
            .map(|i| format!("{}\n", changes[*i].path))
            .collect();
        let hash = ["hash-object", "--stdin-paths"];
        let hashes = self.git.fed(&hash, names.as_bytes()).map_err(unknown)?;
        let hashes = String::from_utf8_lossy(&hashes).into_owned();
        let mut hashes = hashes.lines();

        let (mut replacements, mut kept) = (Vec::new(), Vec::new());
        for (change, there) in changes.iter().zip(there) {
            let (now, runs) = match there {
                None => (None, false),
                Some((None, _)) => {
                    kept.push(change.path.clone());
                    continue;
                }
                Some((Some(bytes), runs)) => {
                    (Some((bytes, hashes.next().unwrap_or_default())), runs)
                }
            };
            let is = |blob: &Option<Blob>| match (&now, blob) {
                (Some((_, hash)), Some(blob)) => *hash == blob.hash,
                (None, None) => true,
                _ => false,
            };
            let mode_is_new = change.after.as_ref().is_none_or(|b| b.is_program() == runs);
            if is(&change.after) && mode_is_new {
                continue;
            }
            // One that the learner has removed is put there again: that loses nothing.
            let as_it_was = is(&change.before) || is(&change.after) || now.is_none();
            let plain = change.after.as_ref().is_none_or(Blob::is_file);
            if !as_it_was || !plain {
                kept.push(change.path.clone());
                continue;
            }
            let new = match &change.after {
                None => None,
                Some(blob) => {
                    let filtered = format!("--path={}", change.path);
                    let show = ["cat-file", "--filters", &filtered, &blob.hash];
                    let bytes = self.git.bytes(&show).map_err(unknown)?;
                    Some((bytes, blob.is_program()))
                }
            };
            replacements.push(Replacement {
                path: self.course.root.join(&change.path),
                now: now.map(|(bytes, _)| bytes),
                new,
            });
        }
        Ok((replacements, kept))
    }

    /// Replaces one file, unless it was saved a moment ago: false then.
    fn replace(&self, replacement: &Replacement) -> io::Result<bool> {
        let Replacement { path, now, new } = replacement;
        if fs::read(path).ok() != *now {
            return Ok(false);
        }
        match new {
            Some((bytes, runs)) => {
                store::put(&self.course.root, path, bytes)?;
                if *runs {
                    make_program(path)?;
                }
            }
            None if now.is_some() => {
                fs::remove_file(path)?;
                // Folders that are empty now: git has none either.
                let inside = path
                    .ancestors()
                    .skip(1)
                    .take_while(|f| *f != self.course.root);
                for folder in inside {
                    if fs::remove_dir(folder).is_err() {
                        break;
                    }
                }
            }
            None => {}
        }
        step();
        Ok(true)
    }

    /// Where the course's own changes begin and end: the two commits to compare.
    fn of_the_course(&self, update: &Move) -> Outcome<(String, String)> {
        // Of a merge that this command has made, the second parent is the course's.
        let theirs = format!("{}^2", update.to);
        match self
            .git
            .line(&["rev-parse", "--verify", "--quiet", &theirs])
        {
            Ok(theirs) => {
                let base = self.git.line(&["merge-base", &update.from, &theirs]);
                Ok((base.map_err(unknown)?, theirs))
            }
            Err(_) => Ok((update.from.clone(), update.to.clone())),
        }
    }

    /// The files that the learner has committed and the course has changed otherwise.
    fn committed(&self, update: &Move, base: &str, theirs: &str) -> Outcome<Vec<String>> {
        let changes = |to: &str| self.git.changes(base, to).map_err(unknown);
        let ours: BTreeMap<String, Option<Blob>> = changes(&update.from)?
            .into_iter()
            .map(|change| (change.path, change.after))
            .collect();
        let both = changes(theirs)?.into_iter().filter(|change| {
            ours.get(&change.path)
                .is_some_and(|mine| *mine != change.after)
        });
        Ok(both.map(|change| change.path).collect())
    }

    fn say(&self, base: &str, theirs: &str, changes: &[Change], kept: &[String]) {
        let replaced = changes.iter().filter(|c| !kept.contains(&c.path)).count();
        println!(
            "the course is at {}; {replaced} files are new",
            short(theirs)
        );
        let lessons = changes.iter().filter(|c| c.before.is_none());
        for change in lessons {
            if let Some(folder) = change.path.strip_suffix("/lesson.toml") {
                println!("  new: {}", folder.trim_start_matches("lessons/"));
            }
        }
        if !kept.is_empty() {
            println!("\nyours stay, though the course has changed them too:");
            for path in kept {
                println!("  {path}");
            }
            println!(
                "what the course changed: git diff {} {} -- FILE\n\
                 take the course's file: `cargo xtask reset` for an exercise (yours is kept),\n\
                 `cargo xtask reset --tests` for tests and manifests",
                short(base),
                short(theirs)
            );
        }
    }
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

#[cfg(unix)]
fn is_program(about: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o100 != 0
}

#[cfg(unix)]
fn make_program(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))
}

#[cfg(not(unix))]
fn is_program(_: &fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn make_program(_: &Path) -> io::Result<()> {
    Ok(())
}

fn unknown(failure: Failure) -> Trouble {
    failure.trouble(
        "git cannot say what has changed",
        "see whether `git status` and `git fsck` find fault with this clone",
    )
}

fn busy(failure: Failure) -> Trouble {
    failure.trouble(
        "the files are new, but git could not be told",
        "see that no other git is at work here, and run `cargo xtask update` again",
    )
}

fn unreadable(path: &Path, e: &io::Error) -> Trouble {
    Trouble::new(
        format!("cannot read {}: {e}", path.display()),
        "make it readable, and update again: nothing was changed",
    )
}

fn unwritable(path: &Path, e: &io::Error) -> Trouble {
    Trouble::new(
        format!("cannot write {}: {e}", path.display()),
        "make room, see that you may write there, and run `cargo xtask update` again: it\n\
         goes on where it was",
    )
}
