//! `monitor`: who has fallen silent, and who is back.

use std::time::Duration;

use lesson_06_select::monitor::{News, monitor};
use marmota::chan::Receiver;
use marmota::time;
use marmota_grader::{Gate, Suite, Verdict, expect_eq};

use crate::common::{HOUR, POLLS, SECOND};

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

pub fn add_to(suite: &mut Suite) {
    watches(suite);
    reports(suite);
    ends(suite);
}

fn watches(suite: &mut Suite) {
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

fn reports(suite: &mut Suite) {
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

fn ends(suite: &mut Suite) {
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
            "without nodes there is nothing to tell, until quit is closed after an hour",
            || {
                let before = time::now();
                let ((_tx, beats), (quit, quitting)) = (marmota::chan(0), marmota::chan(0));
                let news = monitor(&[], PATIENCE, beats, quitting);
                marmota::go(move || {
                    time::sleep(HOUR);
                    quit.close();
                });
                expect_eq("what a receive gives", &news.recv(), &None);
                expect_eq("virtual time passed", &before.elapsed(), &HOUR);
            },
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::WrongResult,
            "the news are closed when quit is, and not before: nodes or none",
        )
        .on(
            Verdict::Deadlock,
            "main waits for the news to be closed: does the monitor wait for the quit at all?",
        );
}
