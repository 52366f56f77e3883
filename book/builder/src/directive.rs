//! The directives a chapter uses to show a program, and how they are found in a page.
//!
//! ```text
//! {{#program PACKAGE/NAME [PART] [MODE]}}    a Rust example: source and output
//! {{#go NAME [PART] [MODE]}}                 a Go program of book/go
//! ```
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

use crate::program::Program;
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

/// One directive and where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The program that is shown.
    pub program: Program,
    /// What of it is shown.
    pub part: Part,
    /// How its output is compared.
    pub mode: Mode,
    /// The bytes of the directive in the text.
    pub range: Range<usize>,
    /// The line it starts on, from 1.
    pub line: usize,
}

static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(\\?)\{\{#(program|go)\s+([^}]*)\}\}").expect("the pattern is a constant")
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
        let (program, part, mode) = match parse(&capture[2], &capture[3]) {
            Ok(parsed) => parsed,
            Err(error) => bail!("line {line}: {error:#} in `{}`", whole.as_str()),
        };
        found.push(Directive {
            program,
            part,
            mode,
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

fn parse(kind: &str, words: &str) -> Result<(Program, Part, Mode)> {
    let mut words = words.split_whitespace();
    let Some(name) = words.next() else {
        bail!("a program's name is missing");
    };
    let program = match (kind, name.split_once('/')) {
        ("go", None) => Program::Go { name: name.into() },
        ("go", Some(_)) => {
            bail!("a Go program is named without a folder: `{{{{#go main-returns}}}}`")
        }
        (_, Some((package, name))) if !package.is_empty() && !name.is_empty() => Program::Rust {
            package: package.into(),
            name: name.into(),
        },
        _ => bail!(
            "a Rust program is named by package and example: `lesson-01-goroutines/main-returns`"
        ),
    };
    let (mut part, mut mode) = (Part::Both, Mode::Exact);
    for word in words {
        match word.split_once(':') {
            Some(("code", anchor)) => part = Part::Code(Some(anchor.into())),
            None if word == "code" => part = Part::Code(None),
            None if word == "output" => part = Part::Output,
            None if word == "any-order" => mode = Mode::AnyOrder,
            None if word == "varies" => mode = Mode::Varies,
            _ => bail!("`{word}` is none of: code, code:ANCHOR, output, any-order, varies"),
        }
    }
    Ok((program, part, mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(package: &str, name: &str) -> Program {
        Program::Rust {
            package: package.into(),
            name: name.into(),
        }
    }

    #[test]
    fn a_directive_is_read_with_its_part_mode_and_line() {
        let text = "one\n\n{{#program lesson-01/hello code:go varies}}\n{{#go hello}}\n";
        let found = find(text).unwrap();
        assert_eq!(found[0].program, rust("lesson-01", "hello"));
        assert_eq!(found[0].part, Part::Code(Some("go".into())));
        assert_eq!((found[0].mode, found[0].line), (Mode::Varies, 3));
        assert_eq!(
            &text[found[0].range.clone()],
            "{{#program lesson-01/hello code:go varies}}"
        );
        assert_eq!(
            found[1].program,
            Program::Go {
                name: "hello".into()
            }
        );
        assert_eq!((&found[1].part, found[1].mode), (&Part::Both, Mode::Exact));
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
        ] {
            let error = format!("{:#}", find(text).unwrap_err());
            assert!(error.contains(says), "{text:?} says {error:?}");
        }
    }
}
