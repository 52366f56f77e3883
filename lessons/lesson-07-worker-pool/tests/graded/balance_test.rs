//! `balance`: requests go where there is least to do.

use std::sync::Arc;

use lesson_07_worker_pool::balance::balance;
use marmota::runtime::gosched;
use marmota::sync::WaitGroup;
use marmota::time;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::HOUR;

/// Servers as tests have them: each takes from its channel, which has no buffer.
fn servers(
    count: usize,
    serve: impl Fn(usize, u32) + Send + Sync + 'static,
) -> Vec<marmota::Sender<u32>> {
    let serve = Arc::new(serve);
    let start = |server| {
        let (tx, rx) = marmota::chan(0);
        let serve = Arc::clone(&serve);
        marmota::go(move || {
            for request in rx {
                serve(server, request);
            }
        });
        tx
    };
    (0..count).map(start).collect()
}

/// `count` requests, 1, 2, 3, …, and then the end.
fn requests(count: u32) -> marmota::Receiver<u32> {
    let (tx, rx) = marmota::chan(0);
    marmota::go(move || {
        (1..=count).for_each(|request| tx.send(request));
        tx.close();
    });
    rx
}

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "balance::each_request_once",
            "three servers, eight requests: each arrives once",
            || {
                let served = Log::new();
                let log = served.clone();
                let servers = servers(3, move |_, request| {
                    gosched();
                    log.push(request);
                });
                balance(&requests(8), &servers);
                // Time passes when all that was handed over has been served.
                time::sleep(HOUR);
                expect_eq("the requests served", &served.sorted(), &(1..=8).collect());
            },
        )
        .on(
            Verdict::WrongResult,
            "a request was lost or doubled: when all are busy it waits, and when one takes it the \
             others must not",
        )
        .on(
            Verdict::Leak,
            "the servers wait for more: close each one's channel when there is no more",
        );
    suite
        .test(
            "balance::a_busy_server_holds_up_nobody",
            "one server is busy until the others have served the rest",
            || {
                let (rest_served, count) = (Gate::new(), Log::new());
                let gate = rest_served.clone();
                let servers = servers(3, move |_, request| {
                    if request == 1 {
                        gate.pass();
                    } else {
                        count.push(request);
                        if count.len() == 5 {
                            gate.open();
                        }
                    }
                });
                balance(&requests(6), &servers);
                rest_served.pass();
            },
        )
        .on(
            Verdict::Deadlock,
            "a request waits for the busy server while another has nothing to do: offer it to all of \
             them at once",
        );
    suite
        .test(
            "balance::uses_all_servers",
            "three requests that wait for each other need all three servers",
            || {
                let meeting = Meeting::of(4);
                let arrive = meeting.clone();
                let servers = servers(3, move |_, _| arrive.arrive());
                balance(&requests(3), &servers);
                meeting.arrive();
            },
        )
        .on(
            Verdict::Deadlock,
            "a request waits for a server that is busy while another is free",
        );
    suite
        .test(
            "balance::rests_when_all_are_busy",
            "each request takes an hour, and the balancer keeps nobody busy meanwhile",
            || {
                let served = WaitGroup::new();
                served.add(5);
                let done = served.clone();
                let servers = servers(2, move |_, _| {
                    time::sleep(HOUR);
                    done.done();
                });
                balance(&requests(5), &servers);
                served.wait();
            },
        )
        .on(
            Verdict::Livelock,
            "it asks one server after the other, round and round: a select over all of them parks",
        );
    suite
        .test(
            "balance::no_requests",
            "no requests: the servers are told at once",
            || {
                balance(&requests(0), &servers(2, |_, _| {}));
            },
        )
        .on(Verdict::Leak, "a server waits for more: close its channel");
}
