//! Sockets on goroutines: streams, datagrams, deadlines, closing, and the poller
//! under them. Everything is on loopback or in a temporary directory.

mod closing;
mod deadlines;
mod homes;
mod streams;
mod udp_unix;

use marmota::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Runs `f` at 1, 2 and 8 Ps, each in a runtime of its own.
fn at_every_width(f: fn()) {
    [1, 2, 8].into_iter().for_each(|procs| at_width(procs, f));
}

fn at_width<T: Send>(procs: usize, f: impl FnOnce() -> T + Send) -> T {
    let rt = marmota::Runtime::builder()
        .procs(procs)
        .panic_in_caller()
        .build()
        .unwrap();
    // SAFETY: the tests hold no thread-local's borrow across a blocking call.
    unsafe { rt.run(f) }
}

/// Two ends of one connection.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (near, listener.accept().unwrap().0)
}

/// A directory that goes with its owner.
struct TempDir(PathBuf);

impl TempDir {
    fn new() -> TempDir {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "marmota-net-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        TempDir(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
