//! `GOGC`, `GOMEMLIMIT` and `GODEBUG=gctrace=1` from the environment.

use super::pacer;
use crate::fatal::Stderr;
use std::fmt::Write;

fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}

/// GOGC. What is no number counts as 100, as in Go, but we say so.
pub(crate) fn percent() -> Option<i32> {
    let text = variable("GOGC")?;
    let percent = pacer::parse_percent(&text);
    if percent.is_none() {
        let default = pacer::DEFAULT_PERCENT;
        let _ = writeln!(
            Stderr::new(),
            "marmota: GOGC={text} is neither a whole number of percent nor off; using {default}"
        );
    }
    percent
}

/// GOMEMLIMIT. What is none ends the program, as in Go: one that was to stay under a
/// limit and does not is worse than one that does not start.
pub(crate) fn limit() -> Option<u64> {
    let text = variable("GOMEMLIMIT")?;
    let limit = pacer::parse_limit(&text);
    if limit.is_none() {
        crate::fatal::fatal_after(
            format_args!("GOMEMLIMIT={text}"),
            format_args!(
                "malformed GOMEMLIMIT; the form is a whole number of bytes, with B, KiB, MiB, GiB or TiB behind it or nothing, as in 512MiB or 536870912; or off"
            ),
        );
    }
    limit
}

/// Whether GODEBUG asks for a line per collection.
pub(crate) fn gctrace() -> bool {
    variable("GODEBUG").is_some_and(|text| asks_for_gctrace(&text))
}

fn asks_for_gctrace(text: &str) -> bool {
    // The last one counts, as in Go.
    text.rsplit(',')
        .find_map(|setting| setting.trim().strip_prefix("gctrace="))
        .is_some_and(|n| n.parse::<u32>().is_ok_and(|n| n > 0))
}

#[cfg(test)]
mod tests {
    use super::asks_for_gctrace;

    #[test]
    fn gctrace_is_found_among_other_settings() {
        for yes in [
            "gctrace=1",
            "schedtrace=10,gctrace=2",
            "gctrace=0,gctrace=1",
        ] {
            assert!(asks_for_gctrace(yes), "{yes}");
        }
        for no in ["", "gctrace=0", "gctrace=yes", "xgctrace=1"] {
            assert!(!asks_for_gctrace(no), "{no}");
        }
    }
}
