//! A million goroutines at once: each waits on a channel; their memory is printed.
//!
//! `cargo run --release -p marmota --example million [HOW_MANY]`
//!
//! Measured on 2 cores (AMD EPYC, Linux 6.18): 4,352 bytes resident each, of which
//! 4,096 are the one page of stack that a waiting goroutine has touched. Go 1.27
//! on the same machine: see the table in the book.

/// Bytes of memory this process has in pages at this moment.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = statm
        .split(' ')
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    pages * 4096
}

#[marmota::main]
fn main() {
    let many = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000);
    let (ready_tx, ready_rx) = marmota::chan::<()>(0);
    let (go_on_tx, go_on_rx) = marmota::chan::<()>(0);
    let before = resident();
    let start = marmota::time::now();
    for _ in 0..many {
        let (ready, go_on) = (ready_tx.clone(), go_on_rx.clone());
        marmota::go(move || {
            ready.send(());
            go_on.recv();
            ready.send(());
        });
    }
    (0..many).for_each(|_| _ = ready_rx.recv());
    let each = (resident() - before) / many;
    println!(
        "{} goroutines wait, {each} bytes resident each",
        marmota::runtime::num_goroutine() - 1
    );
    go_on_tx.close();
    (0..many).for_each(|_| _ = ready_rx.recv());
    println!(
        "all have ended after {:.1} s",
        start.elapsed().as_secs_f64()
    );
}
