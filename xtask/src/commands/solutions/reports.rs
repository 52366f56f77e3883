//! What a learner reads about a mistake, beside what is written down in `reports`.

use std::fmt::Write as _;

use super::Job;
use crate::course::Lesson;
use crate::paint::Paint;
use crate::report::{self, Style};
use crate::trouble::Outcome;

pub(super) const PLAIN: Style = Style {
    paint: Paint::plain(),
    verbose: false,
    next_lesson: None,
};

impl Job<'_> {
    /// Compares what a learner reads about a mistake with what is written down.
    /// One that nobody has written down yet is counted as skipped.
    pub(super) fn compare(
        &mut self,
        lesson: &Lesson,
        mistake: &str,
        text: &str,
    ) -> Result<&'static str, String> {
        let lines = text.lines().count();
        if lines > report::LINES {
            return Err(format!("its report has {lines} lines, which is too many"));
        }
        let folder = self.course.solution_folder(lesson).join("reports");
        let path = folder.join(format!("{mistake}.txt"));
        if self.updates {
            return std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(&path, text))
                .map(|()| "")
                .map_err(|e| format!("cannot write {}: {e}", path.display()));
        }
        let Ok(known) = std::fs::read_to_string(&path) else {
            self.tally.skipped += 1;
            return Ok("; its report is not written down yet: UPDATE_REPORTS=1");
        };
        if known == text {
            return Ok("");
        }
        Err(format!(
            "its report is not what solutions/{}/reports/{mistake}.txt says; write it with \
             UPDATE_REPORTS=1 cargo xtask check --solutions {} and read the difference:\n{}",
            lesson.id,
            lesson.number,
            difference(&known, text)
        ))
    }

    /// A report without its wrong solution: one was renamed.
    pub(super) fn stale_reports(&mut self, lesson: &Lesson) -> Outcome<()> {
        let folder = self.course.solution_folder(lesson);
        let Ok(reports) = std::fs::read_dir(folder.join("reports")) else {
            return Ok(());
        };
        for report in reports.flatten() {
            let name = report.file_name().to_string_lossy().into_owned();
            let mistake = name.strip_suffix(".txt").unwrap_or(&name);
            if folder.join("wrong").join(mistake).is_dir() {
                continue;
            }
            let result = if self.updates {
                std::fs::remove_file(report.path())
                    .map(|()| "removed: there is no such wrong solution".to_owned())
                    .map_err(|e| e.to_string())
            } else {
                Err("there is no such wrong solution; delete it".to_owned())
            };
            self.say(&format!("reports/{name}"), result);
        }
        Ok(())
    }
}

/// The lines in which a report is not as it was, each as it was and as it is.
fn difference(known: &str, text: &str) -> String {
    let (mut was, mut is) = (known.lines(), text.lines());
    let mut words = String::new();
    loop {
        match (was.next(), is.next()) {
            (None, None) => return words,
            (a, b) if a == b => {}
            (a, b) => {
                let lines = [("was", a), ("is ", b)];
                for (when, line) in lines {
                    if let Some(line) = line {
                        let _ = writeln!(words, "         {when} {line}");
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_are_shown_both_ways() {
        let words = difference("a\nb\nc\n", "a\nx\nc\nd\n");
        let expected = "         was b\n         is  x\n         is  d\n";
        assert_eq!(words, expected);
    }
}
