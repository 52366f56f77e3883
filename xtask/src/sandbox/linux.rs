//! The walls as Linux builds them.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// What the course knows to ask of landlock; an older kernel does what it can.
const ABI_KNOWN: ABI = ABI::V6;

/// The largest file that a test may write.
const FILE_BYTES: u64 = 8 << 20;

/// How many descriptors a test may have open.
const OPEN_FILES: u64 = 256;

/// The walls around one program, built by the parent, so that the child between fork
/// and exec has only system calls left to make.
pub struct Sandbox {
    /// Landlock's rules; none if the kernel lacks it.
    rules: Option<OwnedFd>,
    filters: Vec<BpfProgram>,
}

impl Sandbox {
    /// Walls for `program`, which may write to `temporary` only.
    pub fn new(program: &Path, temporary: &Path) -> io::Result<Self> {
        let filters = if has_seccomp() {
            vec![
                refuse(&denied()?, libc::EPERM)?,
                refuse(&unknown(), libc::ENOSYS)?,
            ]
        } else {
            Vec::new()
        };
        Ok(Self {
            rules: rules(program, temporary).map_err(io::Error::other)?,
            filters,
        })
    }

    /// Goes behind the walls, for good. Called between fork and exec: it makes system
    /// calls and nothing else, above all it does not allocate.
    pub fn enter(&self) -> io::Result<()> {
        limit(libc::RLIMIT_CORE, 0)?;
        limit(libc::RLIMIT_FSIZE, FILE_BYTES)?;
        limit(libc::RLIMIT_NOFILE, OPEN_FILES)?;
        // SAFETY: a system call without pointers.
        if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } == -1 {
            return Err(io::Error::last_os_error());
        }
        if let Some(rules) = &self.rules {
            // SAFETY: a system call without pointers; the descriptor is open, `self` owns it.
            let done =
                unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0) };
            if done == -1 {
                return Err(io::Error::last_os_error());
            }
        }
        for filter in &self.filters {
            seccompiler::apply_filter(filter)
                .map_err(|_| io::Error::from_raw_os_error(libc::EACCES))?;
        }
        Ok(())
    }
}

/// Landlock's rules: what is not named cannot be reached.
fn rules(program: &Path, temporary: &Path) -> Result<Option<OwnedFd>, landlock::RulesetError> {
    let run = AccessFs::Execute | AccessFs::ReadFile;
    let read = run | AccessFs::ReadDir;
    let look: BitFlags<AccessFs> = AccessFs::ReadFile.into();
    let all = AccessFs::from_all(ABI_KNOWN) & !AccessFs::Execute;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI_KNOWN))?
        .handle_access(AccessNet::from_all(ABI_KNOWN))?
        .scope(Scope::from_all(ABI_KNOWN))?
        .create()?;
    // What a program needs to be loaded; what is not there needs no rule.
    let reachable = [
        (program, run),
        (Path::new("/lib"), read),
        (Path::new("/lib64"), read),
        (Path::new("/usr/lib"), read),
        (Path::new("/nix/store"), read),
        (Path::new("/etc/ld.so.cache"), look),
        (Path::new("/dev/null"), look | AccessFs::WriteFile),
        (Path::new("/dev/urandom"), look),
        (temporary, all),
    ];
    for (path, access) in reachable {
        if let Ok(file) = PathFd::new(path) {
            rules = rules.add_rule(PathBeneath::new(file, access))?;
        }
    }
    Ok(rules.into())
}

/// The system calls that are refused. `clone` makes threads, too: only without
/// `CLONE_THREAD` does it make a process.
fn denied() -> io::Result<Vec<(i64, Vec<SeccompRule>)>> {
    let mut calls = vec![
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_setsid,
        libc::SYS_setpgid,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_mount,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_keyctl,
        libc::SYS_add_key,
    ];
    #[cfg(target_arch = "x86_64")]
    calls.extend([libc::SYS_fork, libc::SYS_vfork]);
    let mut denied: Vec<_> = calls.into_iter().map(|call| (call, Vec::new())).collect();
    let thread = libc::CLONE_THREAD as u64;
    let no_thread = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(thread),
        0,
    )
    .and_then(|condition| SeccompRule::new(vec![condition]))
    .map_err(io::Error::other)?;
    denied.push((libc::SYS_clone, vec![no_thread]));
    Ok(denied)
}

/// Calls that a kernel may not know, so that their callers do without: `clone3` hides
/// its flags behind a pointer, and rings carry calls past the filter.
fn unknown() -> Vec<(i64, Vec<SeccompRule>)> {
    [
        libc::SYS_clone3,
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
    ]
    .map(|call| (call, Vec::new()))
    .into()
}

fn refuse(calls: &[(i64, Vec<SeccompRule>)], error: i32) -> io::Result<BpfProgram> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let error = u32::try_from(error).map_err(io::Error::other)?;
    let filter = SeccompFilter::new(
        calls.iter().cloned().collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(error),
        architecture,
    );
    filter
        .and_then(BpfProgram::try_from)
        .map_err(io::Error::other)
}

fn limit(what: libc::__rlimit_resource_t, most: u64) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: `limit` lives for the call, which only reads it.
    match unsafe { libc::setrlimit(what, &raw const limit) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The version of landlock that the kernel has.
pub fn landlock_version() -> Option<i64> {
    /// `LANDLOCK_CREATE_RULESET_VERSION`: asks for the version and creates nothing.
    const VERSION: u32 = 1;
    let nothing = std::ptr::null::<u8>();
    // SAFETY: with this flag the call takes no pointer.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0_usize, VERSION) };
    (version > 0).then_some(version)
}

/// Whether the kernel filters system calls.
pub fn has_seccomp() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|s| s.contains("Seccomp_filters:"))
}

/// Whether the kernel has guard regions (Linux 6.13).
pub fn guard_regions() -> Option<bool> {
    const MADV_GUARD_INSTALL: i32 = 102;
    const PAGES: usize = 1 << 16;
    // SAFETY: an anonymous mapping of our own, which nothing else knows, asked about
    // and unmapped again.
    unsafe {
        let page = libc::mmap(
            std::ptr::null_mut(),
            PAGES,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if page == libc::MAP_FAILED {
            return None;
        }
        let has = libc::madvise(page, PAGES, MADV_GUARD_INSTALL) == 0;
        libc::munmap(page, PAGES);
        Some(has)
    }
}

/// Free bytes on the file system of `folder`.
pub fn free_space(folder: &Path) -> Option<u64> {
    let folder = CString::new(folder.as_os_str().as_bytes()).ok()?;
    // SAFETY: `statvfs` is plain numbers, for which all zeros is a value.
    let mut about: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers live for the call.
    let done = unsafe { libc::statvfs(folder.as_ptr(), &raw mut about) };
    (done == 0).then(|| about.f_bavail * about.f_frsize)
}
