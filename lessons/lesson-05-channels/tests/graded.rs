//! What is graded in lesson 05.
//!
//! "Everybody waits now" is an hour of virtual time: it passes only when nobody can
//! go on, and then at once. "At the same time" is shown by goroutines that wait for
//! each other.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lesson_05_channels::logs::{Entry, Summary, summarize};
use lesson_05_channels::many::{Producer, start_all};
use lesson_05_channels::produce::{consume, produce};
use lesson_05_channels::queue::Queue;
use lesson_05_channels::stages::{Stage, pipeline};
use marmota::chan::{Receiver, Sender};
use marmota::runtime::gosched;
use marmota::time;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect, expect_eq};

const HOUR: Duration = Duration::from_secs(3600);

const POLLS: &str = "it asks again and again in place of waiting: recv parks until a value comes or \
                     the channel is closed";

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    produce_(&mut suite);
    consume_(&mut suite);
    many(&mut suite);
    stages(&mut suite);
    stages_flow(&mut suite);
    logs(&mut suite);
    logs_flow(&mut suite);
    queue(&mut suite);
    queue_many(&mut suite);
    queue_closed(&mut suite);
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

fn produce_(suite: &mut Suite) {
    suite
        .test(
            "produce::sends_all_and_closes",
            "three values are received, and then the channel is closed",
            || {
                let (tx, rx) = marmota::chan(0);
                marmota::go(move || produce(vec![10, 0, 30], &tx));
                let came: Vec<Option<u32>> = (0..4).map(|_| rx.recv()).collect();
                expect_eq(
                    "what four receives gave",
                    &came,
                    &vec![Some(10), Some(0), Some(30), None],
                );
            },
        )
        .on(
            Verdict::Deadlock,
            "all values have been received and main waits for the end: nobody has said that the last \
             one was the last",
        )
        .on(
            Verdict::Panicked,
            "the close comes last, and once: after it nothing can be sent",
        );
    suite
        .test(
            "produce::no_values",
            "without values the channel is just closed",
            || {
                let (tx, rx) = marmota::chan::<u32>(0);
                marmota::go(move || produce(Vec::new(), &tx));
                expect_eq("what a receive gave", &rx.recv(), &None);
            },
        )
        .on(
            Verdict::Deadlock,
            "also who has nothing to send has to say that nothing will come",
        );
}

fn consume_(suite: &mut Suite) {
    suite
        .test(
            "produce::consumes_what_is_buffered",
            "the channel is closed already, and three values are still in it",
            || {
                let (tx, rx) = marmota::chan(3);
                (1..=3).for_each(|n| tx.send(n));
                tx.close();
                expect_eq("what came", &consume(&rx), &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "closed is not empty: what was sent before the close is received first",
        );
    suite
        .test(
            "produce::waits_for_what_comes_late",
            "values come an hour apart, one of them 0",
            || {
                let (tx, rx) = marmota::chan(1);
                marmota::go(move || {
                    for n in [7, 0, 9] {
                        time::sleep(HOUR);
                        tx.send(n);
                    }
                    time::sleep(HOUR);
                    tx.close();
                });
                expect_eq("what came", &consume(&rx), &vec![7, 0, 9]);
            },
        )
        .on(
            Verdict::WrongResult,
            "empty is not closed: that nothing is there now does not say that nothing will come",
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::Deadlock,
            "the channel is closed: recv gives None at once, for ever. Who still waits, and for what?",
        );
}

/// A producer that sends `values`, giving way before each.
fn sending(values: &[u32]) -> Producer<u32> {
    let values = values.to_vec();
    Box::new(move |out| {
        for value in values {
            gosched();
            out.send(value);
        }
    })
}

fn many(suite: &mut Suite) {
    suite
        .test(
            "many::all_arrive",
            "three producers send six values; all arrive, then the channel is closed",
            || {
                let values = start_all(vec![
                    sending(&[1, 2]),
                    sending(&[11, 12, 13]),
                    sending(&[21]),
                ]);
                let came = until_closed(&values);
                let of = |ten: u32| came.iter().copied().filter(|v| v / 10 == ten).collect::<Vec<_>>();
                let each = (of(0), of(1), of(2));
                expect_eq(
                    "what came from each producer",
                    &each,
                    &(vec![1, 2], vec![11, 12, 13], vec![21]),
                );
            },
        )
        .on(
            Verdict::Deadlock,
            "does a producer wait for a receiver, and the receiver for you to return? Or main for a \
             close that nobody calls?",
        )
        .on(
            Verdict::Panicked,
            "somebody closed while others still had to send, or closed again. Which one can know that \
             all are through?",
        )
        .on(
            Verdict::WrongResult,
            "the channel was closed while producers still had to send: close after the last, not after \
             the start",
        );
    suite
        .test(
            "many::producers_meet",
            "three producers that wait for each other all send",
            || {
                let meeting = Meeting::of(3);
                let producer = |n: u32| {
                    let meeting = meeting.clone();
                    Box::new(move |out: &Sender<u32>| {
                        meeting.arrive();
                        out.send(n);
                    }) as Producer<u32>
                };
                let mut came = until_closed(&start_all((1..=3).map(producer).collect()));
                came.sort_unstable();
                expect_eq("what came, sorted", &came, &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "a producer waits for one that has not begun: a goroutine for each, all started before \
             anything is waited for",
        );
    suite
        .test(
            "many::open_until_the_last",
            "one producer has long returned when the other begins to send",
            || {
                let quick: Producer<&str> = Box::new(|out| out.send("quick"));
                let slow: Producer<&str> = Box::new(|out| {
                    time::sleep(HOUR);
                    out.send("slow");
                    time::sleep(HOUR);
                });
                let came = until_closed(&start_all(vec![quick, slow]));
                expect_eq("what came", &came, &vec!["quick", "slow"]);
            },
        )
        .on(
            Verdict::Livelock,
            "who waits for the producers asks again and again: a WaitGroup's wait parks",
        )
        .on(
            Verdict::Panicked,
            "one producer has ended, the other has not: each is only one of those who send",
        );
    suite
        .test(
            "many::no_producers",
            "without producers the channel is just closed",
            || {
                let came = until_closed(&start_all::<u32>(Vec::new()));
                expect_eq("what came", &came, &Vec::new());
            },
        )
        .on(
            Verdict::Deadlock,
            "if closing is left to whoever ends last, who does it when there is nobody?",
        );
}

fn adds(n: u64) -> Stage {
    Box::new(move |value| Some(value + n))
}

fn times(n: u64) -> Stage {
    Box::new(move |value| Some(value * n))
}

fn only_even() -> Stage {
    Box::new(|value| value.is_multiple_of(2).then_some(value))
}

/// A closed channel that holds `values`.
fn source(values: impl IntoIterator<Item = u64>) -> Receiver<u64> {
    let values: Vec<u64> = values.into_iter().collect();
    let (tx, rx) = marmota::chan(values.len());
    values.into_iter().for_each(|v| tx.send(v));
    tx.close();
    rx
}

fn stages(suite: &mut Suite) {
    suite
        .test(
            "stages::values_in_order",
            "1 to 6: add 1, keep the even ones, times 10",
            || {
                let end = pipeline(source(1..=6), vec![adds(1), only_even(), times(10)]);
                let came = until_closed(&end);
                expect_eq("what came out", &came, &vec![20, 40, 60]);
            },
        )
        .on(
            Verdict::WrongResult,
            "each stage applies its function to each value, in order, and goes on after a dropped one",
        )
        .on(
            Verdict::Deadlock,
            "the source is closed; who tells the stage behind, and who tells the reader?",
        )
        .on(
            Verdict::Panicked,
            "who closes a stage's channel, and does anybody still send on it?",
        );
    suite
        .test(
            "stages::all_values_dropped",
            "a stage that drops everything: nothing comes out, and the end is closed",
            || {
                let drops: Stage = Box::new(|_| None);
                let came = until_closed(&pipeline(source(1..=4), vec![drops, adds(1)]));
                expect_eq("what came out", &came, &Vec::new());
            },
        )
        .on(
            Verdict::Leak,
            "a goroutine is left: a stage that stops receiving leaves the one before it waiting for \
             ever",
        );
    suite
        .test(
            "stages::no_stages",
            "without stages the values come as they are",
            || {
                let came = until_closed(&pipeline(source(1..=3), Vec::new()));
                expect_eq("what came out", &came, &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "with no stage, the source itself is the end",
        );
    suite
        .test(
            "stages::work_at_the_same_time",
            "three stages meet: the first at value 3, the second at 2, the third at 1",
            || {
                let meeting = Meeting::of(3);
                let stage = |at: u64| {
                    let meeting = meeting.clone();
                    Box::new(move |value| {
                        if value == at {
                            meeting.arrive();
                        }
                        Some(value)
                    }) as Stage
                };
                let came = until_closed(&pipeline(source(1..=3), vec![stage(3), stage(2), stage(1)]));
                expect_eq("what came out", &came, &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "a stage waits for another that works on an earlier value: each stage needs a goroutine of \
             its own",
        );
}

fn stages_flow(suite: &mut Suite) {
    suite
        .test(
            "stages::a_value_comes_out_when_it_is_through",
            "the next value is sent only after the last has come out",
            || {
                let (tx, rx) = marmota::chan(0);
                let end = pipeline(rx, vec![adds(1), times(10)]);
                for n in 0..3 {
                    tx.send(n);
                    expect_eq("what came out", &end.recv(), &Some((n + 1) * 10));
                }
                tx.close();
                expect_eq("what came out after the close", &end.recv(), &None);
            },
        )
        .on(
            Verdict::Deadlock,
            "a value is in and does not come out: does a stage wait for the next one, or for all, \
             before it passes this one on? And who passes on the close?",
        )
        .on(Verdict::Livelock, POLLS);
    suite
        .test(
            "stages::a_slow_reader_slows_the_source",
            "nobody reads for an hour: the two stages take at most four values",
            || {
                let (tx, rx) = marmota::chan(0);
                let taken = Arc::new(AtomicUsize::new(0));
                let count = Arc::clone(&taken);
                marmota::go(move || {
                    for n in 0..20 {
                        tx.send(n);
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                    tx.close();
                });
                let end = pipeline(rx, vec![adds(1), adds(1)]);
                time::sleep(HOUR);
                let seen = taken.load(Ordering::SeqCst);
                expect(
                    seen <= 4,
                    "how many of 20 values were taken from the source",
                    "4 or fewer: one in each stage, one in each channel",
                    seen.to_string(),
                );
                let came = until_closed(&end);
                expect_eq("what came out", &came, &(2..22).collect());
            },
        )
        .on(
            Verdict::WrongResult,
            "a channel with much room, or a goroutine a value, takes in everything at once: then memory \
             is the limit, and not the reader",
        );
}

const LOG: [&str; 8] = [
    "INFO mail: ready",
    "WARN mail: the queue is long",
    "??",
    "ERROR disk: no space left",
    "DEBUG disk: a block was moved",
    "ERROR disk: no space left",
    "out of paper",
    "WARN mail: the queue is longer",
];

/// A channel on which somebody sends `lines` and closes it.
fn log_of(lines: &'static [&'static str]) -> Receiver<String> {
    let (tx, rx) = marmota::chan(0);
    marmota::go(move || {
        lines.iter().for_each(|line| tx.send((*line).to_owned()));
        tx.close();
    });
    rx
}

fn summary(lines: u64, malformed: u64, complaints: &[(&str, u64)]) -> Summary {
    let complaints = complaints.iter().map(|(s, n)| ((*s).to_owned(), *n));
    Summary {
        lines,
        malformed,
        complaints: complaints.collect::<BTreeMap<_, _>>(),
    }
}

fn logs(suite: &mut Suite) {
    suite
        .test(
            "logs::counts_everything",
            "eight lines, two parsers: everything is in the summary",
            || {
                let seen = summarize(log_of(&LOG), 2, |line| {
                    gosched();
                    Entry::parse(line)
                });
                expect_eq("the summary", &seen, &summary(8, 2, &[("disk", 2), ("mail", 2)]));
            },
        )
        .on(
            Verdict::WrongResult,
            "what is missing? Either it was counted wrongly, or it was still under way when the summary \
             was returned: who waits for the last finding to be counted?",
        )
        .on(
            Verdict::Deadlock,
            "who closes the channel behind the parsers? And is there one that nobody receives from \
             while others wait to send?",
        )
        .on(
            Verdict::Panicked,
            "one parser has ended and another still sends: only the last one through may close, or \
             somebody who waits for all",
        )
        .on(
            Verdict::Leak,
            "a goroutine is left waiting for values: is every channel that somebody loops over closed \
             at the end?",
        );
    suite
        .test(
            "logs::nothing_but_nonsense",
            "twelve lines, and none of them can be parsed",
            || {
                let seen = summarize(log_of(&["?"; 12]), 3, Entry::parse);
                expect_eq("the summary", &seen, &summary(12, 12, &[]));
            },
        )
        .on(
            Verdict::Deadlock,
            "a parser waits to hand over what it could not parse: is somebody there to take it, at that \
             time and not later?",
        );
    suite
        .test("logs::no_lines", "no lines: nothing is counted", || {
            let seen = summarize(log_of(&[]), 2, Entry::parse);
            expect_eq("the summary", &seen, &Summary::default());
        })
        .on(
            Verdict::Deadlock,
            "the lines are closed at once, so no parser ever sends: who ends the loop of the one who \
             counts?",
        );
}

fn logs_flow(suite: &mut Suite) {
    suite
        .test(
            "logs::parsers_meet",
            "three parsers: the first three lines are parsed at the same time",
            || {
                let meeting = Meeting::of(3);
                let seen = summarize(log_of(&LOG), 3, move |line| {
                    meeting.arrive();
                    Entry::parse(line)
                });
                expect_eq("the lines counted", &seen.lines, &8);
            },
        )
        .on(
            Verdict::Deadlock,
            "a line waits for two others to be parsed at the same time: `parsers` goroutines receive \
             from the one channel",
        );
    suite
        .test(
            "logs::no_more_than_asked",
            "two parsers: never more than two lines are parsed at the same time",
            || {
                let (now, most) = (AtomicUsize::new(0), Log::new());
                let seen_most = most.clone();
                let seen = summarize(log_of(&LOG), 2, move |line| {
                    most.push(now.fetch_add(1, Ordering::SeqCst) + 1);
                    time::sleep(Duration::from_secs(1));
                    now.fetch_sub(1, Ordering::SeqCst);
                    Entry::parse(line)
                });
                expect_eq("the lines counted", &seen.lines, &8);
                let most = seen_most.sorted().pop();
                expect_eq("the most at the same time", &most, &Some(2));
            },
        )
        .on(
            Verdict::WrongResult,
            "a goroutine a line has no limit: start `parsers` of them, and let each take line after line",
        );
    suite
        .test(
            "logs::works_on_lines_as_they_come",
            "the second line comes after the first was parsed, the end an hour later",
            || {
                let (tx, rx) = marmota::chan(0);
                let parsed = Gate::new();
                let first = parsed.clone();
                marmota::go(move || {
                    tx.send("ERROR disk: slow".to_owned());
                    parsed.pass();
                    tx.send("ERROR disk: slower".to_owned());
                    time::sleep(HOUR);
                    tx.close();
                });
                let seen = summarize(rx, 2, move |line| {
                    first.open();
                    Entry::parse(line)
                });
                expect_eq("the summary", &seen, &summary(2, 0, &[("disk", 2)]));
            },
        )
        .on(
            Verdict::Deadlock,
            "the log waits for its first line to be parsed before it gives the next: do you collect the \
             lines before you begin?",
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::WrongResult,
            "that no line is there now is not the end: the end is when the channel is closed",
        );
}

fn queue(suite: &mut Suite) {
    suite
        .test(
            "queue::first_in_first_out",
            "three values that there is room for come out in order",
            || {
                let queue = Queue::new(3);
                (1..=3).for_each(|n| queue.send(n));
                expect_eq("its length", &queue.len(), &3);
                let came: Vec<Option<u32>> = (0..3).map(|_| queue.recv()).collect();
                expect_eq("what came out", &came, &vec![Some(1), Some(2), Some(3)]);
                expect_eq("its length at the end", &queue.len(), &0);
            },
        )
        .on(Verdict::WrongResult, "put at the back, take from the front")
        .on(
            Verdict::Deadlock,
            "there is room for three: a send waits only when the queue is full. Is a lock taken twice?",
        );
    suite
        .test(
            "queue::holds_its_capacity",
            "room for two, four are sent: the third waits until one is taken",
            || {
                let queue = Queue::new(2);
                let (out, sent) = (queue.clone(), Log::new());
                let log = sent.clone();
                marmota::go(move || {
                    for n in 1..=4 {
                        out.send(n);
                        log.push(n);
                    }
                });
                let mut seen = Vec::new();
                for _ in 0..4 {
                    time::sleep(HOUR);
                    seen.push((sent.len(), queue.len()));
                    let _ = queue.recv();
                }
                expect_eq(
                    "(sent, length) before each receive",
                    &seen,
                    &vec![(2, 2), (3, 2), (4, 2), (4, 1)],
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a send waits while the queue holds as many as its capacity, and goes on when one was taken",
        )
        .on(
            Verdict::Deadlock,
            "main has taken a value, and the sender still waits: who tells it that there is room?",
        )
        .on(
            Verdict::Leak,
            "main has taken a value, and the sender still waits: who tells it that there is room?",
        )
        .on(
            Verdict::Livelock,
            "a send on a full queue parks: cond.wait, in a loop that looks at the state",
        );
    suite
        .test(
            "queue::waits_for_a_value",
            "a receiver waits for an hour, and nobody is busy meanwhile",
            || {
                let queue = Queue::new(1);
                let out = queue.clone();
                marmota::go(move || {
                    time::sleep(HOUR);
                    out.send("late");
                });
                expect_eq("what came out", &queue.recv(), &Some("late"));
            },
        )
        .on(
            Verdict::Livelock,
            "a receive on an empty queue parks: cond.wait, in a loop that looks at the state",
        )
        .on(
            Verdict::Deadlock,
            "the value is in the queue, and the receiver still waits: who tells it? And is the lock \
             given back while it waits?",
        );
}

fn queue_many(suite: &mut Suite) {
    suite
        .test(
            "queue::each_value_wakes_one",
            "two wait for a value and two come in a row; then two wait for room, and two are taken",
            || {
                let queue = Queue::new(2);
                let pair = |f: fn(&Queue<u32>)| {
                    let start = |_| {
                        let queue = queue.clone();
                        marmota::spawn(move || f(&queue))
                    };
                    let started: Vec<_> = (0..2).map(start).collect();
                    time::sleep(HOUR);
                    started
                };
                let receivers = pair(|queue| {
                    let _ = queue.recv();
                });
                (1..=2).for_each(|n| queue.send(n));
                receivers.into_iter().for_each(|r| rethrow(r.join()));
                (3..=4).for_each(|n| queue.send(n));
                let senders = pair(|queue| queue.send(5));
                let came: Vec<_> = (0..2).map(|_| queue.recv()).collect();
                senders.into_iter().for_each(|s| rethrow(s.join()));
                expect_eq("what came out", &came, &vec![Some(3), Some(4)]);
                expect_eq("its length at the end", &queue.len(), &2);
            },
        )
        .on(
            Verdict::Deadlock,
            "two could go on and one of them sleeps: each value that is put wakes a receiver, each that \
             is taken wakes a sender, whatever the length was before",
        );
    suite
        .test(
            "queue::many_send_and_receive",
            "three send two values each, three receive, room for one: none lost, none twice",
            || {
                let (queue, came, longest) = (Queue::new(1), Log::new(), Log::new());
                let senders: Vec<_> = (0..3)
                    .map(|s| {
                        let (queue, longest) = (queue.clone(), longest.clone());
                        marmota::spawn(move || {
                            for n in 0..2 {
                                queue.send(10 * s + n);
                                longest.push(queue.len());
                            }
                        })
                    })
                    .collect();
                let receivers: Vec<_> = (0..3)
                    .map(|_| {
                        let (queue, came) = (queue.clone(), came.clone());
                        marmota::spawn(move || {
                            while let Some(value) = queue.recv() {
                                came.push(value);
                            }
                        })
                    })
                    .collect();
                for sender in senders {
                    rethrow(sender.join());
                }
                queue.close();
                for receiver in receivers {
                    rethrow(receiver.join());
                }
                let all = vec![0, 1, 10, 11, 20, 21];
                expect_eq("what came out, sorted", &came.sorted(), &all);
                let longest = longest.sorted().pop().unwrap_or(0);
                expect(
                    longest <= 1,
                    "the most it held",
                    "1, its capacity",
                    longest.to_string(),
                );
            },
        )
        .on(
            Verdict::Deadlock,
            "there is something to do, and all sleep: a signal woke one who could not use it, or nobody \
             was signalled. Do senders and receivers wait at the same Cond?",
        )
        .on(
            Verdict::WrongResult,
            "between the signal and the lock somebody else may come. Who was woken has to look again: \
             while, not if",
        )
        .on(
            Verdict::Panicked,
            "between the signal and the lock somebody else may come and take the value. Who was woken \
             has to look again: while, not if",
        );
}

/// Carries the panic of a goroutine on, so that the report tells it.
fn rethrow<T>(ended: std::thread::Result<T>) -> T {
    ended.unwrap_or_else(|thrown| std::panic::resume_unwind(thrown))
}

/// What a goroutine that may have panicked said.
fn message<T>(ended: std::thread::Result<T>) -> String {
    match ended {
        Ok(_) => "no panic".to_owned(),
        Err(thrown) => {
            let text = thrown.downcast_ref::<&str>().map(|s| (*s).to_owned());
            let text = text.or_else(|| thrown.downcast_ref::<String>().cloned());
            text.unwrap_or_default()
        }
    }
}

fn queue_closed(suite: &mut Suite) {
    suite
        .test(
            "queue::close_wakes_all_receivers",
            "three wait for a value; the close ends the wait of each",
            || {
                let queue = Queue::<u32>::new(1);
                let receivers: Vec<_> = (0..3)
                    .map(|_| {
                        let queue = queue.clone();
                        marmota::spawn(move || queue.recv())
                    })
                    .collect();
                gosched();
                queue.close();
                let came: Vec<_> = receivers.into_iter().map(|r| rethrow(r.join())).collect();
                expect_eq("what the three were given", &came, &vec![None, None, None]);
            },
        )
        .on(
            Verdict::Deadlock,
            "signal wakes one, broadcast wakes all: whom does a close concern? And does who was woken \
             look whether it is closed?",
        );
    suite
        .test(
            "queue::close_keeps_what_is_in_it",
            "two values are in the queue when it is closed: they come out, then None, again and again",
            || {
                let queue = Queue::new(2);
                queue.send("a");
                queue.send("b");
                queue.close();
                let came: Vec<_> = (0..4).map(|_| queue.recv()).collect();
                expect_eq("what came out", &came, &vec![Some("a"), Some("b"), None, None]);
            },
        )
        .on(
            Verdict::WrongResult,
            "a close says that no more will be sent; it takes nothing back",
        )
        .on(Verdict::Deadlock, "empty and closed: there is nothing to wait for");
    suite
        .test(
            "queue::send_on_closed",
            "a send panics when the queue is closed, and also when it is closed meanwhile",
            || {
                let queue = Queue::new(1);
                queue.send(1);
                let (waiting, late) = (queue.clone(), queue.clone());
                let waiting = marmota::spawn(move || waiting.send(2));
                time::sleep(HOUR);
                queue.close();
                let of_waiting = message(waiting.join());
                let of_late = message(marmota::spawn(move || late.send(3)).join());
                for (who, seen) in [("waits already", of_waiting), ("comes after", of_late)] {
                    expect(
                        seen.contains("closed"),
                        &format!("the send that {who} when the queue is closed"),
                        "a panic that says: send on closed queue",
                        seen,
                    );
                }
                expect_eq("what is still in the queue", &queue.recv(), &Some(1));
                expect_eq("and then", &queue.recv(), &None);
            },
        )
        .on(
            Verdict::Deadlock,
            "a sender waits for room in a queue that is closed: a close concerns it too",
        )
        .on(
            Verdict::WrongResult,
            "a send looks whether the queue is closed: before it waits, and after",
        );
    suite.test(
        "queue::second_close",
        "closing it again panics, as for a channel",
        || {
            let queue = Queue::<u32>::new(1);
            queue.close();
            let again = queue.clone();
            let seen = message(marmota::spawn(move || again.close()).join());
            expect(
                seen.contains("closed"),
                "the second close",
                "a panic that says: close of closed queue",
                seen,
            );
        },
    );
}
