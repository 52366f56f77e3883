//! A leak, seen: each request for `/leak` starts a goroutine that waits for an answer
//! nobody sends, and holds 64 KB of the collected heap meanwhile.
//!
//! ```text
//! cargo run --release -p marmota --example gc_leak
//! ```
//!
//! The program asks itself: three times 100 requests over real connections. After each
//! it collects and prints how many goroutines there are and how much is live. Both grow
//! by what the requests left behind, which no garbage is. At the end the leak profile
//! says how many wait for ever, where, why nobody can help them, and who started them.

use marmota::gc::{self, Gc};
use marmota::net::{TcpListener, TcpStream};
use marmota::sync::WaitGroup;
use marmota::{chan, debug, go, runtime};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;

const CLIENTS: usize = 4;
const REQUESTS: usize = 25;

/// The program; the test of the examples runs it, too.
///
/// # Errors
/// No port can be opened.
#[marmota::main]
pub fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let server = listener.local_addr()?;
    go(move || {
        for stream in listener.incoming().flatten() {
            go(move || _ = serve(stream));
        }
    });
    print("before");
    for load in 1..=3 {
        let clients = WaitGroup::new();
        for _ in 0..CLIENTS {
            clients.go(move || {
                for _ in 0..REQUESTS {
                    get(server, "/leak").expect("the server answers");
                }
            });
        }
        clients.wait();
        print(&format!("after {} requests", load * CLIENTS * REQUESTS));
    }
    println!();
    println!("{}", debug::leak_profile());
    Ok(())
}

fn print(when: &str) {
    // So that the figure is of what lives.
    gc::gc();
    let live = gc::read_mem_stats().heap_alloc;
    println!(
        "{when}: {} goroutines, {} KiB live",
        runtime::num_goroutine(),
        live >> 10
    );
}

/// One request and its answer.
fn serve(stream: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    if request.starts_with("GET /leak ") {
        leak();
    }
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
    reader.get_mut().write_all(answer)
}

/// The mistake: whoever was to answer gives up without a word, and closes nothing.
fn leak() {
    let (answer, wait) = chan::<()>(0);
    let work = Gc::new([0u8; 60 << 10]);
    go(move || {
        wait.recv();
        drop(work);
    });
    drop(answer);
}

fn get(server: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
