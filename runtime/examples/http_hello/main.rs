//! An HTTP/1.1 server that says hello: one goroutine per connection, keep-alive,
//! pipelining. Small on purpose, to show what straight-line code over
//! `marmota::net` looks like and to measure it:
//!
//! ```text
//! cargo run --release -p marmota --example http_hello -- 127.0.0.1:8080
//! wrk -t1 -c100 -d10s http://127.0.0.1:8080/
//! ```
//!
//! The row `http` of the benchmark table runs the same server beside Go's `net/http`
//! (`runtime/peers`).

mod server;

#[marmota::main]
fn main() -> std::io::Result<()> {
    let addr = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = marmota::net::TcpListener::bind(addr)?;
    println!("listening on http://{}/", listener.local_addr()?);
    server::serve(&listener);
    Ok(())
}
