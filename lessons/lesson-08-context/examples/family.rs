//! A family of contexts: who ends when, and with which error.
//!
//! A parent that is cancelled after three seconds, and its children of every kind: one with
//! a timeout that passes before that, one with a deadline that would be later, one with a
//! value, one that is cancelled first, a grandchild, and one that is not to be cancelled.
//! With `--virtual` no second is really waited for.

use std::process::ExitCode;
use std::time::Duration;

use marmota::context::{self, Context};
use marmota::sync::WaitGroup;
use marmota::time;

/// A value's key is its type.
struct User(&'static str);

/// Says when `ctx` ends, and how.
fn watch(group: &WaitGroup, name: &'static str, ctx: &Context) {
    let (ctx, start) = (ctx.clone(), time::now());
    group.go(move || {
        ctx.done().recv();
        let error = ctx.err().expect("it is done");
        println!("{} s: {name}: {error}", start.elapsed().as_secs());
    });
}

// ANCHOR: family
fn program() {
    let (parent, cancel) = context::with_cancel(&context::background());
    let two_seconds = Duration::from_secs(2);
    let in_five_seconds = time::now() + Duration::from_secs(5);
    let (timeout, _cancel) = context::with_timeout(&parent, two_seconds);
    let (deadline, _cancel) = context::with_deadline(&parent, in_five_seconds);
    let value = context::with_value(&parent, User("Ada"));
    let (child, cancel_child) = context::with_cancel(&parent);
    let (grandchild, _cancel) = context::with_cancel(&child);
    let kept = context::without_cancel(&value);
    // ANCHOR_END: family

    let group = WaitGroup::new();
    watch(&group, "timeout of 2 s", &timeout);
    watch(&group, "deadline of 5 s", &deadline);
    watch(&group, "with a value", &value);
    watch(&group, "child", &child);
    watch(&group, "grandchild", &grandchild);
    watch(&group, "parent", &parent);

    time::sleep(Duration::from_secs(1));
    cancel_child.cancel();
    time::sleep(Duration::from_secs(2));
    println!("the parent so far: {:?}", parent.err());
    cancel.cancel();
    group.wait();
    println!("not to be cancelled: {:?}", kept.err());
    println!(
        "its user: {}",
        kept.value::<User>().map_or("nobody", |u| u.0)
    );
}

fn main() -> ExitCode {
    marmota_grader::play(program)
}
