//! What the examples of lesson 05 print.
//!
//! Those with pauses run in virtual time, under several schedules: what is left open
//! may differ, what is promised may not.

use std::collections::BTreeSet;
use std::time::Duration;

use assert_cmd::Command;
use predicates::prelude::*;

fn example(name: &str) -> Command {
    let program = marmota_grader::example(env!("CARGO_MANIFEST_DIR"), name);
    let mut command = Command::new(program);
    command.env_remove("GOMAXPROCS").env_remove("MARMOTA_SEED");
    command
}

fn output(mut command: Command) -> String {
    let output = command.assert().success().get_output().stdout.clone();
    String::from_utf8(output).expect("the examples print text")
}

/// What the example prints in virtual time, in each of twenty schedules.
fn in_virtual_time(name: &str, arguments: &[&str]) -> BTreeSet<String> {
    let run = |seed: u32| {
        let mut program = example(name);
        program
            .arg("--virtual")
            .args(arguments)
            .env("MARMOTA_SEED", format!("random:{seed:#x}"));
        output(program)
    };
    (0..20).map(run).collect()
}

fn lines_with<'a>(output: &'a str, what: &str) -> Vec<&'a str> {
    output.lines().filter(|l| l.contains(what)).collect()
}

#[test]
fn the_first_value_arrives() {
    for _ in 0..20 {
        example("first_value")
            .assert()
            .success()
            .stdout("hello world\n");
    }
}

#[test]
fn who_waits_beside_a_running_goroutine_waits_for_ever() {
    // Too slow a machine could only make this pass for the wrong reason, and never
    // fail; the deterministic run below has no such weakness.
    example("waits_for_ever")
        .timeout(Duration::from_secs(2))
        .assert()
        .interrupted()
        .stderr("");
    let mut program = example("waits_for_ever");
    let no_end = predicate::str::contains("livelock: no end after");
    program.arg("--virtual").assert().failure().stderr(no_end);
}

#[test]
fn who_waits_alone_is_a_deadlock() {
    let report = predicate::str::contains("fatal error: all goroutines are asleep - deadlock!")
        .and(predicate::str::contains("goroutine 1 [chan receive]:"));
    example("nobody_sends")
        .assert()
        .code(2)
        .stdout("main waits for ever\n")
        .stderr(report);
}

#[test]
fn the_ranged_numbers_begin_at_0() {
    let every_second = "0 after 1 s\n1 after 2 s\n2 after 3 s\n3 after 4 s\n4 after 5 s\n";
    assert_eq!(
        in_virtual_time("one_a_second", &[]),
        BTreeSet::from([every_second.to_owned()])
    );
}

#[test]
fn a_slow_receiver_holds_the_producer_back() {
    let every_three = "0 after 1 s\n1 after 4 s\n2 after 7 s\n3 after 10 s\n4 after 13 s\n";
    assert_eq!(
        in_virtual_time("one_a_second", &["slow"]),
        BTreeSet::from([every_three.to_owned()])
    );
}

#[test]
fn the_sum_goes_one_way() {
    for _ in 0..20 {
        example("directions")
            .assert()
            .success()
            .stdout("the sum is 15\n");
    }
}

#[test]
fn sender_and_receiver_meet_after_two_seconds() {
    for output in in_virtual_time("meeting_point", &[]) {
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines.len(), 4, "{output}");
        // First both begin, then both go on; who is first in each pair is left open.
        let pair = |pair: &[&str]| pair.iter().map(|&l| l.to_owned()).collect::<BTreeSet<_>>();
        let begin = ["receiver: is ready", "sender: prepares a message"];
        let go_on = [
            "receiver: got `hello, receiver` after 2 s",
            "sender: the message was taken",
        ];
        assert_eq!(pair(&lines[..2]), pair(&begin), "{output}");
        assert_eq!(pair(&lines[2..]), pair(&go_on), "{output}");
    }
}

#[test]
fn a_full_buffer_holds_the_sender_back() {
    for output in in_virtual_time("buffer_of_two", &[]) {
        let sent = [
            "0.0 s sender: 1 is sent",
            "0.5 s sender: 2 is sent",
            "1.0 s sender: 3 is sent",
            "2.5 s sender: 4 is sent",
        ];
        assert_eq!(lines_with(&output, "sender"), sent, "{output}");
        let buffered = [
            "1.0 s receiver: 2/2 in the buffer",
            "2.5 s receiver: 2/2 in the buffer",
            "4.0 s receiver: 2/2 in the buffer",
            "5.5 s receiver: 1/2 in the buffer",
        ];
        assert_eq!(lines_with(&output, "in the buffer"), buffered, "{output}");
        let worked_on = [
            "1.0 s receiver: works on 1",
            "2.5 s receiver: works on 2",
            "4.0 s receiver: works on 3",
            "5.5 s receiver: works on 4",
        ];
        assert_eq!(lines_with(&output, "works on"), worked_on, "{output}");
    }
}

#[test]
fn the_close_ends_the_consumers_loop() {
    let mut expected: String = (0..10).map(|n| format!("works on {n}\n")).collect();
    expected += "the channel is closed\n";
    assert_eq!(
        in_virtual_time("producer_and_consumer", &[]),
        BTreeSet::from([expected])
    );
}

#[test]
fn a_closed_channel_can_only_be_received_from() {
    let expected = "receive: Some(\"first\")\nreceive: Some(\"second\")\nreceive: None\n\
                    receive: None\nthe loop is over\nsend: panicked: send on closed channel\n\
                    close: panicked: close of closed channel\n";
    example("closed").assert().success().stdout(expected);
}

#[test]
fn handshake_event_and_end_come_in_their_order() {
    let expected = "main: asks\npartner: was asked, and answers\nmain: was answered\n\
                    main: the bell rang after 2 s\nmain: runner 1 is there\n\
                    main: runner 2 is there\nmain: runner 3 is there\nmain: all after 3 s\n";
    let seen = in_virtual_time("handshake", &[]);
    assert_eq!(seen, BTreeSet::from([expected.to_owned()]));
}

#[test]
fn the_picture_shows_who_is_stuck() {
    let stuck = predicate::str::contains("STUCK: chan receive");
    example("lanes").assert().success().stdout(stuck);
}
