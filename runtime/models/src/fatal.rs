//! A fatal error fails the model.

pub(crate) fn fatal_here(message: std::fmt::Arguments<'_>) -> ! {
    panic!("fatal error: {message}")
}
