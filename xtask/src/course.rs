//! The course as the folders tell it: lessons, their exercises, their files.
//!
//! There is no list of lessons anywhere. A folder `lessons/lesson-NN-name` with a
//! `lesson.toml` is a lesson; everything else about it has a fixed place:
//!
//! ```text
//! lessons/lesson-01-goroutines/
//!   lesson.toml            title, part, chapter, exercises with their points
//!   src/EXERCISE.rs        the starter, then the learner's code
//!   tests/graded/main.rs   what is graded, in EXERCISE_test.rs beside it
//!   hints/EXERCISE.md      three hints, one a second-level heading
//!   explain/EXERCISE.md    why it works, shown after passing
//!   examples/, checks/     seed programs; their checks and the benchmark
//! solutions/lesson-01-goroutines/
//!   src/EXERCISE.rs        the reference
//!   wrong/MISTAKE/         files that replace the reference's, and must fail
//! ```

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::trouble::{Outcome, Trouble};

/// The repository: where everything is found.
pub struct Course {
    /// The workspace's root.
    pub root: PathBuf,
}

/// One lesson, as its folder and `lesson.toml` describe it.
#[derive(Debug)]
pub struct Lesson {
    /// The folder's name, which is the package's too: `lesson-01-goroutines`.
    pub id: String,
    /// The number in it: 1.
    pub number: u32,
    /// The name in it: `goroutines`.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// What `lesson.toml` says.
    pub about: About,
}

/// The contents of `lesson.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// As a heading: `Goroutines`.
    pub title: String,
    /// The part of the course: `I Using goroutines`.
    pub part: String,
    /// One sentence.
    pub summary: String,
    /// The chapter's path from the repository's root.
    pub chapter: String,
    /// From easy to hard.
    #[serde(rename = "exercise")]
    pub exercises: Vec<Exercise>,
}

/// One exercise of a lesson.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// One word: the file's stem, and the first part of its tests' names.
    pub id: String,
    /// The file in `src`.
    pub file: String,
    /// The function or type to write: where a report points to when it knows no
    /// better line.
    pub item: String,
    /// What it is worth.
    pub points: u32,
    /// One line.
    pub summary: String,
}

impl Course {
    /// Finds the repository: `MARMOTA_COURSE` if set, else the workspace that
    /// this program is a package of.
    pub fn find() -> Outcome<Self> {
        let root = env::var_os("MARMOTA_COURSE").map_or_else(
            || {
                let package = env::var_os("CARGO_MANIFEST_DIR")
                    .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
                package.parent().map_or(package.clone(), Path::to_path_buf)
            },
            PathBuf::from,
        );
        if root.join("lessons").is_dir() {
            Ok(Self { root })
        } else {
            Err(Trouble::new(
                format!("there is no folder `lessons` in {}", root.display()),
                "run `cargo xtask` inside a clone of the course's repository",
            ))
        }
    }

    /// All lessons, by number.
    pub fn lessons(&self) -> Outcome<Vec<Lesson>> {
        let folder = self.root.join("lessons");
        let unreadable = |e: io::Error| {
            Trouble::new(
                format!("cannot read {}: {e}", folder.display()),
                "make the folder readable, or clone the repository again",
            )
        };
        let mut lessons = Vec::new();
        for path in self.folders().map_err(unreadable)? {
            let id = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some((number, name)) = split_id(&id) {
                lessons.push(Lesson::load(
                    id.clone().into(),
                    number,
                    name.into(),
                    path.clone(),
                )?);
            }
        }
        lessons.sort_by_key(|lesson| lesson.number);
        Ok(lessons)
    }

    /// The folders of all lessons, sorted, whether or not they can be understood.
    pub fn folders(&self) -> io::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(self.root.join("lessons"))? {
            let entry = entry?;
            if split_id(&entry.file_name().to_string_lossy()).is_some() {
                folders.push(entry.path());
            }
        }
        folders.sort();
        Ok(folders)
    }

    /// The number of the lesson that comes after `lesson`.
    pub fn lesson_after(&self, lesson: &Lesson) -> Outcome<Option<u32>> {
        let numbers = self.lessons()?.into_iter().map(|l| l.number);
        Ok(numbers.filter(|n| *n > lesson.number).min())
    }

    /// The lesson a learner means by `word`.
    pub fn lesson(&self, word: &str) -> Outcome<Lesson> {
        let mut lessons = self.lessons()?;
        if let Some(found) = lessons.iter().position(|lesson| lesson.is_meant_by(word)) {
            return Ok(lessons.swap_remove(found));
        }
        let names = lessons
            .iter()
            .flat_map(|l| [l.short(), l.name.clone(), l.id.clone()]);
        Err(Trouble::new(
            format!("no lesson is called `{word}`"),
            match nearest(word, names) {
                Some(name) => {
                    format!("did you mean `{name}`? `cargo xtask list` shows all lessons")
                }
                None => "`cargo xtask list` shows all lessons and how they are called".into(),
            },
        ))
    }

    /// The folder of a lesson's reference.
    pub fn solution_folder(&self, lesson: &Lesson) -> PathBuf {
        self.root.join("solutions").join(&lesson.id)
    }

    /// `path` as seen from the root, for people.
    pub fn short(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }
}

impl Lesson {
    fn load(id: String, number: u32, name: String, folder: PathBuf) -> Outcome<Self> {
        let path = folder.join("lesson.toml");
        let text = read(&path, &format!("lessons/{id}/lesson.toml"))?;
        let about: About = toml::from_str(&text).map_err(|e| {
            Trouble::new(
                format!("lessons/{id}/lesson.toml cannot be understood: {e}"),
                format!("mend it, or restore it: git checkout -- lessons/{id}/lesson.toml"),
            )
        })?;
        Ok(Self {
            id,
            number,
            name,
            folder,
            about,
        })
    }

    /// `lesson-01`: how the course calls it.
    pub fn short(&self) -> String {
        format!("lesson-{:02}", self.number)
    }

    /// Whether `word` is its number, id, name or folder (a path to it, too).
    pub fn is_meant_by(&self, word: &str) -> bool {
        let word = word.trim().trim_end_matches('/').to_lowercase();
        let word = word.strip_prefix("lessons/").unwrap_or(&word);
        let number = word.strip_prefix("lesson-").unwrap_or(word);
        word == self.id || word == self.name || number.parse() == Ok(self.number)
    }

    /// The sum of its exercises' points.
    pub fn points(&self) -> u32 {
        self.about.exercises.iter().map(|e| e.points).sum()
    }

    /// The exercise a learner means by `word`: its id, file, item or number.
    pub fn exercise(&self, word: &str) -> Outcome<&Exercise> {
        let plain = word
            .trim()
            .trim_start_matches("src/")
            .trim_end_matches(".rs");
        let exercises = &self.about.exercises;
        let found = exercises
            .iter()
            .enumerate()
            .find(|(i, e)| plain == e.id || plain == e.item || plain.parse() == Ok(i + 1));
        if let Some((_, exercise)) = found {
            return Ok(exercise);
        }
        let ids: Vec<&str> = exercises.iter().map(|e| e.id.as_str()).collect();
        let nearest = nearest(word, ids.iter().map(|id| (*id).to_owned()))
            .map_or(String::new(), |id| format!("did you mean `{id}`? "));
        Err(Trouble::new(
            format!("{} has no exercise `{word}`", self.short()),
            format!("{nearest}its exercises are {}", ids.join(", ")),
        ))
    }

    /// The path of an exercise's file from the root.
    pub fn source(&self, exercise: &Exercise) -> String {
        format!("lessons/{}/src/{}", self.id, exercise.file)
    }

    /// The line (from 1) where an exercise's item begins in the learner's file;
    /// 1 if it is not there.
    pub fn line_of_item(&self, exercise: &Exercise) -> u32 {
        let text = fs::read_to_string(self.folder.join("src").join(&exercise.file));
        let is_item = |line: &str| {
            ["pub fn ", "pub struct ", "pub enum "].iter().any(|kind| {
                line.strip_prefix(kind).is_some_and(|rest| {
                    rest.strip_prefix(exercise.item.as_str())
                        .is_some_and(|rest| {
                            !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                        })
                })
            })
        };
        let line = text.ok().and_then(|text| text.lines().position(is_item));
        line.and_then(|line| u32::try_from(line + 1).ok())
            .unwrap_or(1)
    }
}

/// Reads a file of the course, which a clone always has.
pub fn read(path: &Path, name: &str) -> Outcome<String> {
    fs::read_to_string(path).map_err(|e| {
        Trouble::new(
            format!("cannot read {name}: {e}"),
            format!("restore it: git checkout -- {name}"),
        )
    })
}

/// `lesson-01-goroutines` → (1, `goroutines`).
fn split_id(folder: &str) -> Option<(u32, &str)> {
    let (number, name) = folder.strip_prefix("lesson-")?.split_once('-')?;
    Some((number.parse().ok()?, name))
}

fn nearest(word: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let likeness = |name: &String| strsim::jaro_winkler(&word.to_lowercase(), name);
    names
        .filter(|name| likeness(name) > 0.7)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson() -> Lesson {
        Lesson {
            id: "lesson-01-goroutines".into(),
            number: 1,
            name: "goroutines".into(),
            folder: PathBuf::new(),
            about: About {
                title: "Goroutines".into(),
                part: "I".into(),
                summary: String::new(),
                chapter: String::new(),
                exercises: vec![Exercise {
                    id: "both".into(),
                    file: "both.rs".into(),
                    item: "run_both".into(),
                    points: 15,
                    summary: String::new(),
                }],
            },
        }
    }

    #[test]
    fn a_lesson_answers_to_number_id_name_and_folder() {
        for word in [
            "1",
            "01",
            "lesson-1",
            "lesson-01",
            "Goroutines",
            "lesson-01-goroutines",
            "lessons/lesson-01-goroutines/",
        ] {
            assert!(lesson().is_meant_by(word), "{word}");
        }
        for word in ["", "2", "11", "gorout", "lesson"] {
            assert!(!lesson().is_meant_by(word), "{word}");
        }
    }

    #[test]
    fn an_exercise_answers_to_id_file_item_and_number() {
        for word in ["both", "both.rs", "src/both.rs", "run_both", "1"] {
            assert!(lesson().exercise(word).is_ok(), "{word}");
        }
        let trouble = lesson().exercise("botth").unwrap_err().to_string();
        assert!(trouble.contains("did you mean `both`?"), "{trouble}");
    }

    #[test]
    fn other_folders_are_no_lessons() {
        assert_eq!(split_id("lesson-02-waitgroup"), Some((2, "waitgroup")));
        for folder in ["grader", "lesson-x-y", "lesson-1", ".git"] {
            assert_eq!(split_id(folder), None, "{folder}");
        }
    }
}
