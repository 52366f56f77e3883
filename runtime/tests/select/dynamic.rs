//! `Select`: the cases are known at run time only.

use super::common::{at_every_width, everywhere, panic_message, under_schedules};
use marmota::chan::{Select, chan};
use marmota::go;
use marmota::sim::Verdict;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[test]
fn the_dynamic_select_receives_sends_and_looks() {
    everywhere(|| {
        let (tx, rx) = chan::<i32>(1);
        let (text_tx, text) = chan::<String>(1);
        {
            let mut select = Select::new();
            let (r, s) = (select.recv(&rx), select.send(&text_tx, "hello".into()));
            let selected = select.wait();
            assert_eq!(selected.index(), s);
            assert!(select.try_wait().is_none(), "a send is used up");
            tx.send(4);
            let selected = select.try_wait().expect("ready");
            assert_eq!(selected.index(), r);
            assert_eq!(selected.recv(&rx), Some(4));
            tx.close();
            assert_eq!(select.wait().recv(&rx), None);
            select.remove(r);
            assert!(select.try_wait().is_none());
        }
        assert_eq!(text.recv().as_deref(), Some("hello"));
        assert!(Select::new().try_wait().is_none());
    });
}

#[test]
fn the_dynamic_select_waits_and_drops_what_nobody_takes() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug)]
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    at_every_width(|| {
        DROPS.store(0, SeqCst);
        let (tx, rx) = chan(0);
        let (full, _keep) = chan(0);
        go(move || (0..3).for_each(|_| tx.send(Counted)));
        let mut select = Select::new();
        select.recv(&rx);
        select.send(&full, Counted);
        drop(select.wait().recv(&rx));
        assert_eq!(DROPS.load(SeqCst), 1);
        let _ = select.wait();
        let _ = select.wait();
        drop(select);
        assert_eq!(DROPS.load(SeqCst), 4, "two not taken, one not sent");
    });
}

#[test]
fn a_dynamic_select_without_cases_blocks_for_ever() {
    let report = under_schedules(|| {
        let _ = Select::new().wait();
    });
    assert!(matches!(report.verdict, Verdict::Deadlock(_)), "{report}");
}

#[test]
fn taking_from_the_wrong_channel_says_so() {
    everywhere(|| {
        let (tx, rx) = chan(1);
        let (_other_tx, other) = chan::<i32>(1);
        tx.send(1);
        let mut select = Select::new();
        select.recv(&rx);
        let message = panic_message(|| _ = select.wait().recv(&other));
        assert!(message.contains("another channel"), "{message}");
    });
}
