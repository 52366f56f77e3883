//! Verdict: panicked. Whether it has ended is looked at and marked under the lock, but not in one step:
//! two who cancel both close.

use std::sync::{Arc, Weak};

use marmota::chan::{Receiver, Sender};
use marmota::sync::Mutex;

/// A node in a tree of ends. A clone is the same node.
#[derive(Clone)]
pub struct Context {
    node: Arc<Node>,
}

struct Node {
    parent: Weak<Node>,
    state: Mutex<State>,
    end: Sender<()>,
    done: Receiver<()>,
}

struct State {
    ended: bool,
    children: Vec<Context>,
}

impl Context {
    /// A node without a parent.
    #[must_use]
    pub fn root() -> Self {
        Self::under(Weak::new())
    }

    fn under(parent: Weak<Node>) -> Self {
        let (end, done) = marmota::chan(0);
        let state = Mutex::new(State {
            ended: false,
            children: Vec::new(),
        });
        let node = Arc::new(Node {
            parent,
            state,
            end,
            done,
        });
        Self { node }
    }

    /// A new child of this node; it has ended if this one has.
    #[must_use]
    pub fn child(&self) -> Self {
        let child = Self::under(Arc::downgrade(&self.node));
        let mut state = self.node.state.lock();
        if state.ended {
            drop(state);
            child.cancel();
        } else {
            state.children.push(child.clone());
        }
        child
    }

    /// Ends this node and all below it; nothing if it has ended.
    pub fn cancel(&self) {
        if self.is_cancelled() {
            return;
        }
        let mut state = self.node.state.lock();
        state.ended = true;
        let children = std::mem::take(&mut state.children);
        drop(state);
        self.node.end.close();
        for child in children {
            child.cancel();
        }
        if let Some(parent) = self.node.parent.upgrade() {
            let mut above = parent.state.lock();
            above.children.retain(|c| !Arc::ptr_eq(&c.node, &self.node));
        }
    }

    /// Whether this node has ended.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.node.state.lock().ended
    }

    /// A channel that is closed when this node ends.
    #[must_use]
    pub fn done(&self) -> Receiver<()> {
        self.node.done.clone()
    }

    /// How many children it has that have not ended.
    #[must_use]
    pub fn children(&self) -> usize {
        self.node.state.lock().children.len()
    }
}
