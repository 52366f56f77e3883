//! What must not compile, and what the compiler says about it.

#[test]
fn a_value_in_a_context_may_go_to_another_thread() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
