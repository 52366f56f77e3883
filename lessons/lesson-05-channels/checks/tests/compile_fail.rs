//! What must not compile, and what the compiler says about it.

#[test]
fn an_end_of_a_channel_has_one_direction() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
