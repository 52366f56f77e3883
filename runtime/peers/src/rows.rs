//! The rows of the table: what is measured, how it is sized, and the goal.
//!
//! One list for everybody: the Rust programs take the sizes from here, the
//! driver the words and the goals. The Go program (`go/main.go`) repeats the
//! names and the sizes; a test compares them.

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// What the row is called on the command line.
    pub name: &'static str,
    /// What the program does, in words.
    pub work: &'static str,
    /// What one operation is.
    pub per: &'static str,
    /// How many operations one run does.
    pub size: Size,
    /// At which GOMAXPROCS the row says something.
    pub procs: Procs,
    /// How the figure is shown.
    pub unit: Unit,
    /// What we want to reach.
    pub goal: Goal,
}

/// How many operations one run does.
#[derive(Debug, Clone, Copy)]
pub enum Size {
    /// As many as take at least [`crate::harness::TARGET`], a multiple of this grain.
    Grown(u64),
    /// Exactly this many, in a fresh process: the first time is part of the work.
    Fixed(u64),
    /// The program does not count operations but gives the figure itself.
    Direct,
}

/// At which GOMAXPROCS a row is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Procs {
    /// At each that was asked for.
    Each,
    /// At 1 only: the work makes no sense otherwise.
    One,
    /// At the last that was asked for: the figure does not depend on it.
    Last,
}

impl Procs {
    /// Which of the `asked` values this row is measured at.
    pub fn of(self, asked: &[usize]) -> Vec<usize> {
        match self {
            Procs::Each => asked.to_vec(),
            Procs::One => vec![1],
            Procs::Last => asked.last().copied().into_iter().collect(),
        }
    }
}

/// How a figure is shown. Less is better in each, except in `PerSecond`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// The program prints nanoseconds, the table shows how many fit in a second.
    PerSecond,
}

/// What a row is meant to reach.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// Our time is at most this part of Go's, at every GOMAXPROCS.
    OfGo(f64),
    /// The same, but only at this GOMAXPROCS; the others are shown without a goal.
    OfGoAt(f64, usize),
    /// Our figure is at most this, in the row's unit.
    AtMost(f64),
    /// Our figure is at least this, in the row's unit (rates).
    AtLeast(f64),
}

/// The row with this name.
pub fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

/// Every row, in the order of the table.
pub const ROWS: &[Row] = &[
    Row {
        name: "start",
        work: "start a goroutine that ends at once; wait for 1,000,000 by WaitGroup",
        per: "goroutine",
        size: Size::Fixed(1_000_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGoAt(0.35, 2),
    },
    Row {
        name: "gosched",
        work: "gosched, 4 goroutines",
        per: "call",
        size: Size::Grown(4_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.15),
    },
    Row {
        name: "pingpong",
        work: "ping-pong over two unbuffered channels",
        per: "round trip",
        size: Size::Grown(1_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.2),
    },
    Row {
        name: "one-to-one",
        work: "one sender, one receiver, unbuffered, closed at the end",
        per: "value",
        size: Size::Grown(1_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.25),
    },
    Row {
        name: "buffered",
        work: "one sender, one receiver, buffer 128, closed at the end",
        per: "value",
        size: Size::Grown(1_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.5),
    },
    Row {
        name: "many-to-many",
        work: "4 senders, 4 receivers, buffer 128",
        per: "value",
        size: Size::Grown(4_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.5),
    },
    Row {
        name: "select",
        work: "select over 3 unbuffered channels, 2 senders",
        per: "value",
        size: Size::Grown(2_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.35),
    },
    Row {
        name: "select-default",
        work: "select with default, nothing ready",
        per: "call",
        size: Size::Grown(1_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.8),
    },
    Row {
        name: "mutex",
        work: "Mutex, 8 goroutines, one counter",
        per: "lock + unlock",
        size: Size::Grown(8_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.7),
    },
    Row {
        name: "rwmutex",
        work: "RWMutex, 8 readers",
        per: "lock + unlock",
        size: Size::Grown(8_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.7),
    },
    Row {
        name: "ring",
        work: "ring of 1,000 goroutines over unbuffered channels",
        per: "hop",
        size: Size::Grown(1_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.25),
    },
    Row {
        name: "sleep",
        work: "10,000 goroutines that sleep 1 ms",
        per: "goroutine",
        size: Size::Grown(10_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.4),
    },
    Row {
        name: "skynet",
        work: "skynet: a tree of 1,111,111 goroutines, 10 per node",
        per: "leaf",
        size: Size::Fixed(1_000_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.4),
    },
    Row {
        name: "trees",
        work: "binary trees, depth 18: build and check many small ones beside a large one",
        per: "node",
        size: Size::Fixed(TREE_NODES),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.6),
    },
    Row {
        name: "gc-list",
        work: "a linked list of 10,000 nodes: step on, replace the next node by a new one",
        per: "step",
        size: Size::Grown(10_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(1.0),
    },
    Row {
        name: "gc-tree",
        work: "a binary tree of depth 16 with mutable edges: walk down, replace a subtree of 7 nodes",
        per: "walk",
        size: Size::Grown(1_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(1.0),
    },
    Row {
        name: "gc-lru",
        work: "an LRU cache of 50,000 entries: look up one of 100,000, insert if it is not there",
        per: "look-up",
        size: Size::Grown(100_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(1.0),
    },
    Row {
        name: "gc-graph-2",
        work: "2 goroutines change a graph of 4,096 shared edges: load, allocate, store",
        per: "change",
        size: Size::Grown(20_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(1.0),
    },
    Row {
        name: "gc-graph-8",
        work: "the same with 8 goroutines",
        per: "change",
        size: Size::Grown(80_000),
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(1.0),
    },
    Row {
        name: "gc-pause-p99",
        work: "99th percentile of the collector's pauses, while the large tree lives and small ones die",
        per: "pause",
        size: Size::Direct,
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(1.0),
    },
    Row {
        name: "gc-pause-worst",
        work: "the longest of them",
        per: "pause",
        size: Size::Direct,
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(1.0),
    },
    Row {
        name: "http",
        work: "an HTTP server that says hello, keep-alive, 100 connections of one `wrk`",
        per: "request",
        size: Size::Direct,
        procs: Procs::Each,
        unit: Unit::Nanoseconds,
        goal: Goal::OfGo(0.67),
    },
    Row {
        name: "memory",
        work: "resident memory of a parked goroutine, 1,000,000 of them",
        per: "goroutine",
        size: Size::Direct,
        procs: Procs::Last,
        unit: Unit::Bytes,
        goal: Goal::AtMost(4.7 * 1024.0),
    },
    Row {
        name: "preemption",
        work: "a preemption and the resumption of the next, two goroutines that never block",
        per: "switch",
        size: Size::Direct,
        procs: Procs::One,
        unit: Unit::Nanoseconds,
        goal: Goal::AtMost(15_000.0),
    },
    Row {
        name: "schedules",
        work: "schedules of a pool of 4 workers and 16 jobs, deterministic",
        per: "second",
        size: Size::Grown(100),
        procs: Procs::One,
        unit: Unit::PerSecond,
        goal: Goal::AtLeast(50_000.0),
    },
];

/// How many goroutines of the `sleep` row sleep at the same time.
pub const SLEEPERS: u64 = 10_000;
/// How many goroutines make the ring of the `ring` row.
pub const RING: u64 = 1_000;
/// How many goroutines the `memory` row parks.
pub const PARKED: u64 = 1_000_000;
/// The buffer of the `buffered` and `many-to-many` rows.
pub const BUFFER: usize = 128;

/// Nodes that the `trees` row builds: one tree of depth 18, and 2^(22 - d) of each
/// depth d of 4, 8, 12 and 16.
pub const TREE_NODES: u64 = 33_799_103;
/// Nodes of the `gc-list` row.
pub const LIST: u64 = 10_000;
/// Entries of the `gc-lru` row, and what keys there are.
pub const LRU: u64 = 50_000;
/// See [`LRU`].
pub const LRU_KEYS: u64 = 100_000;
/// Depth of the tree of the `gc-tree` row.
pub const TREE_DEPTH: u32 = 16;
/// Shared edges of the `gc-graph` rows.
pub const EDGES: u64 = 4_096;

/// The numbers that all programs draw, one after the other (Marsaglia's xorshift).
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next, below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{name: "ring", grain: 1_000, …` → ("ring", "grain: 1_000")
    fn go_rows() -> Vec<(&'static str, &'static str)> {
        const GO: &str = include_str!("../go/main.go");
        GO.lines()
            .filter_map(|line| {
                let (name, rest) = line.trim().strip_prefix("{name: \"")?.split_once("\", ")?;
                let size = rest.split(", ").next()?;
                Some((
                    name,
                    if size.starts_with("direct") {
                        "direct"
                    } else {
                        size
                    },
                ))
            })
            .collect()
    }

    #[test]
    fn the_trees_have_as_many_nodes_as_the_row_says() {
        let small: u64 = [4, 8, 12, 16]
            .map(|d| (1 << (22 - d)) * ((1 << (d + 1)) - 1))
            .iter()
            .sum();
        assert_eq!(small + (1 << 19) - 1, TREE_NODES);
    }

    fn digits(number: u64) -> String {
        let text = number.to_string();
        let mut grouped = String::new();
        for (i, digit) in text.chars().enumerate() {
            if i > 0 && (text.len() - i).is_multiple_of(3) {
                grouped.push('_');
            }
            grouped.push(digit);
        }
        grouped
    }

    #[test]
    fn the_go_program_runs_the_same_rows_at_the_same_sizes() {
        let here: Vec<(&str, String)> = ROWS
            .iter()
            .filter(|row| row.name != "schedules") // Go has nothing like it
            .map(|row| {
                let size = match row.size {
                    Size::Grown(grain) => format!("grain: {}", digits(grain)),
                    Size::Fixed(n) => format!("size: {}", digits(n)),
                    Size::Direct => "direct".to_owned(),
                };
                (row.name, size)
            })
            .collect();
        let go: Vec<(&str, String)> = go_rows()
            .into_iter()
            .map(|(name, size)| (name, size.to_owned()))
            .collect();
        assert_eq!(go, here);
    }

    #[test]
    fn names_are_used_once() {
        for (i, row) in ROWS.iter().enumerate() {
            assert!(
                ROWS[..i].iter().all(|earlier| earlier.name != row.name),
                "{}",
                row.name
            );
        }
    }

    #[test]
    fn a_row_is_measured_where_it_says_something() {
        assert_eq!(Procs::Each.of(&[1, 2]), [1, 2]);
        assert_eq!(Procs::One.of(&[2, 4]), [1]);
        assert_eq!(Procs::Last.of(&[1, 2]), [2]);
    }
}
