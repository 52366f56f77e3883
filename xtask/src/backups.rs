//! What `reset`, `undo` and `update` have replaced, kept for good.
//!
//! ```text
//! .marmota/backups/0003/       one change: the third
//!   files.json                 paths from the root; what did not exist is `null`
//!   0, 1, …                    the bytes each of them had
//! ```
//!
//! A backup is made in a folder of another name, flushed, and renamed when it is
//! whole. Only then is anything replaced. So whatever happens at whatever step, the
//! bytes a learner wrote are in their file, in a backup, or in both. `undo` makes a
//! backup too before it restores one: it can be undone itself, and a backup is never
//! taken away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::course::Course;
use crate::store::{self, step};
use crate::trouble::{Outcome, Trouble};

/// One change that can be taken back.
pub struct Backup {
    /// Its number, from 1.
    pub number: u32,
    folder: PathBuf,
    files: Vec<File>,
}

#[derive(Serialize, Deserialize)]
struct File {
    /// From the root.
    path: PathBuf,
    /// The name of the file with its bytes; none if there was no such file.
    bytes: Option<String>,
}

/// Keeps `paths` as they are now.
pub fn keep(course: &Course, paths: &[PathBuf]) -> Outcome<Backup> {
    try_keep(course, paths).map_err(|e| {
        Trouble::new(
            format!("cannot keep a backup, so nothing was changed: {e}"),
            "make room, and see that you may write to `.marmota`",
        )
    })
}

/// All backups, oldest first.
pub fn all(course: &Course) -> Vec<Backup> {
    let folder = backups(course);
    let mut all: Vec<Backup> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| load(&entry.path()))
        .collect();
    all.sort_by_key(|backup| backup.number);
    all
}

impl Backup {
    /// The paths it holds, from the root.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// Puts every file back, to the byte.
    pub fn restore(&self, course: &Course) -> Outcome<()> {
        let put_back = || -> io::Result<()> {
            for file in &self.files {
                let path = course.root.join(&file.path);
                match &file.bytes {
                    Some(name) => {
                        let bytes = fs::read(self.folder.join(name))?;
                        store::put(&course.root, &path, &bytes)?;
                    }
                    None if path.exists() => fs::remove_file(path)?,
                    None => {}
                }
            }
            Ok(())
        };
        put_back().map_err(|e| {
            Trouble::new(
                format!("cannot put everything back: {e}"),
                format!(
                    "the bytes are in {}; make room and run `cargo xtask undo {}` again",
                    course.short(&self.folder),
                    self.number
                ),
            )
        })
    }
}

fn try_keep(course: &Course, paths: &[PathBuf]) -> io::Result<Backup> {
    let all = all(course);
    let number = all.last().map_or(1, |last| last.number + 1);
    let unfinished = backups(course).join(format!(".unfinished-{}", std::process::id()));
    fs::create_dir_all(&unfinished)?;
    step();
    let mut files = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        let bytes = match fs::read(path) {
            Ok(bytes) => {
                store::put(&course.root, &unfinished.join(i.to_string()), &bytes)?;
                Some(i.to_string())
            }
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                None
            }
            Err(e) => return Err(e),
        };
        let path = path.strip_prefix(&course.root).unwrap_or(path).to_owned();
        files.push(File { path, bytes });
    }
    let list = serde_json::to_vec_pretty(&files)?;
    store::put(&course.root, &unfinished.join("files.json"), &list)?;
    let folder = backups(course).join(format!("{number:04}"));
    fs::rename(&unfinished, &folder)?;
    step();
    Ok(Backup {
        number,
        folder,
        files,
    })
}

fn load(folder: &Path) -> Option<Backup> {
    let number = folder.file_name()?.to_str()?.parse().ok()?;
    let list = fs::read(folder.join("files.json")).ok()?;
    Some(Backup {
        number,
        folder: folder.to_owned(),
        files: serde_json::from_slice(&list).ok()?,
    })
}

fn backups(course: &Course) -> PathBuf {
    store::folder(&course.root).join("backups")
}
