//! Where things are: the book's folder, the repository around it, and the files in between.
//!
//! ```text
//! <repository>/
//!   lessons/<lesson>/examples/<program>.rs     the programs a chapter shows
//!   book/
//!     book.toml, src/, theme/                  what is written by hand
//!     go/<program>.go                          Go programs shown beside the Rust ones
//!     builder/examples/<program>.rs            programs of the introduction
//!     generated/<package>/<program>.txt        what a program printed
//!     generated/go/<program>.txt               the same for Go
//!     build/                                   the pages (not in git)
//! ```

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The folders the builder works with. Both paths are absolute.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The folder that holds `book.toml`.
    pub book: PathBuf,
    /// The repository: the folder that holds the book's folder.
    pub repository: PathBuf,
}

impl Layout {
    /// The layout for the book at `given`, or the one this builder belongs to, or the one in
    /// the current folder or a folder above it.
    pub fn find(given: Option<PathBuf>) -> Result<Layout> {
        if let Some(book) = given {
            if !book.join("book.toml").is_file() {
                bail!(
                    "no book.toml in `{}`: name the folder of the book, e.g. `build book`",
                    book.display()
                );
            }
            return Layout::at(&book);
        }
        // `cargo run` says where the builder's manifest is, so the command works from anywhere.
        let beside_builder = std::env::var_os("CARGO_MANIFEST_DIR")
            .and_then(|dir| PathBuf::from(dir).parent().map(Path::to_path_buf));
        let here = std::env::current_dir().context("the current folder cannot be read")?;
        let above = here
            .ancestors()
            .flat_map(|dir| [dir.to_path_buf(), dir.join("book")]);
        for candidate in beside_builder.into_iter().chain(above) {
            if candidate.join("book.toml").is_file() {
                return Layout::at(&candidate);
            }
        }
        bail!("no book found: run this in the repository, or name the folder: `build book`")
    }

    fn at(book: &Path) -> Result<Layout> {
        let book = book
            .canonicalize()
            .with_context(|| format!("`{}` cannot be read", book.display()))?;
        let repository = book
            .parent()
            .context("the book's folder must lie in a repository")?
            .to_path_buf();
        Ok(Layout { book, repository })
    }

    /// The chapters' folder.
    pub fn src(&self) -> PathBuf {
        self.book.join("src")
    }

    /// The folder the pages are written to.
    pub fn output(&self) -> PathBuf {
        self.book.join("build")
    }

    /// The folder of what programs wrote.
    pub fn generated(&self) -> PathBuf {
        self.book.join("generated")
    }

    /// `path` as it is written in messages: relative to the repository, with `/`.
    pub fn shown(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.repository).unwrap_or(path);
        relative.to_string_lossy().replace('\\', "/")
    }
}
