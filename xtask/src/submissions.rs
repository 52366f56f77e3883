//! Other people's code, as it lies in a folder: found, read, and taken over without
//! trusting a byte of it.
//!
//! ```text
//! DIR/ada/lessons/lesson-01-goroutines/src/*.rs     a whole clone, or
//! DIR/ada/lesson-01-goroutines/src/*.rs             lessons, or
//! DIR/ada/src/*.rs                                  one lesson (grade --lesson)
//! ```
//!
//! Only Rust files under `src` are taken: no manifest, no build script, no
//! configuration, no test ever leaves the submission. Links are refused, since they
//! can point anywhere; so are piles of files. What is missing is the starter's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use marmota_verdict::Verdict;

use crate::course::{Course, Lesson};
use crate::own::Own;
use crate::pristine::Sources;
use crate::store;
use crate::trouble::{Outcome, Trouble};

/// The most files that are taken.
const FILES: usize = 64;

/// The most bytes that are taken.
const BYTES: usize = 1 << 20;

/// One person's work.
pub struct Submission {
    /// The folder's name.
    pub name: String,
    folder: PathBuf,
}

/// What one submission holds of one lesson.
pub enum Taken {
    /// Sources that can be graded, and a hash of them.
    Sources(Sources, String),
    /// None of this lesson.
    Nothing,
    /// Something that is not taken, with the verdict it gets and why.
    Refused(Verdict, String),
}

/// The submissions in `folder`, sorted by name.
pub fn find(folder: &Path) -> Outcome<Vec<Submission>> {
    let unreadable = |e: io::Error| {
        Trouble::new(
            format!("cannot read {}: {e}", folder.display()),
            "name a folder with one folder a submission",
        )
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && !name.starts_with('.') {
            let folder = entry.path();
            found.push(Submission { name, folder });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    if found.is_empty() {
        return Err(Trouble::new(
            format!("there is no submission in {}", folder.display()),
            "name a folder with one folder a submission",
        ));
    }
    Ok(found)
}

impl Submission {
    /// What it holds of `lesson`. `only` says that this is the one lesson graded, so
    /// that a bare `src` is meant for it.
    pub fn take(&self, course: &Course, lesson: &Lesson, only: bool) -> Outcome<Taken> {
        let mut places = vec![
            self.folder.join("lessons").join(&lesson.id).join("src"),
            self.folder.join(&lesson.id).join("src"),
        ];
        if only {
            places.push(self.folder.join("src"));
        }
        let is_folder = |path: &&PathBuf| fs::symlink_metadata(path).is_ok_and(|m| m.is_dir());
        let Some(src) = places.iter().find(is_folder) else {
            return Ok(Taken::Nothing);
        };
        let theirs = match read(src) {
            Ok(theirs) => theirs,
            Err(Unread::Refused(verdict, why)) => return Ok(Taken::Refused(verdict, why)),
            Err(Unread::Unreadable(e)) => {
                return Err(Trouble::new(
                    format!("cannot read {}: {e}", src.display()),
                    "make it readable, and run this again: what is graded stays graded",
                ));
            }
        };
        if theirs.is_empty() {
            return Ok(Taken::Nothing);
        }
        let mut sources = starters(course, lesson)?;
        sources.extend(theirs);
        let all: String = sources
            .iter()
            .map(|(name, text)| format!("{} {}\n", store::hash(text.as_bytes()), name.display()))
            .collect();
        let hash = store::hash(all.as_bytes());
        Ok(Taken::Sources(sources, hash))
    }
}

/// A lesson's sources as the course has published them.
pub fn starters(course: &Course, lesson: &Lesson) -> Outcome<Sources> {
    let own = Own::of_lesson(lesson);
    let files = lesson.about.exercises.iter().map(|e| e.file.as_str());
    let mut sources = Sources::new();
    for file in files.chain(["lib.rs"]) {
        let text = own.starter(course, file)?;
        sources.insert(file.into(), String::from_utf8_lossy(&text).into_owned());
    }
    Ok(sources)
}

enum Unread {
    Refused(Verdict, String),
    Unreadable(io::Error),
}

impl From<io::Error> for Unread {
    fn from(e: io::Error) -> Self {
        Self::Unreadable(e)
    }
}

/// The Rust files under `src`.
fn read(src: &Path) -> Result<Sources, Unread> {
    fn collect(
        folder: &Path,
        under: &Path,
        sources: &mut Sources,
        bytes: &mut usize,
    ) -> Result<(), Unread> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = under.join(entry.file_name());
            let kind = entry.file_type()?;
            let is_rust = name.extension().is_some_and(|e| e == "rs");
            let refused = |what: &str| {
                Unread::Refused(Verdict::Tampered, format!("src/{}: {what}", name.display()))
            };
            if kind.is_symlink() {
                return Err(refused("a link is not taken"));
            } else if kind.is_dir() {
                if name.components().count() > 8 {
                    return Err(refused("so deep a folder is not taken"));
                }
                collect(&entry.path(), &name, sources, bytes)?;
            } else if kind.is_file() && is_rust {
                // Before it is read: the limit is on what this program takes in.
                let length = usize::try_from(entry.metadata()?.len()).unwrap_or(usize::MAX);
                *bytes = bytes.saturating_add(length);
                if *bytes > BYTES || sources.len() == FILES {
                    return Err(refused("more than 64 files or 1 MB are not taken"));
                }
                let Ok(text) = String::from_utf8(fs::read(entry.path())?) else {
                    let why = format!("src/{}: it is not UTF-8", name.display());
                    return Err(Unread::Refused(Verdict::DoesNotCompile, why));
                };
                sources.insert(name, text);
            }
        }
        Ok(())
    }
    let mut sources = Sources::new();
    collect(src, Path::new(""), &mut sources, &mut 0)?;
    Ok(sources)
}
