//! What of a program's end is compared.
//!
//! Compared, letter by letter: the exit status; standard output; and of standard
//! error every line, but for what two languages cannot have in common:
//!
//! - goroutine numbers other than main's become `N` (Go's own helpers have some), and
//!   addresses become `0x…`;
//! - the frames of a stack become one line `…` (there are some, or there are none), and
//!   `created by WHO in goroutine 1` becomes `created by … in goroutine 1`;
//! - ` [recovered, repanicked]` is left out: in Rust a panic that was caught and
//!   resumed is the same panic, and nothing tells;
//! - the value of a panic that has no text: Go shows its type and address, we say so;
//! - `goroutine stack exceeds N-byte limit`: the sizes differ;
//! - where Go blames its own runtime (`runtime stack:`: an overflow, too many threads),
//!   the messages before it and the stack of the goroutine that runs; Go then shows
//!   its helpers, the registers and all others too.

use std::fmt::Write;
use std::process::Output;

/// How a program ended.
pub struct End {
    /// What is compared.
    pub text: String,
    /// What a failed test shows besides.
    pub raw: String,
}

impl End {
    pub fn of(output: &Output) -> End {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let status = output.status;
        let code = status
            .code()
            .map_or(status.to_string(), |code| code.to_string());
        End {
            text: format!(
                "status {code}\n--- stdout\n{out}--- stderr\n{}",
                normal_stderr(&err)
            ),
            raw: format!("{status}\n{out}{err}"),
        }
    }
}

/// Standard error without what the languages cannot share.
fn normal_stderr(err: &str) -> String {
    let mut blocks: Vec<&str> = err.trim_end().split("\n\n").collect();
    if let Some(at) = blocks.iter().position(|b| b.starts_with("runtime stack:")) {
        let runs = blocks[at..].iter().copied().find(|b| {
            let head = b.lines().next().unwrap_or_default();
            head.starts_with("goroutine ") && head.ends_with("[running]:")
        });
        blocks.truncate(at);
        blocks.extend(runs);
    }
    let mut text = String::new();
    for block in blocks.into_iter().filter(|block| !block.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        match block.starts_with("goroutine ") {
            true => goroutine(&mut text, block),
            false => block.lines().for_each(|line| message(&mut text, line)),
        }
    }
    text
}

fn message(text: &mut String, line: &str) {
    if line.starts_with("runtime: sp=") {
        return;
    }
    let mut line = line.replace(" [recovered, repanicked]", "");
    if let Some((head, tail)) = line.split_once("stack exceeds ")
        && let Some((_, tail)) = tail.split_once("-byte")
    {
        line = format!("{head}stack exceeds N-byte{tail}");
    }
    let panic = line.trim_start().strip_prefix("panic: ");
    let typed = panic.is_some_and(|rest| rest.starts_with('(') && rest.contains(") 0x"));
    if typed || panic == Some("a value that is not text") {
        line = "panic: (a value without a text)".into();
    }
    let _ = writeln!(text, "{line}");
}

/// `goroutine 7 [running]:` and what is below it.
fn goroutine(text: &mut String, block: &str) {
    let mut lines = block.lines();
    let head = lines.next().unwrap_or_default();
    let id = head.split(' ').nth(1).unwrap_or_default();
    let state = head.find('[').map_or("", |at| &head[at..]);
    let _ = writeln!(text, "goroutine {} {state}", number(id));
    let mut frames = false;
    for line in lines {
        match line.strip_prefix("created by ") {
            Some(by) => {
                let parent = by.rsplit(' ').next().unwrap_or_default();
                if std::mem::take(&mut frames) {
                    let _ = writeln!(text, "\t…");
                }
                let _ = writeln!(text, "created by … in goroutine {}", number(parent));
                // Where that was, in Go's dump; in ours, what would help.
                return;
            }
            None => frames = true,
        }
    }
    if frames {
        let _ = writeln!(text, "\t…");
    }
}

fn number(id: &str) -> &str {
    if id == "1" { "1" } else { "N" }
}
