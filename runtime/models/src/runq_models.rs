//! The owner pushes and pops while a thief steals: every item comes out once.

use crate::runq::RunQueue;
use ::loom::sync::Arc;

fn item(n: usize) -> &'static usize {
    Box::leak(Box::new(n))
}

/// Each item is taken exactly once.
pub fn each_item_is_taken_exactly_once() {
    ::loom::model(|| {
        let q = Arc::new(RunQueue::new());
        assert!(q.push(item(1)).is_ok());
        assert!(q.push(item(2)).is_ok());
        let thief = {
            let q = q.clone();
            ::loom::thread::spawn(move || {
                let mine = RunQueue::new();
                let mut got = Vec::new();
                got.extend(mine.steal_from(&q).copied());
                got.extend(std::iter::from_fn(|| mine.pop().copied()));
                got
            })
        };
        let mut got = Vec::new();
        got.extend(q.pop().copied());
        assert!(q.push(item(3)).is_ok());
        got.extend(std::iter::from_fn(|| q.pop().copied()));
        got.extend(thief.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3]);
    });
}

/// Next goes to the owner or to the thief.
pub fn next_goes_to_the_owner_or_to_the_thief() {
    ::loom::model(|| {
        let q = Arc::new(RunQueue::new());
        q.set_next(item(1));
        let thief = {
            let q = q.clone();
            ::loom::thread::spawn(move || q.take_next().copied())
        };
        let displaced = q.set_next(item(2)).copied();
        let mine = q.take_next().copied();
        let stolen = thief.join().unwrap();
        let mut got: Vec<_> = [displaced, mine, stolen].into_iter().flatten().collect();
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
    });
}
