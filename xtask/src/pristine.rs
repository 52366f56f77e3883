//! A workspace beside the learner's, in which other people's code is graded with
//! our manifest, our tests and our lock file.
//!
//! ```text
//! target/marmota/pristine/      Cargo.toml, Cargo.lock made from the root's
//!   lessons/lesson-01-goroutines/
//!     Cargo.toml, tests/        copies
//!     src/                      whoever's code is graded now
//! target/marmota/build/         its target folder, shared by all lessons
//! ```
//!
//! It has a target folder of its own because the packages have the names of the
//! learner's: in one folder the two would evict each other, and the learner's
//! next check would wait for a rebuild. The runtime and the grader are compiled
//! once more there, and then only the lesson's own two crates for each solution.
//!
//! Files are written only when they differ, so cargo sees what changed and
//! nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cargo::{self, Broken, BuildOptions, Built};
use crate::course::{Course, Lesson};
use crate::trouble::{Outcome, Trouble};

/// Source files by name (relative to `src`), with their text.
pub type Sources = BTreeMap<PathBuf, String>;

/// The workspace in which solutions are graded.
pub struct Pristine {
    root: PathBuf,
    target: PathBuf,
}

impl Pristine {
    /// Lays it out for `lessons`, or brings it up to date.
    pub fn lay_out(course: &Course, lessons: &[Lesson]) -> Outcome<Self> {
        Self::lay_out_in(&course.root.join("target").join("marmota"), course, lessons)
    }

    /// The same, in a folder of its own: what grades strangers' code shares nothing
    /// with what grades the course.
    pub fn lay_out_in(made: &Path, course: &Course, lessons: &[Lesson]) -> Outcome<Self> {
        let pristine = Self {
            root: made.join("pristine"),
            target: made.join("build"),
        };
        let written = pristine.write_manifests(course, lessons);
        written.map_err(|e| {
            Trouble::new(
                format!("cannot lay out {}: {e}", pristine.root.display()),
                "make room and see that you may write to `target`; `cargo clean` starts afresh",
            )
        })?;
        Ok(pristine)
    }

    /// Puts `sources` into the lesson's package and builds its graded test.
    pub fn build(&self, lesson: &Lesson, sources: &Sources) -> Outcome<Result<Built, Broken>> {
        let time = BuildOptions::of(&self.root).time;
        self.build_within(time, lesson, sources)
    }

    /// The same, in so much time.
    pub fn build_within(
        &self,
        time: Duration,
        lesson: &Lesson,
        sources: &Sources,
    ) -> Outcome<Result<Built, Broken>> {
        self.write_sources(lesson, sources).map_err(|e| {
            Trouble::new(
                format!("cannot write the sources of {}: {e}", lesson.id),
                "make room and see that you may write to `target`",
            )
        })?;
        let options = BuildOptions {
            workspace: &self.root,
            target: Some(&self.target),
            time,
            ..BuildOptions::of(&self.root)
        };
        cargo::build_graded(&lesson.id, options)
    }

    /// The folder its graded tests run in.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn write_manifests(&self, course: &Course, lessons: &[Lesson]) -> io::Result<()> {
        let manifest = fs::read_to_string(course.root.join("Cargo.toml"))?;
        let manifest = manifest_for(&manifest, &course.root).map_err(io::Error::other)?;
        write(&self.root.join("Cargo.toml"), &manifest)?;
        let lock = self.root.join("Cargo.lock");
        if !lock.exists() || newer(&course.root.join("Cargo.lock"), &lock) {
            // Cargo drops what is not needed here and then leaves it as it is.
            write(&lock, &fs::read_to_string(course.root.join("Cargo.lock"))?)?;
        }
        for lesson in lessons {
            let folder = self.folder(lesson);
            let copy = |name: &Path| -> io::Result<()> {
                write(
                    &folder.join(name),
                    &fs::read_to_string(lesson.folder.join(name))?,
                )
            };
            copy(Path::new("Cargo.toml"))?;
            for (name, text) in read_sources(&lesson.folder.join("tests"))? {
                write(&folder.join("tests").join(name), &text)?;
            }
            // A package without a library is none; the sources come with each build.
            let library = folder.join("src").join("lib.rs");
            if !library.exists() {
                write(&library, "")?;
            }
        }
        Ok(())
    }

    fn write_sources(&self, lesson: &Lesson, sources: &Sources) -> io::Result<()> {
        let src = self.folder(lesson).join("src");
        for (name, text) in sources {
            write(&src.join(name), text)?;
        }
        for name in read_sources(&src)?
            .keys()
            .filter(|name| !sources.contains_key(*name))
        {
            fs::remove_file(src.join(name))?;
        }
        Ok(())
    }

    fn folder(&self, lesson: &Lesson) -> PathBuf {
        self.root.join("lessons").join(&lesson.id)
    }
}

/// All Rust files under `folder`.
pub fn read_sources(folder: &Path) -> io::Result<Sources> {
    fn collect(folder: &Path, under: &Path, sources: &mut Sources) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // What begins with a dot is an editor's: a lock, a backup.
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let (path, name) = (entry.path(), under.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                collect(&path, &name, sources)?;
            } else if path.extension().is_some_and(|e| e == "rs") {
                sources.insert(name, fs::read_to_string(path)?);
            }
        }
        Ok(())
    }
    let mut sources = Sources::new();
    collect(folder, Path::new(""), &mut sources)?;
    Ok(sources)
}

/// The root's manifest, with other members and with paths that still lead to the
/// runtime and the grader.
fn manifest_for(manifest: &str, root: &Path) -> Result<String, String> {
    let mut manifest: toml::Table = manifest.parse().map_err(|e| format!("Cargo.toml: {e}"))?;
    let workspace = manifest
        .get_mut("workspace")
        .and_then(toml::Value::as_table_mut)
        .ok_or("Cargo.toml has no [workspace]")?;
    workspace.insert("members".into(), vec!["lessons/*"].into());
    workspace.remove("default-members");
    workspace.remove("exclude");
    let dependencies = workspace
        .get_mut("dependencies")
        .and_then(toml::Value::as_table_mut);
    for (_, dependency) in dependencies.into_iter().flatten() {
        if let Some(path) = dependency.get_mut("path") {
            let folder = root.join(path.as_str().unwrap_or_default());
            *path = folder.to_string_lossy().into_owned().into();
        }
    }
    toml::to_string(&manifest).map_err(|e| e.to_string())
}

/// Writes `text` unless it stands there already.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn newer(a: &Path, b: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
    time(a) > time(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_keeps_profiles_and_reaches_the_runtime() {
        let root = "[workspace]\nmembers = [\"runtime\", \"xtask\"]\nexclude = [\"x\"]\n\
                    [workspace.dependencies]\nmarmota = { path = \"runtime\" }\nserde = \"1\"\n\
                    [profile.dev.package.marmota]\nopt-level = 3\n";
        let made: toml::Table = manifest_for(root, Path::new("/c"))
            .unwrap()
            .parse()
            .unwrap();
        let workspace = &made["workspace"];
        assert_eq!(workspace["members"], vec!["lessons/*"].into());
        assert!(workspace.get("exclude").is_none());
        assert_eq!(
            workspace["dependencies"]["marmota"]["path"].as_str(),
            Some("/c/runtime")
        );
        assert_eq!(workspace["dependencies"]["serde"].as_str(), Some("1"));
        assert_eq!(
            made["profile"]["dev"]["package"]["marmota"]["opt-level"].as_integer(),
            Some(3)
        );
    }

    #[test]
    fn a_file_that_is_as_it_should_be_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.rs");
        write(&path, "one").unwrap();
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        write(&path, "one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        write(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
    }
}
