//! What must not compile, and what the compiler says about it.

#[test]
fn a_goroutine_cannot_borrow_from_a_function_that_may_end_before_it() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
