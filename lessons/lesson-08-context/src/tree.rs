//! Exercise 6: write the tree.
//!
//! The heart of a context is a tree in which an end goes from a node to all below it, and
//! never upwards. Deadlines and values are easy once one has it. Not allowed:
//! `marmota::context`.
//!
//! Three things make it hard. A node may get a child at the very moment at which it ends.
//! Two nodes of which one is above the other may be cancelled at the same time. And a
//! server's root lives for years and gets a child with each request: it must not remember
//! those that have ended.

use marmota::chan::Receiver;

/// A node in a tree of ends. A clone is the same node.
///
/// Graded: see the methods; any of them may be called on any node at the same time.
#[derive(Clone)]
pub struct Context {
    // Your state: whether it has ended, what is closed then, who is above and below.
}

impl Context {
    /// A node without a parent.
    #[must_use]
    pub fn root() -> Self {
        todo!("a node that has not ended")
    }

    /// A new child of this node. It ends when this one does; if this one has ended, it has
    /// ended as well.
    #[must_use]
    pub fn child(&self) -> Self {
        todo!("a node that this one knows")
    }

    /// Ends this node and all below it, which have ended when this returns; none of those
    /// above or beside it. Nothing happens if it has ended already.
    pub fn cancel(&self) {
        todo!("end it, then its children, and let the parent forget it")
    }

    /// Whether this node has ended.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        todo!("true or false")
    }

    /// A channel that is closed when this node ends. The same one every time.
    #[must_use]
    pub fn done(&self) -> Receiver<()> {
        todo!("a channel on which nothing is ever sent")
    }

    /// How many children it has that have not ended.
    #[must_use]
    pub fn children(&self) -> usize {
        todo!("those it still knows")
    }
}
