//! `network`: users side by side, the technician alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use lesson_03_mutex::network::{Network, Settings};
use marmota::runtime::gosched;
use marmota::sim;
use marmota::sync::WaitGroup;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::together;

const READERS: &str = "readers share the lock, so what they change under it is not protected from each \
                       other: the count needs an atomic, or a Mutex of its own";

fn settings(version: u32) -> Settings {
    Settings {
        name: format!("office {version}"),
        resolver: format!("resolver {version}"),
    }
}

pub fn add_to(suite: &mut Suite) {
    alone_or_together(suite);
    counts(suite);
}

fn alone_or_together(suite: &mut Suite) {
    suite
        .test(
            "network::users_meet",
            "three users who wait for each other are on the network together",
            || {
                let network = Arc::new(Network::new(settings(1)));
                let meeting = Meeting::of(3);
                together(3, &network, move |network, _| {
                    let name = network.browse(|settings| {
                        meeting.arrive();
                        settings.name.clone()
                    });
                    expect_eq("the network's name", &name, &"office 1".to_owned());
                });
            },
        )
        .on(
            Verdict::Deadlock,
            "a user waits for one who cannot get in, or out: users share the lock as readers. And a \
             reader that asks to write waits for all readers to leave: also for itself",
        )
        .on(Verdict::Race, READERS);
    suite
        .test(
            "network::nobody_during_a_restart",
            "while the router restarts nobody is on the network",
            || {
                let network = Arc::new(Network::new(settings(1)));
                let (users, seen) = (Arc::new(AtomicU64::new(0)), Log::new());
                // Told at the end, not from within: a panic would run the guards' drop.
                let log = seen.clone();
                together(3, &network, move |network, i| {
                    if i == 2 {
                        network.restart(|s| {
                            s.name = settings(2).name;
                            gosched();
                            if users.load(SeqCst) > 0 {
                                log.push("a user during the restart");
                            }
                            s.resolver = settings(2).resolver;
                        });
                        return;
                    }
                    network.browse(|s| {
                        users.fetch_add(1, SeqCst);
                        gosched();
                        if *s != settings(1) && *s != settings(2) {
                            log.push("settings that are half old, half new");
                        }
                        users.fetch_sub(1, SeqCst);
                    });
                });
                expect_eq("what was seen", &seen.all(), &Vec::<&str>::new());
                let now = network.browse(Settings::clone);
                expect_eq("the settings after the restart", &now, &settings(2));
            },
        )
        .on(
            Verdict::WrongResult,
            "a user was in the middle of something. The guard has to live until `work` has \
             returned: a copy of the settings is no use of the network",
        )
        .on(
            Verdict::Deadlock,
            "who waits for whom? A goroutine that reads and wants to write waits for itself",
        );
    suite
        .test(
            "network::newcomers_wait_for_the_technician",
            "a user who comes while the technician waits comes in after the restart",
            || {
                let network = Arc::new(Network::new(settings(1)));
                let (done, order, group) = (Gate::new(), Log::new(), WaitGroup::new());
                let start = |who: &'static str, f: Box<dyn FnOnce(&Network) + Send>| {
                    let (network, order) = (Arc::clone(&network), order.clone());
                    group.go(move || {
                        f(&network);
                        order.push(who);
                    });
                    // Until this one is where it can get, so that the next comes later.
                    sim::wait();
                };
                let held = done.clone();
                start("first user", Box::new(move |n| n.browse(|_| held.pass())));
                start("technician", Box::new(|n| n.restart(|_| ())));
                let log = order.clone();
                start(
                    "newcomer",
                    Box::new(move |n| n.browse(|_| log.push("newcomer is in"))),
                );
                expect_eq(
                    "who got through while the first user was still there",
                    &order.all(),
                    &Vec::<&str>::new(),
                );
                done.open();
                group.wait();
            },
        )
        .on(
            Verdict::WrongResult,
            "newcomers overtook the technician, and tomorrow there are others: the restart may \
             never come. write() of an RwMutex makes them wait; asking whether it is free does not",
        )
        .on(
            Verdict::Livelock,
            "the technician asks again and again and keeps the runtime busy: write() parks",
        );
}

fn counts(suite: &mut Suite) {
    suite
        .test(
            "network::uses_are_counted",
            "three users at once: three uses, and none is lost",
            || {
                let network = Arc::new(Network::new(settings(1)));
                together(3, &network, |network, _| network.browse(|_| gosched()));
                expect_eq("the uses", &network.uses(), &3);
                let within = network.browse(|_| network.uses());
                expect_eq("the uses, asked during the fourth", &within, &3);
            },
        )
        .on(Verdict::Race, READERS)
        .on(
            Verdict::WrongResult,
            "to read a number, work, and write it back loses what others counted meanwhile; and a \
             use counts when it has ended",
        )
        .on(
            Verdict::Deadlock,
            "who holds what? A reader cannot become a writer: it waits for all readers to leave, \
             and is one of them",
        );
    suite
        .test(
            "network::counting_never_waits",
            "the uses can be asked for during a restart",
            || {
                let network = Network::new(settings(1));
                network.browse(|_| ());
                let mut uses = 0;
                network.restart(|_| uses = network.uses());
                expect_eq("the uses", &uses, &1);
            },
        )
        .on(
            Verdict::Deadlock,
            "the count stands behind the settings' lock: whoever wants to know it waits for the \
             technician",
        );
}
