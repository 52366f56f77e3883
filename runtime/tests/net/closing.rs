//! Closing a socket that others use.

use super::{at_every_width, pair};
use marmota::net::{TcpListener, TcpStream, UdpSocket, is_closed};
use marmota::{chan, go, spawn, time};
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn close_ends_everybody_who_waits_and_everything_later() {
    at_every_width(|| {
        let (near, _far) = pair();
        let near = Arc::new(near);
        let mut waiting = Vec::new();
        for _ in 0..4 {
            let near = near.clone();
            waiting.push(spawn(move || (&*near).read(&mut [0]).unwrap_err()));
        }
        waiting.push(spawn({
            let near = near.clone();
            move || {
                loop {
                    if let Err(error) = (&*near).write(&[0; 1 << 16]) {
                        break error;
                    }
                }
            }
        }));
        time::sleep(Duration::from_millis(1));
        near.close().unwrap();
        for waiting in waiting {
            let error = waiting.join().unwrap();
            assert!(is_closed(&error), "{error:?}");
            assert_eq!(error.kind(), ErrorKind::NotConnected);
            assert_eq!(error.to_string(), "use of closed network connection");
        }
        for error in [
            (&*near).read(&mut [0]).unwrap_err(),
            (&*near).write(b"x").unwrap_err(),
            near.local_addr().unwrap_err(),
            near.set_deadline(None).unwrap_err(),
            near.try_clone().unwrap_err(),
            near.close().unwrap_err(),
        ] {
            assert!(is_closed(&error), "{error:?}");
        }
    });
}

#[test]
fn a_closed_listener_frees_its_port_though_handles_are_left() {
    at_every_width(|| {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let addr = listener.local_addr().unwrap();
        let accepting = spawn({
            let listener = listener.clone();
            move || listener.accept().unwrap_err()
        });
        time::sleep(Duration::from_millis(1));
        listener.close().unwrap();
        assert!(is_closed(&accepting.join().unwrap()));
        let again = TcpListener::bind(addr).unwrap();
        let client = spawn(move || TcpStream::connect(addr).map(drop));
        again.accept().unwrap();
        client.join().unwrap().unwrap();
        assert!(is_closed(&listener.accept().unwrap_err()));
    });
}

#[test]
fn the_peer_of_a_closed_stream_reads_to_the_end() {
    at_every_width(|| {
        let (near, mut far) = pair();
        let near = Arc::new(near);
        (&*near).write_all(b"last words").unwrap();
        near.close().unwrap();
        let mut all = String::new();
        far.read_to_string(&mut all).unwrap();
        assert_eq!(all, "last words");
    });
}

#[test]
fn a_clone_outlives_the_closing_of_the_other() {
    at_every_width(|| {
        let (near, mut far) = pair();
        let mut clone = near.try_clone().unwrap();
        near.close().unwrap();
        let reading = spawn(move || {
            let mut byte = [0];
            clone.read_exact(&mut byte).map(|()| byte)
        });
        time::sleep(Duration::from_millis(1));
        far.write_all(b"x").unwrap();
        assert_eq!(reading.join().unwrap().unwrap(), *b"x");
    });
}

#[test]
fn closing_races_with_reading_and_nothing_else_is_read() {
    // A descriptor's number must not go to the next socket while a reader of the
    // closed one is under way: what it read would be another's data.
    at_every_width(|| {
        for round in 0..100 {
            let (near, _far) = pair();
            let near = Arc::new(near);
            let (tx, rx) = chan(4);
            for _ in 0..4 {
                let (near, tx) = (near.clone(), tx.clone());
                go(move || tx.send((&*near).read(&mut [0; 8]).map_err(|e| is_closed(&e))));
            }
            if round % 2 == 0 {
                marmota::runtime::gosched();
            }
            near.close().unwrap();
            // The next sockets, with data in them at once.
            let (mut next, mut other) = pair();
            other.write_all(b"not yours").unwrap();
            for _ in 0..4 {
                assert_eq!(rx.recv().unwrap(), Err(true));
            }
            let mut all = [0; 9];
            next.read_exact(&mut all).unwrap();
            assert_eq!(&all, b"not yours");
        }
    });
}

#[test]
fn a_closed_udp_socket_ends_its_receivers() {
    at_every_width(|| {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let receivers: Vec<_> = (0..4)
            .map(|_| {
                let socket = socket.clone();
                spawn(move || socket.recv_from(&mut [0]).unwrap_err())
            })
            .collect();
        time::sleep(Duration::from_millis(1));
        socket.close().unwrap();
        for receiver in receivers {
            assert!(is_closed(&receiver.join().unwrap()));
        }
    });
}
