//! The runtime's channel, with stand-ins for what a model has none of: handles that are
//! counted, timers, buffers in the collected heap.

#[path = "../../../src/chan/core.rs"]
pub(crate) mod core;
#[path = "../../../src/chan/quiet.rs"]
mod quiet;

mod ends {
    use super::core::Core;
    use crate::sched::GRef;

    pub(super) struct Ends;

    impl Ends {
        pub(super) const fn new() -> Ends {
            Ends
        }
    }

    /// For the report of leaks, which nobody asks for.
    impl<T> Core<T> {
        pub(super) fn tell(&self, _: GRef, _: fn()) {}
        pub(super) fn can_be_sent() {}
        pub(super) fn can_be_received() {}
    }
}

mod shared {
    use crate::gc::Region;

    /// How values move into the heap: none does.
    pub(crate) struct Moves {
        pub(super) into_heap: unsafe fn(&Region, *mut ()),
        pub(super) out_of_heap: unsafe fn(&Region, *mut ()),
        pub(super) prepare: unsafe fn(*mut ()),
    }
}

mod timed {
    use super::core::{Core, State};
    use crate::sched::MRef;
    use std::marker::PhantomData;
    use std::panic::Location;

    /// No channel here is a timer's.
    pub(crate) struct ChanTimer<T>(PhantomData<T>, std::convert::Infallible);

    impl<T> Core<T> {
        pub(super) fn run_due(&self, _: MRef, _: &mut State<T>) {}

        pub(super) fn recv_timed(&self, _: MRef, _: &'static Location<'static>) -> Option<T> {
            unreachable!("there is no timer")
        }

        pub(super) fn stop_for_good(&mut self) {}
    }
}
