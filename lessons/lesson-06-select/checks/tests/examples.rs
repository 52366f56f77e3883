//! What the examples of lesson 06 print.
//!
//! Those with pauses run in virtual time, under several schedules.

use std::collections::BTreeSet;

use assert_cmd::Command;
use predicates::prelude::*;

fn example(name: &str) -> Command {
    let program = marmota_grader::example(env!("CARGO_MANIFEST_DIR"), name);
    let mut command = Command::new(program);
    command.env_remove("GOMAXPROCS").env_remove("MARMOTA_SEED");
    command
}

/// The example in virtual time, in each of twenty schedules.
fn in_virtual_time(name: &str, arguments: &[&str]) -> Vec<Command> {
    let run = |seed: u32| {
        let mut program = example(name);
        program
            .arg("--virtual")
            .args(arguments)
            .env("MARMOTA_SEED", format!("random:{seed:#x}"));
        program
    };
    (0..20).map(run).collect()
}

#[test]
fn a_single_case_is_waited_for() {
    for _ in 0..20 {
        example("one_case")
            .assert()
            .success()
            .stdout("hello world\n");
    }
}

#[test]
fn a_default_is_taken_at_once_and_the_message_never_comes() {
    for mut program in in_virtual_time("with_default", &[]) {
        let left = predicate::str::contains("leak: main has returned but goroutines remain")
            .and(predicate::str::contains("goroutine 2 [chan send]"));
        program.assert().failure().stdout("default\n").stderr(left);
    }
}

#[test]
fn the_first_message_wins_and_an_empty_channel_has_none() {
    for mut program in in_virtual_time("two_channels", &[]) {
        program
            .assert()
            .success()
            .stdout("from one: message one\nafter 1 s\nnothing from three at this moment\n");
    }
}

const TIMEOUTS: &str = "the operation of 1 s has succeeded\nafter 1 s\n\
                        the operation of 3 s is late\nafter 2 s\n";

#[test]
fn who_is_late_is_given_up_after_two_seconds() {
    for mut program in in_virtual_time("timeouts", &[]) {
        program.assert().success().stdout(TIMEOUTS);
    }
}

#[test]
fn who_is_late_and_finds_no_room_is_stuck() {
    for mut program in in_virtual_time("timeouts", &["unbuffered"]) {
        let stuck = predicate::str::contains("goroutine 3 [chan send]");
        program.assert().failure().stdout(TIMEOUTS).stderr(stuck);
    }
}

#[test]
fn the_worker_does_three_jobs_and_stops() {
    let job = |n: u32| format!("worker: begins job {n}\nworker: has done job {n}\n");
    let expected: String = (1..=3).map(job).collect::<String>()
        + "worker: was told to stop\nmain: the worker has ended\n";
    for mut program in in_virtual_time("quit", &[]) {
        program.assert().success().stdout(expected.clone());
    }
}

#[test]
fn of_two_that_are_ready_each_is_taken_about_half_of_the_time() {
    let mut seen = BTreeSet::new();
    for seed in 0..5 {
        let mut program = example("both_ready");
        program.env("MARMOTA_SEED", format!("random:{seed:#x}"));
        let output = program.assert().success().get_output().stdout.clone();
        let output = String::from_utf8(output).expect("the example prints text");
        let first: u32 = output
            .split(' ')
            .nth(2)
            .and_then(|word| word.parse().ok())
            .unwrap_or(0);
        // Eleven standard deviations: and the schedules are always the same.
        assert!((320..=680).contains(&first), "{output}");
        seen.insert(first);
    }
    assert!(seen.len() > 1, "each time the same number: {seen:?}");
}

#[test]
fn a_limit_is_one_more_case() {
    example("limit").assert().success().stdout("in time\n");
}

#[test]
fn a_closed_channel_keeps_a_loop_busy_and_a_nil_one_does_not() {
    for seed in 0..5 {
        let mut program = example("closed_is_ready");
        program.env("MARMOTA_SEED", format!("random:{seed:#x}"));
        let output = program.assert().success().get_output().stdout.clone();
        let output = String::from_utf8(output).expect("the example prints text");
        let turns: Vec<u32> = output
            .split([' ', '\n'])
            .filter_map(|word| word.parse().ok())
            .collect();
        assert!(turns[0] > 20, "{output}");
        assert_eq!(turns[1], 2, "{output}");
    }
}
