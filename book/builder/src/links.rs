//! Checks that no link of the book is broken and that no page needs the network.
//!
//! Two passes, because each sees what the other cannot:
//!
//! - [`source`] reads the Markdown, so that a broken link is reported by the file and line its
//!   author wrote;
//! - [`pages`] reads the rendered HTML, so that what a template, an include or a generated file
//!   brought in is checked too. What the first pass has reported is not said twice.
//!
//! Anchors are those of the rendered pages: how a heading becomes an `id` is mdbook's business
//! and not guessed here. Links to other sites are counted, not fetched: the check gives the
//! same answer on a machine without a network.

mod pages;
mod source;

use crate::layout::Layout;
use crate::render;
use anyhow::{Result, bail};
use pages::Site;
use std::fmt;

/// A fault and where its author finds it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, relative to the repository.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub what: String,
    /// The rendered page the fault shows up in and the link as written, to match both passes.
    pub key: (String, String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Builds the book and fails when a link is broken.
pub fn check(layout: &Layout) -> Result<()> {
    let book = render::build(layout)?;
    let site = Site::read(&layout.output())?;
    let (mut faults, counted) = source::check(layout, &book, &site)?;
    for fault in pages::check(layout, &site) {
        // The page for printing repeats all others.
        let known = |known: &Fault| known.key == fault.key || fault.key.0 == "print.html";
        if !faults.iter().any(known) {
            faults.push(fault);
        }
    }
    faults.sort();
    for fault in &faults {
        eprintln!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} broken links", faults.len());
    }
    println!(
        "The book's links are whole: {} pages, {} internal links checked, {} to other sites not fetched",
        book.book.chapters().count(),
        counted.internal,
        counted.external
    );
    Ok(())
}

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// Another site.
    External,
    /// Mail, data and the like: nothing to check.
    Other,
    /// A file of the book (empty: the same page) and an anchor in it.
    Internal(&'a str, Option<&'a str>),
}

/// Reads a link as written.
pub fn destination(link: &str) -> Destination<'_> {
    if link.starts_with("https://") || link.starts_with("http://") || link.starts_with("//") {
        return Destination::External;
    }
    let scheme = link.split(['/', '#', '?']).next().unwrap_or("");
    if scheme.contains(':') {
        return Destination::Other;
    }
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (link, None),
    };
    Destination::Internal(path.split('?').next().unwrap_or(""), anchor)
}

/// `link` as seen from a file in `folder` (both relative to one root, with `/`), without `.`
/// and `..`; nothing when it leaves the root.
pub fn resolve(folder: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = if link.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').filter(|part| !part.is_empty()).collect()
    };
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder part of a path with `/`.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_a_browser_would() {
        assert_eq!(destination("https://go.dev"), Destination::External);
        assert_eq!(destination("mailto:a@b"), Destination::Other);
        assert_eq!(destination("#top"), Destination::Internal("", Some("top")));
        assert_eq!(
            destination("a/b.md?x#c"),
            Destination::Internal("a/b.md", Some("c"))
        );
        assert_eq!(destination("a.html"), Destination::Internal("a.html", None));
    }

    #[test]
    fn paths_are_resolved_and_never_leave_the_book() {
        assert_eq!(
            resolve("lessons", "../setup.md").as_deref(),
            Some("setup.md")
        );
        assert_eq!(resolve("a/b", "./c.md").as_deref(), Some("a/b/c.md"));
        assert_eq!(resolve("a", "/c.md").as_deref(), Some("c.md"));
        assert_eq!(resolve("a", "../../c.md"), None);
    }
}
