//! Verdict: deadlock. A stage has its share of the time and the request's values, and
//! hears nothing of the request's end.

use marmota::context::{self, Context, ContextError};
use marmota::time;

/// Which request a context belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub u64);

/// One step of the work on a request.
pub type Stage = Box<dyn FnOnce(&Context) -> Result<(), ContextError> + Send>;

/// Runs `stages` one after the other, each with its share of the time that is left.
pub fn run_stages(ctx: &Context, stages: Vec<Stage>) -> Result<(), String> {
    let (mut to_come, mut number) = (u32::try_from(stages.len()).expect("not that many"), 1);
    for stage in stages {
        run(ctx, stage, to_come).map_err(|error| {
            let request = match ctx.value::<RequestId>() {
                Some(RequestId(id)) => id.to_string(),
                None => "?".to_owned(),
            };
            format!("request {request}: stage {number}: {error}")
        })?;
        (to_come, number) = (to_come - 1, number + 1);
    }
    Ok(())
}

/// Runs one stage, of `to_come` that are still to be run.
fn run(ctx: &Context, stage: Stage, to_come: u32) -> Result<(), ContextError> {
    if let Some(error) = ctx.err() {
        return Err(error);
    }
    let apart = context::without_cancel(ctx);
    let (ctx, cancel) = match ctx.deadline() {
        Some(end) => context::with_timeout(&apart, (end - time::now()) / to_come),
        None => context::with_cancel(&apart),
    };
    let _ends_with_the_stage = cancel.on_drop();
    stage(&ctx)
}
