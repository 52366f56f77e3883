//! The Markdown pass: faults by the file and line their author wrote.

use super::pages::Site;
use super::{Destination, Fault, destination, folder, resolve};
use crate::directive::line_of;
use crate::layout::Layout;
use anyhow::{Context, Result};
use mdbook_driver::MDBook;
use mdbook_markdown::pulldown_cmark::{BrokenLink, Event, LinkType, Options, Parser, Tag};
use regex::Regex;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

/// How many links were looked at.
#[derive(Debug, Default)]
pub struct Counted {
    /// Links within the book.
    pub internal: usize,
    /// Links to other sites.
    pub external: usize,
}

static ATTRIBUTE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\s(href|src)\s*=\s*"([^"]*)""#).expect("a constant pattern"));

/// Checks every chapter, and that every page in `src` is a chapter.
pub fn check(layout: &Layout, book: &MDBook, site: &Site) -> Result<(Vec<Fault>, Counted)> {
    let (mut faults, mut counted) = (Vec::new(), Counted::default());
    let chapters: BTreeSet<String> = book
        .book
        .chapters()
        .filter_map(|chapter| chapter.source_path.as_deref().map(slashed))
        .collect();
    for chapter in &chapters {
        let file = layout.src().join(chapter);
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("`{}` cannot be read", layout.shown(&file)))?;
        let shown = layout.shown(&file);
        for found in links(&text) {
            let what = match found.target {
                Target::Undefined => Some(format!(
                    "no link is defined for `[{}]`: define it or remove the brackets",
                    found.link
                )),
                Target::Link | Target::Loaded => match destination(&found.link) {
                    Destination::Other => None,
                    Destination::External if found.target == Target::Loaded => {
                        Some(format!("`{}` would be loaded from the network", found.link))
                    }
                    Destination::External => {
                        counted.external += 1;
                        (!found.link.starts_with("https://"))
                            .then(|| format!("`{}` is not an https link", found.link))
                    }
                    Destination::Internal(path, anchor) => {
                        counted.internal += 1;
                        fault(chapter, path, anchor, &chapters, site)
                    }
                },
            };
            if let Some(what) = what {
                faults.push(Fault {
                    file: shown.clone(),
                    line: found.line,
                    what,
                    key: (page_of(chapter), page_link(&found.link)),
                });
            }
        }
    }
    for page in pages_in(&layout.src())? {
        if page != "SUMMARY.md" && !chapters.contains(&page) {
            faults.push(Fault {
                file: layout.shown(&layout.src().join(&page)),
                line: 1,
                what: "this page is in no chapter list: add it to SUMMARY.md".into(),
                key: (page.clone(), String::new()),
            });
        }
    }
    Ok((faults, counted))
}

/// What is wrong with the link to `path#anchor` in `chapter`.
fn fault(
    chapter: &str,
    path: &str,
    anchor: Option<&str>,
    chapters: &BTreeSet<String>,
    site: &Site,
) -> Option<String> {
    let target = if path.is_empty() {
        chapter.to_owned()
    } else {
        match resolve(folder(chapter), path) {
            Some(target) => target,
            None => return Some(format!("`{path}` leaves the book")),
        }
    };
    if target.ends_with(".md") && !chapters.contains(&target) {
        return Some(format!("there is no chapter `{target}`"));
    }
    let page = page_of(&target);
    if !site.has(&page) {
        return Some(format!("there is no file `{page}` in the book"));
    }
    let anchor = anchor.filter(|anchor| !anchor.is_empty())?;
    (!site.has_anchor(&page, anchor)).then(|| {
        let near = site.nearest_anchor(&page, anchor);
        let hint = near.map_or(String::new(), |near| format!(" (is it `#{near}`?)"));
        format!("`{page}` has no anchor `#{anchor}`{hint}")
    })
}

/// The rendered page of a chapter.
fn page_of(path: &str) -> String {
    match path.strip_suffix(".md") {
        // mdbook renders a README as the index of its folder.
        Some(stem) if stem == "README" || stem.ends_with("/README") => {
            format!("{}index.html", stem.trim_end_matches("README"))
        }
        Some(stem) => format!("{stem}.html"),
        None => path.to_owned(),
    }
}

/// A link to a chapter as the rendered page has it.
fn page_link(link: &str) -> String {
    match link.split_once('#') {
        Some((path, anchor)) => format!("{}#{anchor}", page_of(path)),
        None => page_of(link),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// A link that a reader follows.
    Link,
    /// An image or a script, which the page loads by itself.
    Loaded,
    /// `[text][name]` where no `[name]: …` exists.
    Undefined,
}

struct Found {
    link: String,
    line: usize,
    target: Target,
}

/// Every link, image and `href` or `src` of raw HTML in a page, with its line.
fn links(text: &str) -> Vec<Found> {
    let undefined = RefCell::new(Vec::new());
    let broken = |link: BrokenLink<'_>| {
        // A lone `[word]` is ordinary text far more often than a forgotten link.
        if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
            undefined.borrow_mut().push(Found {
                link: link.reference.to_string(),
                line: line_of(text, link.span.start),
                target: Target::Undefined,
            });
        }
        None
    };
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut found = Vec::new();
    let parser = Parser::new_with_broken_link_callback(text, options, Some(broken));
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => found.push(Found {
                link: dest_url.to_string(),
                line: line_of(text, range.start),
                target: Target::Link,
            }),
            Event::Start(Tag::Image { dest_url, .. }) => found.push(Found {
                link: dest_url.to_string(),
                line: line_of(text, range.start),
                target: Target::Loaded,
            }),
            Event::Html(html) | Event::InlineHtml(html) => {
                for capture in ATTRIBUTE.captures_iter(&html) {
                    let whole = capture.get(0).expect("group 0 always takes part");
                    found.push(Found {
                        link: capture[2].to_owned(),
                        line: line_of(text, range.start) + line_of(&html, whole.start()) - 1,
                        target: if &capture[1] == "href" {
                            Target::Link
                        } else {
                            Target::Loaded
                        },
                    });
                }
            }
            _ => {}
        }
    }
    found.extend(undefined.into_inner());
    found
}

/// Every Markdown file below `src`, relative to it.
fn pages_in(src: &Path) -> Result<Vec<String>> {
    let (mut pages, mut folders) = (Vec::new(), vec![src.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(slashed(path.strip_prefix(src).expect("it lies below src")));
            }
        }
    }
    Ok(pages)
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_images_html_and_undefined_references_are_found_with_their_lines() {
        let text = "[a](b.md)\n\n> [!NOTE]\n> ![i](c.svg) and [x][y]\n\n<p>\n<a href=\"d.html\">d</a>\n</p>\n\n```text\n[no](link.md)\n```\n";
        let mut found: Vec<_> = links(text)
            .into_iter()
            .map(|f| (f.line, f.link, format!("{:?}", f.target)))
            .collect();
        found.sort();
        assert_eq!(
            found,
            [
                (1, "b.md".into(), "Link".into()),
                (4, "c.svg".into(), "Loaded".into()),
                (4, "y".into(), "Undefined".into()),
                (7, "d.html".into(), "Link".into()),
            ]
        );
    }

    #[test]
    fn a_chapter_knows_its_page() {
        assert_eq!(page_of("a/b.md"), "a/b.html");
        assert_eq!(page_of("a/README.md"), "a/index.html");
        assert_eq!(page_of("x.svg"), "x.svg");
        assert_eq!(page_link("../setup.md#linux"), "../setup.html#linux");
    }
}
