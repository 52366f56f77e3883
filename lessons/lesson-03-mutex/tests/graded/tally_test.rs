//! `tally`: no vote is lost, and the look and the step are one.

use std::sync::Arc;

use lesson_03_mutex::tally::Tally;
use marmota_grader::{Log, Suite, Verdict, expect_eq};

use crate::common::together;

const UNORDERED: &str = "two goroutines use the same variable, one of them writes, and no lock, channel \
                         or atomic stands between them: what they share belongs behind one";

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "tally::no_vote_is_lost",
            "three goroutines vote twice each, and six votes are counted",
            || {
                let tally = Arc::new(Tally::new());
                together(3, &tally, |tally, _| {
                    tally.vote("a");
                    tally.vote("a");
                });
                expect_eq("the votes for a", &tally.votes("a"), &6);
            },
        )
        .on(
            Verdict::WrongResult,
            "a vote got lost: somebody looked up the same number before it was written back. One \
             guard has to live from the looking up to the writing",
        )
        .on(
            Verdict::Deadlock,
            "a goroutine that holds the lock asks for it again and waits for itself. How long does \
             a guard live that has no name, in `match` or `if let`?",
        )
        .on(Verdict::Race, UNORDERED);
    suite
        .test(
            "tally::each_vote_has_its_number",
            "three goroutines vote for a and are told 1, 2 and 3, in any order",
            || {
                let (tally, numbers) = (Arc::new(Tally::new()), Log::new());
                let told = numbers.clone();
                together(3, &tally, move |tally, _| told.push(tally.vote("a")));
                expect_eq("the numbers, sorted", &numbers.sorted(), &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "the number was read after the lock had been given back, and somebody voted in between",
        )
        .on(Verdict::Race, UNORDERED);
    suite
        .test(
            "tally::names_are_counted_apart",
            "each name has its own votes, and one that nobody voted for has none",
            || {
                let tally = Arc::new(Tally::new());
                let names = ["a", "b", "a"];
                together(3, &tally, move |tally, i| {
                    tally.vote(names[i as usize]);
                });
                let votes = ["a", "b", "c"].map(|name| tally.votes(name));
                expect_eq("the votes for a, b and c", &votes, &[2, 1, 0]);
            },
        )
        .on(
            Verdict::WrongResult,
            "which name's votes went to which, or nowhere?",
        )
        .on(Verdict::Race, UNORDERED);
}
