//! Colours: few, only on a terminal, and never the only carrier of a meaning.

use std::env;
use std::io::IsTerminal;

use marmota_verdict::Verdict;

/// Whether and how to colour what goes to standard output.
#[derive(Clone, Copy)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Colours if standard output is a terminal that can show them and `NO_COLOR`
    /// (<https://no-color.org>) is not set to something.
    pub fn for_stdout() -> Self {
        let wanted = env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|v| v == "dumb");
        Self {
            on: wanted && !dumb && std::io::stdout().is_terminal(),
        }
    }

    /// No colours at all.
    pub const fn plain() -> Self {
        Self { on: false }
    }

    /// Whether colours are on.
    pub const fn is_on(self) -> bool {
        self.on
    }

    /// `text` in the colour of `verdict`: green for a pass, red for the rest.
    pub fn verdict(self, verdict: Verdict, text: &str) -> String {
        match verdict {
            Verdict::Passed => self.wrap("32", text),
            _ => self.wrap("31", text),
        }
    }

    /// `text` in bold.
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// `text` dimmed: the labels beside what matters.
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
