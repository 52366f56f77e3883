//! The list of a lesson's tests, and who may ask it what.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use marmota_verdict::{CHANNEL_VARIABLE, TestInfo, Verdict};

use crate::{channel, person};

/// How many schedules a test explores unless it says otherwise.
const SCHEDULES: u64 = 1_000;

/// One graded test: a name, the sentence a learner reads, and the closure that
/// runs once a schedule.
pub struct Test {
    pub(crate) info: TestInfo,
    pub(crate) schedules: u64,
    pub(crate) reasons: Vec<(Verdict, &'static str)>,
    pub(crate) body: Arc<dyn Fn() + Send + Sync>,
}

impl Test {
    /// Says what `verdict` means in this test: the most likely mistake behind it
    /// and the way to think about it. Learners read it below the verdict.
    pub fn on(&mut self, verdict: Verdict, reason: &'static str) -> &mut Self {
        self.reasons.push((verdict, reason));
        self
    }

    /// Explores `schedules` schedules in place of the usual thousand.
    pub fn schedules(&mut self, schedules: u64) -> &mut Self {
        self.schedules = schedules;
        self
    }
}

/// The graded tests of one lesson.
pub struct Suite {
    pub(crate) sources: String,
    pub(crate) tests: Vec<Test>,
}

impl Suite {
    /// An empty suite. `graded` is the `file!()` of the lesson's
    /// `tests/graded/main.rs`: the learner's sources stand in `src` beside `tests`.
    #[must_use]
    pub fn new(graded: &str) -> Self {
        let lesson = graded
            .rsplit_once("tests/")
            .map_or("", |(lesson, _)| lesson);
        Self {
            sources: format!("{lesson}src/"),
            tests: Vec::new(),
        }
    }

    /// Adds a test named `exercise::what`. `asks` says in one sentence what it
    /// asks for. `body` is the main goroutine of a fresh deterministic runtime
    /// and runs once a schedule: it takes all its state from within.
    ///
    /// # Panics
    ///
    /// When `name` has no `::`, or is taken.
    pub fn test(
        &mut self,
        name: &str,
        asks: &str,
        body: impl Fn() + Send + Sync + 'static,
    ) -> &mut Test {
        assert!(
            name.contains("::"),
            "`{name}` names no exercise: a test is called `exercise::what_is_tested`"
        );
        assert!(
            self.tests.iter().all(|test| test.info.name != name),
            "two tests are called `{name}`"
        );
        self.tests.push(Test {
            info: TestInfo {
                name: name.to_owned(),
                asks: asks.to_owned(),
            },
            schedules: SCHEDULES,
            reasons: Vec::new(),
            body: Arc::new(body),
        });
        self.tests.last_mut().expect("one was just pushed")
    }

    /// Answers whoever started this program, and gives the exit status of the
    /// first verdict that is no pass.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match env::var(CHANNEL_VARIABLE) {
            Ok(descriptor) => channel::answer(&self, &descriptor),
            Err(_) => person::answer(&self, env::args().skip(1)),
        }
    }
}
