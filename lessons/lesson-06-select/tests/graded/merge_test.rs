//! `merge`: two channels into one, both until their end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lesson_06_select::merge::merge;
use marmota::chan::Receiver;
use marmota::time;
use marmota_grader::{Suite, Verdict, expect, expect_eq};

use crate::common::{HOUR, POLLS};

/// Everything that comes until the channel is closed. A report names the line that
/// called this, and not one in here.
#[track_caller]
fn until_closed<T>(values: &Receiver<T>) -> Vec<T> {
    let mut came = Vec::new();
    while let Some(value) = values.recv() {
        came.push(value);
    }
    came
}

/// A channel on which somebody sends `values`, each after a pause, and closes it.
fn source(values: &'static [u32], pause: Duration) -> Receiver<u32> {
    let (tx, rx) = marmota::chan(0);
    marmota::go(move || {
        for &value in values {
            time::sleep(pause);
            tx.send(value);
        }
        tx.close();
    });
    rx
}

pub fn add_to(suite: &mut Suite) {
    results(suite);
    flow(suite);
}

fn results(suite: &mut Suite) {
    suite
        .test(
            "merge::all_arrive",
            "three values from one, two from the other, then the end",
            || {
                let a = source(&[1, 2, 3], Duration::ZERO);
                let b = source(&[11, 12], Duration::ZERO);
                let came = until_closed(&merge(a, b));
                let of = |ten: u32| came.iter().copied().filter(|v| v / 10 == ten).collect::<Vec<_>>();
                expect_eq("what came from each", &(of(0), of(1)), &(vec![1, 2, 3], vec![11, 12]));
            },
        )
        .on(
            Verdict::WrongResult,
            "the first source that is closed is not the end of both, and the values of one source stay \
             in order",
        )
        .on(
            Verdict::Deadlock,
            "is somebody still listening to each source that is open? And who closes the channel at \
             the end?",
        )
        .on(
            Verdict::Panicked,
            "the channel is closed once, after both sources have ended",
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::Leak,
            "a source still waits to send: is it listened to until it is closed?",
        );
    suite
        .test(
            "merge::one_has_long_ended",
            "one source is closed at once, the other has a value an hour",
            || {
                let came = until_closed(&merge(source(&[], HOUR), source(&[1, 2, 3], HOUR)));
                expect_eq("what came", &came, &vec![1, 2, 3]);
                let came = until_closed(&merge(source(&[1, 2, 3], HOUR), source(&[], HOUR)));
                expect_eq("what came, the other way round", &came, &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::Livelock,
            "a closed channel is always ready, with None, and a default is, too. Take the closed one \
             out of the select: a nil channel never is",
        )
        .on(
            Verdict::WrongResult,
            "one is closed, the other is not: go on with what is left",
        );
}

fn flow(suite: &mut Suite) {
    suite
        .test(
            "merge::neither_waits_for_the_other",
            "b sends twice before a sends at all, and then the other way round",
            || {
                let ((to_a, a), (to_b, b)) = (marmota::chan(0), marmota::chan(0));
                let merged = merge(a, b);
                let mut came = Vec::new();
                for (to, n) in [(&to_b, 1), (&to_b, 2), (&to_a, 3), (&to_a, 4), (&to_b, 5)] {
                    to.send(n);
                    came.extend(merged.recv());
                }
                to_a.close();
                to_b.close();
                expect_eq("what came", &came, &vec![1, 2, 3, 4, 5]);
                expect_eq("what came after the close", &merged.recv(), &None);
            },
        )
        .on(
            Verdict::Deadlock,
            "one source has a value, and the other is waited for: a receive listens to one channel, a \
             select to both",
        );
    suite
        .test(
            "merge::takes_what_is_received",
            "nobody receives for an hour: at most one value is taken from each",
            || {
                let taken = Arc::new(AtomicUsize::new(0));
                let eager = || {
                    let ((tx, rx), taken) = (marmota::chan(0), Arc::clone(&taken));
                    marmota::go(move || {
                        for n in 0..10 {
                            tx.send(n);
                            taken.fetch_add(1, Ordering::SeqCst);
                        }
                        tx.close();
                    });
                    rx
                };
                let merged = merge(eager(), eager());
                time::sleep(HOUR);
                let seen = taken.load(Ordering::SeqCst);
                expect(
                    seen <= 2,
                    "how many of 20 values were taken",
                    "2 or fewer",
                    seen.to_string(),
                );
                expect_eq(
                    "how many came in the end",
                    &until_closed(&merged).len(),
                    &20,
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a large buffer, or a goroutine a value, takes what nobody wants yet",
        );
}
