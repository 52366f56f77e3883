//! Exercise 3: a deadline is a budget; a value goes along.
//!
//! A request has a deadline. The work on it has stages, and a first one that takes all the
//! time leaves none to the others. So each gets a context of its own, with a deadline of
//! its own, under the one of the request: [`marmota::context::with_deadline`] and
//! `with_timeout` make such children.
//!
//! A context also carries values: what belongs to the request and is needed everywhere,
//! like its number in a log. A value is found by its type, [`Context::value`].

use marmota::context::{Context, ContextError};

/// Which request a context belongs to: put in with `with_value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub u64);

/// One step of the work on a request.
pub type Stage = Box<dyn FnOnce(&Context) -> Result<(), ContextError> + Send>;

/// Runs `stages` one after the other, each with a context of its own under `ctx`.
///
/// A stage's deadline is its share of the time that is left when it begins: all of it,
/// divided by the number of stages still to be run, itself included. If `ctx` has no
/// deadline, the stages have none. A stage's context ends when the stage returns, at the
/// latest: what it started and did not wait for is told.
///
/// The first stage that fails, or that could not begin because `ctx` had ended, ends the
/// run. The error reads
///
/// ```text
/// request 7: stage 2: context deadline exceeded
/// ```
///
/// with the [`RequestId`] in `ctx` (`?` if there is none), the stage counted from 1, and
/// the error of the context.
///
/// Graded: the deadlines; the error; that `ctx` is heard of in the stages, its end and its
/// values; that nothing a stage started goes on without it.
pub fn run_stages(ctx: &Context, stages: Vec<Stage>) -> Result<(), String> {
    let _ = (ctx, stages);
    todo!("for each stage: a child with its share of the time")
}
