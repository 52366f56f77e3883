//! What must not compile, and what the compiler says about it.

#[test]
fn a_value_cannot_be_reached_without_its_lock_nor_kept_beyond_it() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
