//! Which files are the course's own, and what stood in them.
//!
//! Each lesson has a list, `SHA256SUMS`, in the format of `sha256sum`: its manifest,
//! its tests, and its starters. A second list, `lessons/SHA256SUMS`, names what all
//! lessons are graded with. Maintainers write them (`cargo xtask protect`), CI shows
//! that they are true. Two things rest on them:
//!
//! - **Tampering** is a file on a list, other than a starter, that is not what the
//!   list says; or something beside them that cargo would run or obey.
//! - **Restoring** needs the bytes behind a hash. They are looked for in the file
//!   itself, in the copies that every command makes while they are still there to
//!   be copied (`.marmota/own/HASH`), and in git's history if there is one. A hash
//!   cannot be met by the wrong bytes, so it does not matter where they come from.
//!
//! This keeps honest people from grading against a test they have bent by mistake.
//! Whoever edits the list too only fools themselves: `cargo xtask grade` takes
//! nothing but `src` from anybody.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::course::{Course, Lesson};
use crate::git::Git;
use crate::store;
use crate::trouble::{Outcome, Trouble};

/// The list's name, in each lesson and in `lessons`.
pub const LIST: &str = "SHA256SUMS";

/// Hashes by path, relative to the list's base.
type Sums = BTreeMap<String, String>;

/// A list and what its paths are relative to.
pub struct Own {
    /// The lesson's folder, or the repository's root.
    base: PathBuf,
    list: PathBuf,
    /// What the list should name, as folders and files under the base.
    covers: &'static [&'static str],
    /// What must not be there unless it is listed: cargo would run or obey it.
    foreign: &'static [&'static str],
}

impl Own {
    /// What a lesson calls its own.
    pub fn of_lesson(lesson: &Lesson) -> Self {
        Self::of_folder(&lesson.folder)
    }

    /// The lists of the whole course: what all lessons share, then each lesson's. A
    /// lesson's folder is enough: its `lesson.toml` may be what was damaged.
    pub fn all(course: &Course) -> Vec<Self> {
        let folders = course.folders().unwrap_or_default();
        let mut all = vec![Self::of_course(course)];
        all.extend(folders.iter().map(|folder| Self::of_folder(folder)));
        all
    }

    fn of_folder(folder: &Path) -> Self {
        Self {
            base: folder.to_owned(),
            list: folder.join(LIST),
            covers: &["Cargo.toml", "lesson.toml", "tests", "src"],
            foreign: &["build.rs", ".cargo"],
        }
    }

    /// What all lessons are graded with.
    pub fn of_course(course: &Course) -> Self {
        Self {
            base: course.root.clone(),
            list: course.root.join("lessons").join(LIST),
            covers: &[
                "Cargo.toml",
                ".cargo",
                "lessons/grader/Cargo.toml",
                "lessons/grader/src",
                "lessons/verdict/Cargo.toml",
                "lessons/verdict/src",
            ],
            foreign: &[
                ".cargo",
                "build.rs",
                "lessons/.cargo",
                "lessons/grader/build.rs",
                "lessons/verdict/build.rs",
            ],
        }
    }

    /// The files that are not what the list says, as paths from the root; empty if
    /// all is well. The starters are the learner's to change.
    pub fn tampered(&self, course: &Course) -> Outcome<Vec<String>> {
        let Some(sums) = self.read()? else {
            return Ok(vec![course.short(&self.list)]);
        };
        let differs = |(path, sum): &(&String, &String)| {
            let bytes = fs::read(self.base.join(path.as_str()));
            !is_starter(path) && bytes.map_or(true, |b| store::hash(&b) != **sum)
        };
        let mut changed: Vec<String> = sums
            .iter()
            .filter(differs)
            .map(|(path, _)| course.short(&self.base.join(path)))
            .collect();
        changed.extend(self.strangers(&sums).iter().map(|path| course.short(path)));
        Ok(changed)
    }

    /// Puts every file right that is not what the list says, and moves away what
    /// does not belong there. `saved` gets what is about to be lost. Gives the paths.
    pub fn restore(
        &self,
        course: &Course,
        save: &mut dyn FnMut(&[PathBuf]) -> Outcome<()>,
    ) -> Outcome<Vec<String>> {
        let Some(sums) = self.read()? else {
            return Err(Trouble::new(
                format!("{} is missing", course.short(&self.list)),
                format!(
                    "restore it: git checkout -- {}; if you are writing this lesson,\n\
                     `cargo xtask protect` makes it",
                    course.short(&self.list)
                ),
            ));
        };
        let mut wanted = Vec::new();
        for (path, sum) in sums.iter().filter(|(path, _)| !is_starter(path)) {
            let path = self.base.join(path);
            if fs::read(&path).map_or(true, |b| store::hash(&b) != *sum) {
                wanted.push((path.clone(), content(course, &path, sum)?));
            }
        }
        let strangers = self.strangers(&sums);
        let mut paths: Vec<PathBuf> = wanted.iter().map(|(path, _)| path.clone()).collect();
        paths.extend(strangers.iter().cloned());
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        save(&paths)?;
        let put_right = || -> io::Result<()> {
            for (path, bytes) in &wanted {
                store::put(&course.root, path, bytes)?;
            }
            strangers.iter().try_for_each(fs::remove_file)
        };
        put_right().map_err(|e| {
            Trouble::new(
                format!("cannot restore the course's files: {e}"),
                "see that you may write to the clone, and that the disk has room",
            )
        })?;
        Ok(paths.iter().map(|path| course.short(path)).collect())
    }

    /// The starter of `file` in `src`.
    pub fn starter(&self, course: &Course, file: &str) -> Outcome<Vec<u8>> {
        let name = format!("src/{file}");
        let path = self.base.join(&name);
        match self.read()?.and_then(|sums| sums.get(&name).cloned()) {
            Some(sum) => content(course, &path, &sum),
            None => Err(Trouble::new(
                format!("{} does not name {name}", course.short(&self.list)),
                format!("restore it: git checkout -- {}", course.short(&self.list)),
            )),
        }
    }

    /// Writes the list anew; true if it was not like that already.
    pub fn write(&self, course: &Course) -> io::Result<bool> {
        let list = self.fresh()?;
        if fs::read_to_string(&self.list).is_ok_and(|there| there == list) {
            return Ok(false);
        }
        store::put(&course.root, &self.list, list.as_bytes())?;
        Ok(true)
    }

    /// Whether the list is what [`Own::write`] would write.
    pub fn is_true(&self) -> io::Result<bool> {
        let list = self.fresh()?;
        Ok(fs::read_to_string(&self.list).is_ok_and(|there| there == list))
    }

    /// The list's path, for people.
    pub fn name(&self, course: &Course) -> String {
        course.short(&self.list)
    }

    fn fresh(&self) -> io::Result<String> {
        let mut list = String::new();
        for path in files(&self.base, self.covers)? {
            let sum = store::hash(&fs::read(self.base.join(&path))?);
            list += &format!("{sum}  {path}\n");
        }
        Ok(list)
    }

    fn strangers(&self, sums: &Sums) -> Vec<PathBuf> {
        let there = files(&self.base, self.foreign).unwrap_or_default();
        there
            .iter()
            .filter(|path| !sums.contains_key(*path))
            .map(|path| self.base.join(path))
            .collect()
    }

    /// The list, if there is one.
    fn read(&self) -> Outcome<Option<Sums>> {
        let Ok(text) = fs::read_to_string(&self.list) else {
            return Ok(None);
        };
        let lines = text.lines().map(|line| {
            let (sum, path) = line.split_once("  ")?;
            (sum.len() == 64).then(|| (path.to_owned(), sum.to_owned()))
        });
        lines.collect::<Option<Sums>>().map(Some).ok_or_else(|| {
            Trouble::new(
                format!("{} is damaged", self.list.display()),
                "restore it: git checkout -- lessons; if you are writing a lesson, `cargo xtask\n\
                 protect` makes it anew",
            )
        })
    }
}

/// Copies the course's own files while they are there to be copied. Cheap when that
/// was done before: one stamp for all lists.
pub fn remember(course: &Course) {
    let owns = Own::all(course);
    let lists: Vec<u8> = owns
        .iter()
        .flat_map(|own| fs::read(&own.list).unwrap_or_default())
        .collect();
    let folder = store::folder(&course.root).join("own");
    let stamp = folder.join(format!("stamp-{}", store::hash(&lists)));
    if stamp.exists() || lists.is_empty() {
        return;
    }
    let copy = || -> io::Result<()> {
        for own in &owns {
            for (path, sum) in own.read().ok().flatten().into_iter().flatten() {
                let Ok(bytes) = fs::read(own.base.join(path)) else {
                    continue;
                };
                let copy = folder.join(&sum);
                if store::hash(&bytes) == sum && !copy.exists() {
                    store::put(&course.root, &copy, &bytes)?;
                }
            }
        }
        store::put(&course.root, &stamp, b"")
    };
    if let Err(e) = copy() {
        // A clone that cannot be written to can still be graded.
        eprintln!("note: cannot keep copies in {}: {e}", folder.display());
    }
}

/// The learner's own: every source. The manifest and the tests are not.
fn is_starter(path: &str) -> bool {
    path.starts_with("src/")
}

/// The bytes with this hash.
fn content(course: &Course, path: &Path, sum: &str) -> Outcome<Vec<u8>> {
    let right = |bytes: &Vec<u8>| store::hash(bytes) == sum;
    let kept = store::folder(&course.root).join("own").join(sum);
    let near = [path, &kept].into_iter().filter_map(|p| fs::read(p).ok());
    if let Some(bytes) = near.into_iter().find(right) {
        return Ok(bytes);
    }
    let name = course.short(path);
    from_git(&course.root, &name, &right).ok_or_else(|| {
        Trouble::new(
            format!("the course's own {name} is nowhere to be found"),
            "neither `.marmota/own` nor git's history has it; take it from a fresh copy of the\n\
             course",
        )
    })
}

/// The newest version of a file in git's history that is `right`.
fn from_git(root: &Path, name: &str, right: &dyn Fn(&Vec<u8>) -> bool) -> Option<Vec<u8>> {
    let git = |arguments: &[&str]| Git::at(root).bytes(arguments).ok();
    let commits = git(&["log", "--all", "--max-count=500", "--format=%H", "--", name])?;
    let commits = String::from_utf8(commits).ok()?;
    commits
        .lines()
        .filter_map(|commit| git(&["show", &format!("{commit}:./{name}")]))
        .find(|bytes| right(bytes))
}

/// The files that are, or lie under, `names`, sorted, as paths from `base`. Links are
/// not followed, and what an editor or the system hides is passed over.
fn files(base: &Path, names: &[&str]) -> io::Result<Vec<String>> {
    fn collect(base: &Path, name: &str, found: &mut Vec<String>) -> io::Result<()> {
        let path = base.join(name);
        let Ok(about) = fs::symlink_metadata(&path) else {
            return Ok(());
        };
        if !about.is_dir() {
            found.push(name.to_owned());
            return Ok(());
        }
        for entry in fs::read_dir(&path)? {
            let entry = entry?.file_name();
            let entry = entry.to_string_lossy();
            if !entry.starts_with('.') && !entry.ends_with('~') {
                collect(base, &format!("{name}/{entry}"), found)?;
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    for name in names {
        collect(base, name, &mut found)?;
    }
    found.sort();
    found.dedup();
    Ok(found)
}
