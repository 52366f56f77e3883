//! Verdict: deadlock. One goroutine takes each value through all stages: in order, and
//! never two stages at the same time.

use marmota::chan::Receiver;

/// What a stage does with a value: pass on another one, or drop it (`None`).
pub type Stage = Box<dyn Fn(u64) -> Option<u64> + Send>;

/// Connects `stages`, one behind the other and the first behind `source`.
pub fn pipeline(source: Receiver<u64>, stages: Vec<Stage>) -> Receiver<u64> {
    let (out, output) = marmota::chan(0);
    marmota::go(move || {
        for value in source {
            if let Some(made) = stages.iter().try_fold(value, |value, stage| stage(value)) {
                out.send(made);
            }
        }
        out.close();
    });
    output
}
