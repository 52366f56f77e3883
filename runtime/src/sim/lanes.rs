//! The lane picture for a terminal.
//!
//! ```text
//!  goroutine 1             2 main.rs:8
//!  go 2 main.rs:8          :
//!  lock main.rs:12         :
//!  │                       lock main.rs:9
//!  │                       STUCK: sync.Mutex.Lock main.rs:10
//!  STUCK: sync.Mutex.Lock main.rs:13
//! ```
//!
//! Time goes down, a column per goroutine: `│` it can run or runs, `:` it waits.
//! The end is what a failure is about, so a long run loses its middle; a run of
//! many goroutines loses those that did nothing lately.

use super::Place;
use super::trace::{Kind, Row, Trace, short};
use std::fmt::Write;

pub(super) const LINES: usize = 24;
pub(super) const WIDTH: usize = 110;
/// Rows shown from the beginning when the middle is left out.
const HEAD: usize = 4;
/// At most so many lanes, and no lane narrower than this.
const LANES: usize = 5;
const NARROWEST: usize = 22;

/// The picture in at most `lines` lines (3 at the least) of `width` characters.
pub(super) fn draw(trace: &Trace, lines: usize, width: usize) -> String {
    let shown: Vec<&Row> = trace
        .rows
        .iter()
        .filter(|r| r.kind != Kind::Woken)
        .collect();
    let most = (width / NARROWEST).clamp(1, LANES);
    let columns = choose_lanes(trace, &shown, most);
    let mine: Vec<&Row> = shown
        .iter()
        .copied()
        .filter(|r| r.who == 0 || columns.contains(&r.who))
        .collect();
    // One line is the header; one may say what is left out.
    let room = lines.max(3) - 1 - usize::from(columns.len() < trace.lanes.len());
    let (head, tail) = if mine.len() <= room && trace.left_out == 0 {
        (mine.len(), 0)
    } else {
        let head = HEAD.min(room / 4).min(mine.len());
        (head, (room - 1 - head).min(mine.len() - head))
    };
    let width = (width / columns.len().max(1)).clamp(16, 46);
    let mut out = header(trace, &columns, width);
    let mut lanes = Lanes::new(trace, &columns, width);
    let left_out = mine.len() - head - tail + trace.left_out;
    let mut gap_shown = false;
    let mut index = 0;
    for row in &trace.rows {
        let counts = row.kind != Kind::Woken && (row.who == 0 || columns.contains(&row.who));
        if counts {
            index += 1;
            if index <= head || index > mine.len() - tail {
                lanes.line(&mut out, row);
            } else if !gap_shown {
                gap_shown = true;
                let _ = writeln!(out, " … {left_out} more …");
            }
        }
        lanes.after(row);
    }
    if columns.len() < trace.lanes.len() {
        let others = trace.lanes.len() - columns.len();
        let are = if others == 1 { " is" } else { "s are" };
        let _ = writeln!(out, " ({others} more goroutine{are} not shown)");
    }
    out
}

/// The lanes that say most: those that failed, the first, then the latest to act.
fn choose_lanes(trace: &Trace, rows: &[&Row], most: usize) -> Vec<u32> {
    if trace.lanes.len() <= most {
        return trace.lanes.iter().map(|l| l.goroutine).collect();
    }
    let failed = rows
        .iter()
        .rev()
        .filter(|r| r.kind == Kind::Fails)
        .map(|r| r.who);
    let latest = rows.iter().rev().map(|r| r.who);
    let mut chosen: Vec<u32> = Vec::new();
    for who in failed.chain([1]).chain(latest) {
        if who != 0 && chosen.len() < most && !chosen.contains(&who) {
            chosen.push(who);
        }
    }
    chosen.sort_unstable();
    chosen
}

fn header(trace: &Trace, columns: &[u32], width: usize) -> String {
    let mut out = String::new();
    for (i, &who) in columns.iter().enumerate() {
        let created = trace.lanes[who as usize - 1].created_at;
        let mut title = match (i, created) {
            (0, _) => format!("goroutine {who}"),
            (_, Some(at)) => started(who, at, width),
            (_, None) => who.to_string(),
        };
        fit(&mut title, width);
        out.push(' ');
        out.push_str(&title);
    }
    finish_line(&mut out);
    out
}

/// Who it is and where it was started. The line says most of the place, so where there is
/// no room the words before it go.
fn started(who: u32, at: Place, width: usize) -> String {
    let place = short(at);
    [
        format!("{who} from {place}"),
        format!("{who} {place}"),
        format!("{who} from :{}", at.line),
    ]
    .into_iter()
    .find(|title| title.chars().count() < width)
    .unwrap_or_else(|| who.to_string())
}

struct Lanes<'a> {
    columns: &'a [u32],
    width: usize,
    /// By goroutine number: what its lane shows where it does nothing.
    marks: Vec<char>,
}

impl<'a> Lanes<'a> {
    fn new(trace: &Trace, columns: &'a [u32], width: usize) -> Self {
        let mut marks = vec![' '; trace.lanes.len() + 1];
        if let Some(first) = marks.get_mut(1) {
            *first = '│';
        }
        Lanes {
            columns,
            width,
            marks,
        }
    }

    fn line(&self, out: &mut String, row: &Row) {
        if row.kind == Kind::Time {
            let _ = writeln!(out, " ~~~ {} ~~~", row.text);
            return;
        }
        for &who in self.columns {
            out.push(' ');
            let mut cell = if who == row.who {
                cell(row, self.width)
            } else {
                self.marks[who as usize].to_string()
            };
            fit(&mut cell, self.width);
            out.push_str(&cell);
        }
        finish_line(out);
    }

    fn after(&mut self, row: &Row) {
        let mark = match row.kind {
            Kind::Waits | Kind::Fails => ':',
            Kind::Ends => ' ',
            Kind::Did | Kind::Woken => '│',
            Kind::Time => return,
        };
        if let Some(child) = row.text.strip_prefix("go ").and_then(|n| n.parse().ok())
            && let Some(slot) = self.marks.get_mut::<usize>(child)
        {
            *slot = '│';
        }
        self.marks[row.who as usize] = mark;
    }
}

/// What was done and where. Where there is no room for both, the file's name goes first,
/// then the line, then the end of what was done.
fn cell(row: &Row, width: usize) -> String {
    let Some(at) = row.at else {
        return row.text.clone();
    };
    let text = row.text.chars().count();
    let (place, line) = (short(at), format!(":{}", at.line));
    if text + 1 + place.chars().count() < width {
        return format!("{} {place}", row.text);
    }
    let room = (width - 2).saturating_sub(line.len());
    if text <= room {
        return format!("{} {line}", row.text);
    }
    if text < width {
        return row.text.clone();
    }
    let text: String = row.text.chars().take(room.saturating_sub(1)).collect();
    format!("{}… {line}", text.trim_end())
}

/// Exactly `width - 1` characters, and `…` where some are cut off.
fn fit(text: &mut String, width: usize) {
    let width = width - 1;
    let len = text.chars().count();
    if len > width {
        *text = text.chars().take(width - 1).collect();
        text.push('…');
    } else {
        text.extend(std::iter::repeat_n(' ', width - len));
    }
}

fn finish_line(out: &mut String) {
    out.truncate(out.trim_end().len());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_says_where_it_was_started_in_whatever_room_there_is() {
        let at = Place {
            file: "tests/graded/registry_test.rs",
            line: 166,
            column: 1,
        };
        assert_eq!(started(3, at, 28), "3 from registry_test.rs:166");
        assert_eq!(started(3, at, 27), "3 registry_test.rs:166");
        assert_eq!(started(3, at, 22), "3 from :166");
    }
}
