//! What the programs of lesson 08 print. Seconds are virtual, so these are exact; where
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
fn in_twenty_schedules(name: &str) -> Vec<String> {
    let run = |seed| {
        let mut command = example(name);
        command.arg("--virtual");
        command.env("MARMOTA_SEED", format!("random:{seed:#x}"));
        let output = command.assert().success().get_output().stdout.clone();
        String::from_utf8(output).expect("the examples print text")
    };
    (0..20).map(run).collect()
}

#[test]
fn a_worker_works_until_its_context_ends() {
    let at_work = "worker: at work\n".repeat(4);
    let end = "main: cancels\nworker: stops, context canceled\nmain: 3.5 s\n";
    for output in in_twenty_schedules("told_to_stop") {
        assert_eq!(output, format!("{at_work}{end}"));
    }
}

#[test]
fn every_child_ends_with_its_parent_and_with_the_right_error() {
    for output in in_twenty_schedules("family") {
        let at = |second| {
            let start = format!("{second} s: ");
            let lines = output.lines().filter(|l| l.starts_with(&start));
            let mut lines: Vec<&str> = lines.collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!(
            at(1),
            [
                "1 s: child: context canceled",
                "1 s: grandchild: context canceled"
            ],
            "{output}"
        );
        assert_eq!(
            at(2),
            ["2 s: timeout of 2 s: context deadline exceeded"],
            "{output}"
        );
        assert_eq!(
            at(3),
            [
                "3 s: deadline of 5 s: context canceled",
                "3 s: parent: context canceled",
                "3 s: with a value: context canceled",
            ],
            "{output}"
        );
        assert!(output.contains("the parent so far: None\n"), "{output}");
        assert!(
            output.ends_with("not to be cancelled: None\nits user: Ada\n"),
            "{output}"
        );
    }
}

#[test]
fn a_select_may_take_a_job_after_the_end() {
    let says = predicate::str::contains("a job after the end");
    example("either").assert().success().stdout(says);
}
