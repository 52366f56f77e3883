//! Readers that enter by a slot of their thread, and a writer that closes that way.
//!
//! The membarrier is modelled as in `claim_models`: a full fence on both sides.

use crate::bias::{Bias, SLOTS, Slot};
use ::loom::cell::UnsafeCell;
use ::loom::sync::Arc;
use ::loom::sync::atomic::Ordering::SeqCst;
use ::loom::sync::atomic::fence;
use ::loom::sync::{Condvar, Mutex};

struct Model {
    bias: Bias,
    slots: [Slot; SLOTS],
    /// What the lock guards: loom reports a reader beside a writer.
    value: UnsafeCell<u32>,
    /// How often the writer was told, as the runtime's semaphore counts it.
    told: Mutex<u32>,
    tell: Condvar,
}

impl Model {
    fn new() -> Arc<Model> {
        let model = Model {
            bias: Bias::new(),
            slots: std::array::from_fn(|_| Slot::new(0)),
            value: UnsafeCell::new(0),
            told: Mutex::new(0),
            tell: Condvar::new(),
        };
        model.bias.switch_on(|| 1);
        Arc::new(model)
    }

    fn told(&self) {
        *self.told.lock().unwrap() += 1;
        self.tell.notify_one();
    }

    /// What the reader sees, if it comes in.
    fn read(&self) -> Option<u32> {
        let slot = self.bias.enter(&self.slots, || self.told())?;
        // SAFETY: the protocol's claim, which loom checks.
        let seen = self.value.with(|value| unsafe { *value });
        self.bias.leave(slot, || self.told());
        Some(seen)
    }

    fn write(&self) {
        self.bias.watch_leaving(|| fence(SeqCst));
        while self.bias.is_in(&self.slots) {
            let mut told = self.told.lock().unwrap();
            while *told == 0 {
                told = self.tell.wait(told).unwrap();
            }
            *told -= 1;
        }
        self.bias.stop_watching(true);
        // SAFETY: as above.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }
}

/// A writer that waits is told by the reader it waits for, and then nobody is in.
pub fn a_writer_is_alone_and_is_told() {
    ::loom::model(|| {
        let model = Model::new();
        let reader = {
            let model = model.clone();
            ::loom::thread::spawn(move || model.read())
        };
        model.write();
        assert!(matches!(reader.join().unwrap(), None | Some(0)));
    });
}

/// When the lock leans again, whoever enters by a slot sees what the writer wrote.
pub fn a_reader_that_comes_back_sees_what_was_written() {
    ::loom::model(|| {
        let model = Model::new();
        let reader = {
            let model = model.clone();
            ::loom::thread::spawn(move || (model.read(), model.read()))
        };
        model.write();
        model.bias.switch_on(|| unreachable!("it has its number"));
        let (first, second) = reader.join().unwrap();
        assert!(first.is_none_or(|seen| seen <= 1) && second >= first || second.is_none());
    });
}
