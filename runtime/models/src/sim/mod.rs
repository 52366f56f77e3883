//! The deterministic driver as the models see it: there is none.

pub(crate) mod hooks {
    use crate::sched::MRef;
    use std::panic::Location;

    pub(crate) fn took(
        _: MRef,
        _: *const (),
        _: &'static str,
        _: &'static str,
        _: &'static Location<'static>,
    ) {
    }
    pub(crate) fn gave(_: MRef, _: *const (), _: &'static str) {}
    pub(crate) fn waits_on(_: MRef, _: *const ()) {}
    pub(crate) fn note(
        _: MRef,
        _: &'static str,
        _: *const (),
        _: Option<&'static Location<'static>>,
    ) {
    }
    pub(crate) fn gone(_: *const ()) {}
}
