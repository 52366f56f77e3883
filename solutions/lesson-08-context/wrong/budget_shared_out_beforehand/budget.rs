//! Verdict: wrong result. The time is shared out once, at the start: what a quick stage leaves over
//! helps nobody.

use std::time::Duration;

use marmota::context::{self, Context, ContextError};
use marmota::time;

/// Which request a context belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub u64);

/// One step of the work on a request.
pub type Stage = Box<dyn FnOnce(&Context) -> Result<(), ContextError> + Send>;

/// Runs `stages` one after the other, each with its share of the time that is left.
pub fn run_stages(ctx: &Context, stages: Vec<Stage>) -> Result<(), String> {
    let (to_come, mut number) = (u32::try_from(stages.len()).expect("not that many"), 1);
    let share = ctx
        .deadline()
        .map(|end| (end - time::now()) / to_come.max(1));
    for stage in stages {
        run(ctx, stage, share).map_err(|error| {
            let request = match ctx.value::<RequestId>() {
                Some(RequestId(id)) => id.to_string(),
                None => "?".to_owned(),
            };
            format!("request {request}: stage {number}: {error}")
        })?;
        number += 1;
    }
    Ok(())
}

/// Runs one stage.
fn run(ctx: &Context, stage: Stage, share: Option<Duration>) -> Result<(), ContextError> {
    if let Some(error) = ctx.err() {
        return Err(error);
    }
    let (ctx, cancel) = match share {
        Some(share) => context::with_timeout(ctx, share),
        None => context::with_cancel(ctx),
    };
    let _ends_with_the_stage = cancel.on_drop();
    stage(&ctx)
}
