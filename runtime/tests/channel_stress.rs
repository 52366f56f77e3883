//! Channels and select under load, with a checker: each value is received exactly
//! once, the order of each sender is kept, no wake-up is lost (a lost one ends in a
//! deadlock, which the runtime reports).
//!
//! Three seconds in all; `MARMOTA_STRESS=60` runs for that many.

mod common;

use marmota::chan::{Chan, Select};
use marmota::sync::WaitGroup;
use marmota::{Runtime, go, select, time};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

const CHANNELS: usize = 3;
const PER_SENDER: u64 = 300;

#[derive(Clone, Copy)]
struct Value {
    sender: u64,
    number: u64,
}

/// A small generator: what a goroutine does next differs, and not by much else.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

fn send_all(channels: [Chan<Value>; CHANNELS], sender: u64, mut dice: Dice) {
    // One channel per sender keeps its order; the others stand in the select and
    // are nil, or are asked with a default.
    let home = &channels[sender as usize % CHANNELS];
    let nil = Chan::nil();
    for number in 0..PER_SENDER {
        let value = Value { sender, number };
        match dice.roll(5) {
            0 => home.send(value),
            1 => select! { home <- value => {}, nil <- value => unreachable!() },
            2 => {
                while home.try_send(value).is_err() {
                    marmota::runtime::gosched();
                }
            }
            3 => loop {
                select! {
                    home <- value => break,
                    <-time::after(Duration::from_micros(dice.roll(50))) => {}
                }
            },
            _ => {
                let mut set = Select::new();
                set.send(&nil, value);
                let real = set.send(home, value);
                assert_eq!(set.wait().index(), real);
            }
        }
    }
}

fn receive_all(
    channels: [Chan<Value>; CHANNELS],
    quit: Chan<()>,
    out: Chan<Value>,
    mut dice: Dice,
) {
    let [a, b, c] = &channels;
    loop {
        let value = match dice.roll(4) {
            0 => select! { v = <-a => v, v = <-b => v, v = <-c => v, <-quit => return },
            1 => select! {
                <-quit => return,
                v = <-c => v,
                v = <-a => v,
                v = <-b => v,
                v = <-a => v,
                default => { marmota::runtime::gosched(); continue }
            },
            2 => select! {
                v = <-b => v,
                v = <-a => v,
                v = <-c => v,
                <-quit => return,
                <-time::after(Duration::from_micros(dice.roll(20))) => continue,
            },
            _ => {
                let mut set = Select::new();
                channels.iter().for_each(|c| _ = set.recv(c));
                let end = set.recv(&quit);
                let selected = set.wait();
                let i = selected.index();
                if i == end {
                    return;
                }
                selected.recv(&channels[i])
            }
        };
        out.send(value.expect("nobody closes these"));
    }
}

fn round(seed: u64) {
    let mut dice = Dice(seed | 1);
    let (senders, receivers) = (1 + dice.roll(6), 1 + dice.roll(4));
    let channels: [Chan<Value>; CHANNELS] =
        std::array::from_fn(|_| Chan::new([0, 0, 1, 7][dice.roll(4) as usize]));
    let (quit, out) = (Chan::new(0), Chan::new(64));
    let (sending, receiving) = (WaitGroup::new(), WaitGroup::new());
    for sender in 0..senders {
        let (channels, dice) = (channels.clone(), Dice(dice.roll(u64::MAX) | 1));
        sending.go(move || send_all(channels, sender, dice));
    }
    for _ in 0..receivers {
        let (channels, quit, out) = (channels.clone(), quit.clone(), out.clone());
        let dice = Dice(dice.roll(u64::MAX) | 1);
        receiving.go(move || receive_all(channels, quit, out, dice));
    }
    let results = out.clone();
    go(move || {
        sending.wait();
        // Buffered values are still to be received.
        while channels.iter().any(|c| !c.is_empty()) {
            marmota::runtime::gosched();
        }
        quit.close();
        receiving.wait();
        out.close();
    });
    let mut seen = vec![vec![false; PER_SENDER as usize]; senders as usize];
    let mut last = vec![None; senders as usize];
    for Value { sender, number } in results.receiver() {
        let sender = sender as usize;
        let before = std::mem::replace(&mut seen[sender][number as usize], true);
        assert!(!before, "value {number} of sender {sender} came twice");
        // With several receivers, what they received can cross on its way here.
        if receivers == 1 {
            assert!(
                last[sender] < Some(number),
                "sender {sender}'s order is lost"
            );
            last[sender] = Some(number);
        }
    }
    let lost = seen.iter().flatten().filter(|seen| !**seen).count();
    assert_eq!(lost, 0, "values lost");
}

#[test]
fn each_value_once_in_order_and_no_wake_up_lost() {
    static ROUNDS: AtomicUsize = AtomicUsize::new(0);
    let seconds = std::env::var("MARMOTA_STRESS").map_or(3.0, |text| {
        text.parse()
            .expect("MARMOTA_STRESS is a number of seconds, such as 60")
    });
    for procs in [1, 2, 8] {
        let end = Instant::now() + Duration::from_secs_f64(seconds / 3.0);
        let rt = Runtime::builder()
            .procs(procs)
            .panic_in_caller()
            .build()
            .unwrap();
        // SAFETY: no borrow of a thread-local is held across a blocking call.
        unsafe {
            rt.run(move || {
                while ROUNDS.fetch_add(1, SeqCst) == 0 || Instant::now() < end {
                    round(0x9E37_79B9_7F4A_7C15u64.wrapping_mul(ROUNDS.load(SeqCst) as u64));
                }
            });
        }
    }
    println!("{} rounds", ROUNDS.load(SeqCst));
}
