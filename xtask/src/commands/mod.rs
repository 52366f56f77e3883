//! One command a file. Each has its arguments and a `run` that gives the exit
//! status; what they share stands beside this folder.

pub mod bench;
pub mod book;
pub mod check;
pub mod completions;
pub mod doctor;
pub mod grade;
pub mod hint;
pub mod list;
pub mod next;
pub mod progress;
pub mod protect;
pub mod reset;
pub mod sanitize;
pub mod solution;
pub mod solutions;
pub mod test;
pub mod undo;
pub mod update;
pub mod watch;

// A plain comment: clap would take a documentation comment for the command's help.
// A lesson, and perhaps an exercise of it.
#[derive(clap::Args)]
#[allow(missing_docs, reason = "see above")]
pub struct Choice {
    /// The lesson: its number, id, name or folder
    pub lesson: String,
    /// An exercise of it: its number, id or file
    pub exercise: Option<String>,
}
