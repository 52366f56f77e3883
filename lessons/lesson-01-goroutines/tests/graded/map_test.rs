//! `map`: a goroutine an item, the results in the order of the items.

use lesson_01_goroutines::map::map;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect_eq};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "map::each_item_once",
            "each item is worked on exactly once",
            || {
                let seen = Log::new();
                let items: Vec<u32> = (0..7).collect();
                map(&items, |&item| seen.push(item));
                expect_eq("the items worked on, sorted", &seen.sorted(), &items);
            },
        )
        .on(
            Verdict::WrongResult,
            "which items are missing, or there twice?",
        );
    suite
        .test("map::calls_meet", "five calls that wait for each other all end", || {
            let meeting = Meeting::of(5);
            map(&[1, 2, 3, 4, 5], |_| meeting.arrive());
        })
        .on(
            Verdict::Deadlock,
            "a call waits for one that has not begun. Iterators are lazy: in items.map(spawn).map(join) \
             each goroutine is joined before the next is started",
        );
    suite
        .test(
            "map::results_in_the_items_order",
            "the calls end in reverse, the results stay in the items' order",
            || {
                // Call i ends only after call i + 1 has; the last may end at once.
                let gates: Vec<Gate> = (0..5).map(|_| Gate::new()).collect();
                gates[4].open();
                let results = map(&[0_usize, 1, 2, 3], |&i| {
                    gates[i + 1].pass();
                    gates[i].open();
                    10 * i
                });
                expect_eq("the results", &results, &vec![0, 10, 20, 30]);
            },
        )
        .on(
            Verdict::WrongResult,
            "the goroutines end in any order; their handles stay in the order you started them in",
        )
        .on(
            Verdict::Deadlock,
            "a call waits for a later one: all have to be started before any is waited for",
        );
    suite
        .test("map::no_items", "no items give no results", || {
            let results = map(&[0_u8; 0], |&item| item);
            expect_eq("the results", &results, &Vec::new());
        })
        .on(
            Verdict::Panicked,
            "an empty list has no first item and no last: is one taken without a look?",
        );
}
