//! The bridge to async code, with an executor written by hand.

mod common;

use common::{at_every_width, everywhere, under_schedules};
use marmota::future::block_on;
use marmota::sim::Verdict;
use marmota::sync::WaitGroup;
use marmota::{chan, go, spawn};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// A value that somebody else provides, with its waker.
#[derive(Clone, Default)]
struct Promise<T>(Arc<Mutex<(Option<T>, Option<Waker>)>>);

impl<T> Promise<T> {
    fn keep(&self, value: T) {
        let waker = {
            let mut inner = self.0.lock().unwrap();
            inner.0 = Some(value);
            inner.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Future for Promise<T> {
    type Output = T;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut inner = self.0.lock().unwrap();
        match inner.0.take() {
            Some(value) => Poll::Ready(value),
            None => {
                inner.1 = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[test]
fn a_goroutine_waits_for_a_future_that_another_completes() {
    everywhere(|| {
        let promise = Promise::default();
        let theirs = promise.clone();
        go(move || theirs.keep(5));
        assert_eq!(block_on(promise), 5);
    });
}

#[test]
fn others_run_while_a_goroutine_waits_for_a_future() {
    everywhere(|| {
        let promise = Promise::default();
        let theirs = promise.clone();
        let waiting = spawn(move || block_on(promise));
        let (tx, rx) = chan(0);
        go(move || (0..10).for_each(|i| tx.send(i)));
        let sum: i32 = (0..10).map(|_| rx.recv().unwrap()).sum();
        theirs.keep(sum);
        assert_eq!(waiting.join().unwrap(), 45);
    });
}

#[test]
fn a_plain_thread_may_wake_it() {
    at_every_width(|| {
        for i in 0..200 {
            let promise = Promise::default();
            let theirs = promise.clone();
            let thread = std::thread::spawn(move || theirs.keep(i));
            assert_eq!(block_on(promise), i);
            thread.join().unwrap();
        }
    });
}

#[test]
fn waking_before_between_and_too_often_loses_and_confuses_nothing() {
    /// Pending `left` times, and wakes itself as many times as it likes.
    struct Eager {
        left: usize,
        polls: Arc<AtomicUsize>,
    }
    impl Future for Eager {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.polls.fetch_add(1, SeqCst);
            cx.waker().wake_by_ref();
            cx.waker().wake_by_ref();
            if self.left == 0 {
                return Poll::Ready(());
            }
            self.left -= 1;
            Poll::Pending
        }
    }
    everywhere(|| {
        let polls = Arc::new(AtomicUsize::new(0));
        let count = polls.clone();
        block_on(Eager {
            left: 10,
            polls: count,
        });
        assert_eq!(polls.load(SeqCst), 11);
        // A wake-up that is left over must not disturb what the goroutine waits
        // for next.
        let (tx, rx) = chan(0);
        go(move || tx.send(1));
        assert_eq!(rx.recv(), Some(1));
        assert_eq!(block_on(spawn(|| 2)).unwrap(), 2);
    });
}

#[test]
fn a_leftover_wake_up_does_not_disturb_a_thread_from_outside() {
    at_every_width(|| {
        let (tx, rx) = chan(0);
        let (ready_tx, ready) = chan(0);
        let thread = std::thread::spawn(move || {
            let waker = block_on(std::future::poll_fn(|cx| Poll::Ready(cx.waker().clone())));
            waker.wake_by_ref();
            ready_tx.send(waker);
            rx.recv()
        });
        let waker = ready.recv().unwrap();
        waker.wake();
        tx.send(7);
        assert_eq!(thread.join().unwrap(), Some(7));
    });
}

#[test]
fn one_inside_the_other() {
    everywhere(|| {
        let (outer, inner) = (Promise::default(), Promise::default());
        let (o, i) = (outer.clone(), inner.clone());
        go(move || o.keep(1));
        go(move || i.keep(10));
        let sum = block_on(async move { block_on(inner) + outer.await });
        assert_eq!(sum, 11);
    });
}

#[test]
fn a_future_nobody_completes_is_a_deadlock() {
    let report = under_schedules(|| block_on(Promise::<()>::default()));
    let Verdict::Deadlock(blocked) = report.verdict else {
        panic!("{report}")
    };
    assert_eq!(blocked[0].reason.to_string(), "future");
    assert!(blocked[0].at.as_ref().unwrap().file.ends_with("future.rs"));
}

/// An executor: a queue of tasks, and whoever calls `run` works them off.
#[derive(Default)]
struct Executor {
    queue: Mutex<VecDeque<Arc<Task>>>,
    more: Condvar,
    alive: AtomicUsize,
}

struct Task {
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    executor: Arc<Executor>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let executor = self.executor.clone();
        executor.queue.lock().unwrap().push_back(self);
        executor.more.notify_one();
    }
}

impl Executor {
    fn spawn(self: &Arc<Self>, future: impl Future<Output = ()> + Send + 'static) {
        self.alive.fetch_add(1, SeqCst);
        let task = Arc::new(Task {
            future: Mutex::new(Some(Box::pin(future))),
            executor: self.clone(),
        });
        task.wake();
    }

    fn run(&self) {
        while self.alive.load(SeqCst) > 0 {
            let task = {
                let mut queue = self.queue.lock().unwrap();
                while queue.is_empty() {
                    queue = self.more.wait(queue).unwrap();
                }
                queue.pop_front().unwrap()
            };
            let waker = Waker::from(task.clone());
            let mut slot = task.future.lock().unwrap();
            if let Some(mut future) = slot.take() {
                if future
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
                {
                    *slot = Some(future);
                } else {
                    self.alive.fetch_sub(1, SeqCst);
                }
            }
        }
    }
}

#[test]
fn an_executor_on_a_thread_awaits_goroutines() {
    at_every_width(|| {
        let executor = Arc::new(Executor::default());
        let (tx, rx) = chan(100);
        let (go_on_tx, go_on) = chan::<()>(0);
        for i in 0..50 {
            let go_on = go_on.clone();
            let goroutine = spawn(move || {
                go_on.recv();
                i * i
            });
            let tx = tx.clone();
            executor.spawn(async move { tx.send(goroutine.await.unwrap()) });
        }
        let thread = std::thread::spawn(move || executor.run());
        go_on_tx.close();
        let mut got: Vec<i32> = (0..50).map(|_| rx.recv().unwrap()).collect();
        got.sort_unstable();
        assert_eq!(got, (0..50).map(|i| i * i).collect::<Vec<_>>());
        thread.join().unwrap();
    });
}

#[test]
fn awaiting_gives_the_panic_too() {
    everywhere(|| {
        let failed = spawn(|| -> () { panic!("as planned") });
        let payload = block_on(failed).unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"as planned"));
    });
}

#[test]
fn a_handle_that_is_no_longer_awaited_is_let_go() {
    everywhere(|| {
        let (tx, rx) = chan::<()>(0);
        let mut handle = Box::pin(spawn(move || rx.recv()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(handle.as_mut().poll(&mut context).is_pending());
        drop(handle);
        tx.close();
    });
}

#[test]
fn many_goroutines_and_futures_cross() {
    everywhere(|| {
        let group = WaitGroup::new();
        let (tx, rx) = chan(0);
        for i in 0..10 {
            let tx = tx.clone();
            group.go(move || {
                let twice = block_on(async { spawn(move || i).await.unwrap() * 2 });
                tx.send(twice);
            });
        }
        go(move || {
            group.wait();
            tx.close();
        });
        assert_eq!(rx.iter().sum::<i32>(), 90);
    });
}
