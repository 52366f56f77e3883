//! What the figures were measured on: they mean nothing without it.

use std::process::Command;
use std::thread::available_parallelism;

/// The machine, as a reader needs to know it.
#[derive(Debug)]
pub struct Machine {
    /// The CPU's own name.
    pub cpu: String,
    /// How many CPUs this process may use.
    pub cores: usize,
    /// The system and its version.
    pub system: String,
    /// The compiler's version.
    pub rustc: String,
}

impl Machine {
    /// Looks at this machine.
    pub fn look() -> Machine {
        Machine {
            cpu: cpu().unwrap_or_else(|| "an unnamed CPU".to_owned()),
            cores: available_parallelism().map_or(1, usize::from),
            system: system(),
            rustc: first_line("rustc", &["--version"])
                .and_then(|line| line.split(' ').nth(1).map(str::to_owned))
                .unwrap_or_else(|| "of an unknown version".to_owned()),
        }
    }

    /// What makes the figures less than they seem.
    pub fn warning(&self, procs: &[usize]) -> Option<String> {
        let procs = procs.iter().max().filter(|&&procs| procs > self.cores)?;
        Some(format!(
            "GOMAXPROCS {procs} on {} CPUs: threads of one program wait for each other",
            self.cores
        ))
    }
}

fn cpu() -> Option<String> {
    if cfg!(target_os = "macos") {
        return first_line("sysctl", &["-n", "machdep.cpu.brand_string"]);
    }
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// `Linux 6.18`: the build that a distribution or a host adds says nothing here.
fn system() -> String {
    let release = first_line("uname", &["-r"]).unwrap_or_default();
    let version: Vec<&str> = release.split(['.', '-']).take(2).collect();
    let name = match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "Darwin",
        other => other,
    };
    format!("{name} {}", version.join(".")).trim().to_owned()
}

/// How much CPU time other programs take while we measure: on a shared machine
/// the reader must know. Linux only; elsewhere there is no figure.
#[derive(Debug)]
pub struct Others {
    begin: Option<Ticks>,
}

/// CPU time since the machine or the process started, in the system's ticks.
#[derive(Debug, Clone, Copy)]
struct Ticks {
    /// All CPUs, idle or not.
    all: u64,
    /// All CPUs, running anything or taken away by the host.
    busy: u64,
    /// This process and its children that ended.
    own: u64,
}

impl Others {
    /// From now on.
    pub fn watch() -> Others {
        Others { begin: ticks() }
    }

    /// The part of all CPUs that others took since then, from 0 to 1.
    pub fn part(&self) -> Option<f64> {
        let (begin, end) = (self.begin?, ticks()?);
        let busy = end.busy.saturating_sub(begin.busy);
        let others = busy.saturating_sub(end.own.saturating_sub(begin.own));
        let all = end.all.checked_sub(begin.all).filter(|&all| all > 0)?;
        Some(others as f64 / all as f64)
    }
}

fn ticks() -> Option<Ticks> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    // cpu user nice system idle iowait irq softirq steal; guest time is in user.
    let cpu: Vec<u64> = numbers(stat.lines().next()?.strip_prefix("cpu")?);
    let all: u64 = cpu.iter().take(8).sum();
    let idle = cpu.get(3)? + cpu.get(4)?;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name in brackets come the fields from the third on; the 14th to
    // the 17th are the user and system time of this process and its children.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let own = numbers(&fields.get(11..15)?.join(" ")).iter().sum();
    Some(Ticks {
        all,
        busy: all - idle,
        own,
    })
}

fn numbers(text: &str) -> Vec<u64> {
    text.split_whitespace()
        .filter_map(|n| n.parse().ok())
        .collect()
}

fn first_line(command: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(command).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(|line| line.trim().to_owned())
}
