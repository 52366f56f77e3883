//! In these, the order in which goroutines run shows. It is compared at GOMAXPROCS 1,
//! where it follows from the rules of the run queue.
//!
//! Left out, because Go promises no order and ours is another: those that a close wakes
//! (Go's last waiter first but for one, ours as they came), and more than fit into the
//! P's ring (in Go it depends on how many decisions its helpers took before main).

use super::Body;
use marmota::sync::{Cond, Mutex, WaitGroup};
use marmota::{Chan, Receiver, Sender, chan, context, go, runtime, time};
use std::sync::Arc;
use std::time::Duration;

pub const PROGRAMS: &[Body] = &[
    ("order_of_starts", || {
        let group = WaitGroup::new();
        for i in 0..10 {
            group.add(1);
            let group = group.clone();
            go(move || {
                println!("goroutine {i}");
                group.done();
            });
        }
        group.wait();
    }),
    ("order_of_many", || {
        let group = WaitGroup::new();
        let sums = Arc::new(Mutex::new((0u64, 0u64)));
        for i in 0..250 {
            let sums = sums.clone();
            group.go(move || {
                let mut guard = sums.lock();
                let (sum, turn) = &mut *guard;
                *turn += 1;
                *sum = (*sum * 31 + i * *turn) % 1_000_003;
                if *turn % 50 == 1 {
                    println!("turn {turn} is of {i}");
                }
            });
        }
        group.wait();
        println!("{}", sums.lock().0);
    }),
    ("order_of_yields", || {
        let group = WaitGroup::new();
        for i in 0..3 {
            group.add(1);
            let group = group.clone();
            go(move || {
                for k in 0..3 {
                    println!("goroutine {i} turn {k}");
                    runtime::gosched();
                }
                group.done();
            });
        }
        group.wait();
    }),
    ("order_of_a_hand_over", || sends_and_receives(0, 5)),
    ("order_of_a_buffer", || sends_and_receives(2, 7)),
    ("order_of_waiting_senders", || {
        let (tx, rx) = chan(0);
        for i in 0..5 {
            let tx = tx.clone();
            go(move || tx.send(i));
        }
        runtime::gosched();
        for _ in 0..5 {
            println!("{}", rx.recv().unwrap());
        }
    }),
    ("order_of_waiting_receivers", || {
        let (tx, rx) = chan::<i32>(0);
        let got = Arc::new(Mutex::new([const { String::new() }; 5]));
        let group = WaitGroup::new();
        for i in 0..5 {
            let (rx, got) = (rx.clone(), got.clone());
            group.go(move || {
                let value = rx.recv();
                let ok = value.is_some();
                got.lock()[i] = format!("got {} {ok}", value.unwrap_or_default());
            });
        }
        runtime::gosched();
        tx.send(10);
        tx.send(11);
        tx.close();
        group.wait();
        for (i, what) in got.lock().iter().enumerate() {
            println!("goroutine {i} {what}");
        }
    }),
    ("order_of_locking", || {
        let lock = Arc::new(Mutex::new(()));
        let group = WaitGroup::new();
        let guard = lock.lock();
        for i in 0..5 {
            let lock = lock.clone();
            group.go(move || {
                let _guard = lock.lock();
                println!("goroutine {i} has it");
            });
        }
        runtime::gosched();
        drop(guard);
        group.wait();
    }),
    ("order_of_a_condition", || {
        let both = Arc::new((Mutex::new(()), Cond::new()));
        let group = WaitGroup::new();
        for i in 0..5 {
            let both = both.clone();
            group.go(move || {
                let mut guard = both.0.lock();
                both.1.wait(&mut guard);
                println!("goroutine {i} goes on");
            });
        }
        runtime::gosched();
        for _ in 0..2 {
            both.1.signal();
            runtime::gosched();
        }
        println!("and all others");
        both.1.broadcast();
        group.wait();
    }),
    ("order_of_a_sieve", || {
        let (tx, mut rx) = chan(0);
        go(move || (2..i32::MAX).for_each(|i| tx.send(i)));
        for _ in 0..20 {
            let prime = rx.recv().unwrap();
            println!("{prime}");
            let (out, next) = chan(0);
            let from = std::mem::replace(&mut rx, next);
            go(move || filter(&from, &out, prime));
        }
    }),
    ("counts", || {
        println!("{}", runtime::num_goroutine());
        let (tx, rx) = chan::<i32>(0);
        for _ in 0..5 {
            let rx = rx.clone();
            go(move || _ = rx.recv());
        }
        println!("{}", runtime::num_goroutine());
        tx.close();
        while runtime::num_goroutine() > 1 {
            runtime::gosched();
        }
        println!("{}", runtime::num_goroutine());
        let set = runtime::gomaxprocs(3);
        println!(
            "{set} {} {}",
            runtime::gomaxprocs(0),
            runtime::gomaxprocs(-5)
        );
    }),
    ("contexts_end", || {
        let background = context::background();
        let (parent, cancel) = context::with_cancel_cause(&background);
        let (child, _stop) = context::with_timeout(&parent, Duration::from_secs(3600));
        let (short, _end) = context::with_timeout(&background, Duration::from_millis(1));
        let of =
            |c: &context::Context| format!("{} {}", c.err().unwrap(), context::cause(c).unwrap());
        short.done().recv();
        println!("{}", of(&short));
        cancel.cancel("the parent is broken");
        child.done().recv();
        println!("{}", of(&child));
    }),
    ("timers_fire_in_turn", || {
        let (tx, rx) = chan(3);
        for ms in [60, 20, 40] {
            let tx = tx.clone();
            let _ = time::after_func(Duration::from_millis(ms), move || tx.send(ms));
        }
        let stopped = time::after_func(Duration::from_millis(30), move || tx.send(0));
        println!("{} {}", stopped.stop(), stopped.stop());
        let next = || rx.recv().unwrap();
        println!("{} {} {}", next(), next(), next());
    }),
];

fn sends_and_receives(capacity: usize, n: i32) {
    let c = Chan::new(capacity);
    let tx = c.sender();
    go(move || {
        for i in 0..n {
            println!("sends {i}");
            tx.send(i);
        }
        tx.close();
    });
    for value in c.receiver() {
        println!("received {value}");
    }
}

fn filter(from: &Receiver<i32>, to: &Sender<i32>, prime: i32) {
    while let Some(i) = from.recv() {
        if i % prime != 0 {
            to.send(i);
        }
    }
}
