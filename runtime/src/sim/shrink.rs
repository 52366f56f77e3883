//! Making the first failure small: the same bug with fewer moves.
//!
//! A failing schedule is a list of moves away from the plain one; most of them
//! have nothing to do with the bug. Leaving out moves, many at a time and then
//! one by one (Zeller's delta debugging), as long as the run still fails in the
//! same way, leaves those that matter.

use super::report::Verdict;
use super::strategy::Move;

/// Runs at most; the failing ones leave goroutines behind.
const RUNS: u32 = 200;

/// Whether two verdicts speak of the same bug. Values in messages may differ.
pub(crate) fn same_bug(a: &Verdict, b: &Verdict) -> bool {
    let places = |all: &[super::Blocked]| {
        let mut places: Vec<_> = all.iter().map(|b| (b.reason.as_str(), b.at)).collect();
        places.sort_unstable();
        places
    };
    match (a, b) {
        (Verdict::Panicked(a), Verdict::Panicked(b)) => a.location == b.location,
        (Verdict::Deadlock(a), Verdict::Deadlock(b)) | (Verdict::Leak(a), Verdict::Leak(b)) => {
            places(a) == places(b)
        }
        (Verdict::Race(a), Verdict::Race(b)) => a.variable == b.variable,
        _ => a == b,
    }
}

/// The fewest of `moves` with which `fails` still holds, as far as the budget
/// goes. `fails` holds for all of them.
pub(crate) fn shrink(moves: &[Move], mut fails: impl FnMut(&[Move]) -> bool) -> Vec<Move> {
    let mut kept = moves.to_vec();
    let mut runs = 0;
    let mut try_out = |candidate: &[Move]| {
        runs += 1;
        (runs <= RUNS).then(|| fails(candidate))
    };
    // Often the bug needs nothing special.
    if !kept.is_empty() && try_out(&[]) == Some(true) {
        return Vec::new();
    }
    let mut chunk = kept.len().div_ceil(2);
    while chunk > 0 {
        let mut removed = false;
        let mut from = 0;
        while from < kept.len() {
            let upto = (from + chunk).min(kept.len());
            let candidate: Vec<Move> = [&kept[..from], &kept[upto..]].concat();
            match try_out(&candidate) {
                None => return kept,
                Some(true) => {
                    kept = candidate;
                    removed = true;
                }
                Some(false) => from = upto,
            }
        }
        chunk = match chunk {
            1 if removed => 1,
            n => n / 2,
        };
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_left_out() {
        let moves: Vec<Move> = (0..100).map(|nth| Move { who: 1, nth, to: 2 }).collect();
        let needed = |m: &&Move| [17, 18, 80].contains(&m.nth);
        let small = shrink(&moves, |some| some.iter().filter(needed).count() == 3);
        assert_eq!(
            small.iter().map(|m| m.nth).collect::<Vec<_>>(),
            [17, 18, 80]
        );
        assert_eq!(shrink(&moves, |_| true), []);
        let mut runs = 0;
        let all = shrink(&moves, |some| {
            runs += 1;
            some.len() == 100
        });
        assert_eq!((all.len(), runs <= RUNS), (100, true));
    }
}
