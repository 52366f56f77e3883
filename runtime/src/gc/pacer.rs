//! When to collect: Go's formulas (`runtime/mgcpacer.go`), as functions of numbers.
//!
//! After a cycle, the heap may grow by GOGC percent of what was found live: to the
//! *goal*. Marking has to begin earlier, at the *trigger*, by what the program will
//! allocate while marking runs: the *runway*, learnt from how fast it allocated in the
//! last cycles while marking ran (*cons/mark*). What allocates during marking pays for
//! it by marking itself, in proportion (the *assist ratio*), so that marking ends
//! before the goal is reached.
//!
//! ```text
//!   0          marked                    trigger      goal
//!   |------------|--------------------------|-----------|
//!                  allocated since           <- runway ->
//!                         45/64 of the way at least
//! ```
//!
//! A memory limit puts the goal lower: what the limit leaves for objects, less 3 %, but
//! never under what is live.

/// The goal of a heap on which nothing is live yet, at GOGC=100.
pub(crate) const SMALLEST: u64 = 4 << 20;
/// GOGC when it is not set.
pub(crate) const DEFAULT_PERCENT: i32 = 100;
/// No memory limit.
pub(crate) const NO_LIMIT: u64 = i64::MAX as u64;
/// The share of the Ps that marks in the background.
pub(crate) const SHARE: f64 = 0.25;
/// Least room between a limit and the goal.
const LEAST_HEADROOM: u64 = 1 << 20;

/// What the heap may grow to. A negative percentage means for ever.
pub(crate) fn goal(marked: u64, roots: u64, percent: i32) -> u64 {
    let Ok(percent) = u64::try_from(percent) else {
        return u64::MAX;
    };
    let grown = marked.saturating_add((marked.saturating_add(roots)).saturating_mul(percent) / 100);
    grown.max(SMALLEST * percent / 100)
}

/// Memory as a limit sees it, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// All that has memory behind it: pages, tables, and what else is counted.
    pub(crate) ready: u64,
    /// The part of it that free pages have.
    pub(crate) free: u64,
    /// The part of it that objects have.
    pub(crate) live: u64,
}

/// What the heap may grow to under a limit.
pub(crate) fn limit_goal(limit: u64, memory: Memory, marked: u64) -> u64 {
    let Memory { ready, free, live } = memory;
    let others = ready.saturating_sub(free + live);
    let over = ready.saturating_sub(limit);
    // More than fits: collect all the time, as far as the limiter allows.
    let Some(goal) = limit.checked_sub(others + over) else {
        return marked;
    };
    let headroom = (goal / 100 * 3).max(LEAST_HEADROOM);
    goal.saturating_sub(headroom).max(marked)
}

/// Where marking begins: a runway before the goal, not before 45/64 of the way to it,
/// and not after 61/64, or 4 MB before the goal if that is later.
pub(crate) fn trigger(marked: u64, goal: u64, runway: u64) -> u64 {
    if goal == u64::MAX || marked >= goal {
        return goal;
    }
    let way = goal - marked;
    let (least, most) = (marked + way / 64 * 45, marked + way / 64 * 61);
    goal.saturating_sub(runway)
        .clamp(least, most.max(goal.saturating_sub(SMALLEST)))
}

/// How fast the program allocated beside marking: bytes per byte marked, if both had
/// the same processors. `utilization` is what of the Ps background marking and assists
/// took, `idle` what marking took that nobody else wanted.
pub(crate) fn cons_mark(allocated: u64, marked: u64, utilization: f64, idle: f64) -> f64 {
    if marked == 0 || utilization >= 1.0 {
        return 0.0;
    }
    allocated as f64 * (utilization + idle) / (marked as f64 * (1.0 - utilization))
}

/// What will be allocated while `marked` bytes are marked with the background's share
/// of the Ps.
pub(crate) fn runway(cons_mark: f64, marked: u64) -> u64 {
    (cons_mark * (1.0 - SHARE) / SHARE * marked as f64) as u64
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

/// GOMEMLIMIT from its text: a number of bytes, with `B`, `KiB`, `MiB`, `GiB` or `TiB`
/// or without, or `off`. `None` when it is neither.
pub(crate) fn parse_limit(text: &str) -> Option<u64> {
    if text == "off" {
        return Some(NO_LIMIT);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let power = ["B", "KiB", "MiB", "GiB", "TiB"]
        .iter()
        .position(|of| *of == unit)
        .or(unit.is_empty().then_some(0))?;
    let bytes = number.parse::<u64>().ok()?.checked_mul(1 << (10 * power))?;
    (bytes <= NO_LIMIT).then_some(bytes)
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
        assert_eq!(trigger(0, 640 * MB, 0), 636 * MB);
        assert_eq!(trigger(5, u64::MAX, 7), u64::MAX);
        // Nothing may be allocated: marking is always on.
        assert_eq!(trigger(8 * MB, 8 * MB, MB), 8 * MB);
    }

    #[test]
    fn the_runway_is_what_was_allocated_while_as_much_was_marked() {
        // Marking had a quarter of the Ps, the program the rest.
        let ratio = cons_mark(6 * MB, 10 * MB, 0.25, 0.0);
        assert_eq!(runway(ratio, 10 * MB), 6 * MB);
        assert_eq!(runway(ratio, 20 * MB), 12 * MB);
        // It had half: with a quarter it would have taken longer.
        let ratio = cons_mark(6 * MB, 10 * MB, 0.5, 0.0);
        assert_eq!(runway(ratio, 10 * MB), 18 * MB);
        // What took the whole machine says nothing.
        assert_eq!(runway(cons_mark(0, 10 * MB, 1.0, 0.0), 10 * MB), 0);
    }

    #[test]
    fn a_limit_leaves_what_is_not_taken_by_others_less_some_headroom() {
        let memory = |ready, free, live| Memory {
            ready: ready * MB,
            free: free * MB,
            live: live * MB,
        };
        // 100 MB, of which 10 are no objects: 90, less 3 %.
        let goal = limit_goal(100 * MB, memory(70, 20, 40), 30 * MB);
        assert_eq!(goal, 90 * MB - 90 * MB / 100 * 3);
        // At least 1 MB of headroom.
        assert_eq!(limit_goal(20 * MB, memory(10, 0, 10), 5 * MB), 19 * MB);
        // What is beyond the limit counts twice.
        assert_eq!(limit_goal(20 * MB, memory(24, 0, 24), 5 * MB), 15 * MB);
        // Never under what is live, also when nothing is left at all.
        assert_eq!(limit_goal(20 * MB, memory(24, 0, 24), 22 * MB), 22 * MB);
        assert_eq!(limit_goal(20 * MB, memory(50, 0, 20), 18 * MB), 18 * MB);
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

    #[test]
    fn gomemlimit_is_a_number_of_bytes_with_a_unit_or_off() {
        assert_eq!(parse_limit("off"), Some(NO_LIMIT));
        assert_eq!(parse_limit("1048576"), Some(MB));
        assert_eq!(parse_limit("7B"), Some(7));
        assert_eq!(parse_limit("3KiB"), Some(3 << 10));
        assert_eq!(parse_limit("512MiB"), Some(512 * MB));
        assert_eq!(parse_limit("2GiB"), Some(2 << 30));
        assert_eq!(parse_limit("1TiB"), Some(1 << 40));
        for bad in [
            "",
            "B",
            "MiB",
            "-1",
            "+1",
            "1MB",
            "1M",
            "1 MiB",
            "1.5GiB",
            "1mib",
            "99999999TiB",
            "9223372036854775808",
        ] {
            assert_eq!(parse_limit(bad), None, "{bad}");
        }
    }
}
