//! How long a process was kept from running by others: what a limit of time does not count.
//!
//! A test that computes for a second takes ten by the clock where ten programs want its
//! processor, and is no worse for it. So a limit is one of the time in which the process
//! ran, or waited for something of its own; what it waited for a processor, and what the
//! machine's host took from all of them, comes on top: up to [`MOST`] times the limit, so
//! that an end comes.

use std::time::Duration;

/// So many times the limit is the most by the clock.
const MOST: u32 = 4;

/// Whether a process that has been there for `wall` has used up its `limit`. `usage` is
/// asked only when the clock says so.
pub fn is_used_up(wall: Duration, limit: Duration, usage: impl FnOnce() -> Usage) -> bool {
    if wall <= limit {
        return false;
    }
    let usage = usage();
    usage.ran > limit || wall.saturating_sub(usage.kept) > limit || wall > MOST * limit
}

/// What a process has had of the processors.
#[derive(Clone, Copy, Default)]
pub struct Usage {
    /// All its threads together ran for so long.
    pub ran: Duration,
    /// The one of them that waited longest for a processor waited for so long, and so long
    /// there was none at all.
    pub kept: Duration,
}

/// What the host has taken from each processor of this machine so far, where the kernel
/// tells.
#[cfg(target_os = "linux")]
pub fn stolen() -> Duration {
    let read = || {
        let stat = std::fs::read_to_string("/proc/stat").ok()?;
        // The 8th number of the line of all processors (proc(5)), in ticks.
        let ticks: u64 = stat
            .lines()
            .next()?
            .split_whitespace()
            .nth(8)?
            .parse()
            .ok()?;
        let processors = stat.lines().skip(1).take_while(|l| l.starts_with("cpu"));
        // SAFETY: a library call without pointers.
        let per_second = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).ok()?;
        let all = per_second * processors.count() as u64;
        (ticks * 1000).checked_div(all).map(Duration::from_millis)
    };
    read().unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
pub fn stolen() -> Duration {
    Duration::ZERO
}

/// What a process has had since it started, when `stolen` was the machine's loss. Nothing,
/// where the kernel does not tell: then the clock alone counts.
#[cfg(target_os = "linux")]
pub fn usage(process: u32, stolen: Duration) -> Usage {
    let mut usage = Usage::default();
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else {
        return usage;
    };
    for thread in threads.flatten() {
        // Nanoseconds on a processor, and waiting for one (scheduler/sched-stats).
        let text = std::fs::read_to_string(thread.path().join("schedstat"));
        let text = text.unwrap_or_default();
        let mut times = text
            .split_whitespace()
            .map(|ns| Duration::from_nanos(ns.parse().unwrap_or(0)));
        usage.ran += times.next().unwrap_or_default();
        usage.kept = usage.kept.max(times.next().unwrap_or_default());
    }
    usage.kept += self::stolen().saturating_sub(stolen);
    usage
}

#[cfg(not(target_os = "linux"))]
pub fn usage(_: u32, _: Duration) -> Usage {
    Usage::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    fn used_up(wall: u64, ran: u64, kept: u64) -> bool {
        let [wall, ran, kept] = [wall, ran, kept].map(Duration::from_secs);
        is_used_up(wall, LIMIT, || Usage { ran, kept })
    }

    #[test]
    fn the_clock_counts_where_a_process_sleeps_or_runs() {
        assert!(!used_up(20, 0, 0));
        assert!(used_up(21, 0, 0));
        assert!(used_up(21, 21, 0));
    }

    #[test]
    fn what_others_took_does_not_count_but_there_is_an_end() {
        assert!(!used_up(30, 10, 11));
        assert!(used_up(32, 10, 11));
        assert!(!used_up(80, 1, 79));
        assert!(used_up(81, 1, 80));
        // Many threads that keep each other from running have had their time all the same.
        assert!(used_up(21, 40, 20));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn two_that_want_one_processor_are_kept_from_running() {
        use std::process::{Child, Command};

        struct Ended(Child);
        impl Drop for Ended {
            fn drop(&mut self) {
                let _ended_already = self.0.kill();
                let _nothing_to_do = self.0.wait();
            }
        }

        // SAFETY: system calls on sets of this frame; zeroes are an empty set.
        let one = unsafe {
            let mut all: libc::cpu_set_t = std::mem::zeroed();
            let size = size_of_val(&all);
            assert_eq!(libc::sched_getaffinity(0, size, &mut all), 0);
            let first = (0..libc::CPU_SETSIZE as usize).find(|&cpu| libc::CPU_ISSET(cpu, &all));
            let mut one: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(first.expect("we run somewhere"), &mut one);
            one
        };
        if usage(std::process::id(), stolen()).ran.is_zero() {
            // This kernel does not tell.
            return;
        }
        let before = stolen();
        let spinning = [(); 2].map(|()| {
            let child = Command::new("sh")
                .args(["-c", "while :; do :; done"])
                .spawn();
            let child = Ended(child.unwrap());
            let id = child.0.id();
            // SAFETY: as above; the child is ours and not waited for yet.
            let set = unsafe { libc::sched_setaffinity(id.cast_signed(), size_of_val(&one), &one) };
            assert_eq!(set, 0);
            child
        });
        let [a, b] = &spinning;
        // However long that takes.
        let long = Duration::from_millis(50);
        let all = |child: &Ended| {
            let usage = usage(child.0.id(), before);
            usage.ran > long && usage.kept > long
        };
        while !(all(a) && all(b)) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
