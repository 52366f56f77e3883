//! Size classes: what sizes of slots there are, and how many pages a span of each
//! has.
//!
//! The sizes are Go's (`internal/runtime/gc/sizeclasses.go`), chosen so that rounding
//! up wastes little. A span has as few pages as waste at most
//! an eighth at its end. Class 0 stands for large objects, which have a span each.
//! The 8-byte class stays unused: a header alone is that long, and the table of marks
//! has one byte per 16.

/// Bytes in a page of the heap.
pub(crate) const PAGE: usize = 8192;
/// Number of size classes, the large one included.
pub(crate) const CLASSES: usize = 68;
/// The largest object that shares a span with others.
pub(crate) const MAX_SMALL: usize = 32768;

#[rustfmt::skip]
pub(crate) const SIZES: [u32; CLASSES] = [
    0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288,
    320, 352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536,
    1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912,
    8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760,
    24576, 27264, 28672, 32768,
];

/// Pages in a span of each class.
pub(crate) const PAGES: [u8; CLASSES] = pages();

const fn pages() -> [u8; CLASSES] {
    let mut pages = [0; CLASSES];
    let mut class = 1;
    while class < CLASSES {
        let size = SIZES[class] as usize;
        let mut n = 1;
        while n * PAGE < size || (n * PAGE) % size > n * PAGE / 8 {
            n += 1;
        }
        pages[class] = n as u8;
        class += 1;
    }
    pages
}

/// What lies in a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Contents {
    /// Objects that hold edges.
    Edges = 0,
    /// Objects without: never walked.
    Plain = 1,
    /// Objects whose values must be dropped, with or without edges.
    Drops = 2,
}

/// A class and what its spans hold: 0 to `SPAN_CLASSES`.
pub(crate) const SPAN_CLASSES: usize = CLASSES * 3;

pub(crate) const fn span_class(class: usize, contents: Contents) -> usize {
    class * 3 + contents as usize
}

/// The class for objects of `size` bytes whose address is a multiple of `align`;
/// 0 when they are large.
pub(crate) const fn class_for(size: usize, align: usize) -> usize {
    if align > PAGE {
        return 0;
    }
    let mut class = 2;
    while class < CLASSES {
        let slot = SIZES[class] as usize;
        if slot >= size && slot.is_multiple_of(align) {
            return class;
        }
        class += 1;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_up_to_the_largest_has_a_class_that_wastes_little() {
        for size in 16..=MAX_SMALL {
            let slot = SIZES[class_for(size, 8)] as usize;
            assert!(slot >= size, "{size}");
            assert!(slot - size <= (size / 5).max(16), "{size} in {slot}");
        }
        assert_eq!(class_for(MAX_SMALL + 1, 8), 0);
    }

    #[test]
    fn an_aligned_class_keeps_its_alignment_from_slot_to_slot() {
        for align in [16, 64, 256, 4096] {
            let class = class_for(40, align);
            assert!(SIZES[class].is_multiple_of(align as u32), "{align}");
        }
        assert_eq!(class_for(40, 2 * PAGE), 0);
    }

    #[test]
    fn a_span_wastes_at_most_an_eighth_at_its_end() {
        for class in 2..CLASSES {
            let bytes = PAGES[class] as usize * PAGE;
            assert!(bytes % SIZES[class] as usize <= bytes / 8);
            assert!(PAGES[class] <= 10);
        }
    }
}
