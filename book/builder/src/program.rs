//! A program that a chapter shows: its source, how it is run, where its output is recorded.

use crate::layout::Layout;
use std::path::PathBuf;

/// Which program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
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

/// A program as a chapter shows it: which, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Program {
    /// Which program.
    pub kind: Kind,
    /// Variables set for it.
    pub variables: Vec<(String, String)>,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Program {
    /// The program called without variables and arguments.
    pub fn plain(kind: Kind) -> Program {
        Program {
            kind,
            variables: Vec::new(),
            arguments: Vec::new(),
        }
    }

    /// The file with the program's source.
    pub fn source(&self, layout: &Layout) -> PathBuf {
        match &self.kind {
            Kind::Rust { package, name } => {
                let folder = match package.as_str() {
                    "book-builder" => layout.book.join("builder"),
                    "marmota" => layout.repository.join("runtime"),
                    lesson => layout.repository.join("lessons").join(lesson),
                };
                folder.join("examples").join(format!("{name}.rs"))
            }
            Kind::Go { name } => layout.book.join("go").join(format!("{name}.go")),
        }
    }

    /// The file its output is recorded in: one for each way it is called.
    pub fn output(&self, layout: &Layout) -> PathBuf {
        let (folder, name) = match &self.kind {
            Kind::Rust { package, name } => (package.as_str(), name),
            Kind::Go { name } => ("go", name),
        };
        let mut file = name.clone();
        let called = self
            .variables
            .iter()
            .map(|(name, value)| format!("{name}-{value}"));
        for word in called.chain(self.arguments.iter().cloned()) {
            file.push('.');
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            file.extend(
                word.trim_start_matches('-')
                    .chars()
                    .map(|c| if plain(c) { c } else { '_' }),
            );
        }
        layout.generated().join(folder).join(format!("{file}.txt"))
    }

    /// The source's language as a code block names it.
    pub fn language(&self) -> &'static str {
        match self.kind {
            Kind::Rust { .. } => "rust",
            Kind::Go { .. } => "go",
        }
    }

    /// The command a reader types in the repository's folder to run it.
    pub fn command(&self) -> String {
        let mut command = String::new();
        for (name, value) in &self.variables {
            command.push_str(&format!("{name}={value} "));
        }
        command.push_str(&match &self.kind {
            Kind::Rust { package, name } if package == "book-builder" => {
                format!("cargo run -q --manifest-path book/builder/Cargo.toml --example {name}")
            }
            Kind::Rust { package, name } => format!("cargo run -q -p {package} --example {name}"),
            Kind::Go { name } => format!("go run book/go/{name}.go"),
        });
        if let (Kind::Rust { .. }, false) = (&self.kind, self.arguments.is_empty()) {
            command.push_str(" --");
        }
        for argument in &self.arguments {
            command.push(' ');
            command.push_str(argument);
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_calling_has_its_command_and_its_record() {
        let layout = Layout {
            book: "/r/book".into(),
            repository: "/r".into(),
        };
        let kind = Kind::Rust {
            package: "one".into(),
            name: "hello".into(),
        };
        let plain = Program::plain(kind);
        assert_eq!(plain.command(), "cargo run -q -p one --example hello");
        assert_eq!(
            layout.shown(&plain.output(&layout)),
            "book/generated/one/hello.txt"
        );

        let mut called = plain;
        called.variables.push(("GOMAXPROCS".into(), "1".into()));
        called.arguments.push("--virtual".into());
        assert_eq!(
            called.command(),
            "GOMAXPROCS=1 cargo run -q -p one --example hello -- --virtual"
        );
        assert_eq!(
            layout.shown(&called.output(&layout)),
            "book/generated/one/hello.GOMAXPROCS-1.virtual.txt"
        );
    }
}
