//! A graded test without libraries: it compiles in an instant, and speaks the
//! grader's protocol with strings.

use std::io::{Read, Write};
use std::panic::catch_unwind;
use std::process::exit;

fn main() {
    let mut request = String::new();
    std::io::stdin().read_to_string(&mut request).unwrap();
    let nonce = request.split('"').skip_while(|w| *w != "nonce").nth(2).unwrap();
    let mut pipe = speaker::pipe();

    if request.contains("\"task\":\"list\"") {
        let test = r#"{"name":"one::gives_42","asks":"the number 42"}"#;
        writeln!(pipe, r#"{{"tests":{{"nonce":"{nonce}","tests":[{test}]}}}}"#).unwrap();
        return;
    }
    let (verdict, code, seen) = match catch_unwind(lesson_09_example::one::one) {
        Ok(42) => ("passed", 0, "null".into()),
        Ok(n) => ("wrong-result", 12, format!("\"{n}\"")),
        Err(_) => ("not-started", 10, "null".into()),
    };
    let report = format!(
        r#"{{"test":"one::gives_42","asks":"the number 42","verdict":"{verdict}","schedules":1000,"place":null,"happened":"the number","expected":"42","seen":{seen},"waiting":[],"why":null,"replay":"random:0x2a"}}"#
    );
    writeln!(pipe, r#"{{"report":{{"nonce":"{nonce}","report":{report}}}}}"#).unwrap();
    exit(code);
}
