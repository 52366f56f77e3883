//! What benchmarks have measured: medians, how sure they are, ratios of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// A time in nanoseconds, and the interval it lies in with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The median.
    pub point: f64,
    /// Where the interval begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
}

/// The part of criterion's `estimates.json` that is used.
#[derive(Deserialize)]
struct Estimates {
    median: Median,
}

#[derive(Deserialize)]
struct Median {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

impl Estimate {
    /// What criterion has written to `folder`, if it has measured there.
    pub fn of_criterion(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join("new").join("estimates.json")).ok()?;
        let median = serde_json::from_str::<Estimates>(&text).ok()?.median;
        Some(Self {
            point: median.point_estimate,
            low: median.confidence_interval.lower_bound,
            high: median.confidence_interval.upper_bound,
        })
    }

    /// The median of some runs. Between the second and the last but one of ten it lies
    /// with 98 %, whatever the distribution; fewer give all of their range.
    pub fn of_runs(runs: &[f64]) -> Option<Self> {
        let mut runs = runs.to_vec();
        runs.sort_by(f64::total_cmp);
        let n = runs.len();
        let cut = usize::from(n >= 9);
        Some(Self {
            point: (runs.get((n.max(1) - 1) / 2)? + runs.get(n / 2)?) / 2.0,
            low: *runs.get(cut)?,
            high: *runs.get(n - 1 - cut)?,
        })
    }

    /// This as a multiple of `other`. The errors of two measurements are independent, so
    /// on a logarithmic scale the half-widths of their intervals add up as squares; to
    /// divide the bounds by one another would claim too wide an interval.
    pub fn over(self, other: Self) -> Self {
        let point = self.point / other.point;
        let both = |a: f64, b: f64| a.ln().hypot(b.ln()).exp();
        Self {
            point,
            low: point / both(self.point / self.low, other.high / other.point),
            high: point * both(self.high / self.point, other.point / other.low),
        }
    }

    /// With a unit.
    pub fn shown(self) -> String {
        match self.point {
            ns if ns < 1e3 => format!("{ns:.1} ns"),
            ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
            ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
            ns => format!("{:.2} s", ns / 1e9),
        }
    }
}

/// Reads what `go test -bench` prints: by name, as the exercises have it (`BenchmarkMap-2`
/// is `map`), the nanoseconds of each run.
pub fn of_go(text: &str) -> BTreeMap<String, Vec<f64>> {
    let mut all: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, _times, ns, "ns/op", ..] = words[..] else {
            continue;
        };
        let Some(name) = name.strip_prefix("Benchmark") else {
            continue;
        };
        let name = name.split('-').next().unwrap_or_default();
        if let Ok(ns) = ns.parse() {
            all.entry(plain(name)).or_default().push(ns);
        }
    }
    all
}

/// A name as both languages have it: `worker_pool` and `WorkerPool` are the same.
pub fn plain(name: &str) -> String {
    name.replace(['_', '-'], "").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn estimate(point: f64, low: f64, high: f64) -> Estimate {
        Estimate { point, low, high }
    }

    #[test]
    fn errors_of_a_ratio_add_up_as_squares() {
        // 3 % and 4 % make 5 %.
        let a = estimate(300.0, 300.0 / 0.03_f64.exp(), 300.0 * 0.03_f64.exp());
        let b = estimate(200.0, 200.0 / 0.04_f64.exp(), 200.0 * 0.04_f64.exp());
        let ratio = a.over(b);
        assert!((ratio.point - 1.5).abs() < 1e-9);
        assert!(
            (ratio.high - 1.5 * 0.05_f64.exp()).abs() < 1e-9,
            "{ratio:?}"
        );
        assert!((ratio.low - 1.5 / 0.05_f64.exp()).abs() < 1e-9, "{ratio:?}");
        // What is exact stays exact.
        let exact = estimate(2.0, 2.0, 2.0);
        assert_eq!(exact.over(exact), estimate(1.0, 1.0, 1.0));
    }

    #[test]
    fn the_median_of_runs_leaves_the_outermost_out() {
        let runs = [9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 100.0];
        assert_eq!(Estimate::of_runs(&runs), Some(estimate(5.5, 2.0, 9.0)));
        assert_eq!(
            Estimate::of_runs(&[3.0, 1.0, 2.0]),
            Some(estimate(2.0, 1.0, 3.0))
        );
        assert_eq!(Estimate::of_runs(&[]), None);
    }

    #[test]
    fn go_s_lines_are_read() {
        let text = "goos: linux\nBenchmarkMap-2   \t   100\t     20.5 ns/op\t 3 B/op\n\
                    BenchmarkMap-2  90  21 ns/op\nBenchmarkWorkerPool  1  7 ns/op\nPASS\n";
        let all = of_go(text);
        assert_eq!(all["map"], [20.5, 21.0]);
        assert_eq!(all[&plain("worker_pool")], [7.0]);
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn times_have_the_unit_that_suits_them() {
        let shown = [12.34, 1234.0, 5e6, 2e9].map(|ns| estimate(ns, ns, ns).shown());
        assert_eq!(shown, ["12.3 ns", "1.23 µs", "5.00 ms", "2.00 s"]);
    }
}
