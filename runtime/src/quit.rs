//! SIGQUIT (Ctrl-\\): every goroutine's stack, and the end with status 2, as in Go.
//!
//! Only for a runtime whose fatal errors end the process, and only if nobody else
//! handles the signal. That it is ignored, as in what a shell starts in the background,
//! does not count: of the signals that can be inherited so, Go heeds SIGHUP and SIGINT
//! alone (`os/signal`). The handler just asks: the spawner writes.

use crate::dump;
use crate::sched::Rt;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Release};

static OF: AtomicPtr<Rt> = AtomicPtr::new(std::ptr::null_mut());

/// SIGQUIT shows the goroutines of `rt` from now on.
pub(crate) fn install(rt: &'static Rt) {
    // Release: pairs with the acquire in the handler.
    OF.store(std::ptr::from_ref(rt).cast_mut(), Release);
    // SAFETY: the handler is async-signal-safe; it takes nobody's place.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGQUIT, std::ptr::null(), &mut action);
        if matches!(action.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN) {
            action.sa_sigaction = on_quit as *const () as usize;
            action.sa_flags = libc::SA_ONSTACK | libc::SA_RESTART;
            libc::sigaction(libc::SIGQUIT, &action, std::ptr::null_mut());
        }
    }
}

extern "C" fn on_quit(_signal: i32) {
    let errno = crate::sys::errno();
    // SAFETY: only ever stored from a `&'static Rt`.
    match unsafe { OF.load(Acquire).as_ref() } {
        // SAFETY: both calls are async-signal-safe. With no goroutines to show, and nobody
        // who would, the signal does what it does without a runtime.
        Some(rt) if rt.has_ended() => unsafe {
            libc::signal(libc::SIGQUIT, libc::SIG_DFL);
            libc::raise(libc::SIGQUIT);
        },
        Some(rt) => _ = dump::ask(rt, dump::request::QUIT),
        None => {}
    }
    crate::sys::set_errno(errno);
}
