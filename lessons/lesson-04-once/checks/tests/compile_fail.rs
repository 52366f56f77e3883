//! What must not compile, and what the compiler says about it.

#[test]
fn once_does_not_make_what_its_function_touches_shareable() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
