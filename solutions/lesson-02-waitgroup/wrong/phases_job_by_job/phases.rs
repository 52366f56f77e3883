//! Verdict: deadlock. It waits after each job in place of after each phase, so the jobs of
//! a phase never run at the same time.

use marmota::sync::WaitGroup;

use crate::Job;

/// Runs the jobs of each phase at the same time, and the phases in turn.
pub fn run_phases(phases: Vec<Vec<Job>>) {
    let group = WaitGroup::new();
    for phase in phases {
        for job in phase {
            group.go(job);
            group.wait();
        }
    }
}
