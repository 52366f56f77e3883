//! Ms that go to sleep while others wake them: nobody sleeps for ever beside a P,
//! work or a timer that is his. A wake-up that is lost shows as a thread that waits
//! for ever, which loom reports.
//!
//! The system's part is modelled as it is specified: a futex goes to sleep only if the
//! word is what it was, and the network's queue keeps a poke until somebody waits.

use crate::loom::SeqCstAccess;
use crate::parking::{self, Bed};
use ::loom::cell::UnsafeCell;
use ::loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use ::loom::sync::{Arc, Condvar, Mutex, MutexGuard};
use ::loom::thread;

/// Of the futex and of the network's queue.
struct Sleeper {
    wake: AtomicU32,
    futex: (Mutex<()>, Condvar),
    network: (Mutex<bool>, Condvar),
    /// What it is handed: written before it is woken, read after.
    next_p: UnsafeCell<u32>,
}

impl Sleeper {
    fn new() -> Sleeper {
        Sleeper {
            wake: AtomicU32::new(parking::ASLEEP),
            futex: (Mutex::new(()), Condvar::new()),
            network: (Mutex::new(false), Condvar::new()),
            next_p: UnsafeCell::new(0),
        }
    }

    fn futex_wait(&self) {
        let held = self.futex.0.lock().unwrap();
        if self.wake.load(Ordering::Relaxed) == parking::ASLEEP {
            drop(self.futex.1.wait(held).unwrap());
        }
    }

    fn network_wait(&self) {
        if !parking::begin_poll(&self.wake) {
            return;
        }
        let mut poked = self.network.0.lock().unwrap();
        while !*poked {
            poked = self.network.1.wait(poked).unwrap();
        }
        *poked = false;
        drop(poked);
        parking::end_poll(&self.wake);
    }

    fn end_sleep(&self, bed: Bed) {
        match bed {
            Bed::Word => {
                let _held = self.futex.0.lock().unwrap();
                self.futex.1.notify_all();
            }
            Bed::Network => {
                *self.network.0.lock().unwrap() = true;
                self.network.1.notify_all();
            }
            Bed::Nowhere => {}
        }
    }

    fn hand_over(&self, p: u32) {
        // SAFETY: loom checks it: the M reads it only when it was woken.
        self.next_p.with_mut(|slot| unsafe { *slot = p });
        self.end_sleep(parking::wake(&self.wake));
    }

    fn poke(&self) {
        if let Some(bed) = parking::poke(&self.wake) {
            self.end_sleep(bed);
        }
    }

    fn alert(&self) {
        if parking::alert(&self.wake) {
            self.end_sleep(Bed::Word);
        }
    }

    /// Looks once, and lies down again. Who would look more often sees what comes later
    /// in one of the runs in which that comes earlier.
    fn watch(&self) {
        if parking::begin_watch(&self.wake) && parking::still_watching(&self.wake) {
            parking::end_watch(&self.wake);
        }
    }

    /// Sleeps until it is handed something, and gives that.
    fn sleep(&self, in_network: bool) -> u32 {
        loop {
            if parking::still_asleep(&self.wake) {
                if in_network {
                    self.network_wait();
                } else {
                    self.futex_wait();
                }
            }
            self.watch();
            if parking::woken(&self.wake) {
                // SAFETY: as above.
                return self.next_p.with(|slot| unsafe { *slot });
            }
        }
    }
}

/// An M that is poked and handed a P at the same time gets the P, wherever it sleeps.
pub fn a_woken_m_gets_its_p() {
    for in_network in [false, true] {
        // Three threads: without a bound it takes half a minute, and finds no more.
        let mut builder = ::loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(move || {
            let m = Arc::new(Sleeper::new());
            parking::lie_down(&m.wake);
            let sleeper = m.clone();
            let sleeps = thread::spawn(move || sleeper.sleep(in_network));
            let poker = m.clone();
            let pokes = thread::spawn(move || poker.poke());
            m.hand_over(7);
            assert_eq!(sleeps.join().unwrap(), 7);
            pokes.join().unwrap();
        });
    }
}

/// An M that is alerted and handed a P at the same time gets the P, watching or not, and
/// so it does if it is poked besides.
pub fn an_alerted_m_gets_its_p() {
    for poked in [false, true] {
        let mut builder = ::loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(move || {
            let m = Arc::new(Sleeper::new());
            parking::lie_down(&m.wake);
            let sleeper = m.clone();
            let sleeps = thread::spawn(move || sleeper.sleep(false));
            let sysmon = m.clone();
            let alerts = thread::spawn(move || {
                sysmon.alert();
                if poked {
                    sysmon.poke();
                }
            });
            m.hand_over(7);
            assert_eq!(sleeps.join().unwrap(), 7);
            alerts.join().unwrap();
        });
    }
}

/// An M that is poked looks again at what it sleeps for, wherever it sleeps.
pub fn a_poked_m_looks_again() {
    for in_network in [false, true] {
        ::loom::model(move || {
            let m = Arc::new(Sleeper::new());
            let news = Arc::new(AtomicU32::new(0));
            parking::lie_down(&m.wake);
            let (poker, theirs) = (m.clone(), news.clone());
            let pokes = thread::spawn(move || {
                theirs.store(1, Ordering::Relaxed);
                poker.poke();
            });
            while news.load(Ordering::Relaxed) == 0 {
                if parking::still_asleep(&m.wake) {
                    if in_network {
                        m.network_wait();
                    } else {
                        m.futex_wait();
                    }
                }
                assert!(!parking::woken(&m.wake));
            }
            pokes.join().unwrap();
        });
    }
}

/// As much of the scheduler as giving up and waking touch.
struct Sched {
    lock: Mutex<State>,
    spinning: AtomicU32,
    /// Of the work that waits.
    len: AtomicU32,
    m: Sleeper,
}

struct State {
    idle_p: bool,
    idle_m: bool,
    /// The work was done, and the M may go home.
    stopping: bool,
}

impl Sched {
    /// One P, with its M, and so many that look for work.
    fn new(spinning: u32) -> Arc<Sched> {
        Arc::new(Sched {
            lock: Mutex::new(State {
                idle_p: false,
                idle_m: false,
                stopping: false,
            }),
            spinning: AtomicU32::new(spinning),
            len: AtomicU32::new(0),
            m: Sleeper::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.lock.lock().unwrap()
    }

    /// The M, without a P, sleeps until it is handed one, and that it looks; `false` when it
    /// goes home.
    fn sleep_idle(&self) -> bool {
        parking::lie_down(&self.m.wake);
        {
            let mut state = self.lock();
            if state.stopping {
                return false;
            }
            state.idle_m = true;
        }
        self.m.sleep(false) != 0
    }

    /// A P's queue is searched: `true` when the one piece of work was there.
    fn take_work(&self) -> bool {
        self.len
            .compare_exchange(1, 0, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// The order of `find::find`: the queues, the P away, no longer looking, the queues
    /// once more, asleep.
    fn look_and_sleep(&self) {
        let mut looks = true;
        loop {
            if self.take_work() {
                return;
            }
            self.lock().idle_p = true;
            if std::mem::take(&mut looks) {
                parking::stop_looking(&self.spinning);
                if self.len.sc_load() > 0 && std::mem::take(&mut self.lock().idle_p) {
                    continue;
                }
            }
            if !self.sleep_idle() {
                return;
            }
            looks = true;
        }
    }

    /// The order of `Rt::wake_one` and `start_m`; `true` when a new M is needed.
    fn wake_one(&self) -> bool {
        if !parking::nobody_looks(&self.spinning) {
            return false;
        }
        {
            let mut state = self.lock();
            if !std::mem::take(&mut state.idle_p) {
                parking::stop_looking(&self.spinning);
                return false;
            }
        }
        if std::mem::take(&mut self.lock().idle_m) {
            self.m.hand_over(1);
            return false;
        }
        true
    }

    /// Work comes from outside, to the global queue: the order of `Rt::inject`.
    fn inject(&self) {
        {
            let _state = self.lock();
            // As `Global` counts, and what is said of `SeqCstAccess`.
            self.len.fetch_add(1, Ordering::SeqCst);
            fence(Ordering::SeqCst);
        }
        if self.wake_one() {
            // As the new M.
            self.work(true);
        }
    }

    /// An M with a P does what there is, and gives the P away: the order of `find::find`
    /// where nobody spins.
    fn work(&self, mut looks: bool) {
        loop {
            let least = |n: u32| n.checked_sub(1);
            while (self.len)
                .fetch_update(Ordering::AcqRel, Ordering::Relaxed, least)
                .is_ok()
            {
                if std::mem::take(&mut looks) {
                    parking::stop_looking(&self.spinning);
                }
            }
            {
                let mut state = self.lock();
                if self.len.load(Ordering::Relaxed) > 0 {
                    continue;
                }
                state.idle_p = true;
            }
            if !std::mem::take(&mut looks) {
                return;
            }
            parking::stop_looking(&self.spinning);
            // The last look.
            if self.len.sc_load() == 0 || !std::mem::take(&mut self.lock().idle_p) {
                return;
            }
            self.spinning.fetch_add(1, Ordering::SeqCst);
            looks = true;
        }
    }

    fn work_and_sleep(&self) {
        let mut looks = false;
        loop {
            self.work(looks);
            if !self.sleep_idle() {
                return;
            }
            looks = true;
        }
    }

    fn stop(&self) {
        let idle = {
            let mut state = self.lock();
            state.stopping = true;
            std::mem::take(&mut state.idle_m)
        };
        if idle {
            self.m.hand_over(0);
        }
    }
}

/// Work that appears while the only M that looks gives up is done by that M, or by
/// another that is woken for it.
pub fn work_is_not_left_with_everybody_asleep() {
    ::loom::model(|| {
        let sched = Sched::new(1);
        let looker = sched.clone();
        let looks = thread::spawn(move || looker.look_and_sleep());
        sched.len.sc_store(1);
        if sched.wake_one() {
            assert!(sched.take_work(), "nobody else can have had a P");
            sched.stop();
        }
        looks.join().unwrap();
        assert_eq!(sched.len.load(Ordering::Relaxed), 0);
    });
}

/// So is work that two bring from outside while the only M runs out of it: one of them says
/// that it looks for an idle P, and the other relies on that.
pub fn work_from_outside_is_not_left_with_everybody_asleep() {
    let mut builder = ::loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let sched = Sched::new(0);
        let worker = sched.clone();
        let works = thread::spawn(move || worker.work_and_sleep());
        let other = sched.clone();
        let brings = thread::spawn(move || other.inject());
        sched.inject();
        brings.join().unwrap();
        sched.stop();
        works.join().unwrap();
        assert_eq!(sched.len.load(Ordering::Relaxed), 0);
    });
}

const SOON: u64 = 5;
const LATE: u64 = 100;

/// Who sleeps until late wakes for a timer that is due soon. A sleep until late has no
/// end here.
pub fn nobody_sleeps_past_a_timer() {
    ::loom::model(|| {
        let m = Arc::new(Sleeper::new());
        let first = Arc::new(AtomicU64::new(LATE));
        // What the last sleep was for, which nobody needs any more.
        let sleeps_until = Arc::new(AtomicU64::new(1));
        let sleeper = Arc::new(Mutex::new(false));
        parking::lie_down(&m.wake);
        let theirs = (
            m.clone(),
            first.clone(),
            sleeps_until.clone(),
            sleeper.clone(),
        );
        let arms = thread::spawn(move || {
            let (m, first, sleeps_until, sleeper) = theirs;
            first.sc_store(SOON);
            if parking::sleeps_too_long(&sleeps_until, SOON) {
                let sleeper = sleeper.lock().unwrap();
                if *sleeper {
                    m.poke();
                }
            }
        });
        loop {
            let until = {
                let mut sleeper = sleeper.lock().unwrap();
                *sleeper = true;
                parking::announce(&sleeps_until, || first.sc_load())
            };
            if until == SOON {
                break;
            }
            if parking::still_asleep(&m.wake) {
                m.futex_wait();
            }
            assert!(!parking::woken(&m.wake));
        }
        arms.join().unwrap();
    });
}
