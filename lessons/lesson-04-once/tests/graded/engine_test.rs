//! `engine`: started once, at the first use, and nobody drives before it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use lesson_04_once::engine::Engine;
use marmota::runtime::gosched;
use marmota::time;
use marmota_grader::{Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::{Count, HOUR, PARK, together};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "engine::starts_at_the_first_use",
            "an engine that is not used is not started; one that is used twice, once",
            || {
                let starts = Count::default();
                let counted = starts.clone();
                let engine = Engine::new(move || {
                    counted.up();
                });
                expect_eq("the starts before any use", &starts.get(), &0);
                let results = [engine.run(|| "a"), engine.run(|| "b")];
                expect_eq("what the jobs returned", &results, &["a", "b"]);
                expect_eq("the starts after two uses", &starts.get(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "the start belongs into `run`, before the job, and only the first `run` may do it",
        );
    suite
        .test(
            "engine::starts_once_for_all",
            "two goroutines use it at the same moment: one start, and no job before it is over",
            || {
                let (starts, over) = (Count::default(), Arc::new(AtomicBool::new(false)));
                let (counted, ready) = (starts.clone(), Arc::clone(&over));
                let engine = Arc::new(Engine::new(move || {
                    counted.up();
                    gosched();
                    ready.store(true, SeqCst);
                }));
                let seen = Log::new();
                let log = seen.clone();
                together(2, &engine, move |engine, _| {
                    engine.run(|| log.push(over.load(SeqCst)));
                });
                expect_eq("the starts", &starts.get(), &1);
                let all = vec![true, true];
                expect_eq("the start was over, as the jobs saw it", &seen.all(), &all);
            },
        )
        .on(
            Verdict::WrongResult,
            "between looking whether it was started and saying so, somebody else looked. Or a job \
             began because somebody had *begun* to start it: call_once waits until it is over",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test("engine::jobs_meet", "three jobs that wait for each other all end", || {
            let engine = Arc::new(Engine::new(gosched));
            let meeting = Meeting::of(3);
            together(3, &engine, move |engine, _| engine.run(|| meeting.arrive()));
        })
        .on(
            Verdict::Deadlock,
            "a job waits for one that cannot begin: the start happens once and alone, the jobs do not. \
             Is a lock held while a job runs?",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test(
            "engine::rests_while_it_starts",
            "the start takes an hour, and who waits for it is not busy meanwhile",
            || {
                // An hour of virtual time: it passes at once, but only when all rest.
                let engine = Arc::new(Engine::new(|| time::sleep(HOUR)));
                together(3, &engine, |engine, _| engine.run(|| ()));
            },
        )
        .on(Verdict::Livelock, PARK);
}
