//! What the book says of the command line is so: commands, statuses, and each field of
//! what scripts read. A field that is new, or gone, has to be written down.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::Course;
use marmota_verdict::Verdict;
use serde_json::Value;

const RIGHT: &str = "pub fn one() -> u32 { 42 }\n";

/// The book's page on the command line.
fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/src/xtask.md");
    fs::read_to_string(path).unwrap()
}

/// What the page has from `begin` to the next of `end`.
fn part(begin: &str, end: &str) -> String {
    let page = page();
    let rest = page.split_once(begin).expect(begin).1;
    rest.split_once(end).expect(end).0.to_owned()
}

/// The words in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    let words = text.split('`').skip(1).step_by(2);
    words.map(str::to_owned).collect()
}

/// The fields of a JSON object.
fn fields(json: &Value) -> BTreeSet<String> {
    json.as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect()
}

/// The fields of all objects in a list.
fn fields_of_all(list: &Value) -> BTreeSet<String> {
    list.as_array()
        .expect("a list")
        .iter()
        .flat_map(fields)
        .collect()
}

#[test]
fn every_verdict_has_the_status_that_the_book_says() {
    let table = part("## Verdicts", "## ");
    for verdict in Verdict::ALL {
        let row = format!("| {} | {verdict} |", verdict.exit_status());
        assert!(table.contains(&row), "no `{row}` in:\n{table}");
    }
    let course = Course::new();
    let help = course.xtask("check --help").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for verdict in Verdict::ALL {
        let words = format!("{} {verdict}", verdict.exit_status());
        assert!(help.contains(&words), "no `{words}` in:\n{help}");
    }
}

#[test]
fn every_command_is_in_the_book() {
    let course = Course::new();
    let help = course.xtask("--help").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let commands = help.split_once("Commands:\n").unwrap().1;
    let table = part("| command | does |", "## ");
    for line in commands.lines().take_while(|line| !line.is_empty()) {
        let command = line.split_whitespace().next().unwrap();
        let in_table = quoted(&table)
            .iter()
            .any(|words| words.split(' ').next() == Some(command));
        assert!(
            command == "help" || in_table,
            "`{command}` is not in:\n{table}"
        );
    }
}

#[test]
fn what_check_prints_as_json_is_what_the_book_says() {
    let course = Course::new();
    let table = part("| field | is |", "\n\n");
    let row = |name: &str| {
        let begin = format!("| `{name}` | ");
        let row = table.lines().find_map(|line| line.strip_prefix(&begin));
        quoted(row.unwrap_or_else(|| panic!("no row `{name}`")))
    };
    let mut top = BTreeSet::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let name = line.split('|').nth(1).unwrap();
        top.extend(quoted(name).into_iter().filter(|name| !name.contains('[')));
    }

    let mut seen = [const { BTreeSet::new() }; 3];
    let mut check = |words: &str, status: i32| {
        let asserted = course.xtask(words).assert().code(status);
        let json: Value = serde_json::from_slice(&asserted.get_output().stdout).unwrap();
        assert_eq!(json["schema"], 1);
        let verdict = json["verdict"].as_str().unwrap().replace('-', " ");
        let named = Verdict::ALL.iter().find(|v| v.to_string() == verdict);
        assert_eq!(
            named.map(|v| i32::from(v.exit_status())),
            Some(status),
            "{json}"
        );
        seen[0].extend(fields(&json));
        let exercises = &json["exercises"];
        seen[1].extend(fields_of_all(exercises));
        for exercise in exercises.as_array().unwrap() {
            seen[2].extend(fields_of_all(&exercise["tests"]));
        }
    };
    check("check 9 --json", 10);
    course.learner(RIGHT);
    check("check 9 --json", 0);
    check("check 9 --json --test one::gives_42", 0);
    course.learner("pub fn one() -> u32 { 41 }\n");
    check("check 9 --json", 12);
    course.learner("pub fn one() -> u32 { \"no\" }\n");
    check("check 9 --json", 11);
    course.write("one.rs", RIGHT);
    let path = course.root().join("one.rs");
    course.learner(&format!("include!({path:?});\n"));
    check("check 9 --json", 21);
    course.write("lessons/lesson-09-example/build.rs", "fn main() {}\n");
    check("check 9 --json", 21);

    let [of_lesson, of_exercise, of_test] = seen;
    assert_eq!(of_lesson, top);
    assert_eq!(of_exercise, row("exercises"));
    assert_eq!(of_test, row("exercises[].tests"));
}

#[test]
fn what_progress_and_grade_write_is_what_the_book_says() {
    let course = Course::new();
    course.learner(RIGHT);
    course.xtask("check 9").assert().success();
    let progress = course.progress();
    assert_eq!(progress["schema"], 1);
    let mut seen = fields(&progress);
    seen.extend(fields_of_all(&progress["exercises"]));
    assert_eq!(
        seen,
        quoted(&part("`progress --json` prints one object: ", "\n\n"))
    );

    course.write("submitted/ada/src/one.rs", "pub fn one() -> u32 { 41 }\n");
    fs::create_dir_all(course.root().join("submitted/bob/src")).unwrap();
    let words = format!("grade {}/submitted --lesson 9", course.root().display());
    course.xtask(&words).assert().success();
    let lines = course.root().join("submitted.grades/results.jsonl");
    let lines = fs::read_to_string(lines).unwrap();
    let mut seen = BTreeSet::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["schema"], 1);
        seen.extend(fields(&line));
        seen.extend(fields_of_all(&line["exercises"]));
    }
    assert_eq!(seen, quoted(&part("A line has ", "\n\n")));
}
