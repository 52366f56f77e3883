//! Verdict: deadlock. All jobs of all phases are counted before the first wait, which
//! then waits for jobs that are not started before it ends.

use marmota::sync::WaitGroup;

use crate::Job;

/// Runs the jobs of each phase at the same time, and the phases in turn.
pub fn run_phases(phases: Vec<Vec<Job>>) {
    let group = WaitGroup::new();
    for phase in &phases {
        group.add(isize::try_from(phase.len()).expect("a phase is not that long"));
    }
    for phase in phases {
        for job in phase {
            let group = group.clone();
            marmota::go(move || {
                job();
                group.done();
            });
        }
        group.wait();
    }
}
