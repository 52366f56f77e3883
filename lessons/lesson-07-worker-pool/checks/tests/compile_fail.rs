//! What must not compile, and what the compiler says about it.

#[test]
fn a_permit_is_given_back_once() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
