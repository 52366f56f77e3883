//! `usage`: a walk over a tree whose size nobody knows beforehand.

use lesson_02_waitgroup::usage::{Listing, disk_usage};
use marmota::runtime::gosched;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::EARLY;

/// A file system for tests: `path bytes folders…`, a folder a line.
fn listing(tree: &'static str, path: &str) -> Listing {
    let line = tree
        .lines()
        .map(str::trim)
        .find(|l| l.split(' ').next() == Some(path));
    let mut words = line
        .unwrap_or_else(|| panic!("there is no folder {path}"))
        .split(' ')
        .skip(1);
    Listing {
        bytes: words.next().and_then(|w| w.parse().ok()).unwrap_or(0),
        folders: words.map(str::to_owned).collect(),
    }
}

const TREE: &str = "/ 1 /a /b
                    /a 10 /a/x /a/y
                    /b 100
                    /a/x 1000
                    /a/y 10000 /a/y/z
                    /a/y/z 100000";

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "usage::adds_up",
            "the sum over six folders, four levels deep",
            || {
                let listed = Log::new();
                let log = listed.clone();
                let bytes = disk_usage("/", move |path| {
                    gosched();
                    log.push(path.to_owned());
                    listing(TREE, path)
                });
                expect_eq("the bytes", &bytes, &111_111);
                let all = ["/", "/a", "/a/x", "/a/y", "/a/y/z", "/b"].map(String::from);
                expect_eq(
                    "the folders listed, sorted",
                    &listed.sorted(),
                    &all.to_vec(),
                );
            },
        )
        .on(Verdict::WrongResult, EARLY)
        .on(
            Verdict::Deadlock,
            "who waits, and for what? A goroutine that waits for a group it is counted in itself \
             waits for its own end",
        );
    suite
        .test(
            "usage::siblings_meet",
            "the listings of two folders side by side meet",
            || {
                let meeting = Meeting::of(2);
                let bytes = disk_usage("/", move |path| {
                    if path == "/a" || path == "/b" {
                        meeting.arrive();
                    }
                    listing("/ 1 /a /b\n/a 2\n/b 4", path)
                });
                expect_eq("the bytes", &bytes, &7);
            },
        )
        .on(
            Verdict::Deadlock,
            "one folder waits for its neighbour to be listed at the same time: a goroutine each",
        );
    suite
        .test(
            "usage::levels_do_not_wait",
            "a slow folder holds up nobody: its neighbour's folders are listed meanwhile",
            || {
                let deep = Gate::new();
                let bytes = disk_usage("/", move |path| {
                    match path {
                        "/slow" => deep.pass(),
                        "/a/deep" => deep.open(),
                        _ => {}
                    }
                    listing("/ 1 /slow /a\n/slow 2\n/a 4 /a/deep\n/a/deep 8", path)
                });
                expect_eq("the bytes", &bytes, &15);
            },
        )
        .on(
            Verdict::Deadlock,
            "a folder's folders are started as soon as it is listed, and not when its whole level is",
        );
}
