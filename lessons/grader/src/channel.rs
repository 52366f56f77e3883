//! The answer to `cargo xtask`: one request, one reply, over the private pipe.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use marmota_verdict::{Reply, Request, Task, Verdict};

use crate::explore::{explore, verdicts};
use crate::suite::{Suite, Test};

/// The exit status of a program that was asked something it cannot answer.
const BAD_REQUEST: u8 = 1;

/// Reads the request, does it, replies, and ends with the verdict's status.
pub(crate) fn answer(suite: &Suite, descriptor: &str) -> ExitCode {
    match try_answer(suite, descriptor) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("graded test: {error}");
            ExitCode::from(BAD_REQUEST)
        }
    }
}

fn try_answer(suite: &Suite, descriptor: &str) -> io::Result<ExitCode> {
    let mut pipe = open(descriptor)?;
    // All of it, to its end: nothing of the nonce is left for the learner's code.
    let mut line = String::new();
    io::stdin().read_to_string(&mut line)?;
    let request = Request::from_line(&line).ok_or_else(|| io::Error::other("no request"))?;

    let (reply, status) = match request.task {
        Task::List => {
            let tests = suite.tests.iter().map(|t| t.info.clone()).collect();
            let nonce = request.nonce;
            (Reply::Tests { nonce, tests }, ExitCode::SUCCESS)
        }
        Task::Run { test, schedules } => {
            let test = named(suite, &test)?;
            let report = explore(test, &suite.sources, schedules);
            let verdict: Verdict = report.verdict;
            let reply = Reply::Report {
                nonce: request.nonce,
                report: Box::new(report),
            };
            (reply, verdict.into())
        }
        Task::Seeds { test, seeds } => {
            let test = named(suite, &test)?;
            let reply = Reply::Verdicts {
                nonce: request.nonce,
                verdicts: verdicts(test, &suite.sources, seeds),
            };
            (reply, ExitCode::SUCCESS)
        }
    };
    pipe.write_all(reply.to_line().as_bytes())?;
    Ok(status)
}

fn named<'a>(suite: &'a Suite, name: &str) -> io::Result<&'a Test> {
    let test = suite.tests.iter().find(|t| t.info.name == name);
    test.ok_or_else(|| io::Error::other(format!("no test is called `{name}`")))
}

#[cfg(unix)]
fn open(descriptor: &str) -> io::Result<File> {
    use std::os::fd::{FromRawFd, OwnedFd, RawFd};

    let fd: RawFd = descriptor
        .parse()
        .ok()
        .filter(|fd| *fd > 2)
        .ok_or_else(|| io::Error::other(format!("`{descriptor}` is no pipe's descriptor")))?;
    // SAFETY: whoever set the variable handed this open descriptor to this
    // process and to nobody else in it, and `open` is called once, before any
    // other code could have opened or closed one.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}

#[cfg(not(unix))]
fn open(_: &str) -> io::Result<File> {
    Err(io::Error::other(
        "the private channel needs a Unix system; run `cargo test -p LESSON` instead",
    ))
}
