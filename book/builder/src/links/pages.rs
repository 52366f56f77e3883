//! The pass over what was rendered: every page, style sheet and script as a browser gets it.

use super::{Destination, Fault, destination, folder, resolve};
use crate::directive::line_of;
use crate::layout::Layout;
use anyhow::{Context, Result};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\s(?:id|name)\s*=\s*"?([^"\s>]+)"#).expect("a constant pattern")
});

/// A tag's name, and the `href` or `src` in it.
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"<([a-zA-Z]+)\b[^>]*?\s(?:href|src)\s*=\s*"([^"]*)""#).expect("a constant pattern")
});

/// What a style sheet loads.
static STYLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)"#)
        .expect("a constant pattern")
});

/// The rendered book.
pub struct Site {
    /// Every file, by its path with `/`.
    files: BTreeSet<String>,
    /// The text of pages and style sheets.
    texts: BTreeMap<String, String>,
    /// The anchors of each page.
    anchors: BTreeMap<String, BTreeSet<String>>,
}

impl Site {
    /// Reads the rendered book in `output`.
    pub fn read(output: &Path) -> Result<Site> {
        let mut site = Site {
            files: BTreeSet::new(),
            texts: BTreeMap::new(),
            anchors: BTreeMap::new(),
        };
        let mut folders = vec![output.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(output).expect("it lies below the output");
                let name = name.to_string_lossy().replace('\\', "/");
                if name.ends_with(".html") || name.ends_with(".css") {
                    let text = std::fs::read_to_string(&path)
                        .with_context(|| format!("`{}` cannot be read", path.display()))?;
                    site.add_text(&name, text);
                }
                site.files.insert(name);
            }
        }
        Ok(site)
    }

    fn add_text(&mut self, name: &str, text: String) {
        let ids = ID
            .captures_iter(&text)
            .map(|capture| capture[1].to_owned())
            .collect();
        self.anchors.insert(name.to_owned(), ids);
        self.texts.insert(name.to_owned(), text);
    }

    /// Whether the book has this file, or this folder with an index page.
    pub fn has(&self, file: &str) -> bool {
        self.files.contains(file)
            || self
                .files
                .contains(format!("{file}/index.html").trim_start_matches('/'))
    }

    /// Whether `page` has the anchor.
    pub fn has_anchor(&self, page: &str, anchor: &str) -> bool {
        self.anchors
            .get(page)
            .is_some_and(|anchors| anchors.contains(anchor))
    }

    /// The anchor of `page` that shares the longest beginning with `anchor`.
    pub fn nearest_anchor(&self, page: &str, anchor: &str) -> Option<&str> {
        let shared = |other: &str| {
            other
                .chars()
                .zip(anchor.chars())
                .take_while(|(a, b)| a == b)
                .count()
        };
        let anchors = self.anchors.get(page)?.iter();
        let nearest = anchors.max_by_key(|other| shared(other))?;
        (shared(nearest) >= 3).then_some(nearest)
    }
}

/// Checks every page and style sheet.
pub fn check(layout: &Layout, site: &Site) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, text) in &site.texts {
        let file = layout.shown(&layout.output().join(name));
        let mut add = |at: usize, link: &str, what: String| {
            faults.push(Fault {
                file: file.clone(),
                line: line_of(text, at),
                what,
                key: (name.clone(), link.to_owned()),
            });
        };
        if name.ends_with(".css") {
            for capture in STYLE.captures_iter(text) {
                let what = format!("`{}` would be loaded from the network", &capture[1]);
                add(capture.get(0).map_or(0, |m| m.start()), &capture[1], what);
            }
            continue;
        }
        // The 404 page is served for any address, so its links start at the site's root.
        let base = if name == "404.html" { "" } else { folder(name) };
        for capture in REFERENCE.captures_iter(text) {
            let (at, tag, link) = (
                capture.get(2).map_or(0, |m| m.start()),
                &capture[1],
                &capture[2],
            );
            match destination(link) {
                Destination::Other => {}
                Destination::External if tag == "a" => {}
                Destination::External => {
                    add(
                        at,
                        link,
                        format!("`{link}` would be loaded from the network"),
                    );
                }
                Destination::Internal(path, anchor) => {
                    let target = if path.is_empty() {
                        Some(name.clone())
                    } else {
                        resolve(base, path)
                    };
                    match target {
                        None => add(at, link, format!("`{link}` leaves the book")),
                        Some(target) if !site.has(&target) => {
                            add(at, link, format!("there is no file `{target}` in the book"));
                        }
                        Some(target) => {
                            let anchor = anchor.filter(|anchor| !anchor.is_empty());
                            if let Some(anchor) = anchor.filter(|a| !site.has_anchor(&target, a)) {
                                add(at, link, format!("`{target}` has no anchor `#{anchor}`"));
                            }
                        }
                    }
                }
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn site(pages: &[(&str, &str)]) -> (Layout, Site) {
        let mut site = Site {
            files: pages.iter().map(|(name, _)| (*name).to_owned()).collect(),
            texts: BTreeMap::new(),
            anchors: BTreeMap::new(),
        };
        for (name, text) in pages {
            site.add_text(name, (*text).to_owned());
        }
        let layout = Layout {
            book: PathBuf::from("/r/book"),
            repository: PathBuf::from("/r"),
        };
        (layout, site)
    }

    fn faults(pages: &[(&str, &str)]) -> Vec<String> {
        let (layout, site) = site(pages);
        check(&layout, &site)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn whole_links_are_no_fault() {
        let pages = [
            (
                "index.html",
                r#"<a href="a/b.html#x">b</a> <a href="https://go.dev">go</a> <a href="a/">a</a>"#,
            ),
            (
                "a/b.html",
                "<h2 id=\"x\">x</h2>\n<a href=\"../index.html\">up</a> <a href=\"#x\">x</a>",
            ),
            ("a/index.html", ""),
        ];
        assert_eq!(faults(&pages), [""; 0]);
    }

    #[test]
    fn each_kind_of_broken_link_is_reported_with_file_and_line() {
        let page = "\n<a href=\"no.html\">\n<a href=\"#no\">\n<img src=\"../../up.png\">\n<script src=\"https://cdn.example/x.js\"></script>";
        assert_eq!(
            faults(&[("p.html", page)]),
            [
                "book/build/p.html:2: there is no file `no.html` in the book",
                "book/build/p.html:3: `p.html` has no anchor `#no`",
                "book/build/p.html:4: `../../up.png` leaves the book",
                "book/build/p.html:5: `https://cdn.example/x.js` would be loaded from the network",
            ]
        );
    }

    #[test]
    fn a_style_sheet_may_not_load_from_the_network() {
        let found = faults(&[(
            "s.css",
            "a { b: url(\"local.woff\") }\n@import \"https://fonts.example/f.css\";",
        )]);
        assert_eq!(
            found,
            ["book/build/s.css:2: `https://fonts.example/f.css` would be loaded from the network"]
        );
    }

    #[test]
    fn the_nearest_anchor_is_offered() {
        let (_, site) = site(&[("p.html", r#"<h2 id="the-idea"></h2><h2 id="pitfall"></h2>"#)]);
        assert_eq!(site.nearest_anchor("p.html", "the-ide"), Some("the-idea"));
        assert_eq!(site.nearest_anchor("p.html", "zzz"), None);
    }
}
