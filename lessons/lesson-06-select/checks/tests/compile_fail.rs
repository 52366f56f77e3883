//! What must not compile, and what the compiler says about it.

#[test]
fn a_case_goes_the_way_of_its_channel() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
