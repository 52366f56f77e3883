//! Thousands of idle connections cost no thread. Alone in its process, so that the
//! threads can be counted.

#![cfg(target_os = "linux")]

use marmota::net::{TcpListener, TcpStream};
use marmota::sync::WaitGroup;
use marmota::{chan, go};
use std::io::{Read, Write};

const CONNECTIONS: usize = 2_000;

/// Both ends of every connection are in this process.
fn allow_descriptors() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a live rlimit.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        let needed = 2 * CONNECTIONS as libc::rlim_t + 200;
        if limit.rlim_cur < needed {
            limit.rlim_cur = needed.min(limit.rlim_max);
            assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
        }
        assert!(
            limit.rlim_cur >= needed,
            "this test needs {needed} descriptors: raise the hard limit (ulimit -Hn)"
        );
    }
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn two_thousand_idle_connections_cost_no_thread() {
    allow_descriptors();
    for procs in [1, 2, 8] {
        let before = threads();
        let rt = marmota::Runtime::builder()
            .procs(procs)
            .panic_in_caller()
            .build()
            .unwrap();
        // SAFETY: no thread-local's borrow is held across a blocking call.
        unsafe { rt.run(move || idle(before, procs)) };
    }
}

fn idle(before: usize, procs: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    go(move || {
        for stream in listener.incoming().take(CONNECTIONS) {
            let mut stream = stream.unwrap();
            go(move || {
                let mut byte = [0];
                while stream.read(&mut byte).unwrap() > 0 {
                    stream.write_all(&byte).unwrap();
                }
            });
        }
    });
    let (connected, all_connected) = chan(0);
    let (start, started) = chan::<()>(0);
    let clients = WaitGroup::new();
    for i in 0..CONNECTIONS {
        let (connected, started) = (connected.clone(), started.clone());
        clients.go(move || {
            let mut stream = TcpStream::connect(addr).unwrap();
            connected.send(());
            started.recv();
            stream.write_all(&[i as u8]).unwrap();
            let mut answer = [0];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(answer, [i as u8]);
        });
    }
    (0..CONNECTIONS).for_each(|_| all_connected.recv().unwrap());
    // Our threads: one per P and a few besides. More on a machine that is so busy that
    // goroutines use up their slices between two calls (each keeps the thread it was
    // stopped on), and the ones of the runtime before may still be ending: but not one
    // for each connection.
    let threads = threads();
    assert!(
        threads <= before + procs + CONNECTIONS / 20,
        "{threads} threads, {before} before, for {CONNECTIONS} connections on {procs} Ps"
    );
    start.close();
    clients.wait();
}
