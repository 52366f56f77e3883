//! `bank`: no money is lost or made, and nobody waits for ever or without need.

use std::sync::Arc;

use lesson_03_mutex::bank::{Bank, Refused};
use marmota::runtime::gosched;
use marmota::sync::WaitGroup;
use marmota::{sim, time};
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::{HOUR, together};

pub fn add_to(suite: &mut Suite) {
    sums(suite);
    waits(suite);
}

fn sums(suite: &mut Suite) {
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

fn waits(suite: &mut Suite) {
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
