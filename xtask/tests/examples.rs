//! The examples of grading on other machines: they parse, and what they call exists.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use yaml_rust2::{Yaml, YamlLoader};

/// The one document in an example, and its text.
fn example(name: &str) -> (Yaml, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/grading");
    let text = fs::read_to_string(folder.join(name)).unwrap();
    let mut documents = YamlLoader::load_from_str(&text).unwrap();
    assert_eq!(documents.len(), 1, "{name}");
    (documents.remove(0), text)
}

/// Every option that follows `cargo xtask grade` is one of that command.
fn calls_what_there_is(text: &str) {
    let mut help = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let help = help.args(["grade", "--help"]).output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let calls: Vec<&str> = text.split("cargo xtask grade").skip(1).collect();
    assert!(!calls.is_empty());
    for call in calls {
        let words = call.split("env:").next().unwrap().split_whitespace();
        for option in words.map_while(|w| (w != "-").then_some(w)) {
            let option = option.trim_end_matches([')', '"']);
            if option.starts_with("--") {
                assert!(help.contains(option), "{option} is no option of grade");
            }
        }
    }
}

#[test]
fn the_kubernetes_job_is_an_indexed_job_of_one_submission_a_task() {
    let (job, text) = example("kubernetes-job.yml");
    assert_eq!(job["kind"].as_str(), Some("Job"));
    assert_eq!(job["apiVersion"].as_str(), Some("batch/v1"));
    assert_eq!(job["spec"]["completionMode"].as_str(), Some("Indexed"));
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let script = container["args"][0].as_str().unwrap();
    assert!(
        script.contains("--index \"$JOB_COMPLETION_INDEX\""),
        "{script}"
    );
    calls_what_there_is(&text);
}

#[test]
fn the_workflow_has_a_job_a_submission() {
    let (workflow, text) = example("github-actions.yml");
    let jobs = &workflow["jobs"];
    let names = jobs["grade"]["strategy"]["matrix"]["name"]
        .as_str()
        .unwrap();
    assert!(names.contains("needs.names.outputs.names"), "{names}");
    assert_eq!(jobs["grade"]["needs"].as_str(), Some("names"));
    calls_what_there_is(&text);
}
