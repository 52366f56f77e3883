//! Verdict: deadlock. The last stage sends on a channel that was made for it; without
//! stages nobody sends on that, or closes it.

use marmota::chan::{Receiver, Sender};

/// What a stage does with a value: pass on another one, or drop it (`None`).
pub type Stage = Box<dyn Fn(u64) -> Option<u64> + Send>;

/// Connects `stages`, one behind the other and the first behind `source`.
pub fn pipeline(source: Receiver<u64>, stages: Vec<Stage>) -> Receiver<u64> {
    let (out, end) = marmota::chan(0);
    let (mut input, count) = (source, stages.len());
    for (i, stage) in stages.into_iter().enumerate() {
        let (to, next) = if i + 1 == count {
            (out.clone(), end.clone())
        } else {
            marmota::chan(0)
        };
        connect(input, stage, to);
        input = next;
    }
    end
}

fn connect(input: Receiver<u64>, stage: Stage, out: Sender<u64>) {
    marmota::go(move || {
        for value in input {
            if let Some(made) = stage(value) {
                out.send(made);
            }
        }
        out.close();
    });
}
