//! Verdict: does not compile. A receiver cannot be closed: only who sends knows that
//! nothing more will come.

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
        for value in input.iter() {
            if let Some(made) = stage(value) {
                out.send(made);
            }
        }
        input.close();
    });
    output
}
