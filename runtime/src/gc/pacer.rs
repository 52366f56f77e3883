//! When to collect: Go's formulas (`runtime/mgcpacer.go`), as functions of numbers.
//!
//! After a cycle, the heap may grow by GOGC percent of what was found live: to the
//! *goal*. Marking has to begin earlier, at the *trigger*, by what the program will
//! allocate while marking runs: the *runway*. What allocates during marking pays for
//! it by marking itself, in proportion (the *assist ratio*), so that marking ends
//! before the goal is reached.

/// The goal of a heap on which nothing is live yet, at GOGC=100.
pub(crate) const SMALLEST: u64 = 4 << 20;
/// GOGC when it is not set.
pub(crate) const DEFAULT_PERCENT: i32 = 100;

/// What the heap may grow to. A negative percentage means for ever.
pub(crate) fn goal(marked: u64, roots: u64, percent: i32) -> u64 {
    let Ok(percent) = u64::try_from(percent) else {
        return u64::MAX;
    };
    let grown = marked.saturating_add((marked.saturating_add(roots)).saturating_mul(percent) / 100);
    grown.max(SMALLEST * percent / 100)
}

/// Where marking begins: a runway before the goal, and between 45/64 and 61/64 of the
/// way to it.
pub(crate) fn trigger(marked: u64, goal: u64, runway: u64) -> u64 {
    if goal == u64::MAX {
        return u64::MAX;
    }
    let way = goal.saturating_sub(marked);
    let (least, most) = (marked + way / 64 * 45, marked + way / 64 * 61);
    goal.saturating_sub(runway).clamp(least, most)
}

/// Bytes to mark per byte allocated, in 1/256ths, so that `work` bytes of marking are
/// done before the heap grows from `live` to `goal`.
pub(crate) fn assist_ratio(work: u64, live: u64, goal: u64) -> u64 {
    // At least a 20th of the heap is left to allocate, even past the goal: a goal that
    // is missed costs less than a program that stands still.
    let room = goal.saturating_sub(live).max(live / 20).max(64 << 10);
    (work.saturating_mul(256) / room).max(1)
}

/// GOGC from its text: a number, or `off`. `None` when it is neither.
pub(crate) fn parse_percent(text: &str) -> Option<i32> {
    if text == "off" {
        return Some(-1);
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    #[test]
    fn the_goal_is_what_lives_and_gogc_percent_of_it() {
        assert_eq!(goal(10 * MB, 0, 100), 20 * MB);
        assert_eq!(goal(10 * MB, 2 * MB, 50), 16 * MB);
        assert_eq!(goal(10 * MB, 0, 0), 10 * MB);
        assert_eq!(goal(10 * MB, 0, -1), u64::MAX);
    }

    #[test]
    fn a_small_heap_has_four_megabytes_at_100_percent() {
        assert_eq!(goal(0, 0, 100), 4 * MB);
        assert_eq!(goal(MB, 0, 50), 2 * MB);
        assert_eq!(goal(MB, 0, 200), 8 * MB);
    }

    #[test]
    fn the_trigger_is_a_runway_before_the_goal_within_its_bounds() {
        assert_eq!(trigger(0, 64 * MB, 10 * MB), 54 * MB);
        assert_eq!(trigger(0, 64 * MB, 0), 61 * MB);
        assert_eq!(trigger(0, 64 * MB, 60 * MB), 45 * MB);
        assert_eq!(trigger(5, u64::MAX, 7), u64::MAX);
    }

    #[test]
    fn whoever_allocates_all_the_room_has_done_all_the_work() {
        let ratio = assist_ratio(30 * MB, 40 * MB, 50 * MB);
        assert_eq!(ratio * 10 * MB / 256, 30 * MB);
        assert!(assist_ratio(30 * MB, 60 * MB, 50 * MB) <= 10 * 256 * 256);
    }

    #[test]
    fn gogc_is_a_number_or_off() {
        assert_eq!(parse_percent("off"), Some(-1));
        assert_eq!(parse_percent("50"), Some(50));
        assert_eq!(parse_percent("fifty"), None);
        assert_eq!(parse_percent(""), None);
    }
}
