//! Why a goroutine waits: Go's words, as dumps and reports show them.

/// Why a goroutine waits: in [`SchedStats`](crate::debug::SchedStats) and in the reports of
/// deterministic runs. The Display form is Go's text (`runtime.waitReason`).
///
/// ```
/// assert_eq!(marmota::debug::WaitReason::MutexLock.to_string(), "sync.Mutex.Lock");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum WaitReason {
    /// Parked by `kernel::park` or for a cause without a name of its own.
    Parked = 0,
    /// In a receive.
    ChanReceive,
    /// In a receive from a nil channel: for ever.
    ChanReceiveNil,
    /// In a send.
    ChanSend,
    /// In a send to a nil channel: for ever.
    ChanSendNil,
    /// In a select with cases.
    Select,
    /// In a select without cases: for ever.
    SelectNoCases,
    /// In a sleep.
    Sleep,
    /// Waiting for the network.
    IoWait,
    /// In a semaphore.
    Semacquire,
    /// Locking a Mutex.
    MutexLock,
    /// Read-locking an RwMutex.
    RwMutexRLock,
    /// Write-locking an RwMutex.
    RwMutexLock,
    /// Waiting on a Cond.
    CondWait,
    /// Waiting on a WaitGroup.
    WaitGroupWait,
    /// Stopped by the scheduler; runnable.
    Preempted,
    /// In a blocking system call.
    Syscall,
    /// Joining a goroutine.
    Join,
    /// Waiting for a future.
    Future,
    /// A collector's worker without work.
    GcWorkerIdle,
    /// Waiting for a collection to end.
    GcWait,
}

const NAMES: [&str; 21] = [
    "waiting",
    "chan receive",
    "chan receive (nil chan)",
    "chan send",
    "chan send (nil chan)",
    "select",
    "select (no cases)",
    "sleep",
    "IO wait",
    "semacquire",
    "sync.Mutex.Lock",
    "sync.RWMutex.RLock",
    "sync.RWMutex.Lock",
    "sync.Cond.Wait",
    "sync.WaitGroup.Wait",
    "preempted",
    "syscall",
    "join",
    "future",
    "GC worker (idle)",
    "wait for GC cycle",
];

const ALL: [WaitReason; 21] = {
    use WaitReason::*;
    [
        Parked,
        ChanReceive,
        ChanReceiveNil,
        ChanSend,
        ChanSendNil,
        Select,
        SelectNoCases,
        Sleep,
        IoWait,
        Semacquire,
        MutexLock,
        RwMutexRLock,
        RwMutexLock,
        CondWait,
        WaitGroupWait,
        Preempted,
        Syscall,
        Join,
        Future,
        GcWorkerIdle,
        GcWait,
    ]
};

impl WaitReason {
    pub(crate) fn from_u8(n: u8) -> WaitReason {
        ALL.get(n as usize).copied().unwrap_or(WaitReason::Parked)
    }

    /// Go's text for it.
    pub fn as_str(self) -> &'static str {
        NAMES[self as usize]
    }
}

impl std::fmt::Display for WaitReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_reasons_and_texts_agree() {
        for (i, reason) in ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, i);
            assert_eq!(WaitReason::from_u8(i as u8), reason);
        }
        assert_eq!(WaitReason::WaitGroupWait.to_string(), "sync.WaitGroup.Wait");
        assert_eq!(WaitReason::GcWait.to_string(), "wait for GC cycle");
    }
}
