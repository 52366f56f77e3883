//! The preprocessor that puts programs and their recorded outputs into the pages.
//!
//! It runs after mdbook's own `{{#include}}`, which leaves a directive in the page and only
//! logs when a file is missing. A book with a hole in it is worse than no book, so whatever is
//! still unresolved here is an error with the chapter's name.

use crate::directive::{self, Part, What};
use crate::layout::Layout;
use crate::program::Program;
use anyhow::{Context, Result, bail};
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use std::fmt::Write as _;

/// The preprocessor; see the module's documentation.
pub struct Programs {
    layout: Layout,
}

impl Programs {
    /// A preprocessor for the book at `layout`.
    pub fn new(layout: &Layout) -> Programs {
        Programs {
            layout: layout.clone(),
        }
    }
}

impl Preprocessor for Programs {
    fn name(&self) -> &str {
        "programs"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut failed = None;
        book.for_each_mut(|item| {
            let BookItem::Chapter(chapter) = item else {
                return;
            };
            match expand(&self.layout, &chapter.content) {
                Ok(content) => chapter.content = content,
                Err(error) => {
                    let page = chapter.source_path.clone().unwrap_or_default();
                    failed.get_or_insert(error.context(format!("in src/{}", page.display())));
                }
            }
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(book),
        }
    }
}

/// `text` with every directive replaced by what it names.
pub fn expand(layout: &Layout, text: &str) -> Result<String> {
    let mut page = String::with_capacity(text.len());
    let mut copied = 0;
    for found in directive::find(text)? {
        page.push_str(&text[copied..found.range.start]);
        copied = found.range.end;
        let what = match &found.what {
            What::Program { program, part, .. } => show(layout, program, part),
            What::File(path) => show_file(layout, path),
        }
        .with_context(|| format!("line {}", found.line))?;
        page.push_str(&what);
    }
    page.push_str(&text[copied..]);
    if let Some(at) = unresolved(&page) {
        let rest = &page[at..];
        let shown = rest.split_inclusive("}}").next().unwrap_or(rest);
        bail!("`{shown}` was not resolved: the file is missing or the directive is unknown");
    }
    Ok(page.replace(r"\{{#", "{{#"))
}

/// Where the first directive stands that nobody resolved.
fn unresolved(page: &str) -> Option<usize> {
    page.match_indices("{{#")
        .map(|(at, _)| at)
        .find(|&at| at == 0 || page.as_bytes()[at - 1] != b'\\')
}

fn show(layout: &Layout, program: &Program, part: &Part) -> Result<String> {
    let mut html = String::new();
    if let Part::Both | Part::Code(_) = part {
        let source = program.source(layout);
        let text = std::fs::read_to_string(&source).with_context(|| {
            format!(
                "`{}` cannot be read: is the program's name right?",
                layout.shown(&source)
            )
        })?;
        let anchor = match part {
            Part::Code(anchor) => anchor.as_deref(),
            _ => None,
        };
        let code = region(&text, anchor).with_context(|| format!("`{}`", layout.shown(&source)))?;
        write!(
            html,
            "{}",
            listing(&layout.shown(&source), program.language(), &code)
        )?;
    }
    if let Part::Both | Part::Output = part {
        let output = program.output(layout);
        let text = std::fs::read_to_string(&output).with_context(|| {
            format!(
                "`{}` cannot be read: record it with `cargo run --manifest-path \
                 book/builder/Cargo.toml -- regenerate`",
                layout.shown(&output)
            )
        })?;
        write!(html, "{}", listing("output", "console", &text))?;
    }
    Ok(html)
}

/// A file that no program prints: a source that must not compile, or the compiler's answer.
fn show_file(layout: &Layout, path: &str) -> Result<String> {
    let file = layout.repository.join(path);
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("`{path}` cannot be read"))?;
    let language = match file.extension().and_then(|extension| extension.to_str()) {
        Some("rs") => "rust",
        Some("go") => "go",
        Some("toml") => "toml",
        // What a compiler or a program said.
        _ => "console",
    };
    let text = if language == "rust" {
        region(&text, None)?
    } else {
        text
    };
    Ok(listing(path, language, &text))
}

/// A code block under a caption. The fence is longer than any fence inside `code`.
fn listing(caption: &str, language: &str, code: &str) -> String {
    let longest = code
        .lines()
        .map(|line| line.trim_start().bytes().take_while(|&b| b == b'`').count())
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let class = if language == "console" {
        "listing output"
    } else {
        "listing"
    };
    format!(
        "<figure class=\"{class}\"><figcaption>{caption}</figcaption>\n\n\
         {fence}{language}\n{}\n{fence}\n\n</figure>\n",
        code.trim_end()
    )
}

/// The lines of `text` between the anchor's marks, or the whole without the essay at its
/// top (the chapter around it says the same at length). Marks never show.
fn region(text: &str, anchor: Option<&str>) -> Result<String> {
    let is_mark = |line: &str| {
        let line = line.trim_start();
        line.starts_with("// ANCHOR: ") || line.starts_with("// ANCHOR_END: ")
    };
    let lines: Vec<&str> = match anchor {
        None => {
            // Rust's `//!`, and the comment before `package` in Go.
            let go = text.lines().any(|line| line.starts_with("package "));
            let essay =
                |line: &&str| line.is_empty() || line.starts_with(if go { "//" } else { "//!" });
            text.lines()
                .skip_while(essay)
                .filter(|line| !is_mark(line))
                .collect()
        }
        Some(name) => {
            let position = |mark: &str| {
                let wanted = format!("// {mark}: {name}");
                text.lines().position(|line| line.trim() == wanted)
            };
            let (Some(start), Some(end)) = (position("ANCHOR"), position("ANCHOR_END")) else {
                bail!("there is no region between `// ANCHOR: {name}` and `// ANCHOR_END: {name}`");
            };
            let inside = text
                .lines()
                .skip(start + 1)
                .take(end.saturating_sub(start + 1));
            inside.filter(|line| !is_mark(line)).collect()
        }
    };
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let mut out = String::new();
    for line in lines {
        out.push_str(line.get(indent..).unwrap_or("").trim_end());
        out.push('\n');
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with one lesson, one program and its recorded output.
    fn repository() -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("book/book.toml", "");
        write(
            "lessons/one/examples/hello.rs",
            "//! An essay.\n\nfn main() {\n    // ANCHOR: say\n    println!(\"hi\");\n    // ANCHOR_END: say\n}\n",
        );
        write("book/generated/one/hello.txt", "$ cargo run\nhi\n");
        let layout = Layout::find(Some(dir.path().join("book"))).unwrap();
        (dir, layout)
    }

    #[test]
    fn a_program_is_shown_with_its_output_and_without_essay_and_marks() {
        let (_dir, layout) = repository();
        let page = expand(&layout, "before\n{{#program one/hello}}\nafter").unwrap();
        assert!(page.contains("<figcaption>lessons/one/examples/hello.rs</figcaption>"));
        assert!(
            page.contains("```rust\nfn main() {\n    println!(\"hi\");\n}\n```"),
            "{page}"
        );
        assert!(page.contains("```console\n$ cargo run\nhi\n```"), "{page}");
        assert!(page.starts_with("before\n") && page.ends_with("\nafter"));
    }

    #[test]
    fn an_anchor_shows_its_region_without_indentation() {
        let (_dir, layout) = repository();
        let page = expand(&layout, "{{#program one/hello code:say}}").unwrap();
        assert!(page.contains("```rust\nprintln!(\"hi\");\n```"), "{page}");
        assert!(!page.contains("console"));
    }

    #[test]
    fn a_missing_program_output_anchor_or_include_is_an_error_with_its_remedy() {
        let (_dir, layout) = repository();
        for (text, says) in [
            (
                "\n{{#program one/none}}",
                "line 2: `lessons/one/examples/none.rs` cannot be read",
            ),
            (
                "{{#program two/hello}}",
                "`lessons/two/examples/hello.rs` cannot be read",
            ),
            ("{{#go hello output}}", "-- regenerate`"),
            (
                "{{#program one/hello code:no}}",
                "no region between `// ANCHOR: no`",
            ),
            (
                "{{#include none.md}}",
                "`{{#include none.md}}` was not resolved",
            ),
        ] {
            let error = format!("{:#}", expand(&layout, text).unwrap_err());
            assert!(error.contains(says), "{text:?} says {error:?}");
        }
    }

    #[test]
    fn an_escaped_directive_is_shown_as_text() {
        let (_dir, layout) = repository();
        let page = expand(&layout, r"write \{{#program a/b}}").unwrap();
        assert_eq!(page, "write {{#program a/b}}");
    }

    #[test]
    fn the_fence_is_longer_than_any_fence_in_the_code() {
        assert!(listing("x", "console", "````\n").contains("\n`````console\n"));
    }
}
