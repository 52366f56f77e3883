//! What a clone remembers of its learner, in `.marmota/progress.json`: the last
//! verdict on each exercise, on which source it was given, and how many hints were
//! shown.
//!
//! An entry is keyed by its exercise and holds the hash of the exercise's file. A
//! verdict counts for that very text: edit the file and the exercise is "changed
//! since", bring the text back and it is passed again. So nothing here can say
//! that code passes which never did, and `progress --rebuild` can make all of it
//! anew from the sources (except the number of hints, which it keeps).
//!
//! It is changed under a lock and replaced whole (see [`crate::store`]): two checks
//! at once both count, and one that is killed leaves the old file or the new.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use marmota_verdict::Verdict;
use serde::{Deserialize, Serialize};

use crate::course::{Course, Exercise, Lesson};
use crate::grade::LessonReport;
use crate::store;

/// The version of the file.
const SCHEMA: u32 = 1;

/// Everything remembered, by `lesson/exercise`.
#[derive(Serialize, Deserialize)]
pub struct Progress {
    schema: u32,
    exercises: BTreeMap<String, Entry>,
}

/// What is remembered of one exercise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The hash of the file that was graded last, and its verdict.
    #[serde(default)]
    pub graded: Option<(String, Verdict)>,
    /// How many hints were shown.
    #[serde(default)]
    pub hints: usize,
}

/// Where a learner stands with an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Never graded.
    Untried,
    /// The file is the one that was graded.
    Graded(Verdict),
    /// The file was edited after it was graded.
    ChangedSince(Verdict),
}

impl Standing {
    /// Whether the code as it stands has passed.
    pub const fn is_pass(self) -> bool {
        matches!(self, Self::Graded(Verdict::Passed))
    }

    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Untried => "not checked yet".into(),
            Self::Graded(verdict) => verdict.to_string(),
            Self::ChangedSince(verdict) => format!("{verdict}, changed since"),
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            exercises: BTreeMap::new(),
        }
    }
}

impl Progress {
    /// What is known. A missing file is an empty one; so is one that cannot be
    /// understood, which [`Progress::update`] puts aside before it writes.
    pub fn load(course: &Course) -> Self {
        read(&path(course)).unwrap_or_default()
    }

    /// Changes what is known, and gives what `change` gives. A clone that cannot be
    /// written to is no reason to fail a check, so it is only mentioned.
    pub fn update<T>(course: &Course, change: impl FnOnce(&mut Self) -> T) -> T {
        let lock = lock(course);
        let path = path(course);
        let known = read(&path);
        if known.is_none() && path.exists() {
            let aside = path.with_extension("damaged.json");
            if fs::rename(&path, &aside).is_ok() {
                eprintln!(
                    "note: the progress could not be read and is now {}; `cargo xtask progress \
                     --rebuild` makes it anew from your code",
                    course.short(&aside)
                );
            }
        }
        let mut progress = known.unwrap_or_default();
        let before = progress.exercises.clone();
        let result = change(&mut progress);
        if progress.exercises != before
            && let Err(e) = progress.save(course, &path)
        {
            eprintln!("note: cannot write {}: {e}", path.display());
        }
        drop(lock);
        result
    }

    /// The entry of an exercise.
    pub fn entry(&mut self, lesson: &Lesson, exercise: &str) -> &mut Entry {
        self.exercises.entry(key(lesson, exercise)).or_default()
    }

    /// Where the learner stands with an exercise.
    pub fn standing(&self, lesson: &Lesson, exercise: &Exercise) -> Standing {
        let entry = self.exercises.get(&key(lesson, &exercise.id));
        match entry.and_then(|e| e.graded.as_ref()) {
            None => Standing::Untried,
            Some((source, verdict)) if *source == source_hash(lesson, &exercise.file) => {
                Standing::Graded(*verdict)
            }
            Some((_, verdict)) => Standing::ChangedSince(*verdict),
        }
    }

    /// Takes in a report. `sources` are the hashes of the files that were graded, by
    /// exercise. Gives the last exercise that passes and did not before.
    pub fn take(
        &mut self,
        lesson: &Lesson,
        report: &LessonReport,
        sources: &BTreeMap<String, String>,
    ) -> Option<String> {
        let mut newly = None;
        for exercise in &report.exercises {
            let Some(source) = sources.get(&exercise.id) else {
                continue;
            };
            let entry = self.entry(lesson, &exercise.id);
            let passed = |graded: &Option<(String, Verdict)>| {
                graded
                    .as_ref()
                    .is_some_and(|(_, verdict)| verdict.is_pass())
            };
            let before = passed(&entry.graded);
            entry.graded = Some((source.clone(), exercise.verdict));
            if passed(&entry.graded) && !before {
                newly = Some(exercise.id.clone());
            }
        }
        newly
    }

    /// Forgets every verdict and keeps the hints.
    pub fn forget_verdicts(&mut self) {
        self.exercises.values_mut().for_each(|e| e.graded = None);
    }

    fn save(&self, course: &Course, path: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        store::put(&course.root, path, text.as_bytes())
    }
}

/// The hashes of a lesson's exercises as they are now.
pub fn sources(lesson: &Lesson) -> BTreeMap<String, String> {
    let exercises = lesson.about.exercises.iter();
    exercises
        .map(|e| (e.id.clone(), source_hash(lesson, &e.file)))
        .collect()
}

fn source_hash(lesson: &Lesson, file: &str) -> String {
    let text = fs::read(lesson.folder.join("src").join(file));
    store::hash(&text.unwrap_or_default())
}

fn key(lesson: &Lesson, exercise: &str) -> String {
    format!("{}/{exercise}", lesson.id)
}

fn path(course: &Course) -> std::path::PathBuf {
    store::folder(&course.root).join("progress.json")
}

fn read(path: &Path) -> Option<Progress> {
    let known: Progress = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    (known.schema == SCHEMA).then_some(known)
}

/// Held while the file is changed; released when it is dropped, or by the kernel.
fn lock(course: &Course) -> Option<File> {
    let folder = store::folder(&course.root);
    fs::create_dir_all(&folder).ok()?;
    let file = File::create(folder.join("lock")).ok()?;
    file.lock().ok()?;
    Some(file)
}
