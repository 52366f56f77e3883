//! The directives a chapter uses to show a program, and how they are found in a page.
//!
//! ```text
//! {{#program PACKAGE/NAME [PART] [MODE] [VARIABLE=VALUE …] [-- ARGUMENT …]}}    a Rust example
//! {{#go NAME …}}                                                 a Go program of book/go
//! {{#file PATH}}                                                 a file of the repository
//! ```
//!
//! A file is for what is not run: what must not compile, and what the compiler says to it.
//!
//! Variables and arguments are what the program is run with; each way of running it has a
//! recorded output of its own.
//!
//! `PART` is `code`, `code:ANCHOR` or `output`; left out, the page shows both. An anchor is a
//! region of the source between `// ANCHOR: name` and `// ANCHOR_END: name`, as in mdbook.
//!
//! `MODE` says how much of the output is the same in every run, which is what
//! `regenerate --check` holds the program to:
//!
//! | mode | the output of two runs |
//! |---|---|
//! | (none) | is the same to the byte |
//! | `any-order` | has the same lines, in any order |
//! | `varies` | may differ; only the exit status is compared |
//!
//! A directive preceded by a backslash is shown as text.

use crate::program::{Kind, Program};
use anyhow::{Result, bail};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// How much of a page the directive brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The whole source, then the output.
    Both,
    /// The source, or the region of it with this anchor.
    Code(Option<String>),
    /// The recorded output.
    Output,
}

/// What two runs of the program have in common. Ordered from strict to lax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// The same bytes.
    Exact,
    /// The same lines in any order.
    AnyOrder,
    /// Only the exit status.
    Varies,
}

/// What a directive brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A program.
    Program {
        /// Which, and how it is run.
        program: Program,
        /// What of it is shown.
        part: Part,
        /// How its output is compared.
        mode: Mode,
    },
    /// A file, by its path in the repository.
    File(String),
}

/// One directive and where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// What it brings in.
    pub what: What,
    /// The bytes of the directive in the text.
    pub range: Range<usize>,
    /// The line it starts on, from 1.
    pub line: usize,
}

static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(\\?)\{\{#(program|go|file)\s+([^}]*)\}\}").expect("the pattern is a constant")
});

/// Every directive in `text`, in order. An ill-formed one is an error that says its line.
pub fn find(text: &str) -> Result<Vec<Directive>> {
    let mut found = Vec::new();
    for capture in DIRECTIVE.captures_iter(text) {
        if !capture[1].is_empty() {
            continue;
        }
        let whole = capture.get(0).expect("group 0 always takes part");
        let line = line_of(text, whole.start());
        let what = match parse(&capture[2], &capture[3]) {
            Ok(parsed) => parsed,
            Err(error) => bail!("line {line}: {error:#} in `{}`", whole.as_str()),
        };
        found.push(Directive {
            what,
            range: whole.range(),
            line,
        });
    }
    Ok(found)
}

/// The line, from 1, of the byte at `offset`.
pub fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset]
        .iter()
        .filter(|&&b| b == b'\n')
        .count()
        + 1
}

fn parse(kind: &str, words: &str) -> Result<What> {
    let mut words = words.split_whitespace();
    let Some(name) = words.next() else {
        bail!("a program's name is missing");
    };
    if kind == "file" {
        match words.next() {
            None => return Ok(What::File(name.into())),
            Some(word) => bail!("`{word}` is too much: a file is named by its path alone"),
        }
    }
    let mut program = Program::plain(match (kind, name.split_once('/')) {
        ("go", None) => Kind::Go { name: name.into() },
        ("go", Some(_)) => {
            bail!("a Go program is named without a folder: `{{{{#go main-returns}}}}`")
        }
        (_, Some((package, name))) if !package.is_empty() && !name.is_empty() => Kind::Rust {
            package: package.into(),
            name: name.into(),
        },
        _ => bail!(
            "a Rust program is named by package and example: `lesson-01-goroutines/main_returns`"
        ),
    });
    let (mut part, mut mode) = (Part::Both, Mode::Exact);
    while let Some(word) = words.next() {
        match word {
            "code" => part = Part::Code(None),
            "output" => part = Part::Output,
            "any-order" => mode = Mode::AnyOrder,
            "varies" => mode = Mode::Varies,
            "--" => program.arguments.extend(words.by_ref().map(str::to_owned)),
            _ => {
                if let Some(anchor) = word.strip_prefix("code:") {
                    part = Part::Code(Some(anchor.into()));
                } else if let Some((name, value)) = word.split_once('=') {
                    program.variables.push((name.into(), value.into()));
                } else {
                    bail!(
                        "`{word}` is none of: code, code:ANCHOR, output, any-order, varies, \
                         VARIABLE=VALUE, -- ARGUMENTS"
                    );
                }
            }
        }
    }
    Ok(What::Program {
        program,
        part,
        mode,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(text: &str) -> Vec<(Program, Part, Mode)> {
        let program = |found: Directive| match found.what {
            What::Program {
                program,
                part,
                mode,
            } => (program, part, mode),
            What::File(path) => panic!("{path} is no program"),
        };
        find(text).unwrap().into_iter().map(program).collect()
    }

    #[test]
    fn a_directive_is_read_with_its_part_and_mode() {
        let found = programs("{{#program lesson-01/hello code:go varies}}\n{{#go hello}}\n");
        let rust = Kind::Rust {
            package: "lesson-01".into(),
            name: "hello".into(),
        };
        let go = Kind::Go {
            name: "hello".into(),
        };
        assert_eq!(
            found,
            [
                (
                    Program::plain(rust),
                    Part::Code(Some("go".into())),
                    Mode::Varies
                ),
                (Program::plain(go), Part::Both, Mode::Exact),
            ]
        );
    }

    #[test]
    fn a_directive_knows_where_it_stands() {
        let text = "one\n\n{{#file a/b.rs}} two";
        let found = find(text).unwrap();
        assert_eq!(found[0].what, What::File("a/b.rs".into()));
        assert_eq!(
            (&text[found[0].range.clone()], found[0].line),
            ("{{#file a/b.rs}}", 3)
        );
    }

    #[test]
    fn variables_and_arguments_belong_to_the_program() {
        let text = "{{#program a/b output GOMAXPROCS=1 any-order -- --virtual code}}";
        let (program, part, mode) = programs(text).remove(0);
        assert_eq!(program.variables, [("GOMAXPROCS".into(), "1".into())]);
        assert_eq!(program.arguments, ["--virtual", "code"]);
        assert_eq!((part, mode), (Part::Output, Mode::AnyOrder));
    }

    #[test]
    fn a_backslash_makes_it_text() {
        assert!(
            find(r"write \{{#program a/b}} in the page")
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_mistake_names_its_line_and_what_is_accepted() {
        for (text, says) in [
            (
                "\n{{#program hello}}",
                "line 2: a Rust program is named by package",
            ),
            ("{{#go a/b}}", "without a folder"),
            ("{{#program a/b sideways}}", "`sideways` is none of: code"),
            ("{{#program }}", "name is missing"),
            ("{{#file a b}}", "`b` is too much"),
        ] {
            let error = format!("{:#}", find(text).unwrap_err());
            assert!(error.contains(says), "{text:?} says {error:?}");
        }
    }
}
