//! What must not compile, and what the compiler then says.
//!
//! The texts are those of the compiler the workspace names (`rust-version`); write
//! them anew after a change with `TRYBUILD=overwrite`.

#[test]
fn what_must_not_compile_does_not_and_says_why() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
