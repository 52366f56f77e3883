//! What the programs of lesson 04 print.

use assert_cmd::Command;
use predicates::prelude::*;

fn example(name: &str) -> Command {
    let program = marmota_grader::example(env!("CARGO_MANIFEST_DIR"), name);
    let mut command = Command::new(program);
    command.env_remove("MARMOTA_SEED").env_remove("GOMAXPROCS");
    command
}

#[test]
fn p002_5_ten_try_and_one_function_runs() {
    let program = marmota_grader::example(env!("CARGO_MANIFEST_DIR"), "ten_attempts");
    for _ in 0..20 {
        let output = Command::new(&program).assert().success();
        let output = String::from_utf8(output.get_output().stdout.clone()).expect("it is text");
        let (mut tries, runs): (Vec<&str>, Vec<&str>) =
            output.lines().partition(|line| line.ends_with(" tries"));
        tries.sort_unstable();
        let all: Vec<String> = (0..10).map(|i| format!("goroutine {i} tries")).collect();
        assert_eq!(tries, all, "{output}");
        assert_eq!(runs.len(), 1, "{output}");
        let from = runs[0].strip_prefix("the function runs, from goroutine ");
        let from: Option<u32> = from.and_then(|i| i.parse().ok());
        assert!(from.is_some_and(|i| i < 10), "{output}");
    }
}

#[test]
fn with_a_flag_the_second_goes_on_too_early_and_with_a_once_it_does_not() {
    let early = predicate::str::contains("panicked")
        .and(predicate::str::contains("there is no connection yet"));
    let right = predicate::str::contains("a Once: passed\n");
    example("too_early")
        .assert()
        .success()
        .stdout(early.and(right));
}

#[test]
fn a_once_within_itself_is_a_deadlock() {
    let explained = predicate::str::contains("the first has begun\ndeadlock")
        .and(predicate::str::contains("within_itself.rs:11"))
        .and(predicate::str::contains("goroutine 1 waits for itself"))
        .and(predicate::str::contains("never printed").not());
    example("within_itself")
        .assert()
        .success()
        .stdout(explained);
}

#[test]
fn a_panic_counts_as_done() {
    let expected = "the first: panics with `no configuration`\n\
                    the second: returns, and its function did not run\n\
                    once_value, the first: panics with `no configuration`\n\
                    once_value, the second: panics with `no configuration`\n";
    example("panics").assert().success().stdout(expected);
}
