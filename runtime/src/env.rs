//! The environment, with Go's variables and meanings.

use crate::sched::rt::MAX_PROCS;
use std::fmt::Write;
use std::sync::Once;

/// GOMAXPROCS: the variable if it is well-formed, else the usable CPUs. Go ignores
/// a malformed value in silence; we say so once.
pub(crate) fn gomaxprocs() -> usize {
    let default = crate::sys::usable_cpus().min(MAX_PROCS);
    let Some(value) = std::env::var_os("GOMAXPROCS").filter(|v| !v.is_empty()) else {
        return default;
    };
    match parse_procs(&value.to_string_lossy()) {
        Some(n) => n,
        None => {
            static ONCE: Once = Once::new();
            ONCE.call_once(|| {
                let mut err = crate::fatal::Stderr::new();
                let _ = writeln!(
                    err,
                    "marmota: GOMAXPROCS={} is not a number from 1 to {MAX_PROCS}; using {default}",
                    value.display()
                );
            });
            default
        }
    }
}

fn parse_procs(text: &str) -> Option<usize> {
    text.parse().ok().filter(|n| (1..=MAX_PROCS).contains(n))
}

/// What GODEBUG asks for, as far as we know it. Go's spelling and meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Godebug {
    /// `schedtrace=MS`: a line about the scheduler this often.
    pub(crate) schedtrace_ms: u32,
    /// `scheddetail=1`: and one per P, M and G.
    pub(crate) scheddetail: bool,
    /// `asyncpreemptoff=1`: goroutines are asked to yield, never stopped.
    pub(crate) asyncpreemptoff: bool,
}

/// GODEBUG. Settings that we do not have are left alone, as Go leaves those of other
/// packages; a malformed one is said once, and the others count.
pub(crate) fn godebug() -> Godebug {
    let value = std::env::var_os("GODEBUG").unwrap_or_default();
    let value = value.to_string_lossy();
    let (settings, bad) = parse_godebug(&value);
    if let Some(bad) = bad {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let mut err = crate::fatal::Stderr::new();
            let _ = writeln!(
                err,
                "marmota: GODEBUG: {bad:?} is ignored; the form is name=value,name=value with whole numbers, as in GODEBUG=schedtrace=1000,scheddetail=1,asyncpreemptoff=1"
            );
        });
    }
    settings
}

/// The settings, and the first item that is malformed.
fn parse_godebug(text: &str) -> (Godebug, Option<&str>) {
    let (mut settings, mut bad) = (Godebug::default(), None);
    for item in text.split(',').filter(|item| !item.is_empty()) {
        let Some((name, value)) = item.split_once('=') else {
            bad = bad.or(Some(item));
            continue;
        };
        if !["schedtrace", "scheddetail", "asyncpreemptoff"].contains(&name) {
            continue;
        }
        match (name, value.parse::<u32>()) {
            ("schedtrace", Ok(ms)) => settings.schedtrace_ms = ms,
            ("scheddetail", Ok(n)) => settings.scheddetail = n != 0,
            ("asyncpreemptoff", Ok(n)) => settings.asyncpreemptoff = n != 0,
            _ => bad = bad.or(Some(item)),
        }
    }
    (settings, bad)
}

#[cfg(test)]
mod tests {
    use super::{Godebug, parse_godebug, parse_procs};

    #[test]
    fn godebug_keeps_what_is_well_formed_and_names_what_is_not() {
        let all = Godebug {
            schedtrace_ms: 1000,
            scheddetail: true,
            asyncpreemptoff: true,
        };
        let text = "schedtrace=1000,netdns=go,scheddetail=1,asyncpreemptoff=1";
        assert_eq!(parse_godebug(text), (all, None));
        assert_eq!(parse_godebug(""), (Godebug::default(), None));
        let (settings, bad) = parse_godebug("schedtrace=often,asyncpreemptoff=1");
        assert_eq!(bad, Some("schedtrace=often"));
        assert!(settings.asyncpreemptoff);
        assert_eq!(parse_godebug("scheddetail").1, Some("scheddetail"));
        assert_eq!(parse_godebug("schedtrace=-1").1, Some("schedtrace=-1"));
    }

    #[test]
    fn only_whole_numbers_in_range_count() {
        assert_eq!(parse_procs("2"), Some(2));
        assert_eq!(parse_procs("1024"), Some(1024));
        for bad in [
            "0",
            "-1",
            "two",
            "2.5",
            " 2",
            "1025",
            "99999999999999999999",
        ] {
            assert_eq!(parse_procs(bad), None, "{bad}");
        }
    }
}
