//! Units of virtual time, and what several tests say.

use std::time::Duration;

pub const SECOND: Duration = Duration::from_secs(1);
pub const HOUR: Duration = Duration::from_secs(3600);

pub const POLLS: &str = "it goes round in circles while nothing happens. A default, or a case that is always \
                         ready, makes a select that never rests";
