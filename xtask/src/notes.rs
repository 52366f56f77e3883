//! What the course remembers about a learner between two commands: which
//! exercises passed at the last check, and how many hints were shown.
//!
//! It is a convenience kept in `.marmota/notes.json` and nothing depends on it: a
//! file that is missing or damaged counts as empty. It is written to a temporary
//! file and renamed, so a reader sees the old notes or the new ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::course::Course;

/// Everything remembered, by lesson id.
#[derive(Default, Serialize, Deserialize)]
pub struct Notes {
    #[serde(skip)]
    path: PathBuf,
    lessons: BTreeMap<String, LessonNotes>,
}

/// What is remembered of one lesson.
#[derive(Default, Serialize, Deserialize)]
pub struct LessonNotes {
    /// The exercises that passed when they were last checked.
    #[serde(default)]
    pub passed: BTreeSet<String>,
    /// How many hints of an exercise were shown.
    #[serde(default)]
    pub hints: BTreeMap<String, usize>,
}

impl Notes {
    /// The notes of this clone.
    pub fn load(course: &Course) -> Self {
        let path = course.root.join(".marmota").join("notes.json");
        let known = fs::read_to_string(&path)
            .ok()
            .and_then(|text| serde_json::from_str::<Self>(&text).ok())
            .unwrap_or_default();
        Self { path, ..known }
    }

    /// The notes on the lesson with this id.
    pub fn lesson(&mut self, id: &str) -> &mut LessonNotes {
        self.lessons.entry(id.to_owned()).or_default()
    }

    /// Writes them back. A clone that cannot be written to is no reason to fail a
    /// check, so it is only mentioned.
    pub fn save(&self) {
        if let Err(e) = self.try_save() {
            eprintln!("note: cannot write {}: {e}", self.path.display());
        }
    }

    fn try_save(&self) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let temporary = self
            .path
            .with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&temporary, serde_json::to_string_pretty(self)?)?;
        fs::rename(&temporary, &self.path)
    }
}
