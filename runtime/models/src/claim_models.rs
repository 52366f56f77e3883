//! An M enters and leaves the runtime while a claimer takes its P: the P has one
//! owner at a time, who sees what the one before did.
//!
//! The membarrier is modelled by what it amounts to: a full fence on both sides, at
//! the M's between its store and its load (where the runtime itself has only a
//! compiler's fence), at the claimer's where it calls for one.

use crate::claim::{claim, entered, give_back};
use ::loom::cell::UnsafeCell;
use ::loom::sync::Arc;
use ::loom::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use ::loom::sync::atomic::{AtomicBool, AtomicU32, fence};

/// The claim's number.
const NUMBER: u32 = 7;

struct Model {
    inside: AtomicBool,
    gate: AtomicU32,
    /// What belongs to whoever has the P: loom reports two at once, or one that does
    /// not see the other's writes.
    p: UnsafeCell<u32>,
}

impl Model {
    fn new() -> Arc<Model> {
        Arc::new(Model {
            inside: AtomicBool::new(false),
            gate: AtomicU32::new(0),
            p: UnsafeCell::new(0),
        })
    }

    fn use_p(&self) {
        // SAFETY: the protocol's claim, which loom checks.
        self.p.with_mut(|p| unsafe { *p += 1 });
    }

    /// `kernel::enter`, work with the P, `kernel::leave`; `false` when it is gone.
    fn one_call(&self) -> bool {
        self.inside.store(true, Relaxed);
        fence(SeqCst);
        let lost = self.gate.load(Acquire) != 0 && entered(&self.gate);
        if !lost {
            self.use_p();
        }
        self.inside.store(false, Release);
        !lost
    }

    fn claim(&self) -> bool {
        let fence = || {
            fence(SeqCst);
            true
        };
        claim(&self.inside, &self.gate, fence, || true, NUMBER)
    }
}

/// A claimer and the M never work with the P at once.
pub fn a_claimed_p_is_the_claimers_alone() {
    ::loom::model(|| {
        let model = Model::new();
        let m = {
            let model = model.clone();
            ::loom::thread::spawn(move || model.one_call() && model.one_call())
        };
        let claimed = model.claim();
        if claimed {
            model.use_p();
        }
        let kept = m.join().unwrap();
        assert!(claimed || kept, "the P is lost to both");
    });
}

/// A P that is given back is the M's again, with what was done to it, or the M has
/// noticed and does without.
pub fn a_p_given_back_has_one_owner() {
    ::loom::model(|| {
        let model = Model::new();
        let m = {
            let model = model.clone();
            ::loom::thread::spawn(move || model.one_call() && model.one_call())
        };
        let mut ours = false;
        if model.claim() {
            model.use_p();
            ours = !give_back(&model.gate, NUMBER);
            if ours {
                model.use_p();
            }
        }
        let kept = m.join().unwrap();
        assert!(ours != kept, "the P has one owner in the end");
    });
}
