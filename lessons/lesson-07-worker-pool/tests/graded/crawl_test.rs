//! `crawl`: pages that lead to pages, each fetched once.

use std::collections::BTreeMap;

use lesson_07_worker_pool::crawl::{Page, crawl};
use marmota::runtime::gosched;
use marmota::time;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::{Gauge, HOUR};

/// A site for tests: `address links…`, a page a line; `!` in place of links for one that
/// is broken.
fn page(site: &str, address: &str) -> Result<Page, String> {
    gosched();
    let line = site
        .lines()
        .map(str::trim)
        .find(|l| l.split(' ').next() == Some(address));
    let mut links = line
        .unwrap_or_else(|| panic!("nobody links to {address}"))
        .split(' ')
        .skip(1)
        .map(str::to_owned)
        .peekable();
    if links.peek().is_some_and(|link| link == "!") {
        return Err(format!("{address} is broken"));
    }
    Ok(Page {
        title: address.to_uppercase(),
        links: links.collect(),
    })
}

/// What a crawl of `site` must give.
fn found(site: &str) -> BTreeMap<String, Result<String, String>> {
    let addresses = site.lines().filter_map(|l| l.trim().split(' ').next());
    addresses
        .map(|address| (address.to_owned(), page(site, address).map(|p| p.title)))
        .collect()
}

const SITE: &str = "a b c a
                    b c d d
                    c a b
                    d e
                    e a f
                    f";

const BROKEN: &str = "a b c
                      b !
                      c d
                      d";

const STAR: &str = "a b c d e f g h
                    b
                    c
                    d
                    e
                    f
                    g
                    h";

const SHARED: &str = "a b c d
                      b e f g h
                      c e f g h
                      d e f g h
                      e
                      f
                      g
                      h";

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "crawl::the_whole_site",
            "six pages that link in circles: all are found, each is fetched once",
            || {
                let fetched = Log::new();
                let log = fetched.clone();
                let result = crawl("a", 2, move |address| {
                    log.push(address.to_owned());
                    page(SITE, address)
                });
                let all: Vec<String> = found(SITE).into_keys().collect();
                expect_eq("the addresses fetched, sorted", &fetched.sorted(), &all);
                expect_eq("the result", &result, &found(SITE));
            },
        )
        .on(
            Verdict::WrongResult,
            "an address fetched twice: looking whether it is new and marking it must be one step. \
             One missing: it ended while somebody was still fetching, who found more",
        )
        .on(
            Verdict::Deadlock,
            "all wait for work and nobody is left to bring any: who notices that the last page is \
             done, and tells the others? Or all send addresses, and nobody takes them",
        )
        .on(
            Verdict::Leak,
            "workers wait for addresses that never come: tell them when it is over",
        );
    suite
        .test(
            "crawl::a_broken_page_is_no_end",
            "a page that cannot be fetched is reported; the others are found all the same",
            || {
                let result = crawl("a", 2, |address| page(BROKEN, address));
                expect_eq("the result", &result, &found(BROKEN));
            },
        )
        .on(
            Verdict::WrongResult,
            "a page that is broken has no links, and that is all: go on with the others",
        )
        .on(
            Verdict::Deadlock,
            "a broken page is done with, too: count it as such",
        );
    suite
        .test(
            "crawl::no_more_than_workers",
            "seven links on one page, two workers: never more than two fetches at a time",
            || {
                let gauge = Gauge::default();
                let inner = gauge.clone();
                let result = crawl("a", 2, move |address| {
                    inner.visit();
                    page(STAR, address)
                });
                gauge.expect_at_most(2, "fetches at the same time");
                expect_eq("the result", &result, &found(STAR));
            },
        )
        .on(
            Verdict::WrongResult,
            "a goroutine for each page is as many as there are links: start two, which take \
             addresses from a queue",
        )
        .on(
            Verdict::Deadlock,
            "every worker has links to hand over, and no worker takes any: where could they wait \
             without holding up who found them?",
        );
    suite
        .test(
            "crawl::fetches_meet",
            "three workers: three fetches that wait for each other end, and find the same links",
            || {
                let (meeting, fetched) = (Meeting::of(3), Log::new());
                let log = fetched.clone();
                let result = crawl("a", 3, move |address| {
                    log.push(address.to_owned());
                    if ["b", "c", "d"].contains(&address) {
                        meeting.arrive();
                    }
                    page(SHARED, address)
                });
                let all: Vec<String> = found(SHARED).into_keys().collect();
                expect_eq("the addresses fetched, sorted", &fetched.sorted(), &all);
                expect_eq("the result", &result, &found(SHARED));
            },
        )
        .on(
            Verdict::WrongResult,
            "three pages at a time that link to the same ones, and an address got in twice: to look \
             whether it is new and to mark it must be one step",
        )
        .on(
            Verdict::Deadlock,
            "one fetch waits for another that was not begun: is a lock held while fetching, or did a \
             worker go home when the queue was empty for a moment?",
        );
    suite
        .test(
            "crawl::one_worker_is_enough",
            "one worker and a page with forty links: all are found",
            || {
                let links: Vec<String> = (1..=40).map(|n| format!("page{n}")).collect();
                let names = links.clone();
                let result = crawl("a", 1, move |address| {
                    let links = if address == "a" {
                        names.clone()
                    } else {
                        vec![]
                    };
                    let title = String::new();
                    Ok(Page { title, links })
                });
                expect_eq("the number of pages found", &result.len(), &41);
            },
        )
        .on(
            Verdict::Deadlock,
            "the worker has links to hand over and waits for somebody to take them, which is \
             itself: they must wait where there is room for all",
        );
    suite
        .test(
            "crawl::no_page_waits_for_a_slow_one",
            "a page is slow: meanwhile the other worker fetches what its neighbour links to",
            || {
                let deep = Gate::new();
                let site = "a slow b\nslow\nb c\nc deep\ndeep";
                let result = crawl("a", 2, move |address| {
                    match address {
                        "slow" => deep.pass(),
                        "deep" => deep.open(),
                        _ => {}
                    }
                    page(site, address)
                });
                expect_eq("the result", &result, &found(site));
            },
        )
        .on(
            Verdict::Deadlock,
            "a free worker waited for the slow page: links can be fetched as soon as they are \
             found, whatever else of their level is still under way",
        );
    suite
        .test(
            "crawl::rests_while_it_waits",
            "each page takes an hour, and who waits for an address keeps nobody busy",
            || {
                let site = "a b\nb c\nc";
                let result = crawl("a", 2, move |address| {
                    time::sleep(HOUR);
                    page(site, address)
                });
                expect_eq("the result", &result, &found(site));
            },
        )
        .on(
            Verdict::Livelock,
            "a worker finds the queue empty and looks again at once: wait on a Cond, or on a channel",
        );
}
