//! Verdict: wrong result. Each value gets a goroutine of its own in each stage, and
//! they overtake each other.

use std::sync::Arc;

use marmota::chan::Receiver;
use marmota::sync::{Mutex, WaitGroup};

/// What a stage does with a value: pass on another one, or drop it (`None`).
pub type Stage = Box<dyn Fn(u64) -> Option<u64> + Send>;

/// Connects `stages`, one behind the other and the first behind `source`.
pub fn pipeline(source: Receiver<u64>, stages: Vec<Stage>) -> Receiver<u64> {
    stages.into_iter().fold(source, connect)
}

fn connect(input: Receiver<u64>, stage: Stage) -> Receiver<u64> {
    let (out, output) = marmota::chan(0);
    let stage = Arc::new(Mutex::new(stage));
    marmota::go(move || {
        let group = WaitGroup::new();
        for value in input {
            let (out, stage) = (out.clone(), Arc::clone(&stage));
            group.go(move || {
                let made = (stage.lock())(value);
                if let Some(made) = made {
                    out.send(made);
                }
            });
        }
        group.wait();
        out.close();
    });
    output
}
