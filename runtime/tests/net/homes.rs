//! Where sockets are used from: plain threads, busy schedulers, several runtimes,
//! deterministic runs.

use super::{at_every_width, at_width, pair};
use marmota::net::{TcpListener, TcpStream, UdpSocket, UnixStream, is_closed};
use marmota::sync::WaitGroup;
use marmota::{chan, go, runtime, sim};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

#[test]
fn on_a_plain_thread_the_same_types_block_as_stds_do() {
    let (mut near, mut far) = pair();
    near.set_read_timeout(Some(Duration::from_millis(3)))
        .unwrap();
    assert_eq!(near.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    near.set_read_timeout(None).unwrap();
    let reading = std::thread::spawn(move || {
        let mut all = Vec::new();
        near.read_to_end(&mut all).map(|_| all.len())
    });
    far.write_all(&[7; 1 << 20]).unwrap();
    drop(far);
    assert_eq!(reading.join().unwrap().unwrap(), 1 << 20);
}

#[test]
fn closing_and_deadlines_reach_plain_threads_that_wait() {
    let (near, _far) = pair();
    let near = Arc::new(near);
    let read = || {
        let near = near.clone();
        std::thread::spawn(move || (&*near).read(&mut [0]).unwrap_err())
    };
    let first = read();
    std::thread::sleep(Duration::from_millis(1));
    near.set_read_deadline(Some(marmota::time::now())).unwrap();
    assert_eq!(first.join().unwrap().kind(), ErrorKind::TimedOut);
    near.set_read_deadline(None).unwrap();
    let second = read();
    std::thread::sleep(Duration::from_millis(1));
    near.close().unwrap();
    assert!(is_closed(&second.join().unwrap()));
}

#[test]
fn threads_and_goroutines_share_a_socket() {
    at_every_width(|| {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let addr = socket.local_addr().unwrap();
        let (tx, rx) = chan(0);
        let receive = {
            let socket = socket.clone();
            move || {
                let mut buf = [0];
                while socket.recv_from(&mut buf).is_ok() {
                    tx.send(buf[0]);
                }
            }
        };
        let threads: Vec<_> = (0..2)
            .map(|_| std::thread::spawn(receive.clone()))
            .collect();
        (0..2).for_each(|_| go(receive.clone()));
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for i in 0..200 {
            sender.send_to(&[i], addr).unwrap();
            assert_eq!(rx.recv(), Some(i));
        }
        socket.close().unwrap();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_scheduler_that_is_never_idle_still_hears_the_network() {
    // The run queue is never empty, so only sysmon polls.
    at_every_width(|| {
        let (mut near, far) = pair();
        let done = Arc::new(AtomicBool::new(false));
        let spinners = WaitGroup::new();
        for _ in 0..16 {
            let done = done.clone();
            spinners.go(move || {
                while !done.load(SeqCst) {
                    runtime::gosched();
                }
            });
        }
        go(move || {
            near.read_exact(&mut [0]).unwrap();
            done.store(true, SeqCst);
        });
        for _ in 0..100 {
            runtime::gosched();
        }
        (&far).write_all(b"x").unwrap();
        spinners.wait();
    });
}

#[test]
fn waiting_for_the_network_is_no_deadlock_but_what_comes_after_may_be() {
    for procs in [1, 2, 8] {
        let outcome = std::panic::catch_unwind(|| {
            at_width(procs, || {
                let (mut near, far) = pair();
                let late = std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(5));
                    (&far).write_all(b"x").unwrap();
                });
                near.read_exact(&mut [0]).unwrap();
                late.join().unwrap();
                chan::<()>(0).1.recv();
            });
        });
        let message = *outcome.unwrap_err().downcast::<String>().unwrap();
        assert!(
            message.starts_with("all goroutines are asleep - deadlock!"),
            "{message}"
        );
    }
}

#[test]
fn two_runtimes_share_a_listener() {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let addr = listener.local_addr().unwrap();
    let servers: Vec<_> = (0..2)
        .map(|_| {
            let listener = listener.clone();
            std::thread::spawn(move || {
                at_width(2, move || {
                    while let Ok((mut stream, _)) = listener.accept() {
                        stream.write_all(b"!").unwrap();
                    }
                });
            })
        })
        .collect();
    for _ in 0..200 {
        let mut all = Vec::new();
        let mut stream = std::net::TcpStream::connect(addr).unwrap();
        stream.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"!");
    }
    listener.close().unwrap();
    for server in servers {
        server.join().unwrap();
    }
}

#[test]
fn many_runtimes_one_after_the_other_use_the_network() {
    // Each gets the poller of one that has ended, with what that left in it.
    for round in 0..30 {
        at_width(1 + round % 3, || {
            let (mut near, mut far) = pair();
            // Abandoned in its wait, with its sockets.
            let (left, still) = pair();
            go(move || {
                let _still = still;
                let _ = (&left).read(&mut [0]);
            });
            go(move || far.write_all(b"x").unwrap());
            near.read_exact(&mut [0]).unwrap();
        });
    }
}

#[test]
fn sockets_come_from_std_and_go_back() {
    at_every_width(|| {
        let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        let (mut near, far) = (UnixStream::from(near), UnixStream::from(far));
        go(move || (&far).write_all(b"from std").unwrap());
        let mut all = String::new();
        near.read_to_string(&mut all).unwrap();
        assert_eq!(all, "from std");

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let fd = OwnedFd::from(listener);
        let listener = std::net::TcpListener::from(fd);
        let thread = std::thread::spawn(move || listener.accept().unwrap().0);
        let near = TcpStream::connect(addr).unwrap();
        let mut far = TcpStream::from(thread.join().unwrap());
        let near = std::net::TcpStream::from(near);
        (&near).write_all(b"back").unwrap();
        let mut four = [0; 4];
        far.read_exact(&mut four).unwrap();
        assert_eq!(&four, b"back");
    });
}

#[test]
fn a_deterministic_run_refuses_and_says_what_to_do() {
    let (near, _far) = pair();
    let near = Arc::new(near);
    let calls: [fn(&TcpStream); 5] = [
        |_| drop(TcpListener::bind("127.0.0.1:0")),
        |_| drop(TcpStream::connect("127.0.0.1:1")),
        |_| drop(UdpSocket::bind("127.0.0.1:0")),
        |_| drop(UnixStream::pair()),
        |mut near| drop(near.read(&mut [0])),
    ];
    for call in calls {
        let near = near.clone();
        let report = sim::run(move || call(&near));
        let sim::Verdict::Panicked(info) = &report.verdict else {
            panic!("{report}");
        };
        assert!(
            info.message.contains("in a deterministic run")
                && info.message.contains("Read + Write")
                && info.message.contains("#[marmota::test]"),
            "{}",
            info.message
        );
    }
}
