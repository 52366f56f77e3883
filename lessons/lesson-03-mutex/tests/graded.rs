//! What is graded in lesson 03.
//!
//! Whether somebody is alone is seen from the inside: everybody who is let in says so,
//! gives way to others, and looks who else is there. That somebody waits is seen from
//! the outside: `sim::wait` returns when nobody else can go on. Time is virtual.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use lesson_03_mutex::bank::{Bank, Refused};
use lesson_03_mutex::bathroom::{Event, STAY, use_bathroom};
use lesson_03_mutex::network::{Network, Settings};
use lesson_03_mutex::own::RwGate;
use lesson_03_mutex::tally::Tally;
use marmota::runtime::gosched;
use marmota::sync::WaitGroup;
use marmota::{go, sim, time};
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect, expect_eq};

const HOUR: Duration = Duration::from_secs(3600);

const UNORDERED: &str = "two goroutines use the same variable, one of them writes, and no lock, channel \
                         or atomic stands between them: what they share belongs behind one";

const READERS: &str = "readers share the lock, so what they change under it is not protected from each \
                       other: the count needs an atomic, or a Mutex of its own";

const AT_THE_DOOR: &str = "whoever tries the door again and again keeps the runtime busy, and virtual time \
                           moves only when everybody rests: lock() parks";

const ASKS_AGAIN: &str =
    "it asks again and again whether it may go in, in place of parking: wait on a Cond";

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    tally(&mut suite);
    bathroom(&mut suite);
    network(&mut suite);
    network_counts(&mut suite);
    bank(&mut suite);
    bank_waits(&mut suite);
    own(&mut suite);
    own_wakes(&mut suite);
    suite.run()
}

/// Runs `each(0)` to `each(n - 1)`, each on a goroutine, and waits for them.
#[track_caller]
fn together<T: Send + Sync + 'static>(
    n: u64,
    shared: &Arc<T>,
    each: impl Fn(&T, u64) + Send + Sync + 'static,
) {
    let (group, each) = (WaitGroup::new(), Arc::new(each));
    for i in 0..n {
        let (shared, each) = (Arc::clone(shared), Arc::clone(&each));
        group.go(move || each(&shared, i));
    }
    group.wait();
}

fn tally(suite: &mut Suite) {
    suite
        .test(
            "tally::no_vote_is_lost",
            "three goroutines vote twice each, and six votes are counted",
            || {
                let tally = Arc::new(Tally::new());
                together(3, &tally, |tally, _| {
                    tally.vote("a");
                    tally.vote("a");
                });
                expect_eq("the votes for a", &tally.votes("a"), &6);
            },
        )
        .on(
            Verdict::WrongResult,
            "a vote got lost: somebody looked up the same number before it was written back. One \
             guard has to live from the looking up to the writing",
        )
        .on(
            Verdict::Deadlock,
            "a goroutine that holds the lock asks for it again and waits for itself. How long does \
             a guard live that has no name, in `match` or `if let`?",
        )
        .on(Verdict::Race, UNORDERED);
    suite
        .test(
            "tally::each_vote_has_its_number",
            "three goroutines vote for a and are told 1, 2 and 3, in any order",
            || {
                let (tally, numbers) = (Arc::new(Tally::new()), Log::new());
                let told = numbers.clone();
                together(3, &tally, move |tally, _| told.push(tally.vote("a")));
                expect_eq("the numbers, sorted", &numbers.sorted(), &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "the number was read after the lock had been given back, and somebody voted in between",
        )
        .on(Verdict::Race, UNORDERED);
    suite
        .test(
            "tally::names_are_counted_apart",
            "each name has its own votes, and one that nobody voted for has none",
            || {
                let tally = Arc::new(Tally::new());
                let names = ["a", "b", "a"];
                together(3, &tally, move |tally, i| {
                    tally.vote(names[i as usize]);
                });
                let votes = ["a", "b", "c"].map(|name| tally.votes(name));
                expect_eq("the votes for a, b and c", &votes, &[2, 1, 0]);
            },
        )
        .on(
            Verdict::WrongResult,
            "which name's votes went to which, or nowhere?",
        )
        .on(Verdict::Race, UNORDERED);
}

fn bathroom(suite: &mut Suite) {
    suite
        .test(
            "bathroom::returns_when_all_have_left",
            "three people come, and all have left when `use_bathroom` returns",
            || {
                let left = Log::new();
                let log = left.clone();
                use_bathroom(3, move |person, event| {
                    if event == Event::Leaves {
                        log.push(person);
                    }
                });
                expect_eq("who had left, sorted", &left.sorted(), &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "it returned while people were still at the door or inside: wait for the goroutines \
             (lesson 02)",
        )
        .on(Verdict::Livelock, AT_THE_DOOR)
        .on(
            Verdict::Deadlock,
            "somebody waits for a door that nobody will open",
        );
    suite
        .test(
            "bathroom::one_at_a_time",
            "three people: nobody enters before the one inside has left",
            || {
                let log = Log::new();
                let events = log.clone();
                use_bathroom(3, move |person, event| {
                    // Whoever is not held back by the door comes in between.
                    gosched();
                    events.push((person, event));
                });
                let mut inside = log.all();
                inside.retain(|(_, event)| *event != Event::Waits);
                let in_turn = inside.chunks(2).all(|pair| match pair {
                    [(a, Event::Enters), (b, Event::Leaves)] => a == b,
                    _ => false,
                });
                expect(
                    in_turn && inside.len() == 6,
                    "who enters and leaves",
                    "three times somebody enters, and the same one leaves before the next enters",
                    format!("{inside:?}"),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "the room is yours for as long as the guard lives. Where does yours end? `let _ = …` \
             drops it in the same line, `let _inside = …` at the end of the block",
        )
        .on(
            Verdict::Deadlock,
            "somebody waits for a door that nobody will open",
        );
    suite
        .test(
            "bathroom::all_are_at_the_door",
            "three people come at once; they are through after three times two seconds",
            || {
                let (log, start) = (Log::new(), time::now());
                let events = log.clone();
                use_bathroom(3, move |person, event| {
                    if event == Event::Waits {
                        events.push((person, start.elapsed()));
                    }
                });
                let at_once = [1, 2, 3].map(|person| (person, Duration::ZERO));
                expect_eq(
                    "who came when (virtual time)",
                    &log.sorted(),
                    &at_once.to_vec(),
                );
                expect_eq(
                    "virtual time until all had left",
                    &start.elapsed(),
                    &(3 * STAY),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a goroutine for each person, all started before any is waited for; the lock alone \
             decides who is next, at the moment the door is opened",
        )
        .on(Verdict::Livelock, AT_THE_DOOR);
    suite.test("bathroom::nobody", "nobody comes: nothing happens", || {
        let log = Log::new();
        let events = log.clone();
        use_bathroom(0, move |person, event| events.push((person, event)));
        expect_eq("what happened", &log.all(), &Vec::new());
    });
}

fn settings(version: u32) -> Settings {
    Settings {
        name: format!("office {version}"),
        resolver: format!("resolver {version}"),
    }
}

fn network(suite: &mut Suite) {
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

fn network_counts(suite: &mut Suite) {
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

fn bank(suite: &mut Suite) {
    suite
        .test(
            "bank::moves_or_refuses",
            "transfers one after the other: the balances, and why one is refused",
            || {
                let bank = Bank::new(&[100, 50]);
                let never = |_, _| -> bool { panic!("`approve` was asked for nothing") };
                let mut asked = None;
                let approve = |from, to| {
                    asked = Some((from, to));
                    true
                };
                let results = vec![
                    bank.transfer(0, 1, 30, approve),
                    bank.transfer(1, 0, 10, |_, _| false),
                    bank.transfer(0, 1, 71, never),
                    bank.transfer(2, 3, 1, never),
                    bank.transfer(0, 3, 1000, never),
                    bank.transfer(1, 0, 80, |_, _| true),
                ];
                let expected = vec![
                    Ok(()),
                    Err(Refused::NotApproved),
                    Err(Refused::NotEnough(70)),
                    Err(Refused::NoSuchAccount(2)),
                    Err(Refused::NoSuchAccount(3)),
                    Ok(()),
                ];
                expect_eq("the answers", &results, &expected);
                expect_eq("the balances `approve` saw first", &asked, &Some((100, 50)));
                let balances = [0, 1, 2].map(|n| bank.balance(n));
                expect_eq("the balances", &balances, &[Some(150), Some(0), None]);
                expect_eq("the total", &bank.total(), &150);
            },
        )
        .on(
            Verdict::WrongResult,
            "the order of the checks is: the accounts, enough money, approved",
        );
    suite
        .test(
            "bank::to_itself",
            "a transfer from an account to itself ends and changes nothing",
            || {
                let bank = Bank::new(&[100]);
                let results = vec![
                    bank.transfer(0, 0, 40, |from, to| from == 100 && to == 100),
                    bank.transfer(0, 0, 101, |_, _| true),
                    bank.transfer(0, 0, 40, |_, _| false),
                ];
                let expected = vec![
                    Ok(()),
                    Err(Refused::NotEnough(100)),
                    Err(Refused::NotApproved),
                ];
                expect_eq("the answers", &results, &expected);
                expect_eq("the balance", &bank.balance(0), &Some(100));
            },
        )
        .on(
            Verdict::Deadlock,
            "the same lock, twice: a goroutine that asks for a lock it holds waits for itself",
        )
        .on(
            Verdict::WrongResult,
            "taking and giving cancel out on one account, but not if each starts from a balance \
             that was read before",
        );
    suite
        .test(
            "bank::opposite_transfers_end",
            "one transfer from 0 to 1, one from 1 to 0, at the same time: both take place",
            || {
                let bank = Arc::new(Bank::new(&[100, 100]));
                together(2, &bank, |bank, i| {
                    let (from, to) = if i == 0 { (0, 1) } else { (1, 0) };
                    let amount = 10 * (i + 1);
                    let answer = bank.transfer(from, to, amount, |_, _| true);
                    expect_eq("the answer", &answer, &Ok(()));
                });
                let balances = [0, 1].map(|n| bank.balance(n));
                expect_eq("the balances", &balances, &[Some(110), Some(90)]);
            },
        )
        .on(
            Verdict::Deadlock,
            "each has one account and waits for the other's. If everybody takes the two locks in \
             one and the same order, whichever way the money goes, nobody can",
        )
        .on(
            Verdict::WrongResult,
            "money was lost or made: both locks have to be held from reading to writing",
        );
    suite
        .test(
            "bank::a_circle_of_transfers_ends",
            "from 0 to 1, from 1 to 2, from 2 to 0, at the same time",
            || {
                let bank = Arc::new(Bank::new(&[10, 20, 30]));
                together(3, &bank, |bank, i| {
                    let from = i as usize;
                    let answer = bank.transfer(from, (from + 1) % 3, 10, |_, _| true);
                    expect_eq("the answer", &answer, &Ok(()));
                });
                let balances = [0, 1, 2].map(|n| bank.balance(n));
                expect_eq("the balances", &balances, &[10, 20, 30].map(Some));
            },
        )
        .on(
            Verdict::Deadlock,
            "three can wait in a circle as well as two: one order for all accounts",
        );
}

fn bank_waits(suite: &mut Suite) {
    suite
        .test(
            "bank::others_go_on",
            "while 0 to 1 is being approved, 2 to 3 takes place: the two approvals meet",
            || {
                let bank = Arc::new(Bank::new(&[1, 0, 1, 0]));
                let meeting = Meeting::of(2);
                together(2, &bank, move |bank, i| {
                    let from = 2 * i as usize;
                    let approve = |_, _| {
                        meeting.arrive();
                        true
                    };
                    let answer = bank.transfer(from, from + 1, 1, approve);
                    expect_eq("the answer", &answer, &Ok(()));
                });
            },
        )
        .on(
            Verdict::Deadlock,
            "two transfers that share no account wait for each other: a lock for each account, \
             not one for the bank",
        );
    suite
        .test(
            "bank::never_more_than_there_is",
            "three want 60 of 100 at the same time: one gets it",
            || {
                let (bank, answers) = (Arc::new(Bank::new(&[100, 0, 0, 0])), Log::new());
                let log = answers.clone();
                together(3, &bank, move |bank, i| {
                    let to = i as usize + 1;
                    let answer = bank.transfer(0, to, 60, |from, _| {
                        gosched();
                        from == 100
                    });
                    log.push(format!("{answer:?}"));
                });
                let expected = ["Err(NotEnough(40))", "Err(NotEnough(40))", "Ok(())"];
                expect_eq(
                    "the answers, sorted",
                    &answers.sorted(),
                    &expected.map(str::to_owned).to_vec(),
                );
                expect_eq("what is left", &bank.balance(0), &Some(40));
            },
        )
        .on(
            Verdict::WrongResult,
            "between looking whether there is enough and taking it, somebody else took it: that \
             is one step, under one lock",
        )
        .on(
            Verdict::Panicked,
            "between looking whether there is enough and taking it, somebody else took it: that \
             is one step, under one lock",
        );
    suite
        .test(
            "bank::balances_are_held",
            "until a transfer is over, nobody else sees either balance",
            || {
                let bank = Arc::new(Bank::new(&[100, 50]));
                let (call, seen, group) = (Gate::new(), Log::new(), WaitGroup::new());
                let (theirs, approved) = (Arc::clone(&bank), call.clone());
                group.go(move || {
                    let approve = |_, _| {
                        approved.pass();
                        true
                    };
                    let answer = theirs.transfer(0, 1, 10, approve);
                    expect_eq("the answer", &answer, &Ok(()));
                });
                sim::wait();
                for account in [0, 1] {
                    let (bank, seen) = (Arc::clone(&bank), seen.clone());
                    group.go(move || seen.push((account, bank.balance(account))));
                }
                sim::wait();
                expect_eq("balances seen meanwhile", &seen.all(), &Vec::new());
                call.open();
                group.wait();
                let expected = vec![(0, Some(90)), (1, Some(60))];
                expect_eq("balances seen afterwards", &seen.sorted(), &expected);
            },
        )
        .on(
            Verdict::WrongResult,
            "both locks are taken before `approve` is asked, and both guards live until the money \
             is moved",
        )
        .on(
            Verdict::Livelock,
            "somebody asks again and again whether a lock is free and keeps the runtime busy: \
             lock() parks",
        );
    suite
        .test(
            "bank::the_total_is_of_one_moment",
            "whenever the total is asked for, it is what there is",
            || {
                let bank = Arc::new(Bank::new(&[100, 100, 100]));
                together(3, &bank, |bank, i| match i {
                    0 => expect_eq("the total", &bank.total(), &300),
                    1 => {
                        let answer = bank.transfer(0, 2, 10, |_, _| true);
                        expect_eq("the answer", &answer, &Ok(()));
                    }
                    _ => {
                        let answer = bank.transfer(2, 1, 50, |_, _| true);
                        expect_eq("the answer", &answer, &Ok(()));
                    }
                });
            },
        )
        .on(
            Verdict::WrongResult,
            "money moved from an account that was not counted yet to one that was, or back: all \
             have to be held until the last is counted",
        )
        .on(
            Verdict::Deadlock,
            "whoever adds up takes all locks: in the same order as everybody else",
        );
    suite
        .test(
            "bank::rests_while_it_waits",
            "an approval takes an hour, and who waits for the account is not busy meanwhile",
            || {
                let bank = Arc::new(Bank::new(&[100, 100, 100]));
                together(2, &bank, |bank, i| {
                    let (from, to) = if i == 0 { (0, 1) } else { (1, 2) };
                    let approve = |_, _| {
                        // An hour of virtual time: it passes at once, when all rest.
                        time::sleep(HOUR);
                        true
                    };
                    let answer = bank.transfer(from, to, 1, approve);
                    expect_eq("the answer", &answer, &Ok(()));
                });
            },
        )
        .on(
            Verdict::Livelock,
            "to ask again and again whether both locks are free keeps the runtime busy: lock() \
             parks, and one order of locks makes that safe",
        );
}

/// Who is inside a gate, and whom those inside saw beside them.
#[derive(Default)]
struct Inside {
    readers: AtomicU64,
    writers: AtomicU64,
    /// Told at the end, not from inside: a panic would drop the learner's guard and
    /// run their code while it unwinds.
    seen: Log<String>,
}

impl Inside {
    fn read(&self) {
        self.readers.fetch_add(1, SeqCst);
        gosched();
        if self.writers.load(SeqCst) > 0 {
            self.seen.push("a writer beside a reader".to_owned());
        }
        self.readers.fetch_sub(1, SeqCst);
    }

    fn write(&self) {
        self.writers.fetch_add(1, SeqCst);
        gosched();
        if self.readers.load(SeqCst) > 0 {
            self.seen.push("a reader beside a writer".to_owned());
        }
        if self.writers.load(SeqCst) > 1 {
            self.seen.push("a writer beside a writer".to_owned());
        }
        self.writers.fetch_sub(1, SeqCst);
    }
}

/// Goroutines that each go in and out once: for each of `who`, a writer if true.
#[track_caller]
fn in_and_out<const N: usize>(who: [bool; N]) {
    let gate = Arc::new((RwGate::new(), Inside::default()));
    together(N as u64, &gate, move |(gate, inside), i| {
        if who[i as usize] {
            let _writing = gate.write();
            inside.write();
        } else {
            let _reading = gate.read();
            inside.read();
        }
    });
    let seen = gate.1.seen.all();
    expect_eq("who was seen inside together", &seen, &Vec::new());
}

const ALONE: &str = "to look whether one may go in and to go in are one step, under the lock; and whoever is woken \
                     looks again, in a loop: between the wake-up and the lock another may have gone in";

const FORGOTTEN: &str = "somebody waits though nobody is inside: who has to wake it, and when?";

fn own(suite: &mut Suite) {
    suite
        .test(
            "own::readers_meet",
            "three readers who wait for each other are inside together",
            || {
                let (gate, meeting) = (Arc::new(RwGate::new()), Meeting::of(3));
                together(3, &gate, move |gate, _| {
                    let _reading = gate.read();
                    meeting.arrive();
                });
            },
        )
        .on(
            Verdict::Deadlock,
            "a reader waits for one who cannot get in. While somebody is inside, the state's lock \
             must be free: it guards the numbers, not the room",
        );
    // Small, so that every order with few changes of turn is tried.
    suite
        .test(
            "own::two_writers_take_turns",
            "two writers come at the same time, and are never inside together",
            || in_and_out([true, true]),
        )
        .on(Verdict::WrongResult, ALONE)
        .on(Verdict::Deadlock, FORGOTTEN);
    suite
        .test(
            "own::a_writer_and_a_reader_take_turns",
            "a writer and a reader come at the same time, and are never inside together",
            || in_and_out([true, false]),
        )
        .on(Verdict::WrongResult, ALONE)
        .on(Verdict::Deadlock, FORGOTTEN);
    suite
        .test(
            "own::a_writer_is_alone",
            "two writers and a reader: beside a writer there is nobody",
            || in_and_out([false, true, true]),
        )
        .on(Verdict::WrongResult, ALONE)
        .on(Verdict::Deadlock, FORGOTTEN);
    suite
        .test(
            "own::new_readers_wait_for_a_writer_that_waits",
            "a reader who comes while a writer waits comes in after it",
            || {
                let (gate, order) = (Arc::new(RwGate::new()), Log::new());
                let group = WaitGroup::new();
                let first = gate.read();
                let (theirs, log) = (Arc::clone(&gate), order.clone());
                group.go(move || {
                    let _writing = theirs.write();
                    log.push("writer");
                });
                sim::wait();
                let (theirs, log) = (Arc::clone(&gate), order.clone());
                group.go(move || {
                    let _reading = theirs.read();
                    log.push("reader");
                });
                sim::wait();
                let none = Vec::<&str>::new();
                expect_eq("who came in beside the first reader", &order.all(), &none);
                drop(first);
                group.wait();
                expect_eq("who came in then", &order.all(), &vec!["writer", "reader"]);
            },
        )
        .on(
            Verdict::WrongResult,
            "new readers have to know that a writer waits: count those, too",
        )
        .on(
            Verdict::Deadlock,
            "the last reader leaves and has to wake the writer; the writer, those it held back",
        )
        .on(Verdict::Livelock, ASKS_AGAIN);
}

fn own_wakes(suite: &mut Suite) {
    suite
        .test(
            "own::all_come_in",
            "behind a writer wait two readers and two writers; all of them come in",
            || {
                let (gate, inside) = (Arc::new(RwGate::new()), Log::new());
                let group = WaitGroup::new();
                let first = gate.write();
                for i in 0..4 {
                    let (gate, inside) = (Arc::clone(&gate), inside.clone());
                    group.go(move || {
                        if i % 2 == 0 {
                            let _reading = gate.read();
                            inside.push(i);
                        } else {
                            let _writing = gate.write();
                            inside.push(i);
                        }
                    });
                }
                sim::wait();
                expect_eq("who is beside the writer", &inside.all(), &Vec::new());
                drop(first);
                group.wait();
                expect_eq("who came in, sorted", &inside.sorted(), &vec![0, 1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "a wake-up went to one who could not use it, and got lost: wake all, or know whom",
        );
    suite
        .test(
            "own::readers_who_wait_come_in_together",
            "two readers wait for a writer, then meet inside",
            || {
                let (gate, meeting) = (Arc::new(RwGate::new()), Meeting::of(2));
                let group = WaitGroup::new();
                let writing = gate.write();
                for _ in 0..2 {
                    let (gate, meeting) = (Arc::clone(&gate), meeting.clone());
                    group.go(move || {
                        let _reading = gate.read();
                        meeting.arrive();
                    });
                }
                sim::wait();
                drop(writing);
                group.wait();
            },
        )
        .on(
            Verdict::Deadlock,
            "one reader came in and the other was not woken: all who can go in have to be",
        );
    suite
        .test(
            "own::can_be_used_again",
            "in and out, three times, as reader and as writer",
            || {
                let gate = RwGate::new();
                for _ in 0..3 {
                    drop(gate.write());
                    let (one, two) = (gate.read(), gate.read());
                    drop(one);
                    drop(two);
                }
            },
        )
        .on(
            Verdict::Deadlock,
            "it waits though nobody is inside: what is counted up has to be counted down, also by \
             a writer that no longer waits",
        )
        .on(
            Verdict::Panicked,
            "what is counted down was counted up before: once for each who comes in",
        );
    suite
        .test(
            "own::rests_while_it_waits",
            "a writer stays for an hour, and who waits is not busy meanwhile",
            || {
                let gate = Arc::new(RwGate::new());
                together(3, &gate, |gate, i| {
                    if i == 0 {
                        let _reading = gate.read();
                    } else {
                        let _writing = gate.write();
                        time::sleep(HOUR);
                    }
                });
            },
        )
        .on(Verdict::Livelock, ASKS_AGAIN)
        .on(
            Verdict::Deadlock,
            "who parks has to be woken by the one who leaves",
        );
    suite
        .test(
            "own::the_last_reader_wakes_the_writer",
            "a reader leaves, and the writer who waits for it comes in",
            || {
                let gate = Arc::new(RwGate::new());
                let reading = Meeting::of(2);
                let (theirs, met) = (Arc::clone(&gate), reading.clone());
                go(move || {
                    let _reading = theirs.read();
                    met.arrive();
                    gosched();
                });
                reading.arrive();
                drop(gate.write());
            },
        )
        .on(
            Verdict::Deadlock,
            "the last reader who leaves has to wake the writer",
        );
}
