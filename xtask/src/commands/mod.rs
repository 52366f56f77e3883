//! One command a file. Each has its arguments and a `run` that gives the exit
//! status; what they share stands beside this folder.

pub mod bench;
pub mod book;
pub mod check;
pub mod hint;
pub mod list;
pub mod solution;
pub mod solutions;
pub mod test;

/// A lesson, and perhaps an exercise of it: what most commands are about.
#[derive(clap::Args)]
pub struct Choice {
    /// The lesson: its number, id, name or folder
    pub lesson: String,
    /// An exercise of it: its number, id or file
    pub exercise: Option<String>,
}
