//! Lesson 08 measured: `cargo xtask bench 8` puts the figures side by side.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use marmota::context;
use marmota_grader::bench::compare;
use marmota_grader::candidates;

fn retry(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_08_context,
        reference: solution_08_context,
    } => {
        for _ in 0..100 {
            let (ctx, cancel) = context::with_cancel(&context::background());
            let tried = code::retry::retry(&ctx, 3, Duration::ZERO, |_| Ok::<_, ()>(black_box(1)));
            assert!(tried.is_ok(), "it works the first time");
            cancel.cancel();
        }
    });
    compare(c, "lesson-08-retry", &programs);
}

fn worker(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_08_context,
        reference: solution_08_context,
    } => {
        let (ctx, cancel) = context::with_cancel(&context::background());
        let (tx, jobs) = marmota::chan(100);
        (0..100).for_each(|n| tx.send(n));
        tx.close();
        let _end = code::worker::work(&ctx, &jobs, |n: u32| { black_box(n); }, || {});
        cancel.cancel();
    });
    compare(c, "lesson-08-worker", &programs);
}

fn budget(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_08_context,
        reference: solution_08_context,
    } => {
        let hour = Duration::from_secs(3600);
        let (ctx, cancel) = context::with_timeout(&context::background(), hour);
        let stage = |_| Box::new(|_: &context::Context| Ok(())) as code::budget::Stage;
        let _result = code::budget::run_stages(&ctx, (0..100).map(stage).collect());
        cancel.cancel();
    });
    compare(c, "lesson-08-budget", &programs);
}

/// What the runtime has of the kind, with the lesson's methods.
mod runtimes {
    pub mod group {
        use marmota::context::{Cause, Context};
        use marmota::sync::errgroup;

        pub struct Group(errgroup::Group);

        impl Group {
            pub fn new(parent: &Context) -> (Self, Context) {
                let (group, ctx) = errgroup::Group::with_context(parent);
                (Self(group), ctx)
            }

            pub fn go(&self, f: impl FnOnce() -> Result<(), &'static str> + Send + 'static) {
                self.0.go(f);
            }

            pub fn wait(&self) -> Result<(), Cause> {
                self.0.wait()
            }
        }
    }

    pub mod tree {
        use marmota::chan::Receiver;
        use marmota::context::{self, Cancel};

        pub struct Context(context::Context, Cancel);

        impl Context {
            pub fn root() -> Self {
                let (ctx, cancel) = context::with_cancel(&context::background());
                Self(ctx, cancel)
            }

            pub fn child(&self) -> Self {
                let (ctx, cancel) = context::with_cancel(&self.0);
                Self(ctx, cancel)
            }

            pub fn cancel(&self) {
                self.1.cancel();
            }

            pub fn done(&self) -> Receiver<()> {
                self.0.done()
            }
        }
    }
}

fn group(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_08_context,
        reference: solution_08_context,
        runtime: crate::runtimes,
    } => {
        let (group, _ctx) = code::group::Group::new(&context::background());
        for n in 0..100 {
            group.go(move || if n == 50 { Err("the disk is full") } else { Ok(()) });
        }
        assert!(group.wait().is_err(), "one fails");
    });
    compare(c, "lesson-08-group", &programs);
}

fn handler(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_08_context,
        reference: solution_08_context,
    } => {
        let service = |_| {
            Box::new(|_: &context::Context| Ok(String::new())) as code::handler::Service
        };
        let limit = Duration::from_secs(3600);
        code::handler::handle(&context::background(), limit, (0..3).map(service).collect())
    });
    compare(c, "lesson-08-handler", &programs);
}

/// A root with a hundred children that have one each; half of them end by themselves.
fn tree(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_08_context,
        reference: solution_08_context,
        runtime: crate::runtimes,
    } => {
        let root = code::tree::Context::root();
        let children: Vec<_> = (0..100).map(|_| root.child()).collect();
        let theirs: Vec<_> = children.iter().map(code::tree::Context::child).collect();
        children.iter().step_by(2).for_each(code::tree::Context::cancel);
        root.cancel();
        theirs.iter().for_each(|ctx| { ctx.done().recv(); });
    });
    compare(c, "lesson-08-tree", &programs);
}

criterion_group!(benches, retry, worker, budget, group, handler, tree);
criterion_main!(benches);
