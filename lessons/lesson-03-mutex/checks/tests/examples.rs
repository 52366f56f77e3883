//! What the seed programs of lesson 03 print.
//!
//! All of them run on the deterministic runtime here: the pauses cost nothing, and
//! `MARMOTA_SEED` chooses the schedule.

use std::collections::BTreeSet;

use assert_cmd::Command;
use predicates::prelude::*;

fn example(name: &str) -> Command {
    let program = marmota_grader::example(env!("CARGO_MANIFEST_DIR"), name);
    let mut command = Command::new(program);
    command.env_remove("MARMOTA_SEED");
    command
}

/// What the example prints in each of twenty schedules.
fn in_twenty_schedules(name: &str, argument: &str) -> Vec<String> {
    let program = marmota_grader::example(env!("CARGO_MANIFEST_DIR"), name);
    let run = |seed: u32| {
        let mut command = Command::new(&program);
        command
            .arg(argument)
            .env("MARMOTA_SEED", format!("random:{seed:#x}"));
        let output = command.assert().success().get_output().stdout.clone();
        String::from_utf8(output).expect("the examples print text")
    };
    (0..20).map(run).collect()
}

#[test]
fn p002_3_never_two_in_the_bathroom_and_two_seconds_each() {
    let mut orders = BTreeSet::new();
    for output in in_twenty_schedules("bathroom", "--virtual") {
        let (waits, inside): (Vec<&str>, Vec<&str>) = output
            .lines()
            .filter(|l| l.contains("person"))
            .partition(|l| l.ends_with("waits"));
        assert!(waits.iter().all(|l| l.starts_with("0 s:")), "{output}");
        assert_eq!((waits.len(), inside.len()), (3, 6), "{output}");
        for (i, visit) in inside.chunks(2).enumerate() {
            let (from, to) = (2 * i, 2 * i + 2);
            let who = visit[0].strip_suffix(" enters").expect("first one enters");
            let who = who.strip_prefix(&format!("{from} s: ")).expect("in time");
            assert_eq!(visit[1], format!("{to} s: {who} leaves"), "{output}");
        }
        assert!(output.ends_with("6 s: all were inside\n"), "{output}");
        orders.insert(output);
    }
    assert!(orders.len() > 1, "who comes first is left open");
}

#[test]
fn p002_4_users_share_the_network_and_nobody_is_on_it_during_the_restart() {
    for output in in_twenty_schedules("office", "--virtual") {
        let (mut on, mut most, mut waits, mut restarts) = (0, 0, false, false);
        for line in output.lines() {
            let what = line.split_once(" s: ").map_or(line, |(_, what)| what);
            match what {
                "the technician waits" => waits = true,
                "the technician restarts the router" => {
                    assert_eq!(on, 0, "{output}");
                    restarts = true;
                }
                "the technician is done" => (waits, restarts) = (false, false),
                _ if what.contains(" is on ") => {
                    assert!(!waits && !restarts, "{output}");
                    on += 1;
                    most = most.max(on);
                }
                _ if what.ends_with(" is off") => {
                    assert!(!restarts, "{output}");
                    on -= 1;
                }
                _ => assert_eq!(line, "all is done, after 1 restart"),
            }
        }
        assert_eq!((on, most), (0, 6), "{output}");
        assert_eq!(output.matches(" is on ").count(), 18, "{output}");
    }
}

#[test]
fn p003_6_opposite_orders_deadlock_and_one_order_does_not() {
    let explained = predicate::str::contains("opposite orders: deadlock")
        .and(predicate::str::contains("they wait in a circle"))
        .and(predicate::str::contains("opposite_orders.rs:18"))
        .and(predicate::str::contains("opposite_orders.rs:22"));
    let gone = predicate::str::contains("one order: passed\n")
        .and(predicate::str::ends_with("which are all there are\n"));
    example("opposite_orders")
        .assert()
        .success()
        .stdout(explained.and(gone));
}

#[test]
fn p003_7_a_data_race_is_reported_with_both_places_and_three_ways_are_none() {
    let reported = predicate::str::contains("DATA RACE")
        .and(predicate::str::contains("data_race.rs:19\n"))
        .and(predicate::str::contains("data_race.rs:20\n"));
    let gone = predicate::str::ends_with("a Mutex: passed\nan atomic: passed\na channel: passed\n");
    example("data_race")
        .assert()
        .success()
        .stdout(reported.and(gone));
}

#[test]
fn p004_2_a_printed_and_incremented_counter_without_a_lock_is_a_race() {
    for output in in_twenty_schedules("hello_counter", "nothing") {
        assert!(output.contains("WARNING: DATA RACE"), "{output}");
        // Printing against incrementing, or incrementing against incrementing.
        assert!(output.contains("hello_counter.rs:23\n"), "{output}");
    }
}

/// The numbers of the greetings, and nothing else is printed.
fn numbers(output: &str) -> Vec<u32> {
    let number = |line: &str| line.strip_prefix("hello #")?.parse().ok();
    output
        .lines()
        .map(|line| number(line).unwrap_or_else(|| panic!("{line}")))
        .collect()
}

#[test]
fn p004_3_a_lock_inside_each_goroutine_ends_the_race_and_fixes_no_order() {
    let runs = in_twenty_schedules("hello_counter", "inside");
    let mut seen = BTreeSet::new();
    for output in &runs {
        let numbers = numbers(output);
        assert_eq!(numbers.len(), 10, "{output}");
        assert!(numbers.iter().all(|&n| n <= 10), "{output}");
        seen.insert(numbers);
    }
    assert!(seen.len() > 1, "twenty schedules printed the same");
}

#[test]
fn p004_4_a_lock_taken_before_each_goroutine_counts_in_order() {
    for output in in_twenty_schedules("hello_counter", "before") {
        assert_eq!(numbers(&output), (0..10).collect::<Vec<_>>(), "{output}");
    }
}
