//! Many runs of one program, each under another schedule.

use super::driver::{self, Limits};
use super::report::{Report, Verdict};
use super::rng::Rng;

/// Runs `f` once, under the schedule that `MARMOTA_SEED` names or that of seed 0.
///
/// # Panics
/// When called from a goroutine.
pub fn run<F: FnOnce() + Send + 'static>(f: F) -> Report {
    let schedule = Schedule::from_env().unwrap_or(Schedule { seed: 0 });
    let verdict = driver::with_thread(|| driver::run_once(schedule.seed, Limits::default(), f));
    Report {
        replay: (verdict != Verdict::Passed).then(|| schedule.to_string()),
        verdict,
        schedules: 1,
    }
}

/// Explores `f` with the default [`Explorer`].
///
/// # Panics
/// As [`Explorer::run`].
pub fn explore<F: Fn() + Send + Sync + 'static>(f: F) -> Report {
    Explorer::new().run(f)
}

/// A budget of schedules, and the seed that they follow from.
#[derive(Clone, Debug)]
#[must_use = "an explorer does nothing until run()"]
pub struct Explorer {
    schedules: u64,
    seed: u64,
    limits: Limits,
}

impl Default for Explorer {
    fn default() -> Self {
        Self::new()
    }
}

impl Explorer {
    /// 1,000 schedules that follow from seed 0, each of at most a million steps.
    pub fn new() -> Self {
        Explorer {
            schedules: 1000,
            seed: 0,
            limits: Limits::default(),
        }
    }

    /// How many schedules at most.
    pub fn schedules(mut self, n: u64) -> Self {
        self.schedules = n;
        self
    }

    /// The seed that the schedules follow from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
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
        let replay = Schedule::from_env();
        let total = if replay.is_some() { 1 } else { self.schedules };
        let mut seeds = Rng::new(self.seed);
        driver::with_thread(|| {
            for n in 1..=total {
                let schedule = replay.unwrap_or_else(|| Schedule { seed: seeds.next() });
                let verdict = driver::run_once(schedule.seed, self.limits, &f);
                if verdict != Verdict::Passed {
                    let replay = Some(schedule.to_string());
                    return Report {
                        verdict,
                        schedules: n,
                        replay,
                    };
                }
            }
            Report {
                verdict: Verdict::Passed,
                schedules: total,
                replay: None,
            }
        })
    }
}

/// One schedule, by name: `random:0x…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Schedule {
    seed: u64,
}

impl Schedule {
    fn from_env() -> Option<Schedule> {
        let text = std::env::var("MARMOTA_SEED").ok()?;
        match text.parse() {
            Ok(schedule) => Some(schedule),
            Err(why) => panic!("marmota: MARMOTA_SEED={text}: {why}"),
        }
    }
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "random:{:#x}", self.seed)
    }
}

impl std::str::FromStr for Schedule {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text
            .strip_prefix("random:0x")
            .and_then(|hex| u64::from_str_radix(hex, 16).ok());
        number
            .map(|seed| Schedule { seed })
            .ok_or("not a schedule; copy the value a failure printed, such as random:0x2a")
    }
}
