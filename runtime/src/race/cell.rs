//! `RaceCell`: a variable that nothing protects.
//!
//! The value lies behind a counted pointer, and that pointer behind a spin lock
//! held for one exchange: so reading and writing are whole, user code (`Clone`,
//! `Drop`) runs outside the lock, and a race is a wrong result and never
//! undefined behaviour.

use super::report::AccessKind;
use super::shadow::Shadow;
use crate::kernel;
use crate::lock::SpinLock;
use crate::sched::MRef;
use crate::sched::m::Kind;
use std::panic::Location;
use std::sync::Arc;

/// A variable that goroutines may share without any lock, as every variable in Go
/// is. Each access is whole, but two of them have no order unless a channel or a
/// lock gives them one: that is a data race, and it is reported (see the
/// [module](crate::race)).
///
/// For learning and for testing; a program that works uses a channel, a
/// [`Mutex`](crate::sync::Mutex) or an atomic.
///
/// ```
/// use marmota::race::RaceCell;
/// let cell = RaceCell::new(1);
/// cell.set(cell.get() + 1);
/// cell.update(|n| n * 10);
/// assert_eq!(cell.get(), 20);
/// ```
pub struct RaceCell<T> {
    state: SpinLock<State<T>>,
    made_at: &'static Location<'static>,
}

struct State<T> {
    value: Arc<T>,
    shadow: Shadow,
}

impl<T> RaceCell<T> {
    /// A cell with `value` in it.
    #[track_caller]
    pub fn new(value: T) -> Self {
        RaceCell {
            state: SpinLock::new(State {
                value: Arc::new(value),
                shadow: Shadow::new(),
            }),
            made_at: Location::caller(),
        }
    }

    /// Reads it. A point where another goroutine may be chosen.
    ///
    /// # Panics
    /// When `T`'s `clone` does.
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        T::clone(&self.read(Location::caller()))
    }

    /// Writes it. A point where another goroutine may be chosen.
    #[track_caller]
    pub fn set(&self, value: T) {
        self.write(value, Location::caller());
    }

    /// Reads it, lets others run, and writes what `f` makes of the value: what
    /// `x = x + 1` is in Go, when nothing protects `x`.
    ///
    /// # Panics
    /// When `f` does; nothing is written then.
    #[track_caller]
    pub fn update(&self, f: impl FnOnce(T) -> T)
    where
        T: Clone,
    {
        let at = Location::caller();
        let value = T::clone(&self.read(at));
        let m = kernel::enter_quietly();
        // In a deterministic run the write is a point of its own.
        let m = if m.kind.get() == Kind::Parallel {
            kernel::yield_inside(m)
        } else {
            m
        };
        kernel::leave(m);
        self.write(f(value), at);
    }

    fn read(&self, at: &'static Location<'static>) -> Arc<T> {
        let m = kernel::enter();
        let mut state = self.state.lock();
        let race = self.watch(m, &mut state.shadow, AccessKind::Read, at);
        let value = state.value.clone();
        drop(state);
        crate::sim::hooks::note(m, "read", self.address(), Some(at));
        finish(m, race);
        value
    }

    fn write(&self, value: T, at: &'static Location<'static>) {
        let value = Arc::new(value);
        let m = kernel::enter();
        let mut state = self.state.lock();
        let race = self.watch(m, &mut state.shadow, AccessKind::Write, at);
        let old = std::mem::replace(&mut state.value, value);
        drop(state);
        crate::sim::hooks::note(m, "write", self.address(), Some(at));
        finish(m, race);
        // Out here: its destructor is user code.
        drop(old);
    }

    #[inline(always)]
    fn watch(
        &self,
        m: MRef,
        shadow: &mut Shadow,
        kind: AccessKind,
        at: &'static Location<'static>,
    ) -> Option<super::Race> {
        if !super::on(m) {
            return None;
        }
        shadow.access(m.g(), kind, at, self.made_at)
    }

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }
}

/// Leaves the runtime, after saying what was found.
fn finish(m: MRef, race: Option<super::Race>) {
    let m = match race {
        None => m,
        Some(race) if m.kind.get() == Kind::Sim => crate::sim::driver::raced(m, race),
        Some(race) => {
            super::report_now(&race);
            m
        }
    };
    kernel::leave(m);
}

impl<T: Clone + std::fmt::Debug> std::fmt::Debug for RaceCell<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No access of the program's: not watched.
        let m = kernel::enter_quietly();
        let value = self.state.lock().value.clone();
        kernel::leave(m);
        f.debug_tuple("RaceCell").field(&value).finish()
    }
}

impl<T: Default> Default for RaceCell<T> {
    #[track_caller]
    fn default() -> Self {
        RaceCell::new(T::default())
    }
}
