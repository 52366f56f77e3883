//! How programs end: by main's return, by exit, by a deadlock, by goexit, by want of
//! stack or threads.

use super::Body;
use marmota::sync::{Cond, Mutex, RwMutex, WaitGroup};
use marmota::{Chan, chan, debug, go, runtime, select, time};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

pub const PROGRAMS: &[Body] = &[
    ("main_returns", || {
        go(|| {
            time::sleep(HOUR);
            println!("never printed");
        });
        println!("main is done");
    }),
    ("exit_from_a_goroutine", || {
        go(|| {
            println!("leaving");
            std::process::exit(3);
        });
        select! {}
    }),
    ("main_receives", || {
        let (_tx, rx) = chan::<i32>(0);
        println!("before");
        rx.recv();
    }),
    ("main_sends", || {
        let (tx, _rx) = chan(1);
        tx.send(1);
        tx.send(2);
    }),
    ("main_receives_from_nil", || {
        Chan::<i32>::nil().recv();
    }),
    ("main_sends_to_nil", || Chan::nil().send(1)),
    ("main_selects_nothing", || select! {}),
    ("main_selects", || {
        let (a, b) = (Chan::<i32>::new(0), Chan::new(0));
        select! {
            <-a => {}
            b <- 1 => {}
        }
    }),
    ("main_waits_for_a_group", || {
        let group = WaitGroup::new();
        group.add(1);
        group.wait();
    }),
    ("main_locks_twice", || {
        let lock = Mutex::new(());
        let _first = lock.lock();
        let _second = lock.lock();
    }),
    ("main_reads_while_it_writes", || {
        let lock = RwMutex::new(());
        let _writer = lock.write();
        let _reader = lock.read();
    }),
    ("main_writes_while_it_reads", || {
        let lock = RwMutex::new(());
        let _reader = lock.read();
        let _writer = lock.write();
    }),
    ("main_waits_on_a_condition", || {
        let (lock, condition) = (Mutex::new(()), Cond::new());
        let mut guard = lock.lock();
        condition.wait(&mut guard);
    }),
    ("all_wait", || {
        let group = WaitGroup::new();
        let lock = Arc::new(Mutex::new(()));
        let (c, d) = (Chan::new(0), Chan::<i32>::new(0));
        let _guard = lock.lock();
        group.go(move || c.send(1));
        let one = d.clone();
        group.go(move || _ = one.recv());
        let theirs = lock.clone();
        group.go(move || drop(theirs.lock()));
        group.go(move || {
            select! {
                <-d => {}
                <-d => {}
            }
        });
        group.wait();
    }),
    ("main_goes_alone", || {
        let _deferred = Deferred;
        runtime::goexit();
    }),
    ("main_goes_and_the_others_end", || {
        go(|| {
            time::sleep(Duration::from_millis(5));
            println!("the other ends");
        });
        runtime::goexit();
    }),
    ("main_goes_and_another_waits", || {
        let (_tx, rx) = chan::<i32>(0);
        go(move || _ = rx.recv());
        runtime::goexit();
    }),
    ("a_goroutine_goes", || {
        let done = Chan::<bool>::new(0);
        let theirs = done.clone();
        go(move || {
            struct Close(Chan<bool>);
            impl Drop for Close {
                fn drop(&mut self) {
                    self.0.close();
                }
            }
            let _close = Close(theirs);
            let _deferred = Deferred;
            let inner = || -> () { runtime::goexit() };
            inner();
            println!("never printed");
        });
        done.recv();
        println!("main goes on");
    }),
    ("main_overflows", || println!("{}", deeper(0))),
    ("a_goroutine_overflows", || {
        go(|| println!("{}", deeper(0)));
        select! {}
    }),
    ("too_many_threads", || {
        debug::set_max_threads(8);
        for _ in 0..20 {
            go(|| {
                let _lock = runtime::lock_os_thread();
                time::sleep(HOUR);
            });
        }
        time::sleep(HOUR);
    }),
];

struct Deferred;

impl Drop for Deferred {
    fn drop(&mut self) {
        println!("deferred");
    }
}

fn deeper(n: u64) -> u64 {
    let frame = std::hint::black_box([n; 64]);
    if n == u64::MAX {
        return 0;
    }
    deeper(n + 1) + frame[(n % 64) as usize]
}
