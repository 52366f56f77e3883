//! `logs`: what is counted in a log, and that many read it side by side.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lesson_05_channels::logs::{Entry, Summary, summarize};
use marmota::chan::Receiver;
use marmota::runtime::gosched;
use marmota::time;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::{HOUR, POLLS};

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

pub fn add_to(suite: &mut Suite) {
    results(suite);
    flow(suite);
}

fn results(suite: &mut Suite) {
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
            "what is missing, or there too often? Either it was counted wrongly, or it was still under \
             way when the summary was returned: who waits for the last finding to be counted?",
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

fn flow(suite: &mut Suite) {
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
