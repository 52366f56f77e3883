//! Many runs of one program, each under another schedule.
//!
//! ```text
//!   the plain schedule      also says how many steps a run takes
//!   the portfolio, in turn  until a run fails, the budget is used up, or the
//!                           exhaustive walk has seen every schedule
//!   a failure               is run again and recorded (it must take the same
//!                           course), shrunk, and recorded once more
//! ```
//!
//! The last run is always the one that is reported, so what a test keeps outside
//! of the run (an expectation that failed) belongs to the report.

use super::driver::{self, Limits, Outcome};
use super::report::{Report, Verdict};
use super::rng::Rng;
use super::schedule::Schedule;
use super::shrink::{same_bug, shrink};
use super::strategy::{Exhaustive, Moves, Strategy, Weights, with_steps};
use super::trace::Trace;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Runs `f` once, under the schedule that `MARMOTA_SEED` names or the random walk
/// of seed 0.
///
/// # Panics
/// When called from a goroutine, or when `MARMOTA_SEED` is malformed or names a
/// schedule of the uniform random walk, which takes an exploration.
pub fn run<F: FnOnce() + Send + 'static>(f: F) -> Report {
    let schedule = Schedule::from_env().unwrap_or(Schedule::Random(0));
    assert!(
        !matches!(schedule, Schedule::Uniform(_)),
        "marmota: MARMOTA_SEED={schedule} was printed by an exploration (sim::explore or Explorer::run); sim::run runs once and cannot replay it"
    );
    driver::with_thread(|| {
        let mut strategy = schedule.strategy(&Rc::default());
        let outcome = driver::run_once(&mut *strategy, Limits::default(), true, f);
        let replay = (outcome.verdict != Verdict::Passed).then(|| schedule.to_string());
        Report::of(outcome, 1, replay)
    })
}

/// Explores `f` with the default [`Explorer`].
///
/// # Panics
/// As [`Explorer::run`].
pub fn explore<F: Fn() + Send + Sync + 'static>(f: F) -> Report {
    Explorer::new().run(f)
}

/// How schedules are chosen; see [`Explorer::strategy`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Search {
    /// All of the below in turn: the default.
    Portfolio,
    /// Each runnable goroutine with the same probability at each step.
    Random,
    /// Random priorities, lowered at `depth - 1` steps; 1 to 3.
    Pct {
        /// How many orderings the bug may need.
        depth: u8,
    },
    /// Each order of steps with about the same probability.
    Uniform,
    /// Every schedule, with few preemptions first: proves tiny programs.
    Exhaustive,
}

/// What an exploration's turn is spent on.
#[derive(Clone, Copy)]
enum Turn {
    Random,
    Pct(u8),
    Uniform,
    Exhaustive,
}

const PORTFOLIO: [Turn; 10] = [
    Turn::Exhaustive,
    Turn::Pct(2),
    Turn::Random,
    Turn::Exhaustive,
    Turn::Uniform,
    Turn::Pct(3),
    Turn::Exhaustive,
    Turn::Pct(1),
    Turn::Uniform,
    Turn::Random,
];

/// A budget, and how it is spent.
#[derive(Clone, Debug)]
#[must_use = "an explorer does nothing until run()"]
pub struct Explorer {
    schedules: u64,
    time: Option<Duration>,
    seed: u64,
    search: Search,
    shrinks: bool,
    checks: bool,
    replays: Option<Schedule>,
    limits: Limits,
}

impl Default for Explorer {
    fn default() -> Self {
        Self::new()
    }
}

impl Explorer {
    /// 1,000 schedules that follow from seed 0, each of at most a million steps,
    /// of all strategies in turn.
    pub fn new() -> Self {
        Explorer {
            schedules: 1000,
            time: None,
            seed: 0,
            search: Search::Portfolio,
            shrinks: true,
            checks: true,
            replays: None,
            limits: Limits::default(),
        }
    }

    /// How many schedules at most. Fewer run when all there are have been seen. The
    /// first is the plain one (each goroutine goes on until it must stop), unless
    /// there is to be only one, which is a random walk.
    pub fn schedules(mut self, n: u64) -> Self {
        self.schedules = n;
        self
    }

    /// Ends the search after so much time of the wall clock, even if schedules are
    /// left. How many run then depends on the machine.
    pub fn time(mut self, limit: Duration) -> Self {
        self.time = Some(limit);
        self
    }

    /// The seed that the schedules follow from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How schedules are chosen.
    ///
    /// # Panics
    /// For a [`Search::Pct`] whose depth is not 1, 2 or 3.
    pub fn strategy(mut self, search: Search) -> Self {
        if let Search::Pct { depth } = search {
            assert!(
                (1..=3).contains(&depth),
                "marmota: a PCT depth of {depth}; choose 1, 2 or 3"
            );
        }
        self.search = search;
        self
    }

    /// Whether the first failure is made small before it is reported (it is,
    /// unless told otherwise).
    pub fn shrink(mut self, yes: bool) -> Self {
        self.shrinks = yes;
        self
    }

    /// Whether some schedules are run twice, to see that they take the same course
    /// (they are, unless told otherwise). A program whose course may differ without
    /// harm (it orders locks by address, say) turns this off, and its failures may
    /// not replay.
    pub fn check_determinism(mut self, yes: bool) -> Self {
        self.checks = yes;
        self
    }

    /// Runs only this schedule, the value that a [`Report`] gave as `replay`, as if
    /// `MARMOTA_SEED` named it (which comes first, if set).
    ///
    /// # Panics
    /// When it is not one.
    pub fn replay(mut self, schedule: &str) -> Self {
        match schedule.parse() {
            Ok(schedule) => self.replays = Some(schedule),
            Err(why) => panic!("marmota: {schedule}: {why}"),
        }
        self
    }

    /// Steps after which a run counts as a livelock. Each operation on a
    /// primitive is a step.
    pub fn max_steps(mut self, n: u64) -> Self {
        self.limits.max_steps = n;
        self
    }

    /// Runs `f` under schedule after schedule, until one fails or the budget is
    /// used up. With `MARMOTA_SEED` set, runs just the schedule that it names.
    ///
    /// # Panics
    /// When called from a goroutine, or when `MARMOTA_SEED` is malformed.
    pub fn run<F: Fn() + Send + Sync + 'static>(&self, f: F) -> Report {
        let replay = Schedule::from_env().or_else(|| self.replays.clone());
        driver::with_thread(|| {
            let mut exploration = Exploration {
                explorer: self,
                f: &f,
                weights: Rc::default(),
                steps: 0,
                seeds: Rng::new(self.seed),
                walk: Exhaustive::new(),
                walk_begun: false,
            };
            match replay {
                Some(schedule) => exploration.replay(&schedule),
                None => exploration.explore(),
            }
        })
    }
}

struct Exploration<'a, F> {
    explorer: &'a Explorer,
    f: &'a F,
    /// Steps of each goroutine, from the plain schedule.
    weights: Rc<Weights>,
    /// The most steps a run is expected to take.
    steps: u64,
    seeds: Rng,
    walk: Exhaustive,
    walk_begun: bool,
}

/// Where a schedule came from, so that it can be run again.
enum Source {
    Named(Schedule),
    Walk,
}

impl<F: Fn() + Send + Sync> Exploration<'_, F> {
    fn once(&self, strategy: &mut dyn Strategy, record: bool) -> Outcome {
        driver::where_nothing_unwinds(|| {
            driver::run_once(strategy, self.explorer.limits, record, self.f)
        })
    }

    fn source(&mut self, source: &Source, record: bool) -> Outcome {
        match source {
            Source::Named(schedule) => self.once(&mut *schedule.strategy(&self.weights), record),
            Source::Walk => {
                let mut walk = std::mem::take(&mut self.walk);
                walk.again();
                let outcome = self.once(&mut walk, record);
                self.walk = walk;
                outcome
            }
        }
    }

    /// The plain schedule: how many steps whoever takes.
    fn measure(&mut self) -> Outcome {
        let mut outcome = self.once(&mut Moves::new(&[]), true);
        if let Some((_, ledger)) = &outcome.recorded {
            self.weights = Rc::new(Weights(ledger.totals().collect()));
        }
        self.steps = outcome.steps;
        outcome.recorded = None;
        outcome
    }

    fn replay(&mut self, schedule: &Schedule) -> Report {
        if matches!(schedule, Schedule::Uniform(_)) {
            self.measure();
        }
        let outcome = self.once(&mut *schedule.strategy(&self.weights), true);
        let replay = (outcome.verdict != Verdict::Passed).then(|| schedule.replay());
        Report::of(outcome, 1, replay)
    }

    fn explore(&mut self) -> Report {
        let begun = Instant::now();
        let (total, limit) = (self.explorer.schedules, self.explorer.time);
        let mut ran = 0;
        while ran < total && limit.is_none_or(|limit| begun.elapsed() < limit) {
            let (source, outcome) = if ran == 0 && total > 1 {
                (Source::Named(Schedule::Moves(Vec::new())), self.measure())
            } else {
                let Some(source) = self.next_source(ran) else {
                    return Report::passed_all(ran, self.walk.complete());
                };
                let outcome = self.source(&source, false);
                (source, outcome)
            };
            ran += 1;
            // Of fair runs only: under PCT and in the walk a goroutine that polls may
            // take any number.
            if let Source::Named(Schedule::Random(_) | Schedule::Uniform(_)) = source {
                self.steps = self.steps.max(outcome.steps);
            }
            if outcome.verdict != Verdict::Passed {
                return self.failed(&source, &outcome, ran);
            }
            if self.explorer.checks
                && ran.is_power_of_two()
                && let Some(report) = self.differs(&source, &outcome, ran)
            {
                return report;
            }
        }
        Report::passed_all(ran, false)
    }

    /// `None` when the exhaustive walk is over, and with it the search: either all
    /// was seen, or nothing else is to be tried.
    fn next_source(&mut self, ran: u64) -> Option<Source> {
        let turn = match self.explorer.search {
            // Just one: let the seed tell it from others.
            Search::Portfolio if ran == 0 => Turn::Random,
            Search::Portfolio => PORTFOLIO[(ran - 1) as usize % PORTFOLIO.len()],
            Search::Random => Turn::Random,
            Search::Pct { depth } => Turn::Pct(depth),
            Search::Uniform => Turn::Uniform,
            Search::Exhaustive => Turn::Exhaustive,
        };
        let seed = self.seeds.next();
        Some(Source::Named(match turn {
            Turn::Random => Schedule::Random(seed),
            Turn::Pct(depth) => Schedule::Pct(depth, with_steps(seed, self.steps)),
            Turn::Uniform => Schedule::Uniform(seed),
            Turn::Exhaustive => {
                let more = !self.walk_begun || self.walk.advance();
                self.walk_begun = true;
                if more {
                    return Some(Source::Walk);
                }
                if self.walk.complete() || self.explorer.search == Search::Exhaustive {
                    return None;
                }
                // Too deep to be walked: its turns go to the random walk.
                Schedule::Random(seed)
            }
        }))
    }

    /// Runs a schedule that passed again: does it take the same course? The first
    /// run of all may differ, if it initialises what later ones find.
    fn differs(&mut self, source: &Source, first: &Outcome, ran: u64) -> Option<Report> {
        let second = self.source(source, false);
        if second.trace == first.trace {
            return None;
        }
        let third = self.source(source, false);
        (third.trace != second.trace).then(|| Report::nondeterministic(ran, &third.verdict))
    }

    fn failed(&mut self, source: &Source, first: &Outcome, ran: u64) -> Report {
        let found = match source {
            Source::Named(schedule) => Some(schedule.to_string()),
            Source::Walk => None,
        };
        let mut again = self.source(source, true);
        if again.trace != first.trace {
            let before = again.trace;
            again = self.source(source, true);
            if again.trace != before && self.explorer.checks {
                return Report::nondeterministic(ran, &first.verdict);
            }
        }
        let moves = match &again.recorded {
            // What went wrong the first time did not happen again.
            _ if again.verdict == Verdict::Passed => {
                return Report::nondeterministic(ran, &first.verdict);
            }
            Some((recording, _)) => recording.moves.clone(),
            None => Vec::new(),
        };
        if let (Verdict::Livelock { .. }, Some(found)) = (&again.verdict, &found) {
            // Every attempt to make it small would go on to the limit.
            let found = found.clone();
            return Report::of(again, ran, Some(found));
        }
        let small = if self.explorer.shrinks {
            let verdict = again.verdict.clone();
            shrink(&moves, |some| {
                same_bug(&self.once(&mut Moves::new(some), false).verdict, &verdict)
            })
        } else {
            moves
        };
        let schedule = Schedule::Moves(small);
        let last = self.once(&mut *schedule.strategy(&self.weights), true);
        let mut report = if same_bug(&last.verdict, &again.verdict) {
            Report::of(last, ran, Some(schedule.replay()))
        } else {
            // The plain schedule's long turns are cut by steps, so moves may miss
            // the course by a hair; the seed does not.
            let last = self.source(source, true);
            Report::of(
                last,
                ran,
                Some(found.clone().unwrap_or_else(|| schedule.replay())),
            )
        };
        report.found_by = found.filter(|found| report.replay.as_ref() != Some(found));
        report
    }
}

impl Report {
    fn of(outcome: Outcome, schedules: u64, replay: Option<String>) -> Report {
        let trace = match outcome.recorded {
            Some((recording, ledger)) if outcome.verdict != Verdict::Passed => {
                Some(Trace::new(recording, &ledger, &outcome.verdict))
            }
            _ => None,
        };
        Report {
            verdict: outcome.verdict,
            schedules,
            replay,
            found_by: None,
            exhaustive: false,
            trace,
            note: None,
        }
    }

    fn passed_all(schedules: u64, exhaustive: bool) -> Report {
        Report {
            verdict: Verdict::Passed,
            schedules,
            replay: None,
            found_by: None,
            exhaustive,
            trace: None,
            note: None,
        }
    }

    fn nondeterministic(schedules: u64, seen: &Verdict) -> Report {
        let note = match seen {
            Verdict::Passed => None,
            other => Some(format!("one of the runs ended like this: {other}")),
        };
        Report {
            verdict: Verdict::Nondeterministic,
            note,
            ..Report::passed_all(schedules, false)
        }
    }
}
