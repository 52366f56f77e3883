//! Under AddressSanitizer (`cargo xtask sanitize`), a read of an object that the collector
//! has freed is reported. Built otherwise, there is nothing here.
//!
//! The report ends the process, so each read happens in a process of its own: this
//! program again, told by the environment to run one test and to do it.
#![cfg(marmota_asan)]

use marmota::gc::{self, Gc};
use std::process::Command;

const DO_IT: &str = "MARMOTA_READ_WHAT_IS_FREED";

/// Runs the test of this name once more, whose part in it is `read`; the report must name
/// what was read as memory of an allocator that has marked it.
fn is_reported(test: &str, read: fn()) {
    if std::env::var_os(DO_IT).is_some() {
        read();
        println!("nobody noticed");
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(DO_IT, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{output:?}");
    assert!(
        said.contains("AddressSanitizer: use-after-poison"),
        "{said}"
    );
    assert!(said.contains("sanitized.rs"), "no place: {said}");
}

/// Frees an object, and reads what was its first byte.
fn free_and_read<T: gc::Trace>(value: T) {
    let object = Gc::new(value);
    let at = std::ptr::from_ref(&*object).cast::<u8>();
    // SAFETY: the handle is there. Nothing must be reported here.
    std::hint::black_box(unsafe { at.read_volatile() });
    let before = gc::read_mem_stats().frees;
    drop(object);
    gc::gc();
    // A destructor, if there is one, runs elsewhere.
    while gc::read_mem_stats().frees == before {
        marmota::runtime::gosched();
    }
    // SAFETY: none, and that is what is to be found.
    std::hint::black_box(unsafe { at.read_volatile() });
}

#[marmota::test]
fn a_read_of_a_freed_object_is_reported() {
    is_reported("a_read_of_a_freed_object_is_reported", || {
        free_and_read([7u64; 4]);
    });
}

#[marmota::test]
fn a_read_of_a_large_freed_object_is_reported() {
    is_reported("a_read_of_a_large_freed_object_is_reported", || {
        free_and_read([7u64; 10_000]);
    });
}

#[marmota::test]
fn a_read_of_an_object_behind_its_destructor_is_reported() {
    is_reported(
        "a_read_of_an_object_behind_its_destructor_is_reported",
        || {
            free_and_read(String::from("it has a destructor"));
        },
    );
}
