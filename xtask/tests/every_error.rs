//! Each error that the sources can tell is brought about by some test: the text of each
//! `Trouble::new` is looked for in the tests.

use std::fs;
use std::path::Path;

/// Errors that no test brings about, and why. To be named here is what makes the next
/// test pass over them.
const NOT_BROUGHT_ABOUT: [(&str, &str); 3] = [
    ("go cannot be started", "it has answered a moment before"),
    (
        "cannot start this program once more",
        "it runs, so it can be started",
    ),
    (
        "git cannot say what has changed",
        "only a damaged repository brings it about",
    ),
];

/// What stands between quotes in a source, without the tests in it.
fn quoted(text: &str) -> Vec<&str> {
    let of_line = |line| str::split(line, '"').skip(1).step_by(2);
    text.lines().flat_map(of_line).collect()
}

/// The first text of each `Trouble::new(…)` in `source`: what happened.
fn errors_in(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let calls = code.split("Trouble::new(").skip(1);
    calls
        // Where the text is made beforehand, the first word is a name.
        .filter(|call| call.trim_start().starts_with(['"', 'f']))
        .filter_map(|call| call.split('"').nth(1))
        .filter(|text| *text != "{what}: {said}")
        .map(str::to_owned)
        .collect()
}

/// All Rust files under `folder`.
fn sources_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|entry| entry.path())
        .flat_map(|path| {
            if path.is_dir() {
                sources_in(&path)
            } else if path.extension().is_some_and(|e| e == "rs") {
                vec![fs::read_to_string(path).unwrap()]
            } else {
                Vec::new()
            }
        })
        .collect()
}

#[test]
fn every_error_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = sources_in(&folder.join("tests"));
    let expected: Vec<&str> = tests
        .iter()
        .flat_map(|text| quoted(text))
        .filter(|text| text.len() > 9)
        .collect();
    let sources = sources_in(&folder.join("src"));
    let mut errors: Vec<String> = sources.iter().flat_map(|s| errors_in(s)).collect();
    errors.sort();
    errors.dedup();
    assert!(errors.len() > 60, "{errors:#?}");
    // A test names a part of what is the same each time, or all of it and more.
    let tested = |error: &&String| {
        let mut fixed = error.split(['{', '}', '\\', '`']).map(str::trim);
        fixed.any(|part| {
            let names =
                |text: &&str| part.contains(*text) || (part.len() > 9 && text.contains(part));
            expected.iter().any(names)
        })
    };
    for (what, why) in NOT_BROUGHT_ABOUT {
        let known = sources.iter().any(|source| source.contains(what));
        assert!(known, "`{what}` is no error any more (it was named: {why})");
    }
    let untested: Vec<&String> = errors.iter().filter(|e| !tested(e)).collect();
    assert!(
        untested.is_empty(),
        "no test has these in it: {untested:#?}"
    );
}
