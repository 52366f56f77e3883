//! The course itself, without a network: once its libraries are fetched, a verdict needs
//! nothing from outside.

use assert_cmd::Command;

/// On the repository that this is a part of, whatever its learner has written so far:
/// there is a verdict, and not an error of the command.
#[test]
fn a_lesson_of_the_real_course_is_graded_without_a_network() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["check", "1", "--json"]);
    command.env("MARMOTA_COURSE", root.canonicalize().unwrap());
    command.env("CARGO_NET_OFFLINE", "true");
    // Whoever asks all the same gets no answer.
    for proxy in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "CARGO_HTTP_PROXY"] {
        command.env(proxy, "http://127.0.0.1:9");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&said);
    assert_eq!(json["lesson"], "lesson-01-goroutines");
    if json["verdict"] == "does-not-compile" {
        return; // A verdict all the same, on what somebody is in the middle of.
    }
    let exercises = json["exercises"].as_array().unwrap();
    let tests = exercises
        .iter()
        .map(|e| e["tests"].as_array().unwrap().len());
    assert!(tests.sum::<usize>() >= 10, "{json}");
}
