//! A fatal error fails the model.

pub(crate) fn fatal(message: std::fmt::Arguments<'_>) -> ! {
    panic!("fatal error: {message}")
}
