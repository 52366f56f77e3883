//! Contexts: an end that spreads from parent to children, a deadline, and values
//! that belong to a request (Go's package `context`).
//!
//! A [`Context`] is a node that knows its parent, a chain as long as the calls that
//! made it. Most nodes cannot end by themselves (`with_value`, `background`); those
//! that can own a `Core`, and the cores form a tree of their own, in which an end
//! spreads downwards (`cancel.rs`):
//!
//! ```text
//!   background ── with_cancel ── with_value ── with_timeout      nodes, to the parent
//!                     │                             │
//!                   Core  ────────────────────▶   Core           cores, to the children
//! ```
//!
//! A node keeps the core next above it and the deadline that holds for it, so `done`,
//! `err` and `deadline` cost no walk. A value is looked up by walking.
//!
//! All walks are loops and so is all freeing: a chain or a tree may be as deep as
//! memory allows, and goroutine stacks are small.
//!
//! ```
//! use marmota::context;
//! use std::time::Duration;
//! #[marmota::main]
//! fn main() {
//!     let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_secs(1));
//!     let (tx, rx) = marmota::chan(0);
//!     marmota::go(move || {
//!         ctx.done().recv(); // until the end
//!         tx.send(ctx.err().unwrap().to_string());
//!     });
//!     cancel.cancel();
//!     assert_eq!(rx.recv().unwrap(), "context canceled");
//! }
//! ```

mod cancel;
mod deadline;
mod handles;
mod show;

pub use handles::{Cancel, CancelCause, CancelGuard, Stop};

use crate::chan::{Chan, Receiver};
use crate::time::Instant;
use cancel::Core;
pub(crate) use cancel::on_end;
use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// Why a context ended (Go's `context.Canceled` and `context.DeadlineExceeded`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ContextError {
    /// Somebody called cancel.
    Canceled,
    /// Its deadline has passed.
    DeadlineExceeded,
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ContextError::Canceled => "context canceled",
            ContextError::DeadlineExceeded => "context deadline exceeded",
        })
    }
}

impl std::error::Error for ContextError {}

/// Any error, to be shared: what a context gives as the cause of its end.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// A deadline, an end, and values, handed down from call to call (Go's
/// `context.Context`). A handle: its clones are the same context.
///
/// By custom it is the first argument of whatever can be cancelled. Display names the
/// chain: `context.Background.WithCancel`.
#[derive(Clone)]
pub struct Context {
    node: Arc<Node>,
}

struct Node {
    parent: Option<Context>,
    kind: Kind,
    /// The core next above, or our own.
    core: Option<Arc<Core>>,
    /// Inherited, or our own if that is sooner.
    deadline: Option<Instant>,
}

enum Kind {
    Background,
    Todo,
    Cancel,
    Deadline,
    Value(Value),
    WithoutCancel,
}

struct Value {
    key: TypeId,
    key_name: &'static str,
    value: Box<dyn Any + Send + Sync>,
}

impl Context {
    fn root(kind: Kind) -> Context {
        Context {
            node: Arc::new(Node {
                parent: None,
                kind,
                core: None,
                deadline: None,
            }),
        }
    }

    fn child(&self, kind: Kind, core: Option<Arc<Core>>, deadline: Option<Instant>) -> Context {
        Context {
            node: Arc::new(Node {
                parent: Some(self.clone()),
                kind,
                core,
                deadline,
            }),
        }
    }

    fn core(&self) -> Option<&Arc<Core>> {
        self.node.core.as_ref()
    }

    /// A channel that is closed when the context ends: receive from it, alone or in a
    /// select. The same channel every time; a nil one if the context never ends.
    pub fn done(&self) -> Receiver<()> {
        match self.core() {
            Some(core) => core.done(),
            None => Chan::nil().receiver(),
        }
    }

    /// Why it has ended; `None` as long as it has not. Once this is set, `done` is
    /// closed.
    pub fn err(&self) -> Option<ContextError> {
        self.core()?.err()
    }

    /// Whether it is not one that lasts for ever.
    pub(crate) fn can_end(&self) -> bool {
        self.core().is_some()
    }

    /// When it will end by itself at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        self.node.deadline
    }

    /// The value of type `K` that was put in last on the way here
    /// ([`with_value`]).
    pub fn value<K: Any>(&self) -> Option<&K> {
        let key = TypeId::of::<K>();
        self.chain().find_map(|node| match &node.kind {
            Kind::Value(value) if value.key == key => value.value.downcast_ref(),
            _ => None,
        })
    }

    /// This node and those above it.
    fn chain(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(Some(&*self.node), |node| {
            node.parent.as_ref().map(|parent| &*parent.node)
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // One after the other: a long chain would overflow the stack.
        let mut next = self.parent.take();
        while let Some(parent) = next {
            next = Arc::into_inner(parent.node).and_then(|mut node| node.parent.take());
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The context that never ends and has no values: where chains begin.
pub fn background() -> Context {
    Context::root(Kind::Background)
}

/// As [`background`], where it is not clear yet which context belongs there.
pub fn todo() -> Context {
    Context::root(Kind::Todo)
}

/// A child that ends when its [`Cancel`] is called or its parent ends.
///
/// Call cancel when the work is done, or the child stays known to its parent until
/// that ends. [`Cancel::on_drop`] does it at the end of a scope.
///
/// ```
/// use marmota::context::{self, ContextError};
/// #[marmota::main]
/// fn main() {
///     let (parent, cancel) = context::with_cancel(&context::background());
///     let (child, _cancel_child) = context::with_cancel(&parent);
///     cancel.cancel();
///     assert_eq!(child.err(), Some(ContextError::Canceled));
///     assert_eq!(child.done().recv(), None);
/// }
/// ```
pub fn with_cancel(parent: &Context) -> (Context, Cancel) {
    let (context, core) = cancellable(parent);
    (context, Cancel::new(core))
}

/// As [`with_cancel`]; who cancels says why, and [`cause`] tells.
///
/// ```
/// use marmota::context;
/// #[marmota::main]
/// fn main() {
///     let (ctx, cancel) = context::with_cancel_cause(&context::background());
///     cancel.cancel("the disk is full");
///     assert_eq!(ctx.err().unwrap().to_string(), "context canceled");
///     assert_eq!(context::cause(&ctx).unwrap().to_string(), "the disk is full");
/// }
/// ```
pub fn with_cancel_cause(parent: &Context) -> (Context, CancelCause) {
    let (context, core) = cancellable(parent);
    (context, CancelCause::new(core))
}

fn cancellable(parent: &Context) -> (Context, Arc<Core>) {
    let core = Core::under(parent.core(), None);
    let context = parent.child(Kind::Cancel, Some(core.clone()), parent.deadline());
    (context, core)
}

/// A child that also ends after `timeout`; see [`with_deadline`].
///
/// # Panics
/// As [`with_deadline`].
#[track_caller]
pub fn with_timeout(parent: &Context, timeout: Duration) -> (Context, Cancel) {
    with_deadline(parent, crate::time::now() + timeout)
}

/// As [`with_timeout`]; `cause` is what [`cause`](fn@cause) gives if the time runs out.
///
/// # Panics
/// As [`with_deadline`].
#[track_caller]
pub fn with_timeout_cause(
    parent: &Context,
    timeout: Duration,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> (Context, Cancel) {
    with_deadline_cause(parent, crate::time::now() + timeout, cause)
}

/// A child that also ends at `deadline`, with [`ContextError::DeadlineExceeded`]. If
/// its parent's deadline is not later, that one holds and this is [`with_cancel`]; if
/// it has passed already, the child has ended.
///
/// ```
/// use marmota::{context::{self, ContextError}, time};
/// use std::time::Duration;
/// #[marmota::main]
/// fn main() {
///     let soon = time::now() + Duration::from_millis(2);
///     let (ctx, cancel) = context::with_deadline(&context::background(), soon);
///     ctx.done().recv();
///     assert_eq!(ctx.err(), Some(ContextError::DeadlineExceeded));
///     cancel.cancel();
/// }
/// ```
///
/// # Panics
/// On a thread that runs no goroutine, if a timer is needed.
#[track_caller]
pub fn with_deadline(parent: &Context, deadline: Instant) -> (Context, Cancel) {
    deadline::with(parent, deadline, None)
}

/// As [`with_deadline`]; `cause` is what [`cause`](fn@cause) gives if the time runs out.
///
/// # Panics
/// As [`with_deadline`].
#[track_caller]
pub fn with_deadline_cause(
    parent: &Context,
    deadline: Instant,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> (Context, Cancel) {
    deadline::with(parent, deadline, Some(Arc::from(cause.into())))
}

/// A child that carries `value` as well, to be found by its type. Make a type for it:
/// then nobody else's value can be in its way (Go asks for a key type for the same
/// reason).
///
/// ```
/// use marmota::context;
/// #[derive(Debug, PartialEq)]
/// struct UserId(u32);
/// let ctx = context::with_value(&context::background(), UserId(7));
/// assert_eq!(ctx.value::<UserId>(), Some(&UserId(7)));
/// assert_eq!(ctx.value::<String>(), None);
/// ```
pub fn with_value<V: Any + Send + Sync>(parent: &Context, value: V) -> Context {
    let kind = Kind::Value(Value {
        key: TypeId::of::<V>(),
        key_name: type_name::<V>(),
        value: Box::new(value),
    });
    parent.child(kind, parent.core().cloned(), parent.deadline())
}

/// A child with the values of its parent, which does not end when its parent does and
/// has no deadline: for work that must be finished all the same.
///
/// ```
/// use marmota::context;
/// let (parent, cancel) = context::with_cancel(&context::background());
/// let child = context::without_cancel(&parent);
/// cancel.cancel();
/// assert!(child.err().is_none());
/// ```
pub fn without_cancel(parent: &Context) -> Context {
    parent.child(Kind::WithoutCancel, None, None)
}

/// Why a context ended: what its cancel said, or that of the parent it ended with;
/// else the same as [`Context::err`]. `None` as long as it has not ended.
pub fn cause(context: &Context) -> Option<Cause> {
    context.core()?.cause()
}

/// Runs `f` in a goroutine of its own once `context` ends; at once if it has. The
/// [`Stop`] prevents it. Dropping the `Stop` does not.
///
/// ```
/// use marmota::context;
/// #[marmota::main]
/// fn main() {
///     let (ctx, cancel) = context::with_cancel(&context::background());
///     let (tx, rx) = marmota::chan(1);
///     let _stop = context::after_func(&ctx, move || tx.send("ended"));
///     cancel.cancel();
///     assert_eq!(rx.recv(), Some("ended"));
/// }
/// ```
///
/// A context that is ended by a thread that runs no goroutine runs `f` on a thread of
/// its own: there is no runtime to start a goroutine in.
#[track_caller]
pub fn after_func<F: FnOnce() + Send + 'static>(context: &Context, f: F) -> Stop {
    let at = Location::caller();
    let start = move || {
        if crate::in_goroutine() {
            crate::goroutine::go_at(f, at);
        } else {
            drop(std::thread::spawn(f));
        }
    };
    Stop::new(on_end(context, Box::new(start)))
}

#[cfg(test)]
mod tests;
