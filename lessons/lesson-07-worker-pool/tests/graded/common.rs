//! A gauge for how many run at the same time, and the units of time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use marmota::runtime::gosched;
use marmota_grader::expect;

pub const HOUR: Duration = Duration::from_secs(3600);

/// Counts who is inside, and remembers the most there were. Clones are the same gauge.
#[derive(Clone, Default)]
pub struct Gauge(Arc<Mutex<(usize, usize)>>);

impl Gauge {
    /// Goes in, gives way so that others may come in too, and goes out.
    pub fn visit(&self) {
        {
            let mut counts = self.0.lock().expect("nobody panics in here");
            counts.0 += 1;
            counts.1 = counts.1.max(counts.0);
        }
        gosched();
        self.0.lock().expect("nobody panics in here").0 -= 1;
    }

    #[track_caller]
    pub fn expect_at_most(&self, limit: usize, who: &str) {
        let most = self.0.lock().expect("nobody panics in here").1;
        let expected = format!("at most {limit}");
        expect(most <= limit, who, &expected, most.to_string());
    }
}
