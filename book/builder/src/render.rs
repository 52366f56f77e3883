//! Renders the pages with mdbook.

use crate::layout::Layout;
use crate::programs::Programs;
use anyhow::{Context, Result};
use mdbook_driver::MDBook;

/// The book as mdbook sees it, with our preprocessor.
pub fn load(layout: &Layout) -> Result<MDBook> {
    let mut book = MDBook::load(&layout.book)
        .with_context(|| format!("`{}` cannot be loaded", layout.shown(&layout.book)))?;
    book.with_preprocessor(Programs::new(layout));
    Ok(book)
}

/// Renders the book into [`Layout::output`] and returns it.
pub fn build(layout: &Layout) -> Result<MDBook> {
    let book = load(layout)?;
    book.build()?;
    Ok(book)
}

/// Renders the book and says where it is.
pub fn build_and_say(layout: &Layout) -> Result<()> {
    let book = build(layout)?;
    println!(
        "The book is built ({} pages): {}",
        book.book.chapters().count(),
        layout.output().join("index.html").display()
    );
    Ok(())
}
