//! What must not compile, and what the compiler says about it.

#[test]
fn a_shared_counter_needs_a_lock() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
