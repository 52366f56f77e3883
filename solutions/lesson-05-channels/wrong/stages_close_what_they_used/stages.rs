//! Verdict: deadlock. A stage closes its channel if it has sent on it: one that dropped
//! everything leaves the next waiting.

use marmota::chan::Receiver;

/// What a stage does with a value: pass on another one, or drop it (`None`).
pub type Stage = Box<dyn Fn(u64) -> Option<u64> + Send>;

/// Connects `stages`, one behind the other and the first behind `source`.
pub fn pipeline(source: Receiver<u64>, stages: Vec<Stage>) -> Receiver<u64> {
    stages.into_iter().fold(source, connect)
}

fn connect(input: Receiver<u64>, stage: Stage) -> Receiver<u64> {
    let (out, output) = marmota::chan(0);
    marmota::go(move || {
        let mut used = false;
        for value in input {
            if let Some(made) = stage(value) {
                out.send(made);
                used = true;
            }
        }
        if used {
            out.close();
        }
    });
    output
}
