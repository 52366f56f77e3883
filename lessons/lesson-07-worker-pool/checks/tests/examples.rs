//! What the programs of lesson 07 print. Seconds are virtual, so these are exact; where
//! the order is the scheduler's, several schedules are tried.

use assert_cmd::Command;
use predicates::prelude::*;

fn example(name: &str) -> Command {
    let program = marmota_grader::example(env!("CARGO_MANIFEST_DIR"), name);
    let mut command = Command::new(program);
    command.env_remove("GOMAXPROCS").env_remove("MARMOTA_SEED");
    command
}

/// What it prints on the deterministic runtime, in each of twenty schedules.
fn in_twenty_schedules(name: &str, arguments: &[&str]) -> Vec<String> {
    let run = |seed| {
        let mut command = example(name);
        command.args(arguments).arg("--virtual");
        command.env("MARMOTA_SEED", format!("random:{seed:#x}"));
        let output = command.assert().success().get_output().stdout.clone();
        String::from_utf8(output).expect("the examples print text")
    };
    (0..20).map(run).collect()
}

/// The messages in the order printed, and who printed each.
fn handled(output: &str) -> Vec<(&str, &str)> {
    let lines = output.lines().filter(|l| l.starts_with("worker "));
    lines
        .filter_map(|l| l.split_once(": message "))
        .map(|(worker, message)| (message, worker))
        .collect()
}

#[test]
fn one_worker_takes_ten_seconds_and_main_waits_at_each_send() {
    for output in in_twenty_schedules("several_workers", &["1"]) {
        let expected: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        let messages: Vec<&str> = handled(&output).iter().map(|&(m, _)| m).collect();
        assert_eq!(messages, expected, "{output}");
        // The tenth is taken when the ninth is done.
        assert!(output.contains("all taken after 9 s\n"), "{output}");
        assert!(output.ends_with("all done after 10 s\n"), "{output}");
    }
}

#[test]
fn two_workers_take_five_seconds_and_five_take_two() {
    for (workers, seconds) in [(2, 5), (5, 2)] {
        for output in in_twenty_schedules("several_workers", &[&workers.to_string()]) {
            let end = format!("all done after {seconds} s\n");
            assert!(output.ends_with(&end), "{output}");
            let mut messages: Vec<&str> = handled(&output).iter().map(|&(m, _)| m).collect();
            messages.sort_unstable();
            let each_once = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
            assert_eq!(messages, each_once, "{output}");
            let mut all: Vec<&str> = handled(&output).iter().map(|&(_, w)| w).collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), workers, "{output}");
        }
    }
}

#[test]
fn main_may_be_through_before_the_last_message_is_printed() {
    let says = predicate::str::contains("messages printed when main is through");
    example("last_message").assert().success().stdout(says);
}

#[test]
fn one_channel_spreads_the_work_over_all_workers() {
    let lines: String = (1..=4)
        .map(|w| format!("worker {w}: 3 requests\n"))
        .collect();
    for output in in_twenty_schedules("load_balancer", &[]) {
        assert_eq!(output, format!("{lines}3 s\n"));
    }
}

#[test]
fn a_slow_worker_gets_less() {
    for output in in_twenty_schedules("load_balancer", &["slow"]) {
        let counts: Vec<u32> = output
            .lines()
            .filter_map(|l| l.split(' ').nth(2).and_then(|n| n.parse().ok()))
            .collect();
        assert_eq!(counts.iter().sum::<u32>(), 12, "{output}");
        assert!(counts[1..].iter().all(|&n| n > counts[0]), "{output}");
        assert!(output.ends_with("4 s\n"), "{output}");
    }
}

#[test]
fn a_worker_does_three_jobs_and_quits_and_nothing_is_left() {
    for output in in_twenty_schedules("jobs_and_quit", &[]) {
        let of_the_worker: Vec<&str> = output.lines().filter(|l| l.starts_with("w")).collect();
        let expected = [
            "worker: job 1 begins",
            "worker: job 1 is done",
            "worker: job 2 begins",
            "worker: job 2 is done",
            "worker: job 3 begins",
            "worker: job 3 is done",
            "worker: told to quit",
        ];
        assert_eq!(of_the_worker, expected, "{output}");
        assert!(output.ends_with("main: the worker has ended\n"), "{output}");
    }
}

#[test]
fn gomaxprocs_returns_the_old_number() {
    let says = "gomaxprocs(-1) gives 3\ngomaxprocs(20) gives 3\ngomaxprocs(100) gives 20\n\
                gomaxprocs(-1) gives 100\n";
    example("gomaxprocs")
        .env("GOMAXPROCS", "3")
        .assert()
        .success()
        .stdout(predicate::str::starts_with(says).and(predicate::str::contains("100 Ps: ")));
}

#[test]
fn a_pool_does_each_job_once() {
    for _ in 0..20 {
        let output = example("pool")
            .assert()
            .success()
            .get_output()
            .stdout
            .clone();
        let output = String::from_utf8(output).expect("the example prints text");
        let mut jobs: Vec<&str> = output.lines().filter_map(|l| l.split(' ').nth(4)).collect();
        jobs.sort_unstable();
        assert_eq!(jobs, ["1", "2", "3", "4", "5", "6"], "{output}");
    }
}
