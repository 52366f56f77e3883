//! The claim protocol: how another thread takes the P of an M that is in user code.
//!
//! An M says whether it is inside the runtime (`inside`), and looks at one word of
//! bits (`gate`) each time it enters. Both are its own cache line, so an entry costs
//! a store and a load. What makes that safe against somebody who reads `inside` and
//! writes `gate` is paid by that somebody: an expedited membarrier, which runs a full
//! fence on every thread of the process.
//!
//! ```text
//!   the M                              the claimer (sysmon; whoever stops the world)
//!   inside = 1                         gate |= PROBE
//!   (compiler fence)                   membarrier
//!   gate != 0?                         inside == 0, and it still holds the P?
//!     gate &= !(PROBE|TAKEN)             gate: PROBE -> TAKEN, unless PROBE is gone
//!     was TAKEN there? then its P        the P is the claimer's
//!     is gone: get another
//! ```
//!
//! After the membarrier one of two is true: the claimer sees `inside`, and gives up;
//! or the M's next entry sees PROBE, and wipes it off. So the exchange to TAKEN
//! succeeds only if the M did not enter between the claimer's look and the exchange,
//! and from then on its first step inside is to learn that it has no P. Claims on one
//! M are serialised by a lock of the claimers: two probes would pass for one.
//!
//! A claim has a number, which stands beside TAKEN until the M notices. Whoever gives
//! the P back names it: meanwhile the M may have noticed, got another P, and lost that
//! to another claim, and must not take the end of the old one for the end of the new.
//!
//! TAKEN also serves an M that gives its P away itself before a call that blocks
//! (`runtime::blocking`): its return is then the same, and its number is 0.

use crate::loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Somebody wants to take this M's P.
pub(crate) const PROBE: u32 = 4;
/// This M, in user code, has no P any more.
pub(crate) const TAKEN: u32 = 8;

/// The bits for the number of the claim: above those of `m::gate`.
const NUMBER_SHIFT: u32 = 8;
const NUMBER: u32 = !((1 << NUMBER_SHIFT) - 1);

/// Takes the P of the M whose words these are, if it is in user code and `holds` it.
/// `fence` makes every thread of the process pass a full fence, or says that it cannot.
/// The caller holds the claimers' lock, and gives every claim a `number` of its own, of
/// which 24 bits count and are not all zero.
pub(crate) fn claim(
    inside: &AtomicBool,
    gate: &AtomicU32,
    fence: impl FnOnce() -> bool,
    holds: impl FnOnce() -> bool,
    number: u32,
) -> bool {
    // AcqRel: pairs with the M's own changes of the word. An M without a P has none
    // to take.
    if gate.fetch_or(PROBE, Ordering::AcqRel) & TAKEN == 0 && fence() {
        // Acquire: pairs with the release in `kernel::leave`: what the M did inside
        // is visible to whoever takes over its P.
        if !inside.load(Ordering::Acquire) && holds() {
            // AcqRel: as above.
            let taken = gate.fetch_update(Ordering::AcqRel, Ordering::Acquire, |bits| {
                (bits & PROBE != 0).then_some(bits & !PROBE | TAKEN | number << NUMBER_SHIFT)
            });
            if taken.is_ok() {
                return true;
            }
        }
    }
    gate.fetch_and(!PROBE, Ordering::AcqRel);
    false
}

/// By the M, inside: wipes a probe off, and tells whether its P is gone.
pub(crate) fn entered(gate: &AtomicU32) -> bool {
    // AcqRel: sees what a claimer that gave the P back did with it.
    gate.fetch_and(!(PROBE | TAKEN | NUMBER), Ordering::AcqRel) & TAKEN != 0
}

/// By the claimer: the P is the M's again, unless it has noticed that claim (`false`).
pub(crate) fn give_back(gate: &AtomicU32, number: u32) -> bool {
    // AcqRel: what was done with the P is visible to the M's next entry.
    gate.fetch_update(Ordering::AcqRel, Ordering::Acquire, |bits| {
        let same = bits & NUMBER == number << NUMBER_SHIFT;
        (same && bits & TAKEN != 0).then_some(bits & !(TAKEN | NUMBER))
    })
    .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_old_claim_is_not_taken_for_that_of_a_new_one() {
        let (inside, gate) = (AtomicBool::new(false), AtomicU32::new(0));
        let claim = |number| claim(&inside, &gate, || true, || true, number);
        assert!(claim(1));
        assert!(!claim(2), "there is no P to take");
        assert!(entered(&gate) && !entered(&gate));
        assert!(claim(3));
        assert!(!give_back(&gate, 1));
        assert!(give_back(&gate, 3));
        assert_eq!(gate.load(Ordering::Relaxed), 0);
    }
}
