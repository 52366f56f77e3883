//! The results of a batch: one JSON line a graded lesson, appended as it is known,
//! and a CSV summary at the end.
//!
//! The lines are the record. A batch that was ended reads them again and goes on with
//! what is missing; a line counts only for the very sources it names. A last line that
//! was cut off is dropped.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use marmota_verdict::{Place, Verdict};
use serde::{Deserialize, Serialize};

use crate::grade::{ExerciseReport, LessonReport};

/// The version of a line.
pub const SCHEMA: u32 = 1;

/// One submission's result in one lesson.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// The version.
    pub schema: u32,
    /// The submission's folder.
    pub submission: String,
    /// The lesson.
    pub lesson: String,
    /// The hash of what was graded; empty if nothing could be taken.
    pub source: String,
    /// What it earned.
    pub points: u32,
    /// What the lesson is worth.
    pub of: u32,
    /// The verdict of the first exercise that did not pass.
    pub verdict: Verdict,
    /// Why there are no exercises, if there are none.
    pub reason: Option<String>,
    /// What the kernel could not confine.
    pub unconfined: Vec<String>,
    /// The exercises.
    pub exercises: Vec<Exercise>,
}

/// One exercise of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exercise {
    /// Its id.
    pub id: String,
    /// What it earned.
    pub points: u32,
    /// What it is worth.
    pub of: u32,
    /// Its verdict.
    pub verdict: Verdict,
    /// The first test that did not pass.
    pub test: Option<String>,
    /// What happened in it.
    pub happened: Option<String>,
    /// Where.
    pub place: Option<Place>,
    /// The schedule, to replay it.
    pub replay: Option<String>,
}

impl Exercise {
    fn new(report: &ExerciseReport) -> Self {
        let failed = report.failure().map(|graded| &graded.report);
        Self {
            id: report.id.clone(),
            points: report.points,
            of: report.of,
            verdict: report.verdict,
            test: failed.map(|r| r.test.clone()),
            happened: failed.map(|r| r.happened.clone()),
            place: failed.and_then(|r| r.place.clone()),
            replay: failed.and_then(|r| r.replay.clone()),
        }
    }
}

impl Line {
    /// A line without exercises, for `reason`.
    pub fn without(
        submission: &str,
        lesson: &str,
        of: u32,
        verdict: Verdict,
        reason: &str,
    ) -> Self {
        Self {
            schema: SCHEMA,
            submission: submission.to_owned(),
            lesson: lesson.to_owned(),
            source: String::new(),
            points: 0,
            of,
            verdict,
            reason: Some(reason.to_owned()),
            unconfined: Vec::new(),
            exercises: Vec::new(),
        }
    }

    /// A line of a report.
    pub fn new(submission: &str, report: &LessonReport) -> Self {
        Self {
            points: report.points,
            reason: None,
            exercises: report.exercises.iter().map(Exercise::new).collect(),
            ..Self::without(submission, &report.lesson, report.of, report.verdict, "")
        }
    }
}

/// The folder of a batch's results.
pub struct Gradebook {
    lines: PathBuf,
    summary: PathBuf,
    file: File,
    known: Vec<Line>,
}

impl Gradebook {
    /// Opens it, with what an earlier run has found out.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let lines = folder.join("results.jsonl");
        let text = fs::read_to_string(&lines).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let known = whole
            .lines()
            .filter_map(|line| serde_json::from_str::<Line>(line).ok())
            .filter(|line| line.schema == SCHEMA)
            .collect();
        if whole.len() < text.len() {
            replace(&lines, whole)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&lines)?;
        Ok(Self {
            summary: folder.join("results.csv"),
            lines,
            file,
            known,
        })
    }

    /// Whether these sources of this submission were graded already.
    pub fn has(&self, submission: &str, lesson: &str, source: &str) -> bool {
        self.last(submission, lesson)
            .is_some_and(|line| line.source == source)
    }

    /// Adds a line: it is on the disk when this returns.
    pub fn add(&mut self, line: Line) -> io::Result<()> {
        let mut text = serde_json::to_string(&line)?;
        text.push('\n');
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        self.known.push(line);
        Ok(())
    }

    /// Writes the summary of the last line on each lesson of each submission, and gives
    /// both paths.
    pub fn finish(&self) -> io::Result<(&Path, &Path)> {
        let mut last: Vec<&Line> = self
            .known
            .iter()
            .filter(|l| {
                self.last(&l.submission, &l.lesson)
                    .is_some_and(|last| std::ptr::eq(last, *l))
            })
            .collect();
        last.sort_by_key(|l| (&l.submission, &l.lesson));
        let mut csv = String::from("submission,lesson,points,of,verdict,source\n");
        for l in last {
            let _infallible = writeln!(
                csv,
                "{},{},{},{},{},{}",
                quoted(&l.submission),
                quoted(&l.lesson),
                l.points,
                l.of,
                l.verdict,
                l.source
            );
        }
        replace(&self.summary, &csv)?;
        Ok((&self.lines, &self.summary))
    }

    fn last(&self, submission: &str, lesson: &str) -> Option<&Line> {
        let is_its = |line: &&Line| line.submission == submission && line.lesson == lesson;
        self.known.iter().rev().find(is_its)
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, text)?;
    File::open(&temporary)?.sync_all()?;
    fs::rename(&temporary, path)
}

/// A field of CSV (RFC 4180). A name that a spreadsheet would take for a formula
/// begins with an apostrophe.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if formula {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_the_summary_nor_calculate_in_it() {
        assert_eq!(quoted("ada"), "ada");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
    }

    #[test]
    fn a_line_that_was_cut_off_is_dropped_and_the_others_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let mut book = Gradebook::open(folder.path()).unwrap();
        let line = |source: &str| Line {
            source: source.into(),
            ..Line::without("ada", "lesson-01-x", 10, Verdict::Passed, "")
        };
        book.add(line("one")).unwrap();
        drop(book);
        let path = folder.path().join("results.jsonl");
        let mut text = fs::read_to_string(&path).unwrap();
        text += "{\"schema\":1,\"subm";
        fs::write(&path, text).unwrap();

        let mut book = Gradebook::open(folder.path()).unwrap();
        assert!(book.has("ada", "lesson-01-x", "one"));
        assert!(!book.has("ada", "lesson-01-x", "two"));
        book.add(line("two")).unwrap();
        book.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        let csv = fs::read_to_string(folder.path().join("results.csv")).unwrap();
        assert_eq!(csv.lines().count(), 2, "{csv}");
        assert!(csv.ends_with("ada,lesson-01-x,0,10,passed,two\n"), "{csv}");
    }
}
