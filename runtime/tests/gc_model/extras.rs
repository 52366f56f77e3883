//! A program's steps on the edges of other kinds.

use crate::graph::{Node, QUEUE};
use crate::program::Program;
use marmota::gc::{Gc, Trace};

impl<T: Trace + Clone> Program<T> {
    /// One step on the extras of a node, if it has any.
    pub fn step_extras(&mut self, node: &Node<T>) {
        let Some(extras) = &node.extras else { return };
        let any = self.any();
        let id = any.as_ref().map(|n| n.id);
        let key = self.rng.below(4) as u64;
        let model = self.model.extras.entry(node.id).or_default();
        let len = model.list.len();
        let i = self.rng.below(len + 1);
        match (self.rng.below(12), any) {
            (0 | 1, Some(any)) if len < 40 => {
                model.list.insert(i, any.id);
                extras.list.insert(i, any);
            }
            (2, Some(any)) if i < len => {
                let old = extras.list.swap(i, any);
                assert_eq!(Some(old.id), model.list.get(i).copied());
                model.list[i] = id.unwrap_or_default();
                self.roots.push(old);
            }
            (3, _) if i < len => {
                let removed = extras.list.remove(i);
                assert_eq!(removed.id, model.list.remove(i));
                self.roots.push(removed);
            }
            (4, _) => {
                let popped = extras.list.pop();
                assert_eq!(popped.as_ref().map(|n| n.id), model.list.pop());
                self.roots.extend(popped);
            }
            (5, Some(any)) => {
                let (there, sent) = (any.id, extras.queue.try_send(any).is_ok());
                assert_eq!(sent, model.queue.len() < QUEUE);
                if sent {
                    model.queue.push_back(there);
                }
            }
            (6, _) => {
                let received = extras.queue.try_recv().ok();
                let there = model.queue.pop_front();
                assert_eq!(received.as_ref().map(|n| n.id), there);
                self.roots.extend(received);
            }
            (7, any) => {
                let old = std::mem::replace(&mut *extras.lock.lock(), any);
                let there = std::mem::replace(&mut model.lock, id);
                assert_eq!(old.map(|n| n.id), there);
            }
            (8, Some(any)) => {
                let weak = Gc::downgrade(&any);
                assert!(weak.ptr_eq(&Gc::downgrade(&any)));
                *extras.weak.lock() = weak;
                model.weak = id;
            }
            (9, _) => {
                let weak = extras.weak.lock().clone();
                if let Some(found) = weak.upgrade() {
                    assert!(found.is_whole(), "a weak pointer to what was freed");
                    assert_eq!(Some(found.id), model.weak);
                    // Not kept: the model does not know whether it is alive.
                }
            }
            (10, Some(any)) => {
                let old = extras.map.insert(key, any);
                let there = model.map.insert(key, id.unwrap_or_default());
                assert_eq!(old.map(|n| n.id), there);
            }
            (11, _) => {
                let removed = extras.map.remove(&key);
                assert_eq!(removed.as_ref().map(|n| n.id), model.map.remove(&key));
                self.roots.extend(removed);
            }
            _ => {}
        }
    }
}
