//! The counts of handles in the word before each object: the runtime's own file.

use crate::gc::header::Header;
use crate::gc::trace::TypeInfo;
use ::loom::sync::Arc;
use ::loom::sync::atomic::Ordering::{Acquire, Release};
use ::loom::sync::atomic::{AtomicBool, AtomicU64};
use ::loom::thread;

static INFO: TypeInfo = TypeInfo;

fn new_word() -> *mut AtomicU64 {
    Box::into_raw(Box::new(AtomicU64::new(0)))
}

fn header(word: *mut AtomicU64) -> Header {
    // SAFETY: made by `new_word`, and never freed.
    unsafe { Header::of(word.cast()) }
}

fn counted(word: *mut AtomicU64) -> u64 {
    header(word).handles()
}

#[derive(Clone, Copy)]
struct Word(*mut AtomicU64);
// SAFETY: an address of an atomic.
unsafe impl Send for Word {}

/// A handle and its clone are dropped at once, and one more comes and goes.
pub fn the_last_of_two_handles_leaves_no_count() {
    ::loom::model(|| {
        let word = Word(new_word());
        header(word.0).init(&INFO);
        // The clone, before the other thread has it.
        header(word.0).retain();
        let other = thread::spawn(move || {
            let word = word;
            header(word.0).retain();
            header(word.0).release();
            header(word.0).release();
        });
        header(word.0).release();
        other.join().unwrap();
        assert_eq!(counted(word.0), 0);
    });
}

/// A fresh object's only handle goes into a cell, from which another takes it.
pub fn an_edge_that_another_takes_is_counted_for_it() {
    ::loom::model(|| {
        let word = Word(new_word());
        header(word.0).init(&INFO);
        let stored = Arc::new(AtomicBool::new(false));
        let other = {
            let stored = stored.clone();
            thread::spawn(move || {
                let word = word;
                let there = stored.load(Acquire);
                if there {
                    header(word.0).retain();
                }
                there
            })
        };
        // As in `Locked::store_new` and `GcCell::exchange`: first the count, then the edge.
        header(word.0).release_into_heap();
        stored.store(true, Release);
        let took = other.join().unwrap();
        assert_eq!(counted(word.0), u64::from(took));
    });
}

/// A handle is dropped while another takes the edge that was made of its clone.
pub fn a_handle_that_goes_beside_an_edge_takes_no_count_with_it() {
    ::loom::model(|| {
        let word = Word(new_word());
        header(word.0).init(&INFO);
        header(word.0).retain();
        header(word.0).release_into_heap();
        let other = thread::spawn(move || {
            let word = word;
            header(word.0).retain();
        });
        header(word.0).release();
        other.join().unwrap();
        assert_eq!(counted(word.0), 1);
    });
}
