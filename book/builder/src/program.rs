//! A program that a chapter shows: its source, how it is run, where its output is recorded.

use crate::layout::Layout;
use std::path::PathBuf;

/// A program, named as a chapter names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// The example `name` of the Cargo package `package`.
    Rust {
        /// A lesson, `marmota` or `book-builder`.
        package: String,
        /// The example's file name without `.rs`.
        name: String,
    },
    /// The Go program `name` of `book/go`.
    Go {
        /// The file name without `.go`.
        name: String,
    },
}

impl Program {
    /// The file with the program's source.
    pub fn source(&self, layout: &Layout) -> PathBuf {
        match self {
            Program::Rust { package, name } => {
                let folder = match package.as_str() {
                    "book-builder" => layout.book.join("builder"),
                    "marmota" => layout.repository.join("runtime"),
                    lesson => layout.repository.join("lessons").join(lesson),
                };
                folder.join("examples").join(format!("{name}.rs"))
            }
            Program::Go { name } => layout.book.join("go").join(format!("{name}.go")),
        }
    }

    /// The file its output is recorded in.
    pub fn output(&self, layout: &Layout) -> PathBuf {
        let (folder, name) = match self {
            Program::Rust { package, name } => (package.as_str(), name),
            Program::Go { name } => ("go", name),
        };
        layout.generated().join(folder).join(format!("{name}.txt"))
    }

    /// The source's language as a code block names it.
    pub fn language(&self) -> &'static str {
        match self {
            Program::Rust { .. } => "rust",
            Program::Go { .. } => "go",
        }
    }

    /// The command a reader types in the repository's folder to run it.
    pub fn command(&self) -> String {
        match self {
            Program::Rust { package, name } if package == "book-builder" => {
                format!("cargo run -q --manifest-path book/builder/Cargo.toml --example {name}")
            }
            Program::Rust { package, name } => {
                format!("cargo run -q -p {package} --example {name}")
            }
            Program::Go { name } => format!("go run book/go/{name}.go"),
        }
    }
}
