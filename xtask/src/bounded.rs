//! One graded test in a process of its own that cannot outstay its welcome.
//!
//! The child gets a process group of its own, a private pipe for its reply, an
//! environment with nothing of ours, the walls of [`crate::sandbox`], and limits on
//! time, memory, threads and what of its output is kept. Whatever happens, the whole
//! group is killed and reaped before [`run`] returns, also on Ctrl-C; and should this
//! program be killed first, the kernel kills the child with it (Linux).
//!
//! Nothing here judges: [`crate::grade`] makes a verdict of an [`End`] and the
//! reply.

use std::env;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use marmota_verdict::{CHANNEL_VARIABLE, Request};

use crate::interrupt;
use crate::kept;
use crate::sandbox::Sandbox;

/// What one test may use.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Time by the clock, without what others kept it from running ([`kept`]).
    pub time: Duration,
    /// Resident memory, in bytes. Watched on Linux, by sampling.
    pub memory: u64,
    /// Threads. Watched on Linux, by sampling.
    pub threads: u64,
    /// Whether it runs behind the walls of [`crate::sandbox`].
    pub confined: bool,
}

impl Limits {
    /// Generous for a thousand schedules of a small program, even on a busy
    /// machine; short enough to wait for.
    pub fn usual() -> Self {
        // For the tests of this limit: filling so much memory takes its time on a machine
        // that has to find it first.
        let mebibytes = env::var("MARMOTA_TEST_MB").ok();
        let mebibytes = mebibytes.and_then(|n| n.parse().ok()).unwrap_or(2048_u64);
        Self {
            time: Duration::from_secs(20),
            memory: mebibytes << 20,
            threads: 256,
            confined: true,
        }
    }
}

/// How the process ended.
#[derive(Debug)]
pub enum End {
    /// By itself, or by a signal that was not ours.
    Exited(ExitStatus),
    /// Killed: it ran too long.
    TimedOut,
    /// Killed: it took too much memory.
    OutOfMemory,
    /// Killed: it started too many threads.
    TooManyThreads,
}

/// What is left of a process.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub end: End,
    /// All that came over the private pipe.
    pub reply: String,
    /// The beginning of what it printed, standard output before standard error.
    pub output: String,
}

/// How much of each stream is kept. The rest is read and thrown away.
const KEPT: usize = 64 << 10;

/// What a test keeps of the environment: where libraries are found, and where a
/// measurement of coverage goes. A grade depends on nothing else in it.
const KEPT_VARIABLES: [&str; 3] = ["PATH", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"];

/// How often time and memory are looked at.
const TICK: Duration = Duration::from_millis(20);

/// Runs `program` in `folder` with `request` on its standard input. `seed` is the
/// one schedule to replay.
pub fn run(
    program: &Path,
    folder: &Path,
    request: &Request,
    seed: Option<&str>,
    limits: Limits,
) -> io::Result<Ended> {
    let (reply, reply_end) = io::pipe()?;
    let temporary = Temporary::new()?;
    let sandbox = if limits.confined {
        Some(Sandbox::new(program, &temporary.0)?)
    } else {
        None
    };
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env_clear()
        .env("TMPDIR", &temporary.0);
    for name in KEPT_VARIABLES {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    if let Some(seed) = seed {
        command.env("MARMOTA_SEED", seed);
    }
    prepare(&mut command, &reply_end, sandbox);
    let mut child = spawn(&mut command)?;
    // Only the child holds the writing end now, so the pipe ends when it does.
    drop(reply_end);

    let mut readers = Readers::new();
    readers.read(Stream::Reply, reply);
    if let Some(pipe) = child.stdout.take() {
        readers.read(Stream::Stdout, pipe);
    }
    if let Some(pipe) = child.stderr.take() {
        readers.read(Stream::Stderr, pipe);
    }
    if let Some(mut stdin) = child.stdin.take() {
        // A child that has already ended does not listen; its end says why.
        let _unheard = stdin.write_all(request.to_line().as_bytes());
    }

    let end = watch(&mut child, &mut readers, limits);
    kill_group(child.id());
    child.wait()?;
    // Its descendants are gone with the group, so the streams end now.
    readers.finish();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Ended {
        end: end?,
        reply: text(&readers.reply),
        output: text(&readers.stdout) + &text(&readers.stderr),
    })
}

/// Starts it. A program that was just copied counts as busy for as long as a child that
/// another thread has forked holds its descriptor: that is over with that child's exec.
fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 0..100 {
        match command.spawn() {
            Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
    command.spawn()
}

fn watch(child: &mut Child, readers: &mut Readers, limits: Limits) -> io::Result<End> {
    let (started, stolen) = (Instant::now(), kept::stolen());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Exited(status));
        }
        if let Some((threads, memory)) = used(child.id()) {
            if memory > limits.memory {
                return Ok(End::OutOfMemory);
            }
            if threads > limits.threads {
                return Ok(End::TooManyThreads);
            }
        }
        let usage = || kept::usage(child.id(), stolen);
        if kept::is_used_up(started.elapsed(), limits.time, usage) {
            return Ok(End::TimedOut);
        }
        if interrupt::came() {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        readers.wait(TICK);
    }
}

/// The three streams of a child, each read by a thread of its own, so that a
/// child that writes much into one never stalls on another.
struct Readers {
    reply: Vec<u8>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    open: usize,
    sender: mpsc::Sender<(Stream, Vec<u8>)>,
    chunks: mpsc::Receiver<(Stream, Vec<u8>)>,
}

#[derive(Clone, Copy)]
enum Stream {
    Reply,
    Stdout,
    Stderr,
}

impl Readers {
    fn new() -> Self {
        let (sender, chunks) = mpsc::channel();
        Self {
            reply: Vec::new(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            open: 0,
            sender,
            chunks,
        }
    }

    /// Reads `pipe` to its end; an empty chunk says that it came.
    fn read(&mut self, stream: Stream, mut pipe: impl Read + Send + 'static) {
        self.open += 1;
        let sender = self.sender.clone();
        thread::spawn(move || {
            let mut buffer = [0; 8 << 10];
            while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                if sender.send((stream, buffer[..n].to_vec())).is_err() {
                    return;
                }
            }
            let _nobody_listens = sender.send((stream, Vec::new()));
        });
    }

    /// Takes what comes until something happened that may be the end (a stream
    /// ended), or `time` is over.
    fn wait(&mut self, time: Duration) {
        let until = Instant::now() + time;
        if self.open == 0 {
            // All streams are closed and the process still runs: only time is left.
            thread::sleep(Duration::from_millis(1));
            return;
        }
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.chunks.recv_timeout(left) {
                Ok((stream, chunk)) => {
                    if self.take(stream, chunk) {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Takes all that is left.
    fn finish(&mut self) {
        while self.open > 0 {
            let Ok((stream, chunk)) = self.chunks.recv() else {
                return;
            };
            self.take(stream, chunk);
        }
    }

    /// Keeps a chunk; true if it was the end of its stream.
    fn take(&mut self, stream: Stream, chunk: Vec<u8>) -> bool {
        let kept = match stream {
            Stream::Reply => &mut self.reply,
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        let room = KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
        let ended = chunk.is_empty();
        self.open -= usize::from(ended);
        ended
    }
}

#[cfg(unix)]
fn prepare(command: &mut Command, reply_end: &io::PipeWriter, sandbox: Option<Sandbox>) {
    use std::os::fd::AsRawFd;
    use std::os::unix::process::CommandExt;

    let fd = reply_end.as_raw_fd();
    command
        .env(CHANNEL_VARIABLE, fd.to_string())
        .process_group(0);
    // SAFETY: between fork and exec only async-signal-safe calls may be made:
    // `fcntl`, `prctl`, `signal` and all that `Sandbox::enter` does are system calls, which read
    // what the parent has built and allocate nothing.
    // `fd` stays open until after the spawn: the caller owns it.
    unsafe {
        command.pre_exec(move || {
            // The pipe is close-on-exec for every other child of this process.
            if libc::fcntl(fd, libc::F_SETFD, 0) == -1 {
                return Err(io::Error::last_os_error());
            }
            #[cfg(target_os = "linux")]
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) == -1 {
                return Err(io::Error::last_os_error());
            }
            // Whoever ignores this signal hands that on, and then a file that grows too
            // large is an error to the test, and not its end.
            libc::signal(libc::SIGXFSZ, libc::SIG_DFL);
            sandbox.as_ref().map_or(Ok(()), Sandbox::enter)
        });
    }
}

#[cfg(not(unix))]
fn prepare(command: &mut Command, _: &io::PipeWriter, _: Option<Sandbox>) {
    // Without inherited descriptors the test finds no channel and says so.
    command.env(CHANNEL_VARIABLE, "none");
}

/// Kills the process group that `leader` leads.
#[cfg(unix)]
pub fn kill_group(leader: u32) {
    if let Ok(group) = libc::pid_t::try_from(leader) {
        // SAFETY: a system call without pointers. The group is the leader's own
        // (`process_group(0)`). Its number is taken as long as any member lives; if
        // none does, the call fails, which is what is wanted: numbers are given out
        // in turn, so this one does not come up again within microseconds.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}

#[cfg(not(unix))]
pub fn kill_group(_: u32) {}

/// Waits until nobody is left of a group that was killed and whose leader was waited for:
/// what the others were writing at that moment they may still write. Gives up after a
/// while: somewhere nobody may take note of their ends.
#[cfg(unix)]
pub fn wait_for_group(leader: u32) {
    let Ok(group) = libc::pid_t::try_from(leader) else {
        return;
    };
    let began = Instant::now();
    // SAFETY: a system call without pointers; signal 0 only asks.
    while unsafe { libc::kill(-group, 0) } == 0 && began.elapsed() < Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(not(unix))]
pub fn wait_for_group(_: u32) {}

/// Threads and resident memory of a process, where the kernel tells.
#[cfg(target_os = "linux")]
fn used(process: u32) -> Option<(u64, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // After the name in brackets: the 3rd field is the first, threads are the 20th,
    // resident pages the 24th (proc(5)).
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(17);
    let threads = fields.next()?.parse().ok()?;
    let pages: u64 = fields.nth(3)?.parse().ok()?;
    // SAFETY: a library call without pointers.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some((threads, pages * u64::try_from(page).ok()?))
}

#[cfg(not(target_os = "linux"))]
fn used(_: u32) -> Option<(u64, u64)> {
    None
}

/// A folder that is gone when this is.
pub struct Temporary(pub PathBuf);

impl Temporary {
    /// A new one among the system's temporary files.
    pub fn new() -> io::Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        loop {
            // Only a number nobody else in this process has: nothing is ordered by it.
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let name = format!("marmota-{}-{number}", std::process::id());
            let folder = env::temp_dir().join(name);
            match std::fs::create_dir(&folder) {
                // What is left of a process that was killed and had our number.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self(folder)),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use marmota_verdict::Task;

    fn shell(script: &str, limits: Limits) -> Ended {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("test");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let request = Request {
            nonce: "n".into(),
            task: Task::List,
        };
        run(
            &program,
            folder.path(),
            &request,
            Some("random:0x1"),
            limits,
        )
        .unwrap()
    }

    /// A shell starts programs, which no graded test may.
    const OPEN: Limits = Limits {
        time: Duration::from_secs(20),
        memory: 2 << 30,
        threads: 256,
        confined: false,
    };

    const SHORT: Limits = Limits {
        time: Duration::from_millis(300),
        memory: 64 << 20,
        ..OPEN
    };

    #[test]
    fn the_reply_comes_over_the_private_pipe_only() {
        let ended = shell(
            "echo printed; eval \"echo told >&$MARMOTA_GRADER_FD\"; exit 3",
            OPEN,
        );
        assert!(matches!(ended.end, End::Exited(s) if s.code() == Some(3)));
        assert_eq!(ended.reply, "told\n");
        assert_eq!(ended.output, "printed\n");
    }

    #[test]
    fn the_request_and_the_seed_reach_the_process() {
        let ended = shell("cat; echo; echo $MARMOTA_SEED", OPEN);
        assert!(ended.output.contains("\"nonce\":\"n\""), "{}", ended.output);
        assert!(ended.output.contains("random:0x1"), "{}", ended.output);
    }

    #[test]
    fn a_process_that_never_ends_is_ended() {
        let ended = shell("while :; do :; done", SHORT);
        assert!(matches!(ended.end, End::TimedOut), "{:?}", ended.end);
    }

    #[test]
    fn what_a_process_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("pid");
        let ended = shell(
            &format!("sleep 1000 & echo $! > {}; exit 0", mark.display()),
            OPEN,
        );
        assert!(matches!(ended.end, End::Exited(_)));
        let pid: libc::pid_t = std::fs::read_to_string(mark)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        // `run` returned, so the streams that the sleeper had inherited are closed: it is
        // dead or dying, though its new parent may not have reaped it yet.
        let stat = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let begin = std::time::Instant::now();
        let is_gone = |state: &str| state.is_empty() || state.contains(") Z ");
        while !is_gone(&stat()) {
            assert!(begin.elapsed() < Duration::from_secs(60), "{}", stat());
            std::thread::yield_now();
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_that_takes_too_much_memory_is_ended() {
        let limits = Limits {
            time: Duration::from_secs(20),
            ..SHORT
        };
        let ended = shell("x=0123456789; while :; do x=$x$x; done", limits);
        assert!(matches!(ended.end, End::OutOfMemory), "{:?}", ended.end);
    }

    #[test]
    fn a_flood_of_output_is_cut_and_does_not_stall_the_process() {
        let ended = shell("yes | head -c 3000000; exit 5", OPEN);
        assert!(matches!(ended.end, End::Exited(s) if s.code() == Some(5)));
        assert_eq!(ended.output.len(), KEPT);
    }
}
