//! Exercise 3: a pipeline.
//!
//! Each stage takes values from the channel before it and sends what it makes of
//! them on a channel of its own. So all stages work at the same time, each on
//! another value, and the order stays. When the source is closed, the news travels
//! down the pipeline from stage to stage.

use marmota::chan::Receiver;

/// What a stage does with a value: pass on another one, or drop it (`None`).
pub type Stage = Box<dyn Fn(u64) -> Option<u64> + Send>;

/// Connects `stages`, each on a goroutine of its own, one behind the other and the
/// first behind `source`. Returns the receiving end of the last, at once; without
/// stages, what comes out is what goes in.
///
/// The channels between the stages hold one value at most (capacity 0 or 1): if
/// nobody takes what comes out, nobody goes on taking what comes in.
///
/// Graded: the values and their order; that stages work at the same time; that a
/// value comes out as soon as it is through, and need not wait for the next to go
/// in; that a dropped value stops nothing; that the end is closed when the source
/// is; that a slow reader slows the source down; that nothing is left running.
pub fn pipeline(source: Receiver<u64>, stages: Vec<Stage>) -> Receiver<u64> {
    let _ = (source, stages);
    todo!("a goroutine and a channel for each stage")
}
