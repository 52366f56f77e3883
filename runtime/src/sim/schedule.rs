//! A schedule by name: the value of `MARMOTA_SEED`.
//!
//! ```text
//!   random:0x2a          the random walk of that seed
//!   pct2:0x…             PCT of depth 1 to 3; the seed holds the expected steps
//!   urw:0x…              the uniform random walk; explorations only (it is
//!                        weighted by what the plain schedule takes)
//!   moves:1.5=2,2.3=1    where it deviates from the plain schedule: at goroutine
//!                        1's fifth decision, goroutine 2 goes first; …
//!   moves:none           the plain schedule
//!   file:path            moves too many for a line
//! ```

use super::strategy::{Move, Moves, Pct, Random, Strategy, Uniform, Weights};
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::str::FromStr;

/// Moves up to this many characters are printed on the line.
const LINE: usize = 160;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    Random(u64),
    Pct(u8, u64),
    Uniform(u64),
    Moves(Vec<Move>),
}

const MALFORMED: &str =
    "not a schedule; copy the value that a failure printed, such as random:0x2a or moves:1.5=2";

impl Schedule {
    /// What `MARMOTA_SEED` names, if it is set.
    ///
    /// # Panics
    /// When it is malformed.
    pub(crate) fn from_env() -> Option<Schedule> {
        let text = std::env::var("MARMOTA_SEED").ok()?;
        match text.parse() {
            Ok(schedule) => Some(schedule),
            Err(why) => panic!("marmota: MARMOTA_SEED={text}: {why}"),
        }
    }

    pub(crate) fn strategy(&self, weights: &Rc<Weights>) -> Box<dyn Strategy> {
        match self {
            Schedule::Random(seed) => Box::new(Random::new(*seed)),
            Schedule::Pct(depth, seed) => Box::new(Pct::new(*depth, *seed)),
            Schedule::Uniform(seed) => Box::new(Uniform::new(*seed, weights.clone())),
            Schedule::Moves(moves) => Box::new(Moves::new(moves)),
        }
    }

    /// The value of `MARMOTA_SEED` for it: itself, or the file it was written to.
    pub(crate) fn replay(&self) -> String {
        let text = self.to_string();
        if text.len() <= LINE {
            return text;
        }
        let path = folder().join(format!("schedule-{:016x}.txt", hash(&text)));
        let written = path
            .parent()
            .is_some_and(|folder| std::fs::create_dir_all(folder).is_ok())
            && std::fs::write(&path, &text).is_ok();
        if written {
            format!("file:{}", path.display())
        } else {
            text
        }
    }
}

/// Where long schedules go: `target/marmota` of the workspace, or the system's
/// folder for temporary files.
fn folder() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let target = here
        .ancestors()
        .map(|folder| folder.join("target"))
        .find(|t| t.is_dir());
    target.unwrap_or_else(std::env::temp_dir).join("marmota")
}

/// FNV-1a: the same name for the same schedule.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3)
    })
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Random(seed) => write!(f, "random:{seed:#x}"),
            Schedule::Pct(depth, seed) => write!(f, "pct{depth}:{seed:#x}"),
            Schedule::Uniform(seed) => write!(f, "urw:{seed:#x}"),
            Schedule::Moves(moves) if moves.is_empty() => f.write_str("moves:none"),
            Schedule::Moves(moves) => {
                f.write_str("moves:")?;
                for (i, step) in moves.iter().enumerate() {
                    write!(f, "{}{step}", if i > 0 { "," } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || MALFORMED.to_owned();
        let (name, rest) = text.trim().split_once(':').ok_or_else(malformed)?;
        let seed = || {
            let hex = rest.strip_prefix("0x").ok_or_else(malformed)?;
            u64::from_str_radix(hex, 16).map_err(|_| malformed())
        };
        match name {
            "random" => Ok(Schedule::Random(seed()?)),
            "pct1" => Ok(Schedule::Pct(1, seed()?)),
            "pct2" => Ok(Schedule::Pct(2, seed()?)),
            "pct3" => Ok(Schedule::Pct(3, seed()?)),
            "urw" => Ok(Schedule::Uniform(seed()?)),
            "moves" if rest == "none" => Ok(Schedule::Moves(Vec::new())),
            "moves" => rest
                .split(',')
                .map(|step| step.parse().map_err(|()| malformed()))
                .collect::<Result<_, _>>()
                .map(Schedule::Moves),
            "file" => std::fs::read_to_string(Path::new(rest))
                .map_err(|e| format!("cannot read {rest}: {e}"))?
                .parse(),
            _ => Err(malformed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_what_its_name_says() {
        for text in [
            "random:0x2a",
            "pct1:0x0",
            "pct3:0xffffffffffffffff",
            "urw:0x7",
            "moves:none",
            "moves:1.5=2,2.3=1",
        ] {
            let schedule: Schedule = text.parse().unwrap();
            assert_eq!(schedule.to_string(), text);
        }
        for text in [
            "",
            "42",
            "random:2a",
            "pct4:0x1",
            "moves:",
            "moves:1=2",
            "x:0x1",
        ] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_long_schedule_goes_to_a_file() {
        let step = |nth| Move { who: 1, nth, to: 2 };
        let schedule = Schedule::Moves((0..200).map(step).collect());
        let replay = schedule.replay();
        assert!(replay.starts_with("file:"), "{replay}");
        assert_eq!(replay.parse::<Schedule>(), Ok(schedule));
        assert_eq!(
            "file:/no/such/file"
                .parse::<Schedule>()
                .unwrap_err()
                .split(':')
                .next(),
            Some("cannot read /no/such/file")
        );
    }
}
