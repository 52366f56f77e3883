//! What is graded in lesson 06.
//!
//! Time is virtual: an hour passes at once, but only when nobody can go on. So "an
//! hour later" also means "when all who could run have come to wait".

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lesson_06_select::merge::merge;
use lesson_06_select::monitor::{News, monitor};
use lesson_06_select::offer::{drain, offer};
use lesson_06_select::timeout::with_timeout;
use lesson_06_select::worker::{Why, work};
use marmota::chan::{Receiver, Sender};
use marmota::time;
use marmota_grader::{Gate, Log, Suite, Ticket, Verdict, expect, expect_eq};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

const WAITS: &str =
    "nobody is there, and it waits all the same: a select with a default never does";
const POLLS: &str = "it goes round in circles while nothing happens. A default, or a case that is always \
                     ready, makes a select that never rests";

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    offer_(&mut suite);
    drain_(&mut suite);
    merge_(&mut suite);
    merge_flow(&mut suite);
    timeout(&mut suite);
    timeout_late(&mut suite);
    worker(&mut suite);
    worker_stops(&mut suite);
    monitor_(&mut suite);
    monitor_news(&mut suite);
    monitor_ends(&mut suite);
    suite.run()
}

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

fn offer_(suite: &mut Suite) {
    suite
        .test(
            "offer::room_for_one",
            "a buffer of one: the first is sent, the second is not",
            || {
                let (tx, rx) = marmota::chan(1);
                let answers = (offer(&tx, "first"), offer(&tx, "second"));
                expect_eq("the two answers", &answers, &(true, false));
                expect_eq("what is in the channel", &rx.try_recv(), &Ok("first"));
                expect(
                    rx.try_recv().is_err(),
                    "what is in it besides",
                    "nothing",
                    "another value",
                );
            },
        )
        .on(Verdict::Deadlock, WAITS)
        .on(
            Verdict::WrongResult,
            "yes means that it was sent, no means that it was not",
        );
    suite
        .test(
            "offer::nobody_receives",
            "a meeting point where nobody waits",
            || {
                let (tx, _rx) = marmota::chan(0);
                expect_eq("the answer", &offer(&tx, 1), &false);
            },
        )
        .on(Verdict::Deadlock, WAITS);
    suite
        .test(
            "offer::somebody_waits",
            "a meeting point where somebody has waited for an hour",
            || {
                let (tx, rx) = marmota::chan(0);
                let receiver = marmota::spawn(move || rx.recv());
                time::sleep(HOUR);
                expect_eq("the answer", &offer(&tx, 1), &true);
                let received = receiver.join().unwrap_or_default();
                expect_eq("what was received", &received, &Some(1));
            },
        )
        .on(
            Verdict::WrongResult,
            "a channel of capacity 0 never has room, and can be sent on all the same when somebody \
             waits. Do not ask for the length: try it",
        );
}

fn drain_(suite: &mut Suite) {
    suite
        .test(
            "offer::drains_a_buffer",
            "three values are buffered, then nothing",
            || {
                let (tx, rx) = marmota::chan(5);
                (1..=3).for_each(|n| tx.send(n));
                expect_eq("what was there", &drain(&rx), &vec![1, 2, 3]);
                expect_eq("what was there after that", &drain(&rx), &vec![]);
            },
        )
        .on(Verdict::Deadlock, WAITS)
        .on(
            Verdict::WrongResult,
            "again and again, until the default is taken",
        );
    suite
        .test(
            "offer::drains_those_who_wait",
            "three goroutines have waited for an hour to send",
            || {
                let (tx, rx) = marmota::chan(0);
                for n in 1..=3 {
                    let tx = tx.clone();
                    marmota::go(move || tx.send(n));
                }
                time::sleep(HOUR);
                let mut there = drain(&rx);
                there.sort_unstable();
                expect_eq("what was there, sorted", &there, &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "the length counts what is buffered; who waits to send is not in it",
        )
        .on(
            Verdict::Leak,
            "a goroutine still waits to send, although it could have been received from",
        );
    suite
        .test("offer::drains_a_closed_channel", "two values, and the channel is closed", || {
            let (tx, rx) = marmota::chan(2);
            (1..=2).for_each(|n| tx.send(n));
            tx.close();
            expect_eq("what was there", &drain(&rx), &vec![1, 2]);
        })
        .on(
            Verdict::Livelock,
            "a closed channel is always ready: it gives None again and again, so the default is never \
             taken. None is an end, too",
        );
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

fn merge_(suite: &mut Suite) {
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

fn merge_flow(suite: &mut Suite) {
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

fn timeout(suite: &mut Suite) {
    suite
        .test(
            "timeout::in_time",
            "work of one second under a limit of two",
            || {
                let before = time::now();
                let result = with_timeout(2 * SECOND, || {
                    time::sleep(SECOND);
                    "done"
                });
                expect_eq("the result", &result, &Some("done"));
                expect_eq("virtual time passed", &before.elapsed(), &SECOND);
                time::sleep(HOUR);
            },
        )
        .on(
            Verdict::WrongResult,
            "the result is returned as soon as it is there, and not when the limit is over",
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::Leak,
            "an hour later a goroutine is left, and waits: for what? If it is for the timeout, time::after \
             needs none",
        );
    suite
        .test(
            "timeout::too_late",
            "work of three seconds under a limit of two",
            || {
                let (before, ended) = (time::now(), Log::new());
                let log = ended.clone();
                let result = with_timeout(2 * SECOND, move || {
                    time::sleep(3 * SECOND);
                    log.push(time::now());
                    "done"
                });
                expect_eq("the result", &result, &None);
                expect_eq("virtual time passed", &before.elapsed(), &(2 * SECOND));
                time::sleep(HOUR);
                let after: Vec<Duration> = ended.all().iter().map(|e| e.duration_since(before)).collect();
                expect_eq("when the work ended", &after, &vec![3 * SECOND]);
            },
        )
        .on(
            Verdict::Leak,
            "the work has come to its end, and its goroutine waits for somebody to take the result: for \
             ever, since you have gone. Where could it put it down?",
        )
        .on(
            Verdict::WrongResult,
            "when the limit is over, return; the work goes on beside you, and you do not wait for it",
        )
        .on(
            Verdict::Panicked,
            "the work sends on a channel that you closed: let it send",
        )
        .on(Verdict::Livelock, POLLS);
}

fn timeout_late(suite: &mut Suite) {
    suite
        .test(
            "timeout::late_result_is_thrown_away",
            "a result that comes too late is dropped with all it holds",
            || {
                let (ticket, gone) = Ticket::new();
                let result = with_timeout(SECOND, move || {
                    time::sleep(2 * SECOND);
                    ticket
                });
                expect(result.is_none(), "the result", "None", "Some");
                gone.pass();
            },
        )
        .on(
            Verdict::Deadlock,
            "main waits for the result to be dropped, and somebody still holds it: who?",
        );
    suite
        .test(
            "timeout::many_at_once",
            "five of them side by side, each with its own limit",
            || {
                let before = time::now();
                let started: Vec<_> = (1..=5_u32)
                    .map(|n| {
                        marmota::spawn(move || {
                            with_timeout(3 * SECOND + SECOND / 2, move || {
                                time::sleep(n * SECOND);
                                n
                            })
                        })
                    })
                    .collect();
                let results: Vec<_> = started
                    .into_iter()
                    .map(|s| s.join().unwrap_or_default())
                    .collect();
                let expected = vec![Some(1), Some(2), Some(3), None, None];
                expect_eq("the results", &results, &expected);
                let passed = 3 * SECOND + SECOND / 2;
                expect_eq("virtual time passed", &before.elapsed(), &passed);
                time::sleep(HOUR);
            },
        )
        .on(
            Verdict::WrongResult,
            "each has its own limit, which begins when it begins",
        );
}

/// A channel that holds `jobs` and stays open.
fn jobs(jobs: impl IntoIterator<Item = u32>) -> (Sender<u32>, Receiver<u32>) {
    let (tx, rx) = marmota::chan(10);
    jobs.into_iter().for_each(|job| tx.send(job));
    (tx, rx)
}

fn worker(suite: &mut Suite) {
    suite
        .test(
            "worker::no_more_jobs",
            "three jobs, and the channel is closed: all are done, then it ends",
            || {
                let ((tx, jobs), (_quit, quitting)) = (jobs(1..=3), marmota::chan(0));
                tx.close();
                let mut handled = Vec::new();
                let end = work(&jobs, &quitting, |job| handled.push(job));
                expect_eq("the jobs it handled", &handled, &vec![1, 2, 3]);
                expect_eq("how many, and why it stopped", &end, &(3, Why::NoMoreJobs));
            },
        )
        .on(
            Verdict::Livelock,
            "the jobs are closed, and it still asks for them: None is the end",
        )
        .on(
            Verdict::Deadlock,
            "the jobs are closed, and it waits all the same: for what?",
        );
    suite
        .test(
            "worker::idle_worker_stops",
            "there is no job, and after an hour quit is closed",
            || {
                let ((_tx, jobs), (quit, quitting)) = (jobs([]), marmota::chan(0));
                marmota::go(move || {
                    time::sleep(HOUR);
                    quit.close();
                });
                let end = work(&jobs, &quitting, |_: u32| {});
                expect_eq("how many, and why it stopped", &end, &(0, Why::Quit));
            },
        )
        .on(
            Verdict::Deadlock,
            "it waits for a job and hears nothing else: wait for both, in one select",
        )
        .on(Verdict::Livelock, POLLS);
}

fn worker_stops(suite: &mut Suite) {
    suite
        .test(
            "worker::a_job_an_hour",
            "three jobs come an hour apart, then quit is closed",
            || {
                let ((tx, jobs), (quit, quitting)) = (marmota::chan(0), marmota::chan(0));
                marmota::go(move || {
                    for job in 1..=3 {
                        time::sleep(HOUR);
                        tx.send(job);
                    }
                    time::sleep(HOUR);
                    quit.close();
                });
                let mut handled = Vec::new();
                let end = work(&jobs, &quitting, |job| handled.push(job));
                expect_eq("the jobs it handled", &handled, &vec![1, 2, 3]);
                expect_eq("how many, and why it stopped", &end, &(3, Why::Quit));
            },
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::Deadlock,
            "it waits for one of the two and does not hear the other",
        );
    suite
        .test(
            "worker::begins_nothing_after_quit",
            "five jobs are there; quit is closed during the second",
            || {
                let ((_tx, jobs), (quit, quitting)) = (jobs(1..=5), marmota::chan(0));
                let mut handled = Vec::new();
                let end = work(&jobs, &quitting, |job| {
                    handled.push(job);
                    if job == 2 {
                        quit.close();
                    }
                });
                expect_eq("the jobs it handled", &handled, &vec![1, 2]);
                expect_eq("how many, and why it stopped", &end, &(2, Why::Quit));
                expect_eq("how many jobs are left", &jobs.len(), &3);
            },
        )
        .on(
            Verdict::WrongResult,
            "a job and the quit are both there, and a select takes either. Look for the quit alone \
             first, without waiting, before each job",
        );
}

const PATIENCE: Duration = Duration::from_secs(10);

/// A name and the time, in milliseconds, at which it beats.
type Beat = (u64, &'static str);

/// Sends each of `heard` on a channel at its time, and tells when all were taken.
fn beating(heard: &'static [Beat]) -> (Receiver<String>, Gate) {
    let ((tx, beats), through) = (marmota::chan(0), Gate::new());
    let gate = through.clone();
    marmota::go(move || {
        let start = time::now();
        for &(at, node) in heard {
            let at = Duration::from_millis(at);
            time::sleep(at.saturating_sub(start.elapsed()));
            tx.send(node.to_owned());
        }
        gate.open();
    });
    (beats, through)
}

fn lost(node: &str) -> News {
    News::Lost(node.to_owned())
}

fn back(node: &str) -> News {
    News::Back(node.to_owned())
}

/// Receives the next news, and compares each, and its millisecond, with `expected`.
#[track_caller]
fn expect_news(news: &Receiver<News>, expected: &[(u128, News)]) {
    let start = time::now();
    for (i, (at, what)) in expected.iter().enumerate() {
        let next = news.recv();
        let seen = (start.elapsed().as_millis(), next);
        let number = format!("news number {}, and when it came in ms", i + 1);
        expect_eq(&number, &seen, &(*at, Some(what.clone())));
    }
}

fn monitor_(suite: &mut Suite) {
    suite
        .test(
            "monitor::silence_is_noticed",
            "a node is silent from the start: lost after ten seconds",
            || {
                let ((_tx, beats), (quit, quitting)) = (marmota::chan(0), marmota::chan(0));
                let news = monitor(&["a"], PATIENCE, beats, quitting);
                expect_news(&news, &[(10_000, lost("a"))]);
                quit.close();
            },
        )
        .on(
            Verdict::Deadlock,
            "nobody beats, and so nobody wakes the monitor: one case of its select is a timeout",
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::Leak,
            "quit is closed, and a goroutine still waits: every wait of the monitor has to hear the quit",
        );
    suite
        .test(
            "monitor::says_it_once",
            "a node is lost for a minute, and a stranger beats meanwhile",
            || {
                let heard = &[(21_000, "stranger"), (60_000, "a")];
                let ((beats, _), (quit, quitting)) = (beating(heard), marmota::chan(0));
                let news = monitor(&["a"], PATIENCE, beats, quitting);
                expect_news(&news, &[
                    (10_000, lost("a")),
                    (60_000, back("a")),
                    (70_000, lost("a")),
                ]);
                quit.close();
            },
        )
        .on(
            Verdict::WrongResult,
            "a node that is lost is not overdue any more; only its next beat changes something. And a \
             name that is not watched means nothing",
        )
        .on(Verdict::Livelock, POLLS);
    suite
        .test(
            "monitor::each_node_for_itself",
            "b is silent while a beats; then a falls silent, b comes back, and is lost again",
            || {
                let heard = &[(6_250, "a"), (12_500, "a"), (18_750, "a"), (25_500, "b")];
                let ((beats, _), (quit, quitting)) = (beating(heard), marmota::chan(0));
                let news = monitor(&["a", "b"], PATIENCE, beats, quitting);
                expect_news(&news, &[
                    (10_000, lost("b")),
                    (25_500, back("b")),
                    (28_750, lost("a")),
                    (35_500, lost("b")),
                ]);
                quit.close();
            },
        )
        .on(
            Verdict::WrongResult,
            "ten seconds after the last beat of that node, to the moment: a beat of one says nothing \
             about another, and who looks at intervals looks too late",
        )
        .on(
            Verdict::Deadlock,
            "the next node is overdue and nobody notices: the timeout is set anew in each turn, for the \
             node that is overdue next",
        );
}

fn monitor_news(suite: &mut Suite) {
    suite
        .test(
            "monitor::unread_news_hold_up_nothing",
            "nobody reads for a minute; beats go on, and the news wait in order",
            || {
                let heard = &[
                    (6_250, "a"),
                    (12_500, "a"),
                    (18_750, "a"),
                    (25_500, "b"),
                    (26_000, "a"),
                    (35_750, "a"),
                    (45_000, "a"),
                    (54_000, "a"),
                ];
                let ((beats, through), (quit, quitting)) = (beating(heard), marmota::chan(0));
                let start = time::now();
                let news = monitor(&["a", "b"], PATIENCE, beats, quitting);
                through.pass();
                let taken = start.elapsed().as_millis();
                expect_eq("when the last beat was taken, in ms", &taken, &54_000);
                time::sleep(Duration::from_secs(6));
                expect_news(&news, &[(0, lost("b")), (0, back("b")), (0, lost("b"))]);
                expect_news(&news, &[(4_000, lost("a"))]);
                quit.close();
            },
        )
        .on(
            Verdict::WrongResult,
            "while a plain send waits for a reader nothing else happens. Keep the news in a list, and let \
             the send of the oldest be a case of the select",
        )
        .on(
            Verdict::Deadlock,
            "nobody reads, and the beats are not taken any more: a plain send waits. Let it be a case of \
             the select",
        )
        .on(Verdict::Livelock, POLLS);
}

fn monitor_ends(suite: &mut Suite) {
    suite
        .test(
            "monitor::quit_ends_it",
            "nobody has read its news when quit is closed: the news are closed, too",
            || {
                let ((_tx, beats), (quit, quitting)) = (marmota::chan(0), marmota::chan(0));
                let news = monitor(&["a", "b"], PATIENCE, beats, quitting);
                time::sleep(HOUR);
                quit.close();
                time::sleep(SECOND);
                expect_eq("what a receive gives then", &news.recv(), &None);
            },
        )
        .on(
            Verdict::WrongResult,
            "quit is closed, and the monitor still wants to tell something: the quit has to be heard \
             while it waits for a reader",
        )
        .on(
            Verdict::Deadlock,
            "main waits for the news to be closed: who closes them, and does it hear the quit?",
        )
        .on(
            Verdict::Panicked,
            "the news are closed, and somebody still sends: what else did you start?",
        );
    suite
        .test(
            "monitor::quit_ends_it_early",
            "quit is closed before anything has happened",
            || {
                let ((tx, beats), (quit, quitting)) = (marmota::chan(1), marmota::chan(0));
                let news = monitor(&["a"], PATIENCE, beats, quitting);
                tx.send("a".to_owned());
                time::sleep(SECOND);
                quit.close();
                let before = time::now();
                expect_eq("what a receive gives", &news.recv(), &None);
                expect_eq("virtual time passed", &before.elapsed(), &Duration::ZERO);
                time::sleep(HOUR);
            },
        )
        .on(
            Verdict::Deadlock,
            "main waits for the news to be closed: who closes them, and does it hear the quit?",
        )
        .on(
            Verdict::Panicked,
            "the news are closed, and somebody still sends: what else did you start?",
        )
        .on(
            Verdict::WrongResult,
            "quit is closed, so all is over: at once, and nothing more is told",
        );
    suite
        .test(
            "monitor::no_nodes",
            "without nodes there is nothing to tell",
            || {
                let ((_tx, beats), (quit, quitting)) = (marmota::chan(0), marmota::chan(0));
                let news = monitor(&[], PATIENCE, beats, quitting);
                marmota::go(move || {
                    time::sleep(HOUR);
                    quit.close();
                });
                expect_eq("what a receive gives", &news.recv(), &None);
            },
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::Deadlock,
            "main waits for the news to be closed: does the monitor wait for the quit at all?",
        );
}
