//! Time limits and deadlines. No test asks how long something took, except that a
//! limit is not cut short.

use super::{at_every_width, at_width, pair};
use marmota::net::TcpListener;
use marmota::{chan, go, spawn, time};
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(3);
const NEVER: Duration = Duration::from_secs(3600);

#[test]
fn a_read_without_data_fails_after_its_time_limit_and_not_before() {
    at_every_width(|| {
        let (mut near, mut far) = pair();
        near.set_read_timeout(Some(SOON)).unwrap();
        assert_eq!(near.read_timeout().unwrap(), Some(SOON));
        for _ in 0..3 {
            let began = time::now();
            let error = near.read(&mut [0]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            assert_eq!(error.to_string(), "i/o timeout");
            assert!(began.elapsed() >= SOON);
        }
        far.write_all(b"x").unwrap();
        near.read_exact(&mut [0]).unwrap();
        let error = near.set_read_timeout(Some(Duration::ZERO)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn a_write_without_room_fails_after_its_time_limit() {
    at_every_width(|| {
        let (mut near, _far) = pair();
        near.set_write_timeout(Some(SOON)).unwrap();
        let error = loop {
            if let Err(error) = near.write(&[0; 1 << 16]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    });
}

#[test]
fn a_deadline_in_the_past_fails_even_what_would_not_wait() {
    at_every_width(|| {
        let (mut near, mut far) = pair();
        far.write_all(b"x").unwrap();
        near.peek(&mut [0]).unwrap();
        near.set_deadline(Some(time::now())).unwrap();
        assert_eq!(near.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(near.write(b"y").unwrap_err().kind(), ErrorKind::TimedOut);
        near.set_write_deadline(None).unwrap();
        near.write_all(b"y").unwrap();
        near.set_read_deadline(None).unwrap();
        near.read_exact(&mut [0]).unwrap();
    });
}

#[test]
fn a_new_deadline_reaches_those_that_wait_already() {
    at_every_width(|| {
        let (near, _far) = pair();
        let near = Arc::new(near);
        near.set_read_deadline(Some(time::now() + NEVER)).unwrap();
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let near = near.clone();
                spawn(move || (&*near).read(&mut [0]).unwrap_err().kind())
            })
            .collect();
        time::sleep(Duration::from_millis(1));
        near.set_read_deadline(Some(time::now() + SOON)).unwrap();
        for reader in readers {
            assert_eq!(reader.join().unwrap(), ErrorKind::TimedOut);
        }
    });
}

#[test]
fn a_deadline_that_is_put_off_does_not_end_the_wait() {
    at_every_width(|| {
        let (near, mut far) = pair();
        let near = Arc::new(near);
        near.set_read_deadline(Some(time::now() + 2 * SOON))
            .unwrap();
        let reader = spawn({
            let near = near.clone();
            move || (&*near).read(&mut [0])
        });
        // If this thread is held up for so long that the first deadline passes,
        // both outcomes are right, and which one came is seen from the reader.
        near.set_read_deadline(Some(time::now() + NEVER)).unwrap();
        let in_time = !reader.is_finished();
        time::sleep(4 * SOON);
        far.write_all(b"x").unwrap();
        match reader.join().unwrap() {
            Ok(n) => assert_eq!(n, 1),
            Err(error) => assert!(!in_time || error.kind() == ErrorKind::TimedOut),
        }
    });
}

#[test]
fn data_that_races_with_a_deadline_is_read_now_or_later_but_never_lost() {
    at_every_width(|| {
        let (near, mut far) = pair();
        let near = Arc::new(near);
        let (turn, turns) = chan::<u8>(0);
        go(move || {
            for byte in turns {
                // About when the reader's deadline passes.
                time::sleep(Duration::from_micros(u64::from(byte) * 5));
                far.write_all(&[byte]).unwrap();
            }
        });
        for byte in 0..200 {
            near.set_read_deadline(Some(time::now() + Duration::from_micros(500)))
                .unwrap();
            turn.send(byte);
            let mut buf = [0];
            match (&*near).read(&mut buf) {
                Ok(n) => assert_eq!(n, 1),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::TimedOut);
                    near.set_read_deadline(None).unwrap();
                    (&*near).read_exact(&mut buf).unwrap();
                }
            }
            assert_eq!(buf, [byte]);
        }
        turn.close();
    });
}

#[test]
fn an_accept_has_deadlines_too() {
    at_every_width(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_deadline(Some(time::now() + SOON)).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::TimedOut);
        listener.set_deadline(None).unwrap();
        let addr = listener.local_addr().unwrap();
        let client = spawn(move || marmota::net::TcpStream::connect(addr).map(drop));
        listener.accept().unwrap();
        client.join().unwrap().unwrap();
    });
}

#[test]
fn each_reader_of_one_socket_has_the_limit_it_began_with() {
    at_every_width(|| {
        let (near, mut far) = pair();
        let near = Arc::new(near);
        let read = |near: &Arc<marmota::net::TcpStream>| {
            let near = near.clone();
            spawn(move || (&*near).read(&mut [0]))
        };
        near.set_read_timeout(Some(NEVER)).unwrap();
        let patient = read(&near);
        time::sleep(Duration::from_millis(1));
        near.set_read_timeout(Some(SOON)).unwrap();
        let hasty = read(&near);
        assert_eq!(
            hasty.join().unwrap().unwrap_err().kind(),
            ErrorKind::TimedOut
        );
        far.write_all(b"x").unwrap();
        assert_eq!(patient.join().unwrap().unwrap(), 1);
    });
}

#[test]
fn a_timer_left_by_one_runtime_does_not_fool_the_next() {
    let (mut near, far) = at_width(2, || {
        let (mut near, far) = pair();
        near.set_read_timeout(Some(20 * SOON)).unwrap();
        (&far).write_all(b"x").unwrap();
        // Waits for the second byte, with the timer armed, and gets it.
        let far = Arc::new(far);
        let writer = far.clone();
        go(move || (&*writer).write_all(b"y").unwrap());
        near.read_exact(&mut [0; 2]).unwrap();
        (near, far)
    });
    at_width(2, move || {
        // Later than the timer that was left, which nobody fires any more.
        near.set_read_timeout(Some(30 * SOON)).unwrap();
        assert_eq!(near.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        drop(far);
    });
}

#[test]
fn readers_with_different_limits_all_time_out() {
    // The side's one timer serves them one after the other.
    at_every_width(|| {
        let (near, _far) = pair();
        let near = Arc::new(near);
        let readers: Vec<_> = [1, 3, 2, 5]
            .map(|times| {
                near.set_read_timeout(Some(times * SOON)).unwrap();
                let near = near.clone();
                let reader = spawn(move || {
                    let began = time::now();
                    let error = (&*near).read(&mut [0]).unwrap_err();
                    (error.kind(), began.elapsed())
                });
                marmota::runtime::gosched();
                reader
            })
            .into_iter()
            .collect();
        for reader in readers {
            let (kind, waited) = reader.join().unwrap();
            assert_eq!(kind, ErrorKind::TimedOut);
            assert!(waited >= SOON);
        }
    });
}
