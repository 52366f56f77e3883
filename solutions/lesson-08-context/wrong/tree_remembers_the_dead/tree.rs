//! Verdict: wrong result. Who ends does not take its leave: a root that lives for years remembers every
//! request.

use std::sync::Arc;

use marmota::chan::{Receiver, Sender};
use marmota::sync::Mutex;

/// A node in a tree of ends. A clone is the same node.
#[derive(Clone)]
pub struct Context {
    node: Arc<Node>,
}

struct Node {
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
        Self::new()
    }

    fn new() -> Self {
        let (end, done) = marmota::chan(0);
        let state = Mutex::new(State {
            ended: false,
            children: Vec::new(),
        });
        let node = Arc::new(Node { state, end, done });
        Self { node }
    }

    /// A new child of this node; it has ended if this one has.
    #[must_use]
    pub fn child(&self) -> Self {
        let child = Self::new();
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
        let mut state = self.node.state.lock();
        if state.ended {
            return;
        }
        state.ended = true;
        let children = std::mem::take(&mut state.children);
        drop(state);
        self.node.end.close();
        for child in children {
            child.cancel();
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
