//! Writing that survives being killed at any step.
//!
//! ```text
//! bytes ─► .marmota/tmp/PID.N ─► flushed to the disk ─► renamed into place
//! ```
//!
//! Whoever reads a file sees all of its old bytes or all of its new ones. What is
//! left of a run that was killed is a file in `.marmota/tmp`, which the next write
//! clears away. The temporary file lies there and not beside its goal, so that no
//! watcher, no cargo and no `git status` ever sees it.
//!
//! To show that this holds, the tests kill a command at each of its steps:
//! `MARMOTA_KILL_AT=3` aborts a debug build at the fourth [`step`].

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest, Sha256};

/// The folder of everything that is the learner's and not the course's: progress,
/// backups, copies of the course's own files. Git does not see it.
pub fn folder(root: &Path) -> PathBuf {
    root.join(".marmota")
}

/// Writes `bytes` to `path` in the clone at `root`.
pub fn put(root: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    static WRITTEN: AtomicU32 = AtomicU32::new(0);
    // Only a number nobody else in this process has: nothing is ordered by it.
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let temporaries = folder(root).join("tmp");
    if number == 0 {
        clear(&temporaries);
    }
    fs::create_dir_all(&temporaries)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = temporaries.join(format!("{}.{number}", process::id()));
    step();
    let mut file = File::create(&temporary)?;
    step();
    file.write_all(bytes)?;
    step();
    file.sync_all()?;
    step();
    fs::rename(&temporary, path)?;
    step();
    Ok(())
}

/// Removes what runs that are over have left behind.
fn clear(temporaries: &Path) {
    for entry in fs::read_dir(temporaries).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let writer = name.to_str().and_then(|n| n.split('.').next());
        let lives = writer.is_some_and(|pid| Path::new("/proc").join(pid).exists());
        if !lives {
            let _gone_already = fs::remove_file(entry.path());
        }
    }
}

/// A point at which a test may kill this process.
pub fn step() {
    #[cfg(debug_assertions)]
    {
        static STEPS: AtomicU32 = AtomicU32::new(0);
        let now = STEPS.fetch_add(1, Ordering::Relaxed);
        let last = std::env::var("MARMOTA_KILL_AT").ok();
        if last.and_then(|n| n.parse().ok()) == Some(now) {
            process::abort();
        }
    }
}

/// The SHA-256 of `bytes`, as `sha256sum` prints it.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_one_that_sha256sum_prints() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash(b""), empty);
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_over() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b.json");
        put(root.path(), &path, b"one").unwrap();
        put(root.path(), &path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let left = fs::read_dir(folder(root.path()).join("tmp"))
            .unwrap()
            .count();
        assert_eq!(left, 0);
    }
}
