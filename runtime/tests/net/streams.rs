//! TCP streams: data arrives whole, in order, to the right one.

use super::{at_every_width, at_width, pair};
use marmota::net::{Shutdown, TcpListener, TcpStream};
use marmota::sync::WaitGroup;
use marmota::{chan, go, spawn};
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

#[test]
fn every_client_hears_its_own_words() {
    at_every_width(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        go(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                go(move || {
                    let mut buf = [0; 64];
                    while let Ok(n @ 1..) = stream.read(&mut buf) {
                        stream.write_all(&buf[..n]).unwrap();
                    }
                });
            }
        });
        let clients = WaitGroup::new();
        for id in 0..50 {
            clients.go(move || {
                let mut stream = TcpStream::connect(addr).unwrap();
                stream.set_nodelay(true).unwrap();
                for round in 0..20 {
                    let words = format!("client {id} round {round}");
                    stream.write_all(words.as_bytes()).unwrap();
                    let mut answer = vec![0; words.len()];
                    stream.read_exact(&mut answer).unwrap();
                    assert_eq!(answer, words.as_bytes());
                }
            });
        }
        clients.wait();
    });
}

#[test]
fn a_storm_of_connections_is_shared_by_many_acceptors() {
    at_every_width(|| {
        const ACCEPTORS: usize = 8;
        const CLIENTS: usize = 40;
        const EACH: usize = 10;
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let addr = listener.local_addr().unwrap();
        let acceptors = WaitGroup::new();
        let accepted = Arc::new(AtomicUsize::new(0));
        for _ in 0..ACCEPTORS {
            let (listener, accepted) = (listener.clone(), accepted.clone());
            acceptors.go(move || {
                while let Ok((mut stream, _)) = listener.accept() {
                    accepted.fetch_add(1, SeqCst);
                    stream.write_all(b"!").unwrap();
                }
            });
        }
        let clients = WaitGroup::new();
        for _ in 0..CLIENTS {
            clients.go(move || {
                let streams: Vec<_> = (0..EACH)
                    .map(|_| TcpStream::connect(addr).unwrap())
                    .collect();
                for mut stream in streams {
                    let mut all = Vec::new();
                    stream.read_to_end(&mut all).unwrap();
                    assert_eq!(all, b"!");
                }
            });
        }
        clients.wait();
        listener.close().unwrap();
        acceptors.wait();
        assert_eq!(accepted.load(SeqCst), CLIENTS * EACH);
    });
}

#[test]
fn one_edge_for_many_connections_wakes_as_many_acceptors() {
    // The acceptors all wait; then the connections come while nobody polls, so
    // that one event stands for them all.
    at_width(1, || {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let addr = listener.local_addr().unwrap();
        let (tx, rx) = chan(0);
        for _ in 0..5 {
            let (listener, tx) = (listener.clone(), tx.clone());
            go(move || tx.send(listener.accept().unwrap()));
        }
        marmota::time::sleep(Duration::from_millis(1));
        let clients: Vec<_> = (0..5)
            .map(|_| std::net::TcpStream::connect(addr).unwrap())
            .collect();
        (0..5).for_each(|_| drop(rx.recv().unwrap()));
        drop(clients);
    });
}

#[test]
fn after_a_half_close_the_other_half_still_works() {
    at_every_width(|| {
        let (mut near, mut far) = pair();
        let served = spawn(move || {
            let mut question = String::new();
            far.read_to_string(&mut question).unwrap();
            far.write_all(question.to_uppercase().as_bytes()).unwrap();
        });
        near.write_all(b"is anybody there").unwrap();
        near.shutdown(Shutdown::Write).unwrap();
        assert_eq!(
            near.write(b"more").unwrap_err().kind(),
            ErrorKind::BrokenPipe
        );
        let mut answer = String::new();
        near.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "IS ANYBODY THERE");
        served.join().unwrap();
    });
}

#[test]
fn more_than_the_buffers_hold_goes_both_ways_at_once() {
    const SIZE: usize = 4 << 20;
    fn byte(i: usize) -> u8 {
        ((i * 31) >> 3) as u8
    }
    fn write(mut to: &TcpStream) {
        let all: Vec<u8> = (0..SIZE).map(byte).collect();
        to.write_all(&all).unwrap();
        to.shutdown(Shutdown::Write).unwrap();
    }
    fn read(mut from: &TcpStream) {
        let mut all = Vec::new();
        from.read_to_end(&mut all).unwrap();
        assert_eq!(all.len(), SIZE);
        assert!(all.iter().enumerate().all(|(i, b)| *b == byte(i)));
    }
    at_every_width(|| {
        let (near, far) = pair();
        marmota::scope(|s| {
            for end in [&near, &far] {
                s.go(|| write(end));
                s.go(|| read(end));
            }
        });
    });
}

#[test]
fn vectors_peeks_and_settings() {
    at_every_width(|| {
        let (mut near, mut far) = pair();
        let n = near
            .write_vectored(&[
                IoSlice::new(b"one "),
                IoSlice::new(b""),
                IoSlice::new(b"two"),
            ])
            .unwrap();
        assert_eq!(n, 7);
        let mut seen = [0; 16];
        assert_eq!(far.peek(&mut seen).unwrap(), 7);
        let (mut a, mut b) = ([0; 3], [0; 4]);
        let n = far
            .read_vectored(&mut [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)])
            .unwrap();
        assert_eq!((n, &a, &b), (7, b"one", b" two"));
        near.set_nodelay(true).unwrap();
        assert!(near.nodelay().unwrap());
        near.set_ttl(5).unwrap();
        assert_eq!(near.ttl().unwrap(), 5);
        assert_eq!(near.peer_addr().unwrap(), far.local_addr().unwrap());
        assert!(near.take_error().unwrap().is_none());
    });
}

#[test]
fn a_clone_is_a_second_handle_on_the_same_stream() {
    at_every_width(|| {
        let (near, mut far) = pair();
        let (mut reader, mut writer) = (near.try_clone().unwrap(), near);
        let reading = spawn(move || {
            let mut all = String::new();
            reader.read_to_string(&mut all).unwrap();
            all
        });
        writer.write_all(b"?").unwrap();
        let mut question = [0];
        far.read_exact(&mut question).unwrap();
        far.write_all(b"answer").unwrap();
        drop(far);
        assert_eq!(reading.join().unwrap(), "answer");
    });
}

#[test]
fn connecting_fails_with_the_systems_reason() {
    at_every_width(|| {
        let addr = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap()
        };
        let error = TcpStream::connect(addr).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let nowhere: &[std::net::SocketAddr] = &[];
        let error = TcpStream::connect(nowhere).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn a_connect_that_nobody_answers_ends_at_its_time_limit() {
    at_every_width(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        // SAFETY: makes the queue of the listener as short as it can be.
        unsafe { libc::listen(listener.as_raw_fd(), 0) };
        let mut held = Vec::new();
        // The queue is full after a few; from then on the system drops requests.
        let error = (0..100)
            .find_map(
                |_| match TcpStream::connect_timeout(&addr, Duration::from_millis(20)) {
                    Ok(stream) => {
                        held.push(stream);
                        None
                    }
                    Err(error) => Some(error),
                },
            )
            .expect("a full queue answers nobody");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    });
}

#[test]
fn names_are_resolved_without_holding_up_others() {
    at_width(1, || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tx, rx) = chan(1);
        go(move || tx.send(TcpStream::connect(("localhost", port)).map(drop)));
        // With one P and a resolver that held it, this would not be reached first.
        drop(listener.accept().unwrap());
        rx.recv().unwrap().unwrap();
    });
}

#[test]
fn a_short_read_never_hides_an_end_or_more_data() {
    // A read that leaves room saves the next call, unless there is something the
    // kernel told already: the end that came with the data, or what lies behind
    // an urgent byte.
    at_every_width(|| {
        for round in 0..50 {
            let (near, far) = pair();
            near.set_nodelay(true).unwrap();
            let reader = spawn(move || {
                let (mut far, mut all, mut buf) = (far, Vec::new(), [0; 64]);
                loop {
                    match far.read(&mut buf).unwrap() {
                        0 => break all,
                        n => all.extend_from_slice(&buf[..n]),
                    }
                }
            });
            if round % 2 == 0 {
                // The reader waits, and so is watched.
                marmota::time::sleep(Duration::from_micros(200));
            }
            (&near).write_all(b"ab").unwrap();
            if round % 5 == 0 {
                // SAFETY: one live byte, to an open socket.
                let n =
                    unsafe { libc::send(near.as_raw_fd(), b"!".as_ptr().cast(), 1, libc::MSG_OOB) };
                assert_eq!(n, 1);
            }
            (&near).write_all(b"cd").unwrap();
            if round % 3 == 0 {
                marmota::runtime::gosched();
            }
            near.shutdown(Shutdown::Write).unwrap();
            assert_eq!(reader.join().unwrap(), b"abcd");
        }
    });
}

#[test]
fn words_behind_an_urgent_byte_arrive_without_an_end() {
    at_every_width(|| {
        let (near, mut far) = pair();
        near.set_nodelay(true).unwrap();
        let reader = spawn(move || {
            let mut all = [0; 4];
            far.read_exact(&mut all[..1]).unwrap();
            let mut at = 1;
            while at < 4 {
                let mut buf = [0; 64];
                let n = far.read(&mut buf).unwrap();
                all[at..at + n].copy_from_slice(&buf[..n]);
                at += n;
            }
            all
        });
        (&near).write_all(b"a").unwrap();
        marmota::time::sleep(Duration::from_micros(500));
        // SAFETY: two live bytes; the last is the urgent one.
        let n = unsafe { libc::send(near.as_raw_fd(), b"b!".as_ptr().cast(), 2, libc::MSG_OOB) };
        assert_eq!(n, 2);
        (&near).write_all(b"cd").unwrap();
        assert_eq!(&reader.join().unwrap(), b"abcd");
    });
}
