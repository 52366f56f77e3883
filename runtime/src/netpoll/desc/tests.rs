//! The gap between a system call and the wait after it, which from outside only a
//! race would hit.

use super::*;
use crate::sched::timers::NEVER;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::panic::Location;

fn in_a_runtime(f: impl FnOnce() + Send) {
    let rt = crate::Runtime::builder().procs(1).panic_in_caller();
    // SAFETY: the tests hold no thread-local's borrow across a blocking call.
    unsafe { rt.build().expect("a small runtime").run(f) };
}

/// A descriptor that is never ready to read, and its desc; the test's own event.
fn idle() -> (UnixDatagram, &'static Desc, impl Fn(u8)) {
    let socket = UnixDatagram::unbound().expect("a socket");
    let desc = Desc::new();
    let event = |ready| {
        let m = kernel::enter_quietly();
        let tag = desc.tag(&desc.state.lock());
        Desc::event(tag, ready, |g| kernel::ready_published(m, g));
        kernel::leave(m);
    };
    (socket, desc, event)
}

/// Waits to read for at most 2 ms.
fn wait(socket: &UnixDatagram, desc: &'static Desc, seen: u32) -> Result<(), Stopped> {
    let until = sys::monotonic_ns() + 2_000_000;
    let at = Location::caller();
    desc.wait(socket.as_raw_fd(), Side::Read, seen, until, at)
}

#[test]
fn an_event_between_the_call_and_the_wait_is_not_lost() {
    in_a_runtime(|| {
        let (socket, desc, event) = idle();
        let seen = desc.seen(Side::Read);
        event(WRITE);
        assert_eq!(wait(&socket, desc, seen), Err(Stopped::TimedOut));
        event(READ);
        assert_eq!(wait(&socket, desc, seen), Ok(()));
        let seen = desc.seen(Side::Read);
        assert_eq!(wait(&socket, desc, seen), Err(Stopped::TimedOut));
        // SAFETY: nobody waits, and the desc is not used again.
        unsafe { desc.retire(socket.as_raw_fd()) };
    });
}

#[test]
fn an_event_from_before_the_end_is_ignored() {
    in_a_runtime(|| {
        let (socket, desc, _) = idle();
        let m = kernel::enter_quietly();
        let stale = desc.tag(&desc.state.lock());
        kernel::leave(m);
        // What was watched is forgotten, and an event of it may be under way.
        desc.close(socket.as_raw_fd());
        let seen = desc.seen(Side::Read);
        let m = kernel::enter_quietly();
        Desc::event(stale, READ | WRITE, |_| unreachable!("nobody waits"));
        kernel::leave(m);
        assert_eq!(desc.seen(Side::Read), seen);
    });
}

#[test]
fn a_wait_after_closing_does_not_begin() {
    in_a_runtime(|| {
        let (socket, desc, _) = idle();
        assert!(desc.close(socket.as_raw_fd()));
        assert!(!desc.close(socket.as_raw_fd()));
        let seen = desc.seen(Side::Read);
        let at = Location::caller();
        let waited = desc.wait(socket.as_raw_fd(), Side::Read, seen, NEVER, at);
        assert_eq!(waited, Err(Stopped::Closed));
    });
}
