//! Datagrams, and Unix sockets.

use super::{TempDir, at_every_width};
use marmota::net::{UdpSocket, UnixDatagram, UnixListener, UnixStream};
use marmota::sync::WaitGroup;
use marmota::{chan, go, spawn};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::sync::Arc;

#[test]
fn each_datagram_goes_to_one_of_many_readers() {
    at_every_width(|| {
        const READERS: usize = 16;
        const BURST: u32 = 32;
        const BURSTS: u32 = 20;
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let addr = socket.local_addr().unwrap();
        let (tx, rx) = chan(0);
        let readers = WaitGroup::new();
        for _ in 0..READERS {
            let (socket, tx) = (socket.clone(), tx.clone());
            readers.go(move || {
                let mut buf = [0; 4];
                while socket.recv_from(&mut buf).is_ok() {
                    tx.send(u32::from_ne_bytes(buf));
                }
            });
        }
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for burst in 0..BURSTS {
            // A burst fits into the receive buffer, so none is dropped.
            for i in 0..BURST {
                let number = (burst * BURST + i).to_ne_bytes();
                sender.send_to(&number, addr).unwrap();
            }
            let mut seen = [false; BURST as usize];
            for _ in 0..BURST {
                let at = rx.recv().unwrap() - burst * BURST;
                assert!(!std::mem::replace(&mut seen[at as usize], true), "twice");
            }
        }
        socket.close().unwrap();
        readers.wait();
    });
}

#[test]
fn a_connected_udp_socket_hears_its_peer_only() {
    at_every_width(|| {
        let bind = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (a, b, stranger) = (bind(), bind(), bind());
        a.connect(b.local_addr().unwrap()).unwrap();
        stranger
            .send_to(b"stranger", a.local_addr().unwrap())
            .unwrap();
        b.send_to(b"peer", a.local_addr().unwrap()).unwrap();
        let mut buf = [0; 16];
        assert_eq!(a.peek(&mut buf).unwrap(), 4);
        let n = a.recv(&mut buf).unwrap();
        assert_eq!(&buf[..n], b"peer");
        a.send(b"back").unwrap();
        let (n, from) = b.recv_from(&mut buf).unwrap();
        assert_eq!((&buf[..n], from), (&b"back"[..], a.local_addr().unwrap()));
        a.set_ttl(3).unwrap();
        assert_eq!(a.ttl().unwrap(), 3);
        a.set_broadcast(true).unwrap();
        assert!(a.broadcast().unwrap());
    });
}

#[test]
fn unix_streams_meet_at_a_path() {
    at_every_width(|| {
        let dir = TempDir::new();
        let path = dir.join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(
            listener.local_addr().unwrap().as_pathname(),
            Some(path.as_path())
        );
        assert_eq!(
            UnixListener::bind(&path).unwrap_err().kind(),
            ErrorKind::AddrInUse
        );
        go(move || {
            for stream in listener.incoming().take(20) {
                let mut stream = stream.unwrap();
                go(move || {
                    let mut all = String::new();
                    stream.read_to_string(&mut all).unwrap();
                    stream.write_all(all.to_uppercase().as_bytes()).unwrap();
                });
            }
        });
        let clients = WaitGroup::new();
        for i in 0..20 {
            let path = path.clone();
            clients.go(move || {
                let mut stream = UnixStream::connect(path).unwrap();
                write!(stream, "client {i}").unwrap();
                stream.shutdown(std::net::Shutdown::Write).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                assert_eq!(answer, format!("CLIENT {i}"));
            });
        }
        clients.wait();
    });
}

#[test]
fn connecting_to_a_full_unix_listener_waits_for_room() {
    at_every_width(|| {
        const CLIENTS: usize = 6;
        let dir = TempDir::new();
        let path = dir.join("full");
        let listener = UnixListener::bind(&path).unwrap();
        // SAFETY: makes the listener's queue as short as it can be.
        unsafe { libc::listen(listener.as_raw_fd(), 0) };
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let path = path.clone();
                spawn(move || {
                    let mut stream = UnixStream::connect(path).unwrap();
                    stream.read_exact(&mut [0]).unwrap();
                })
            })
            .collect();
        for _ in 0..CLIENTS {
            marmota::runtime::gosched();
            listener.accept().unwrap().0.write_all(b"x").unwrap();
        }
        for client in clients {
            client.join().unwrap();
        }
    });
}

#[test]
fn a_full_receiver_of_unix_datagrams_holds_its_senders_up() {
    at_every_width(|| {
        const EACH: u32 = 200;
        let dir = TempDir::new();
        let path = dir.join("datagrams");
        let receiver = UnixDatagram::bind(&path).unwrap();
        let senders = WaitGroup::new();
        for connected in [true, false] {
            let path = path.clone();
            senders.go(move || {
                let socket = UnixDatagram::unbound().unwrap();
                if connected {
                    socket.connect(&path).unwrap();
                }
                for i in 0..EACH {
                    let text = [&[u8::from(connected)][..], &i.to_ne_bytes()].concat();
                    let n = match connected {
                        true => socket.send(&text),
                        false => socket.send_to(&text, &path),
                    };
                    assert_eq!(n.unwrap(), 5);
                }
            });
        }
        let mut next = [0; 2];
        for _ in 0..2 * EACH {
            let mut buf = [0; 5];
            assert_eq!(receiver.recv(&mut buf).unwrap(), 5);
            let expected = &mut next[usize::from(buf[0])];
            assert_eq!(u32::from_ne_bytes(buf[1..].try_into().unwrap()), *expected);
            *expected += 1;
        }
        senders.wait();
    });
}

#[test]
fn an_abstract_name_needs_no_file() {
    #[cfg(target_os = "linux")]
    at_every_width(|| {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::SocketAddr;
        let name = format!(
            "marmota-{}-{:?}",
            std::process::id(),
            marmota::kernel::current()
        );
        let addr = SocketAddr::from_abstract_name(name).unwrap();
        let listener = UnixListener::bind_addr(&addr).unwrap();
        let client = spawn(move || UnixStream::connect_addr(&addr).map(drop));
        listener.accept().unwrap();
        client.join().unwrap().unwrap();
    });
}
