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

#[cfg(test)]
mod tests {
    use super::parse_procs;

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
