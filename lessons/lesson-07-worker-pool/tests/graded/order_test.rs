//! `order`: results in the order of the items, whoever is done first.

use lesson_07_worker_pool::order::map_pool;
use marmota_grader::{Gate, Log, Suite, Verdict, expect_eq};

use crate::common::Gauge;

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "order::results_in_the_items_order",
            "the calls end in reverse, the results stay in the items' order",
            || {
                let gates: Vec<Gate> = (0..4).map(|_| Gate::new()).collect();
                gates[3].open();
                let results = map_pool(3, vec![0, 1, 2], move |i: usize| {
                    gates[i + 1].pass();
                    gates[i].open();
                    i * 10
                });
                expect_eq("the results", &results, &vec![0, 10, 20]);
            },
        )
        .on(
            Verdict::WrongResult,
            "results come in the order in which calls end: send the item's number with each",
        )
        .on(
            Verdict::Deadlock,
            "three calls that wait for each other need three workers. Or who waits for a channel \
             that nobody closes?",
        )
        .on(
            Verdict::Panicked,
            "who closes the results' channel must know that no worker will send any more: that is \
             when the workers have ended, not when the items have been handed out",
        )
        .on(
            Verdict::Leak,
            "the results are all there, but workers still wait for items: close that channel",
        );
    suite
        .test(
            "order::many_items",
            "two workers, nine items: each is worked on once",
            || {
                let calls = Log::new();
                let log = calls.clone();
                let results = map_pool(2, (0..9).collect(), move |n: u32| {
                    log.push(n);
                    n * n
                });
                expect_eq(
                    "the results",
                    &results,
                    &(0..9).map(|n| n * n).collect::<Vec<u32>>(),
                );
                expect_eq("the items, sorted", &calls.sorted(), &(0..9).collect());
            },
        )
        .on(
            Verdict::Deadlock,
            "you hand out items, the workers hand out results, and nobody takes: take results while \
             you hand out items, each on a goroutine of its own",
        );
    suite
        .test(
            "order::no_more_than_workers",
            "two workers, eight items: never more than two calls at a time",
            || {
                let gauge = Gauge::default();
                let inner = gauge.clone();
                map_pool(2, (0..8).collect(), move |_: u32| inner.visit());
                gauge.expect_at_most(2, "calls at the same time");
            },
        )
        .on(
            Verdict::WrongResult,
            "a goroutine an item is no pool: start two, which take items from a channel",
        );
    suite
        .test(
            "order::no_items",
            "no items give no results, and leave nobody behind",
            || {
                let results = map_pool(3, Vec::<u8>::new(), |n| n);
                expect_eq("the results", &results, &Vec::new());
            },
        )
        .on(
            Verdict::Leak,
            "the workers wait for items: close their channel even if there were none",
        );
}
