//! Small programs with one known bug each, and their correct twins.
//!
//! Every bug must be found, with its own verdict, within the default budget and
//! from each of 100 seeds; its twin must never be reported. The classic mistakes of
//! the literature on Go programs are here (Tu et al., "Understanding Real-World
//! Concurrency Bugs in Go", 2019, among others), in programs of our own.

mod atomics;
mod channels;
mod contexts;
mod handover;
mod mutex;
mod races;
mod select;
mod sync;
mod time;
mod waitgroup;

use marmota::sim::{Explorer, Report, Verdict};

/// How the buggy one ends.
pub(crate) enum Ends {
    Deadlock,
    Leak,
    /// With a panic whose message contains this.
    Panic(&'static str),
    Race,
    Livelock,
}

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) ends: Ends,
    pub(crate) bug: fn(),
    pub(crate) twin: fn(),
}

impl Ends {
    fn fits(&self, verdict: &Verdict) -> bool {
        match (self, verdict) {
            (Ends::Deadlock, Verdict::Deadlock(_))
            | (Ends::Leak, Verdict::Leak(_))
            | (Ends::Race, Verdict::Race(_))
            | (Ends::Livelock, Verdict::Livelock { .. }) => true,
            (Ends::Panic(text), Verdict::Panicked(info)) => info.message.contains(text),
            _ => false,
        }
    }
}

const SEEDS: u64 = 100;

/// Twins use up the whole budget each time, so unoptimised builds try fewer seeds.
const TWIN_SEEDS: u64 = if cfg!(debug_assertions) { 2 } else { SEEDS };

/// A livelock is one whatever the limit, and the default takes a while to reach.
fn explorer(case: &Case, seed: u64) -> Explorer {
    let explorer = Explorer::new().seed(seed);
    match case.ends {
        Ends::Livelock => explorer.max_steps(20_000),
        _ => explorer,
    }
}

fn check(cases: &[Case]) {
    for case in cases {
        for seed in 0..SEEDS {
            // Failing runs leave goroutines behind: shrinking once will do.
            let report = explorer(case, seed).shrink(seed == 0).run(case.bug);
            let name = case.name;
            assert!(
                case.ends.fits(&report.verdict),
                "{name}, seed {seed}: {report}"
            );
            if seed == 0 {
                replays(case, &report);
            }
        }
        for seed in 0..TWIN_SEEDS {
            let report = explorer(case, seed).run(case.twin);
            let name = case.name;
            assert!(report.passed(), "the twin of {name}, seed {seed}: {report}");
        }
    }
}

/// The printed line gives the same verdict, by the same course; and so does the
/// schedule that found it.
fn replays(case: &Case, report: &Report) {
    let name = case.name;
    let line = report.replay.as_deref().expect("a failure can be replayed");
    let again = explorer(case, 0).replay(line).run(case.bug);
    assert_eq!(again.verdict, report.verdict, "{name}: {line}");
    assert_eq!(again.trace, report.trace, "{name}: {line}");
    let svg = |report: &Report| report.trace.as_ref().map(|t| t.svg());
    assert_eq!(svg(&again), svg(report), "{name}: {line}");
    if let Some(found) = &report.found_by {
        let found = explorer(case, 0).replay(found).run(case.bug);
        assert!(case.ends.fits(&found.verdict), "{name}: {found}");
    }
    let lanes = report
        .trace
        .as_ref()
        .map_or(0, |t| t.lanes().lines().count());
    assert!((2..=24).contains(&lanes), "{name}: {lanes} lines\n{report}");
}

macro_rules! group {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            check($name::CASES);
        }
    )*
        #[test]
        fn there_are_enough() {
            let cases = [$($name::CASES),*].concat_names();
            let different: std::collections::HashSet<_> = cases.iter().collect();
            assert_eq!(different.len(), cases.len(), "two have one name");
            assert!(cases.len() >= 120, "{}", cases.len());
        }
    };
}

trait Names {
    fn concat_names(&self) -> Vec<&'static str>;
}

impl<const N: usize> Names for [&[Case]; N] {
    fn concat_names(&self) -> Vec<&'static str> {
        self.iter()
            .flat_map(|cases| cases.iter().map(|c| c.name))
            .collect()
    }
}

group! { atomics channels contexts handover mutex races select sync time waitgroup }
