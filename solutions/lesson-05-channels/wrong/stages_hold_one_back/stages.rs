//! Verdict: deadlock. Each stage keeps a value until the next one comes: whoever sends
//! the next only when the last is out waits for ever.

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
        let mut held = None;
        for value in input {
            if let Some(made) = held.take() {
                out.send(made);
            }
            held = stage(value);
        }
        if let Some(made) = held {
            out.send(made);
        }
        out.close();
    });
    output
}
