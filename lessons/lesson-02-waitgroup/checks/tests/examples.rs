//! What the seed programs of lesson 02 print.

use assert_cmd::Command;
use predicates::prelude::*;

fn example(name: &str) -> Command {
    let program = marmota_grader::example(env!("CARGO_MANIFEST_DIR"), name);
    let mut command = Command::new(program);
    command.env_remove("GOMAXPROCS");
    command
}

#[test]
fn p002_2_three_lines_in_any_order_and_then_the_last() {
    for _ in 0..20 {
        let output = example("three_lines")
            .assert()
            .success()
            .get_output()
            .stdout
            .clone();
        let output = String::from_utf8(output).expect("the example prints text");
        let mut lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines.pop(), Some("all goroutines have ended"), "{output}");
        lines.sort_unstable();
        assert_eq!(
            lines,
            [1, 2, 3].map(|id| format!("goroutine {id} runs")),
            "{output}"
        );
    }
}

#[test]
fn p001_1_without_a_lock_updates_are_lost() {
    // On one processor all hundred read before any writes, the clearest loss, unless the
    // machine has other things to do.
    let mut program = example("counter");
    program.env("GOMAXPROCS", "1");
    let of_a_hundred = predicate::function(|output: &str| {
        let count = output.strip_prefix("without a lock: ");
        let count = count.and_then(|rest| rest.split(' ').next()?.parse().ok());
        count.is_some_and(|count: u32| (1..100).contains(&count))
    });
    program.assert().success().stdout(of_a_hundred);
}

#[test]
fn p001_1_with_a_mutex_or_an_atomic_none_is_lost() {
    for _ in 0..20 {
        let whole = predicate::str::contains("with a Mutex:   100 of 100\n")
            .and(predicate::str::contains("with an atomic: 100 of 100\n"));
        example("counter").assert().success().stdout(whole);
    }
}
