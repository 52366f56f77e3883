//! What the compiler says, as cargo hands it over in JSON lines.
//!
//! Only a few fields are read, each through a type, so a line of another shape
//! (there are many kinds) is simply none of ours.

use marmota_verdict::Place;
use serde::Deserialize;

/// One line of `cargo build --message-format json`, if it is one that matters.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Line {
    /// A crate was compiled, or found to be fresh.
    CompilerArtifact {
        /// What was compiled.
        target: Target,
        /// The program, if it is one.
        executable: Option<String>,
        /// All files that came out of it.
        #[serde(default)]
        filenames: Vec<String>,
    },
    /// An error or a warning.
    CompilerMessage {
        /// The crate it is about.
        package_id: String,
        /// What it says.
        message: Message,
    },
    /// Anything else.
    #[serde(other)]
    Other,
}

/// A crate of a package: its library, a test, …
#[derive(Deserialize)]
pub struct Target {
    /// The crate's name.
    pub name: String,
}

/// A message of the compiler.
#[derive(Deserialize)]
pub struct Message {
    /// The first line, without `error:`.
    pub message: String,
    /// `error`, `warning`, `note`, …
    pub level: String,
    spans: Vec<Span>,
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: u32,
    is_primary: bool,
}

impl Line {
    /// Reads one line; `None` if it is not JSON at all.
    pub fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

impl Message {
    /// An error that the compiler had no chance to report.
    pub fn ours(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            level: "error".into(),
            spans: Vec::new(),
            rendered: None,
        }
    }

    /// Where it points.
    pub fn place(&self) -> Option<Place> {
        let span = self.spans.iter().find(|s| s.is_primary)?;
        Some(Place::new(span.file_name.clone(), span.line_start))
    }

    /// Whether it is an error with a place or a reason of its own, and not the
    /// closing `aborting due to 2 previous errors`.
    pub fn is_error(&self) -> bool {
        self.level == "error" && !self.message.starts_with("aborting due to")
    }

    /// As the compiler would have printed it.
    pub fn rendered(&self) -> &str {
        self.rendered.as_deref().unwrap_or(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_with_its_place() {
        let line = r#"{"reason":"compiler-message","package_id":"path+file:///c/lessons/l#l@0.1.0",
            "target":{"name":"l"},"message":{"message":"mismatched types","level":"error",
            "rendered":"error[E0308]: mismatched types\n","code":null,"children":[],
            "spans":[{"file_name":"lessons/l/src/both.rs","line_start":12,"is_primary":true}]}}"#;
        let Some(Line::CompilerMessage { message, .. }) = Line::read(line) else {
            panic!("not read as a message");
        };
        assert!(message.is_error());
        assert_eq!(
            message.place(),
            Some(Place::new("lessons/l/src/both.rs", 12))
        );
    }

    #[test]
    fn other_lines_are_no_trouble() {
        assert!(matches!(
            Line::read(r#"{"reason":"build-finished","success":false}"#),
            Some(Line::Other)
        ));
        assert!(Line::read("Compiling l v0.1.0").is_none());
    }
}
