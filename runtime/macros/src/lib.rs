//! The attribute macros of the `marmota` crate.
