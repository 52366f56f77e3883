//! Starting goroutines: `go`, `spawn` with its handle, and `scope`.

use crate::kernel::{self, Outlook, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use crate::race;
use crate::sched::m::Kind;
use crate::sched::{Closure, G, GRef, switch};
use crate::sim::hooks;
use std::any::Any;
use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

/// Starts a goroutine: `f` runs on its own, and nothing waits for it (Go's `go`
/// statement). The end of main ends it too.
///
/// A panic in it that it does not catch ends the program with status 2.
///
/// ```
/// #[marmota::main]
/// fn main() {
///     let (tx, rx) = marmota::chan(0);
///     marmota::go(move || tx.send("hello"));
///     assert_eq!(rx.recv(), Some("hello"));
/// }
/// ```
///
/// # Panics
/// On a thread that runs no goroutine: there is no runtime to start it in.
#[track_caller]
#[inline]
pub fn go<F: FnOnce() + Send + 'static>(f: F) {
    go_at(f, Location::caller());
}

/// As [`go`], in the name of another place.
#[inline]
pub(crate) fn go_at<F: FnOnce() + Send + 'static>(f: F, at: &'static Location<'static>) {
    // SAFETY: `'static` and Send by the bounds.
    unsafe { start(f, at) };
}

/// Starts a goroutine that calls `f`; where that is impossible, drops it and panics.
///
/// # Safety
/// What `f` borrows lives until the goroutine has ended, and `f` may move to another thread.
#[inline]
unsafe fn start<F: FnOnce()>(f: F, at: &'static Location<'static>) -> (GRef, u64) {
    // SAFETY: by this function's contract; the driver calls it at most once.
    let closure = unsafe { Closure::new(f) };
    let m = kernel::enter();
    let started = match m.kind.get() {
        Kind::Parallel => switch::spawn(m, closure, at),
        Kind::Sim => crate::sim::driver::spawn(m, closure, at),
        Kind::Thread => {
            kernel::leave(m);
            // SAFETY: made of an `F`, and no driver has it. Out here: it is user code.
            drop(unsafe { closure.into_inner::<F>() });
            no_runtime();
        }
    };
    kernel::leave(m);
    started
}

#[cold]
#[track_caller]
fn no_runtime() -> ! {
    panic!(
        "marmota: a goroutine was started on a thread that runs none; put #[marmota::main] on fn main, #[marmota::test] on the test, or use Runtime::run"
    )
}

/// Starts a goroutine whose result, or panic, [`JoinHandle::join`] gives.
///
/// ```
/// #[marmota::main]
/// fn main() {
///     let answer = marmota::spawn(|| 6 * 7);
///     assert_eq!(answer.join().unwrap(), 42);
///     let failed = marmota::spawn(|| panic!("no"));
///     assert!(failed.join().is_err());
/// }
/// ```
///
/// # Panics
/// As [`go`].
#[track_caller]
pub fn spawn<T, F>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    // SAFETY: everything is `'static`.
    let packet = unsafe { spawn_unchecked(f, Location::caller()) };
    JoinHandle { packet }
}

/// # Safety
/// What `F` and `T` borrow lives until the goroutine has ended.
unsafe fn spawn_unchecked<T: Send, F: FnOnce() -> T + Send>(
    f: F,
    at: &'static Location<'static>,
) -> Arc<Packet<T>> {
    let packet = Arc::new(Packet::new());
    let theirs = packet.clone();
    let body = move || {
        match catch_unwind(AssertUnwindSafe(f)) {
            // Nobody can join any more, so nobody recovers it.
            Err(payload) if Arc::strong_count(&theirs) == 1 => resume_unwind(payload),
            result => theirs.complete(result),
        }
    };
    // SAFETY: lifetimes by this function's contract.
    let started = unsafe { start(body, at) };
    packet.comes_from(started, at);
    packet
}

/// Where a goroutine leaves its result.
struct Packet<T> {
    state: SpinLock<JoinState>,
    result: UnsafeCell<Option<std::thread::Result<T>>>,
    /// Which goroutine leaves it, for reports.
    g: AtomicPtr<G>,
    id: AtomicU64,
}

struct JoinState {
    done: bool,
    waiters: WaitQueue,
    /// Of the future that awaits it.
    waker: Option<Waker>,
    /// What the goroutine did, for those who join it.
    clock: race::Clock,
}

impl JoinState {
    fn new() -> Self {
        JoinState {
            done: false,
            waiters: WaitQueue::new(),
            waker: None,
            clock: race::Clock::new(),
        }
    }
}

// SAFETY: the result is written before `done` is set under the lock, and taken
// by the one who joins after having seen `done`.
unsafe impl<T: Send> Sync for Packet<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Packet<T> {}

impl<T> Packet<T> {
    fn new() -> Self {
        Packet {
            state: SpinLock::new(JoinState::new()),
            result: UnsafeCell::new(None),
            id: AtomicU64::new(0),
            g: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// An `Ask` for one that joins.
    ///
    /// # Safety
    /// `packet` is one of this type.
    unsafe fn can_end(packet: *const ()) -> Outlook {
        // SAFETY: by this function's contract.
        let packet = unsafe { &*packet.cast::<Packet<T>>() };
        // SAFETY: only ever stored from a `GRef`.
        match unsafe { packet.g.load(Relaxed).as_ref() } {
            Some(g) => Outlook::End(g, packet.id.load(Relaxed)),
            None => Outlook::Open,
        }
    }

    fn complete(&self, result: std::thread::Result<T>) {
        // SAFETY: `done` is not set, so nobody reads it yet.
        unsafe { *self.result.get() = Some(result) };
        let m = kernel::enter();
        let mut state = self.state.lock();
        state.done = true;
        race::release(m, &state.clock);
        hooks::gave(m, self.address(), "result");
        while let Some(waiter) = state.waiters.pop() {
            race::acquire_for(m, waiter.g, &state.clock);
            kernel::ready_published(m, waiter.g);
        }
        let waker = state.waker.take();
        drop(state);
        kernel::leave(m);
        // Out here: it is user code.
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether it is done; if not, `waker` is woken when it is.
    fn is_done_or_wakes(&self, waker: &Waker) -> bool {
        // Cloning and dropping wakers is user code, so it happens out here.
        let mut waker = Some(waker.clone());
        let m = kernel::enter();
        let mut state = self.state.lock();
        let done = state.done;
        if done {
            race::acquire(m, &state.clock);
        } else {
            std::mem::swap(&mut state.waker, &mut waker);
        }
        drop(state);
        kernel::leave(m);
        drop(waker);
        done
    }

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    /// For reports: whoever joins waits for the goroutine just started.
    fn comes_from(&self, (g, id): (GRef, u64), at: &'static Location<'static>) {
        // Relaxed: whoever joins comes after.
        self.id.store(id, Relaxed);
        self.g.store(std::ptr::from_ref(g).cast_mut(), Relaxed);
        let m = kernel::enter_quietly();
        hooks::last_started_owes(m, self.address(), "result", at);
        kernel::leave(m);
    }

    fn is_done(&self) -> bool {
        let m = kernel::enter();
        let state = self.state.lock();
        let done = state.done;
        if done {
            race::acquire(m, &state.clock);
        }
        drop(state);
        kernel::leave(m);
        done
    }

    fn wait(&self, at: &'static Location<'static>) {
        let m = kernel::enter();
        let mut state = self.state.lock();
        if state.done {
            race::acquire(m, &state.clock);
            drop(state);
            kernel::leave(m);
            return;
        }
        let waiter = Waiter::new(m, WaitReason::Join, at, std::ptr::null_mut());
        // SAFETY: our frame borrows the packet while it waits.
        unsafe { waiter.g.can_be_asked(Self::can_end, self.address()) };
        // SAFETY: this frame parks until `complete` has popped the waiter.
        unsafe { state.waiters.push(&waiter) };
        drop(state);
        hooks::waits_on(m, self.address());
        kernel::leave(kernel::park_published(m));
    }

    fn take(&self) -> std::thread::Result<T> {
        // SAFETY: `done` was seen under the lock, and the one handle is used up.
        unsafe { (*self.result.get()).take() }.expect("a goroutine's result is taken once")
    }
}

/// The right to the result of a goroutine that [`spawn`] started.
///
/// Dropping it lets the goroutine run on; if that then panics, nobody recovers the
/// panic and the program ends, as with [`go`].
#[must_use = "the goroutine runs without it, but its result and its panic are lost; use go() for that"]
pub struct JoinHandle<T> {
    packet: Arc<Packet<T>>,
}

impl<T> JoinHandle<T> {
    /// Waits for the goroutine to end, and gives its result.
    ///
    /// # Errors
    /// What it panicked with.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        self.packet.wait(Location::caller());
        self.packet.take()
    }

    /// Whether the goroutine has ended.
    pub fn is_finished(&self) -> bool {
        self.packet.is_done()
    }
}

/// Awaiting a goroutine from async code, in whatever executor: the same as
/// [`join`](JoinHandle::join), without holding up a thread.
///
/// ```
/// use marmota::future::block_on;
/// #[marmota::main]
/// fn main() {
///     let sum = async {
///         let (a, b) = (marmota::spawn(|| 1), marmota::spawn(|| 2));
///         a.await.unwrap() + b.await.unwrap()
///     };
///     assert_eq!(block_on(sum), 3);
/// }
/// ```
///
/// # Panics
/// When polled again after it was ready.
impl<T> Future for JoinHandle<T> {
    type Output = std::thread::Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.packet.is_done_or_wakes(cx.waker()) {
            Poll::Ready(self.packet.take())
        } else {
            Poll::Pending
        }
    }
}

impl<T> std::fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// Runs `f` with a [`Scope`] whose goroutines may borrow from outside it, and
/// waits for all of them (like `std::thread::scope`).
///
/// ```
/// #[marmota::main]
/// fn main() {
///     let mut parts = [1, 2, 3];
///     marmota::scope(|s| {
///         for part in &mut parts {
///             s.go(|| *part *= 10);
///         }
///     });
///     assert_eq!(parts, [10, 20, 30]);
/// }
/// ```
///
/// # Panics
/// When `f` panics, with its payload; else when a goroutine of the scope panicked
/// and nobody joined it.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let scope = Scope {
        group: Arc::new(Group {
            wait: crate::sync::WaitGroup::new(),
            panic: SpinLock::new(None),
        }),
        scope: PhantomData,
        env: PhantomData,
    };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    scope.group.wait.wait_for_scope(Location::caller());
    // The lock's guard must not outlive the statement: resuming is user code.
    let panic = {
        let m = kernel::enter_quietly();
        let panic = scope.group.panic.lock().take();
        kernel::leave(m);
        panic
    };
    match (result, panic) {
        (Err(payload), _) | (Ok(_), Some(payload)) => resume_unwind(payload),
        (Ok(value), None) => value,
    }
}

/// Starts goroutines that may borrow; see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    group: Arc<Group>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

struct Group {
    wait: crate::sync::WaitGroup,
    panic: SpinLock<Option<Box<dyn Any + Send>>>,
}

impl Group {
    /// Keeps the first panic nobody joined; it comes out of `scope`.
    fn failed(&self, payload: Box<dyn Any + Send>) {
        if payload.is::<crate::panics::Goexit>() {
            return;
        }
        let m = kernel::enter_quietly();
        let mut slot = self.panic.lock();
        let rest = if slot.is_none() {
            *slot = Some(payload);
            None
        } else {
            Some(payload)
        };
        drop(slot);
        kernel::leave(m);
        // Dropped out here: a payload's destructor is user code.
        drop(rest);
    }
}

/// A goroutine of the group, which waits for it until this is dropped: at the goroutine's
/// end, or because it could not be started.
struct Member(Arc<Group>);

impl Member {
    // Reports of deterministic runs show where the goroutine was started.
    #[track_caller]
    fn of(group: &Arc<Group>) -> Member {
        group.wait.add(1);
        Member(group.clone())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.0.wait.done();
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a goroutine of this scope.
    #[track_caller]
    pub fn go<F: FnOnce() + Send + 'scope>(&'scope self, f: F) {
        let member = Member::of(&self.group);
        let body = move || {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
                member.0.failed(payload);
            }
            drop(member);
        };
        // SAFETY: `scope` waits for it before what it borrows can go; it is Send.
        unsafe { start(body, Location::caller()) };
        self.group.wait.owed_by_the_last(Location::caller());
    }

    /// Starts a goroutine of this scope whose result can be joined.
    #[track_caller]
    pub fn spawn<T, F>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let packet = Arc::new(Packet::new());
        let (member, theirs) = (Member::of(&self.group), packet.clone());
        let body = move || {
            let result = catch_unwind(AssertUnwindSafe(f));
            match result {
                // Nobody can join any more: the scope's caller gets it.
                Err(payload) if Arc::strong_count(&theirs) == 1 => member.0.failed(payload),
                result => theirs.complete(result),
            }
            // Before `done`: the result may borrow from the scope.
            drop(theirs);
            drop(member);
        };
        // SAFETY: as in `go`.
        let started = unsafe { start(body, Location::caller()) };
        packet.comes_from(started, Location::caller());
        self.group.wait.owed_by_the_last(Location::caller());
        ScopedJoinHandle {
            packet,
            scope: PhantomData,
        }
    }
}

impl std::fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// The right to the result of a goroutine that [`Scope::spawn`] started.
#[must_use = "use Scope::go if the result is not needed"]
pub struct ScopedJoinHandle<'scope, T> {
    packet: Arc<Packet<T>>,
    scope: PhantomData<&'scope ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits for the goroutine to end, and gives its result.
    ///
    /// # Errors
    /// What it panicked with.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        self.packet.wait(Location::caller());
        self.packet.take()
    }
}

impl<T> std::fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
    }
}
