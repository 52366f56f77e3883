//! Calls of git: plumbing commands only, whose output is made for programs.
//!
//! Nothing of git is linked in; a learner who cloned the course has the program.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::trouble::Trouble;

/// Git in one folder.
#[derive(Clone, Copy)]
pub struct Git<'a> {
    folder: &'a Path,
    /// Another index than the clone's, to make a tree without touching that one.
    index: Option<&'a Path>,
}

/// Why a call of git gave nothing.
#[derive(Debug)]
pub enum Failure {
    /// Git could not be started.
    Absent(io::Error),
    /// It ended with an error, and said this.
    Said(String),
}

/// A change between two commits: one path, from what to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// From the root.
    pub path: String,
    /// Mode and hash before; none if it was not there.
    pub before: Option<Blob>,
    /// The same after.
    pub after: Option<Blob>,
}

/// A file as a commit has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// `100644`, `100755`, or what is no plain file.
    pub mode: String,
    /// The hash of its bytes.
    pub hash: String,
}

impl<'a> Git<'a> {
    /// Git in `folder`.
    pub const fn at(folder: &'a Path) -> Self {
        Self {
            folder,
            index: None,
        }
    }

    /// The same with another index.
    pub const fn with_index(self, index: &'a Path) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    /// What a call prints.
    pub fn bytes<S: AsRef<OsStr>>(self, arguments: &[S]) -> Result<Vec<u8>, Failure> {
        self.fed(arguments, b"")
    }

    /// What a call prints that reads `input`.
    pub fn fed<S: AsRef<OsStr>>(self, arguments: &[S], input: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new("git");
        command
            .current_dir(self.folder)
            .args(arguments)
            // Set where this program is started by one of git's own hooks.
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(index) = self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        let mut child = command.spawn().map_err(Failure::Absent)?;
        let input = input.to_owned();
        let stdin = child.stdin.take();
        // On a thread of its own: git may answer before it has heard all.
        let writer = std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                let _unheard = stdin.write_all(&input);
            }
        });
        let output = child.wait_with_output().map_err(Failure::Absent)?;
        let _only_writes = writer.join();
        if output.status.success() {
            Ok(output.stdout)
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(Failure::Said(said.trim().to_owned()))
        }
    }

    /// The one line that a call prints.
    pub fn line<S: AsRef<OsStr>>(self, arguments: &[S]) -> Result<String, Failure> {
        let bytes = self.bytes(arguments)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// What differs between two commits, without guesses about renames.
    pub fn changes(self, from: &str, to: &str) -> Result<Vec<Change>, Failure> {
        let raw = self.bytes(&["diff-tree", "-r", "-z", "--raw", "--no-renames", from, to])?;
        Ok(read_raw(&String::from_utf8_lossy(&raw)))
    }
}

/// Reads `:100644 100644 HASH HASH M\0path\0`, again and again.
fn read_raw(raw: &str) -> Vec<Change> {
    let mut fields = raw.split('\0');
    let mut changes = Vec::new();
    while let (Some(about), Some(path)) = (fields.next(), fields.next()) {
        let words: Vec<&str> = about.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old, new, _status] = words[..] else {
            continue;
        };
        let blob = |mode: &str, hash: &str| {
            (mode != "000000").then(|| Blob {
                mode: mode.into(),
                hash: hash.into(),
            })
        };
        changes.push(Change {
            path: path.to_owned(),
            before: blob(old_mode, old),
            after: blob(new_mode, new),
        });
    }
    changes
}

impl Blob {
    /// Whether it is a file with bytes, and not a link or another repository.
    pub fn is_file(&self) -> bool {
        self.mode.starts_with("100")
    }

    /// Whether it may be run.
    pub fn is_program(&self) -> bool {
        self.mode == "100755"
    }
}

impl Failure {
    /// An error about what was wanted, with the remedy if git is there at all.
    pub fn trouble(self, what: &str, remedy: &str) -> Trouble {
        match self {
            Self::Absent(e) => Trouble::new(
                format!("git cannot be started: {e}"),
                "install git; the course needs it only for `cargo xtask update`",
            ),
            Self::Said(said) => Trouble::new(format!("{what}: {said}"), remedy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_changes_is_read() {
        let raw = ":100644 100755 aa bb M\0a file\0:000000 100644 00 cc A\0b\0:100644 000000 dd 00 D\0c\0";
        let changes = read_raw(raw);
        let seen: Vec<_> = changes
            .iter()
            .map(|c| {
                let hash = |b: &Option<Blob>| b.as_ref().map(|b| b.hash.clone());
                (c.path.as_str(), hash(&c.before), hash(&c.after))
            })
            .collect();
        let some = |s: &str| Some(s.to_owned());
        assert_eq!(
            seen,
            [
                ("a file", some("aa"), some("bb")),
                ("b", None, some("cc")),
                ("c", some("dd"), None)
            ]
        );
        assert!(changes[0].after.as_ref().unwrap().is_program());
    }
}
