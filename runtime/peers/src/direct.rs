//! The rows that are not a duration divided by a count: resident memory,
//! preemption, and requests to a server. Here stands the part that does not depend on
//! the runtime.

use std::process::Command;
use std::time::{Duration, Instant};

/// What the system says this process keeps in memory, in bytes.
pub fn resident_bytes() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm")
        .expect("the memory row needs Linux's /proc/self/statm");
    let pages: f64 = statm
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|field| field.parse().ok())
        .expect("the second field of statm is the resident pages");
    pages * rustix::param::page_size() as f64
}

/// How long the preemption row spins.
const LASTS: Duration = Duration::from_secs(1);
/// Two looks at the clock that lie further apart than this had somebody else
/// run in between. Far more than a look takes, far less than a slice.
const AWAY: Duration = Duration::from_micros(50);

/// When a spinner was not running: its last look at the clock before, and its
/// first one after, in nanoseconds from the common beginning.
#[derive(Debug, Clone, Copy)]
pub struct Absence {
    left: u64,
    back: u64,
}

/// Two functions that never block, for two goroutines that share one P.
///
/// Each looks at the clock, over and over, and notes when it was away. They
/// share nothing while they spin: a word that both write would be stale
/// whenever the switch falls between the look and the write. What they return
/// goes to [`switches`].
pub fn spinners() -> [impl FnOnce() -> Vec<Absence> + Send + 'static; 2] {
    let begin = Instant::now();
    [(); 2].map(|()| {
        move || {
            // Room for all that fit into the time: no allocation while spinning.
            let mut absences = Vec::with_capacity((LASTS.as_nanos() / AWAY.as_nanos()) as usize);
            let mut last = begin.elapsed();
            while last < LASTS {
                let now = begin.elapsed();
                if now - last > AWAY {
                    absences.push(Absence {
                        left: last.as_nanos() as u64,
                        back: now.as_nanos() as u64,
                    });
                }
                last = now;
            }
            absences
        }
    })
}

/// What a preemption and the resumption of the other took, in nanoseconds: the
/// median over all switches from one spinner to the other.
///
/// A switch from A to B: B was away before A left, and came back while A was
/// away. So a moment in which the system ran another process, and A went on
/// afterwards, is none; and the median leaves out those that such a moment fell
/// into.
pub fn switches(a: &[Absence], b: &[Absence]) -> f64 {
    let mut took: Vec<u64> = [(a, b), (b, a)]
        .into_iter()
        .flat_map(|(from, to)| {
            to.iter().filter_map(|to| {
                let from = from.iter().find(|from| {
                    to.left < from.left && from.left < to.back && to.back < from.back
                })?;
                Some(to.back - from.left)
            })
        })
        .collect();
    assert!(
        took.len() >= 10,
        "only {} switches in a second: nobody preempts here",
        took.len()
    );
    took.sort_unstable();
    took[took.len() / 2] as f64
}

/// Nanoseconds per request of the server at `addr`, by `wrk` with one thread and 100
/// connections for two seconds. A process beside the server's own: with GOMAXPROCS below
/// the number of CPUs it has one to itself.
pub fn requests(addr: std::net::SocketAddr) -> f64 {
    let output = Command::new("wrk")
        .args(["-t1", "-c100", "-d2s", &format!("http://{addr}/")])
        .output()
        .unwrap_or_else(|e| {
            panic!("cannot run wrk ({e}): the http row needs it (apt install wrk)")
        });
    let report = String::from_utf8_lossy(&output.stdout);
    match per_request(&report) {
        Ok(ns) => ns,
        Err(why) => panic!("{why} in wrk's report:\n{report}"),
    }
}

fn per_request(report: &str) -> Result<f64, &'static str> {
    if report.contains("Socket errors") || report.contains("Non-2xx") {
        return Err("requests that failed");
    }
    let rate = report
        .lines()
        .find_map(|line| line.trim().strip_prefix("Requests/sec:"))
        .and_then(|rate| rate.trim().parse::<f64>().ok())
        .filter(|&rate| rate > 0.0);
    rate.map(|rate| 1e9 / rate).ok_or("no rate")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absences(times: &[(u64, u64)]) -> Vec<Absence> {
        times
            .iter()
            .map(|&(left, back)| Absence { left, back })
            .collect()
    }

    /// A and B take turns of 10 ms; a switch takes 3 µs.
    fn turns() -> (Vec<Absence>, Vec<Absence>) {
        let turn = |n: u64| (n * 10_000_000 + 3_000, (n + 1) * 10_000_000);
        // In turn n, from its beginning to its end, the one away is the other.
        let away = |n: u64| (turn(n).0 - 3_000, turn(n).1 + 3_000);
        let a: Vec<_> = (0..20).filter(|n| n % 2 == 1).map(away).collect();
        let b: Vec<_> = (0..20).filter(|n| n % 2 == 0).map(away).collect();
        (absences(&a), absences(&b))
    }

    #[test]
    fn a_switch_lasts_from_the_last_look_of_the_one_to_the_first_of_the_other() {
        let (a, b) = turns();
        assert_eq!(switches(&a, &b), 3_000.0);
    }

    #[test]
    fn a_process_that_comes_between_is_no_switch() {
        let (mut a, b) = turns();
        // In each of A's turns, while B is away, another process runs for 2 ms.
        let own: Vec<_> = b
            .iter()
            .map(|b| (b.left + 4_000_000, b.left + 6_000_000))
            .collect();
        a.extend(absences(&own));
        a.sort_by_key(|absence| absence.left);
        assert_eq!(switches(&a, &b), 3_000.0);
    }

    #[test]
    fn a_report_of_requests_that_failed_is_no_figure() {
        let good = "  20 requests in 2.00s\nRequests/sec:  50000.00\nTransfer/sec: 7.15MB\n";
        assert_eq!(per_request(good), Ok(20_000.0));
        assert!(per_request(&format!("{good}  Socket errors: connect 1\n")).is_err());
        assert!(per_request("Requests/sec:      0.00\n").is_err());
    }

    #[test]
    #[should_panic(expected = "nobody preempts here")]
    fn one_after_the_other_is_no_preemption() {
        switches(&absences(&[]), &absences(&[(0, 1_000_000_000)]));
    }
}
