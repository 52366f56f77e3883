//! A context as text: its chain, in Go's words.
//!
//! `context.Background.WithValue(app::UserId, app::UserId).WithDeadline(2000-01-01
//! 00:00:05 +0000 UTC m=+5.000000000 [5s])`: of a value only text is shown and of all
//! else the type, because showing it could run anything and leak secrets into logs; of
//! a deadline the time of day (in UTC), the seconds since the program's first context
//! with a deadline, and how long from now.

use super::{Context, Kind, Value};
use crate::kernel;
use crate::time::Instant;
use std::fmt::{self, Write};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chain: Vec<_> = self.chain().collect();
        chain.iter().rev().try_for_each(|node| match &node.kind {
            Kind::Background => f.write_str("context.Background"),
            Kind::Todo => f.write_str("context.TODO"),
            Kind::Cancel => f.write_str(".WithCancel"),
            Kind::WithoutCancel => f.write_str(".WithoutCancel"),
            Kind::Value(value) => write!(f, ".WithValue({}, {})", value.key_name, value.text()),
            Kind::Deadline => match node.deadline {
                Some(deadline) => {
                    f.write_str(".WithDeadline(")?;
                    show_deadline(f, deadline)?;
                    f.write_char(')')
                }
                None => Ok(()),
            },
        })
    }
}

impl Value {
    fn text(&self) -> &str {
        let value = &*self.value;
        if let Some(text) = value.downcast_ref::<&'static str>() {
            text
        } else if let Some(text) = value.downcast_ref::<String>() {
            text
        } else if let Some(text) = value.downcast_ref::<Arc<str>>() {
            text
        } else {
            self.key_name
        }
    }
}

/// Nanoseconds from now to `deadline`; negative when it has passed.
fn until(deadline: Instant) -> i128 {
    let now = crate::time::now();
    let nanos = |d: Duration| d.as_nanos() as i128;
    nanos(deadline.duration_since(now)) - nanos(now.duration_since(deadline))
}

fn show_deadline(f: &mut fmt::Formatter<'_>, deadline: Instant) -> fmt::Result {
    let until = until(deadline);
    let on_clock = kernel::now().as_nanos() as i128 + until;
    // The clock of a deterministic run is the time of day itself.
    let (of_day, start) = if kernel::is_deterministic() {
        (on_clock, i128::from(crate::sim::driver::EPOCH_NS))
    } else {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0, |d| d.as_nanos() as i128);
        (now + until, first_use().as_nanos() as i128)
    };
    show_time(f, of_day)?;
    let since = on_clock - start;
    let sign = if since < 0 { '-' } else { '+' };
    let (secs, nanos) = (since.unsigned_abs() / SECOND, since.unsigned_abs() % SECOND);
    write!(f, " m={sign}{secs}.{nanos:09} [")?;
    show_duration(f, until)?;
    f.write_char(']')
}

/// The clock's time when this was first called. Go counts `m=` from the start of the
/// program; contexts with a deadline call this when they are made.
pub(super) fn first_use() -> Duration {
    static FIRST: OnceLock<Duration> = OnceLock::new();
    *FIRST.get_or_init(kernel::now)
}

const SECOND: u128 = 1_000_000_000;
const DAY: i128 = 86_400;

/// A time in UTC, from nanoseconds since 1970: Go's `Time.String` without `m=`.
fn show_time(f: &mut impl Write, nanos: i128) -> fmt::Result {
    let (secs, nanos) = (
        nanos.div_euclid(SECOND as i128),
        nanos.rem_euclid(SECOND as i128),
    );
    let (days, of_day) = (secs.div_euclid(DAY), secs.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (h, m, s) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    write!(f, "{year:04}-{month:02}-{day:02} {h:02}:{m:02}:{s:02}")?;
    show_fraction(f, nanos as u128, 9)?;
    f.write_str(" +0000 UTC")
}

/// The date of a day counted from 1970-01-01. Years begin in March here, so that the
/// day that comes and goes is the last one.
fn civil(days: i128) -> (i128, i128, i128) {
    let since_0000_march = days + 719_468;
    let (era, day) = (
        since_0000_march.div_euclid(146_097),
        since_0000_march.rem_euclid(146_097),
    );
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = era * 400 + year + i128::from(month <= 2);
    (year, month, day_of_month)
}

/// `.5` for 500 of a unit with three digits; nothing for 0.
fn show_fraction(f: &mut impl Write, value: u128, digits: usize) -> fmt::Result {
    if value == 0 {
        return Ok(());
    }
    let text = format!("{value:0digits$}");
    write!(f, ".{}", text.trim_end_matches('0'))
}

/// Nanoseconds as Go's `Duration.String` shows them: `1h2m3.5s`, `1.5ms`, `0s`.
fn show_duration(f: &mut impl Write, nanos: i128) -> fmt::Result {
    if nanos < 0 {
        f.write_char('-')?;
    }
    let nanos = nanos.unsigned_abs();
    let (unit, digits, name) = match nanos {
        0 => return f.write_str("0s"),
        n if n < 1_000 => (1, 0, "ns"),
        n if n < 1_000_000 => (1_000, 3, "µs"),
        n if n < SECOND => (1_000_000, 6, "ms"),
        _ => (SECOND, 9, "s"),
    };
    let mut whole = nanos / unit;
    if unit == SECOND {
        if whole >= 3600 {
            write!(f, "{}h", whole / 3600)?;
        }
        if whole >= 60 {
            write!(f, "{}m", whole / 60 % 60)?;
        }
        whole %= 60;
    }
    write!(f, "{whole}")?;
    show_fraction(f, nanos % unit, digits)?;
    f.write_str(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(show: impl Fn(&mut String) -> fmt::Result) -> String {
        let mut text = String::new();
        show(&mut text).unwrap();
        text
    }

    #[test]
    fn durations_read_as_in_go() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (999_999_999, "999.999999ms"),
            (3_300_000_000, "3.3s"),
            (245_000_000_000, "4m5s"),
            (245_001_000_000, "4m5.001s"),
            (18_367_001_000_000, "5h6m7.001s"),
            (480_000_000_001, "8m0.000000001s"),
            (3_600_000_000_000, "1h0m0s"),
            (-1_500_000_000, "-1.5s"),
        ] {
            assert_eq!(shown(|f| show_duration(f, nanos)), text);
        }
    }

    #[test]
    fn times_read_as_in_go() {
        for (secs, nanos, text) in [
            (0, 0, "1970-01-01 00:00:00 +0000 UTC"),
            (946_684_800, 0, "2000-01-01 00:00:00 +0000 UTC"),
            (951_782_400, 5, "2000-02-29 00:00:00.000000005 +0000 UTC"),
            (
                1_234_567_890,
                500_000_000,
                "2009-02-13 23:31:30.5 +0000 UTC",
            ),
            (4_107_542_399, 0, "2100-02-28 23:59:59 +0000 UTC"),
            (4_107_542_400, 0, "2100-03-01 00:00:00 +0000 UTC"),
            (-1, 0, "1969-12-31 23:59:59 +0000 UTC"),
        ] {
            let time = secs * SECOND as i128 + nanos;
            assert_eq!(shown(|f| show_time(f, time)), text);
        }
    }
}
