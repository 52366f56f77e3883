//! The part of the collector that is compiled here: the word before each object.

pub(crate) mod trace {
    /// What the word has the address of.
    #[repr(align(64))]
    pub(crate) struct TypeInfo;

    /// For the file's own tests, which are compiled here too, and not run.
    #[cfg(test)]
    pub(crate) struct Of<T>(std::marker::PhantomData<T>);

    #[cfg(test)]
    impl<T> Of<T> {
        pub(crate) const INFO: &'static TypeInfo = &TypeInfo;
    }
}

#[path = "../../src/gc/header.rs"]
pub(crate) mod header;

/// A stay in the collected heap: no value of a model lies there.
pub(crate) struct Region;

impl Region {
    pub(crate) fn within(_: crate::sched::MRef) -> Region {
        Region
    }

    pub(crate) fn end(self) {}
}
