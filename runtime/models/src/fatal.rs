//! A fatal error fails the model.

pub(crate) fn fatal_here(message: std::fmt::Arguments<'_>) -> ! {
    panic!("fatal error: {message}")
}

pub(crate) fn fatal(message: std::fmt::Arguments<'_>) -> ! {
    fatal_here(message)
}
