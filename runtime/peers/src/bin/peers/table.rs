//! The table in Markdown: ours, Go, the ratio, the goal, the best Rust peer. Below it all
//! the peers of each row that has several.

use std::fmt::Write as _;

use marmota_peers::rows::{Goal, Row, Unit};

use crate::go::{self, Go};
use crate::machine::Machine;
use crate::programs::{Figure, Kind, Program};
use crate::runs::Cell;

/// Everything the table is made from.
pub struct Report<'a> {
    /// The rows, in order.
    pub rows: &'a [&'static Row],
    /// The programs that ran.
    pub programs: &'a [Program],
    /// What they gave.
    pub results: &'a [Cell],
    /// What they ran on.
    pub machine: &'a Machine,
    /// The part of the CPUs that other programs took meanwhile, if the system tells.
    pub others: Option<f64>,
    /// The Go toolchain, if one was found.
    pub go: Option<&'a Go>,
    /// How many runs the best was taken of.
    pub runs: u32,
    /// The command that does it again.
    pub command: String,
}

/// The peers whose versions the table names.
const CRATES: [&str; 10] = [
    "tokio",
    "hyper",
    "may",
    "crossbeam-channel",
    "flume",
    "kanal",
    "shuttle",
    "gc",
    "dumpster",
    "gc-arena",
];

impl Report<'_> {
    /// The whole text: what was measured where, the table, what failed.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        self.preface(&mut text);
        self.table(&mut text);
        self.every_peer(&mut text);
        self.afterword(&mut text);
        text
    }

    fn preface(&self, text: &mut String) {
        let Machine {
            cpu,
            cores,
            system,
            rustc,
            ..
        } = self.machine;
        let cores = if *cores == 1 {
            "1 core".to_owned()
        } else {
            format!("{cores} cores")
        };
        let versions: Vec<String> = CRATES
            .iter()
            .filter_map(|name| Some(format!("{name} {}", locked(name)?)))
            .collect();
        let go = match self.go {
            Some(go) => format!("Go {}", go.version),
            None => "no Go".to_owned(),
        };
        let best = if self.runs == 1 {
            "One run each".to_owned()
        } else {
            format!(
                "The best of {} runs each, the programs taking turns",
                self.runs
            )
        };
        writeln!(
            text,
            "{cpu}, {cores}, {system}; {go}, rustc {rustc}, {}. {best}. \
             Nanoseconds unless said otherwise; P is GOMAXPROCS.\n\n```sh\n{}\n```\n",
            versions.join(", "),
            self.command
        )
        .unwrap();
        if let Some(part) = self.others {
            let percent = (part * 100.0).round();
            let meaning = if percent > 5.0 {
                ": read the ratios rather than the figures"
            } else {
                ""
            };
            writeln!(
                text,
                "Other programs took {percent} % of the CPUs meanwhile{meaning}.\n"
            )
            .unwrap();
        }
    }

    fn table(&self, text: &mut String) {
        text.push_str(
            "| work | per | P | ours | Go | ours / Go | goal | reached | best Rust peer |\n",
        );
        text.push_str("|---|---|--:|--:|--:|--:|--:|---|---|\n");
        for row in self.rows {
            let mut work = row.work;
            let mut per = row.per;
            for procs in self.measured(row) {
                let ours = self.figure(row, procs, Kind::Ours);
                let go = self.figure(row, procs, Kind::Go);
                let ratio = ours.zip(go).map(|(ours, go)| ours.value / go.value);
                writeln!(
                    text,
                    "| {work} | {per} | {procs} | {} | {} | {} | {} | {} | {} |",
                    ours.map_or("–".to_owned(), |figure| show(figure.value, row.unit)),
                    go.map_or("–".to_owned(), |figure| show(figure.value, row.unit)),
                    ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")),
                    goal(row, procs),
                    verdict(row, procs, ours, ratio),
                    self.peers(row, procs)
                        .first()
                        .map_or("–".to_owned(), |peer| peer.shown(row.unit)),
                )
                .unwrap();
                // Said once for all lines of a row.
                (work, per) = ("", "");
            }
        }
    }

    fn afterword(&self, text: &mut String) {
        let mut notes: Vec<String> = Vec::new();
        if self.go.is_none() {
            notes.push(go::HOW_TO_GET.to_owned());
        }
        for cell in self.results {
            let Program { label, kind, .. } = &self.programs[cell.program];
            let (row, procs) = (cell.row, cell.procs);
            match &cell.outcome {
                Err(why) => notes.push(format!(
                    "{label} has no figure for `{row}` at P {procs}: {why}"
                )),
                // A peer's note stands beside its figure.
                Ok(figure) if *kind != Kind::Peer && !figure.note.is_empty() => {
                    notes.push(format!("{label}, `{row}` at P {procs}: {}.", figure.note));
                }
                Ok(_) => {}
            }
        }
        if !notes.is_empty() {
            text.push('\n');
            notes
                .iter()
                .for_each(|note| writeln!(text, "- {note}").unwrap());
        }
    }

    fn cells(&self, row: &Row) -> impl Iterator<Item = &Cell> {
        let name = row.name;
        self.results.iter().filter(move |cell| cell.row == name)
    }

    fn figure(&self, row: &Row, procs: usize, kind: Kind) -> Option<&Figure> {
        self.cells(row)
            .find(|cell| cell.procs == procs && self.programs[cell.program].kind == kind)
            .and_then(|cell| cell.outcome.as_ref().ok())
    }

    /// At which values of GOMAXPROCS the row was measured.
    fn measured(&self, row: &Row) -> Vec<usize> {
        let mut measured: Vec<usize> = self.cells(row).map(|cell| cell.procs).collect();
        measured.sort_unstable();
        measured.dedup();
        measured
    }

    /// The Rust peers that have a figure, the best first.
    fn peers(&self, row: &Row, procs: usize) -> Vec<Peer<'_>> {
        let peers = self.cells(row).filter_map(|cell| {
            let Program { label, kind, .. } = &self.programs[cell.program];
            let figure = cell.outcome.as_ref().ok()?;
            (cell.procs == procs && *kind == Kind::Peer).then_some(Peer { label, figure })
        });
        best_first(peers.collect())
    }

    /// The table has room for the best peer of a row; here is who else took part. A row
    /// with one peer is not repeated.
    fn every_peer(&self, text: &mut String) {
        let mut lines = String::new();
        for row in self.rows {
            for procs in self.measured(row) {
                let peers = self.peers(row, procs);
                if peers.len() > 1 {
                    let shown: Vec<String> =
                        peers.iter().map(|peer| peer.shown(row.unit)).collect();
                    let name = row.name;
                    writeln!(lines, "| `{name}` | {procs} | {} |", shown.join("; ")).unwrap();
                }
            }
        }
        if !lines.is_empty() {
            text.push_str("\nRows with several Rust peers, all of them:\n\n");
            text.push_str("| row | P | peers, the best first |\n|---|--:|---|\n");
            text.push_str(&lines);
        }
    }
}

/// A peer's figure for one row at one GOMAXPROCS.
#[derive(Debug)]
struct Peer<'a> {
    label: &'a str,
    figure: &'a Figure,
}

impl Peer<'_> {
    /// `180 Rc (Arc, Mutex)`
    fn shown(&self, unit: Unit) -> String {
        let (value, label) = (show(self.figure.value, unit), self.label);
        match self.figure.note.as_str() {
            "" => format!("{value} {label}"),
            note => format!("{value} {label} ({note})"),
        }
    }
}

/// What programs print is the less the better, whatever the unit.
fn best_first(mut peers: Vec<Peer<'_>>) -> Vec<Peer<'_>> {
    peers.sort_by(|a, b| a.figure.value.total_cmp(&b.figure.value));
    peers
}

/// The version of a crate as this workspace's lock file has it.
fn locked(name: &str) -> Option<&'static str> {
    const LOCK: &str = include_str!("../../../Cargo.lock");
    let (_, rest) = LOCK.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}

fn goal(row: &Row, procs: usize) -> String {
    match row.goal {
        Goal::OfGo(part) => format!("≤ {part}"),
        Goal::OfGoAt(part, at) if at == procs => format!("≤ {part}"),
        Goal::OfGoAt(..) => "–".to_owned(),
        Goal::AtMost(most) => format!("≤ {}", show_figure(most, row.unit)),
        Goal::AtLeast(least) => format!("≥ {}", show_figure(least, row.unit)),
    }
}

/// What the goal says of our figure. One for other work than the row's meets
/// and misses nothing.
fn verdict(row: &Row, procs: usize, ours: Option<&Figure>, ratio: Option<f64>) -> String {
    match ours {
        Some(figure) if !figure.note.is_empty() => "other work, see below".to_owned(),
        _ => reached(row, procs, ours.map(|figure| figure.value), ratio),
    }
}

/// Whether the goal is met, or by what factor it is missed.
fn reached(row: &Row, procs: usize, ours: Option<f64>, ratio: Option<f64>) -> String {
    // Above 1: missed by that factor.
    let over = match row.goal {
        Goal::OfGo(part) => ratio.map(|ratio| ratio / part),
        Goal::OfGoAt(part, at) => ratio.filter(|_| at == procs).map(|ratio| ratio / part),
        Goal::AtMost(most) => ours.map(|ours| ours / most),
        Goal::AtLeast(least) => ours.map(|ours| least / figure_of(ours, row.unit)),
    };
    match over {
        None => "–".to_owned(),
        Some(over) if over <= 1.0 => "met".to_owned(),
        Some(over) => format!("missed by {over:.2}×"),
    }
}

/// What a program printed, as the table shows it.
pub fn show(printed: f64, unit: Unit) -> String {
    show_figure(figure_of(printed, unit), unit)
}

/// From what a program prints to what the unit means.
fn figure_of(printed: f64, unit: Unit) -> f64 {
    match unit {
        Unit::Nanoseconds | Unit::Bytes => printed,
        Unit::PerSecond => 1e9 / printed,
    }
}

fn show_figure(figure: f64, unit: Unit) -> String {
    let number = if figure < 10.0 {
        format!("{figure:.1}")
    } else {
        grouped(figure.round() as u64)
    };
    match unit {
        Unit::Nanoseconds => number,
        Unit::Bytes => format!("{number} B"),
        Unit::PerSecond => format!("{number}/s"),
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use marmota_peers::rows;

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(
            [7, 999, 1_000, 12_345, 1_234_567].map(grouped),
            ["7", "999", "1,000", "12,345", "1,234,567"]
        );
    }

    #[test]
    fn a_ratio_is_met_up_to_the_goal_and_missed_by_the_factor_above_it() {
        let row = rows::find("pingpong").unwrap(); // at most 0.2 of Go's
        assert_eq!(reached(row, 1, Some(50.0), Some(0.2)), "met");
        assert_eq!(reached(row, 1, Some(50.0), Some(0.3)), "missed by 1.50×");
        assert_eq!(reached(row, 1, Some(50.0), None), "–");
    }

    #[test]
    fn a_goal_for_one_gomaxprocs_judges_no_other() {
        let row = rows::find("start").unwrap(); // 0.35 at 2
        assert_eq!(reached(row, 1, Some(1.0), Some(9.0)), "–");
        assert_eq!(goal(row, 1), "–");
        assert_eq!(reached(row, 2, Some(1.0), Some(0.7)), "missed by 2.00×");
    }

    #[test]
    fn peers_stand_in_order_each_with_its_note() {
        let figure = |value, note: &str| Figure {
            value,
            note: note.to_owned(),
        };
        let [gc, rc, arena] = [
            figure(2_600.4, ""),
            figure(46.2, "ring cut by hand"),
            figure(213.0, ""),
        ];
        let peers = [("gc", &gc), ("Rc", &rc), ("gc-arena", &arena)]
            .map(|(label, figure)| Peer { label, figure });
        let shown: Vec<String> = best_first(peers.into())
            .iter()
            .map(|peer| peer.shown(Unit::Nanoseconds))
            .collect();
        assert_eq!(
            shown,
            ["46 Rc (ring cut by hand)", "213 gc-arena", "2,600 gc"]
        );
    }

    #[test]
    fn a_figure_of_our_own_needs_no_go() {
        let row = rows::find("preemption").unwrap(); // at most 15,000
        assert_eq!(reached(row, 1, Some(12_000.0), None), "met");
        assert_eq!(reached(row, 1, Some(30_000.0), None), "missed by 2.00×");
    }

    #[test]
    fn a_figure_for_other_work_is_not_judged() {
        let row = rows::find("pingpong").unwrap();
        let figure = |note: &str| Figure {
            value: 50.0,
            note: note.to_owned(),
        };
        assert_eq!(verdict(row, 1, Some(&figure("")), Some(0.1)), "met");
        let judged = verdict(row, 1, Some(&figure("buffer of 1")), Some(0.1));
        assert_eq!(judged, "other work, see below");
    }

    #[test]
    fn a_rate_is_shown_and_judged_as_one_though_programs_print_times() {
        let row = rows::find("schedules").unwrap(); // at least 50,000 a second
        assert_eq!(show(20_000.0, row.unit), "50,000/s");
        assert_eq!(reached(row, 1, Some(20_000.0), None), "met");
        assert_eq!(reached(row, 1, Some(40_000.0), None), "missed by 2.00×");
    }

    #[test]
    fn every_peer_named_above_the_table_is_in_the_lock_file() {
        assert!(CRATES.iter().all(|name| locked(name).is_some()));
    }
}
