//! What the seed programs of lesson 01 print.
//!
//! With one processor (`GOMAXPROCS=1`) a goroutine runs when the one before it waits, or
//! when that one's time slice is over, as it may be on a machine that has other things to
//! do. So each line's place among its goroutine's is certain, and what is usual has to come
//! up in one of many runs. The counters run in virtual time.

use assert_cmd::Command;
use predicates::prelude::*;

fn example(name: &str) -> Command {
    let program = marmota_grader::example(env!("CARGO_MANIFEST_DIR"), name);
    let mut command = Command::new(program);
    command.env("GOMAXPROCS", "1").env_remove("MARMOTA_SEED");
    command
}

fn output(mut command: Command) -> String {
    let output = command.assert().success().get_output().stdout.clone();
    String::from_utf8(output).expect("the examples print text")
}

fn lines_of<'a>(output: &'a str, who: &str) -> Vec<&'a str> {
    output.lines().filter(|l| l.starts_with(who)).collect()
}

const MAIN: &str = "main 0\nmain 1\nmain 2\nmain 3\nmain 4\nHello 1\nHello 2\n";
const GOROUTINE: &str = "goroutine 0\ngoroutine 1\ngoroutine 2\ngoroutine 3\ngoroutine 4\n";

/// The lines of the goroutine, and those of main.
fn apart(output: &str) -> (String, String) {
    let lines = output.split_inclusive('\n');
    lines.partition(|line| line.starts_with("goroutine"))
}

#[test]
fn p000_1_the_end_of_main_is_the_end_of_the_program() {
    let mut ended_first = 0;
    for _ in 0..20 {
        let (goroutine, main) = apart(&output(example("main_returns")));
        assert_eq!(main, MAIN);
        assert!(GOROUTINE.starts_with(&goroutine), "{goroutine}");
        ended_first += u32::from(goroutine.is_empty());
    }
    assert!(ended_first > 0, "the goroutine was always first");
}

#[test]
fn p000_2_a_sleeping_main_lets_the_goroutine_run() {
    let (goroutine, main) = apart(&output(example("main_sleeps")));
    assert_eq!(main, format!("{MAIN}the end\n"));
    assert_eq!(goroutine, GOROUTINE);
}

#[test]
fn p000_3_one_counter_after_the_other_takes_ten_seconds() {
    let mut program = example("one_after_the_other");
    program
        .arg("--virtual")
        .assert()
        .success()
        .stdout("a 0\na 1\na 2\na 3\na 4\nb 0\nb 1\nb 2\nb 3\nb 4\n10 s\n");
}

#[test]
fn p000_4_two_counters_together_take_five_seconds_in_every_schedule() {
    let mut orders = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let mut program = example("together");
        program
            .arg("--virtual")
            .env("MARMOTA_SEED", format!("random:{seed:#x}"));
        let output = output(program);
        for who in ["a", "b"] {
            let mut expected: Vec<String> = (0..5).map(|n| format!("{who} {n}")).collect();
            expected.push(format!("{who} is through after 5 s"));
            assert_eq!(lines_of(&output, who), expected, "{output}");
        }
        assert!(output.ends_with("main returns after 10 s\n"), "{output}");
        // Interleaved: nobody is two numbers ahead of the other.
        let first_numbers: Vec<&str> = output.lines().take(2).collect();
        assert!(first_numbers.iter().all(|l| l.ends_with(" 0")), "{output}");
        orders.insert(output);
    }
    assert!(
        orders.len() > 1,
        "twenty schedules gave one and the same order"
    );
}

#[test]
fn p002_1_a_goroutine_prints_only_if_main_gives_it_time() {
    let mut ended_first = 0;
    for _ in 0..20 {
        let alone = output(example("hello"));
        let others = alone.replacen("main returns at once\n", "", 1);
        assert_ne!(others, alone);
        assert!(["", "hello from a goroutine\n"].contains(&others.as_str()));
        ended_first += u32::from(others.is_empty());
    }
    assert!(ended_first > 0, "the goroutine was always first");
    for how in ["sleep", "join"] {
        let mut program = example("hello");
        let says_hello = predicate::eq("hello from a goroutine\n");
        program.arg(how).assert().success().stdout(says_hello);
    }
}

#[test]
fn p004_1_a_captured_value_is_the_old_one() {
    let expected = "goroutine: hello\nmain: goodbye\n";
    example("captured")
        .env_remove("GOMAXPROCS")
        .assert()
        .success()
        .stdout(expected);
}
