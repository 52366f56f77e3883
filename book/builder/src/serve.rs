//! Serves the book on this machine and builds it again when a file changes.
//!
//! ```text
//!  watching thread                         one thread a request
//!  every half second: newest change?       /…                the page, with a small script
//!  changed → build, version += 1  ──────▶  /~changed?after=N answers when version > N
//! ```
//!
//! The script asks `/~changed` and reloads the page on the answer. Files are watched by looking
//! at their times: that works on every file system, network drives included, and the book is
//! small. While a build rewrites the pages, requests wait (a lock), so nobody sees half a book.

use crate::layout::Layout;
use crate::render;
use anyhow::{Context, Result, anyhow};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long `/~changed` waits before it answers that nothing did.
const WAIT: Duration = Duration::from_secs(25);

const CHANGED: &str = "/~changed";

/// What the watching thread and the requests share.
struct State {
    output: PathBuf,
    /// Taken for writing while the pages are rewritten.
    pages: RwLock<()>,
    /// How often the book was built.
    version: Mutex<u64>,
    built: Condvar,
}

/// Builds the book and serves it until the program is ended.
pub fn serve(layout: &Layout, port: u16, open: bool) -> Result<()> {
    render::build(layout)?;
    // Only this machine: the book is for its reader, not a web server.
    let server = Server::http(("127.0.0.1", port)).map_err(|error| {
        anyhow!("port {port} cannot be used ({error}): choose another with --port, or 0 for any")
    })?;
    let address = server
        .server_addr()
        .to_ip()
        .context("the server has no address")?;
    let url = format!("http://{address}/");
    println!("The book is at {url} (Ctrl-C ends this)");
    let state = Arc::new(State {
        output: layout.output(),
        pages: RwLock::new(()),
        version: Mutex::new(1),
        built: Condvar::new(),
    });
    let watched = (layout.clone(), Arc::clone(&state));
    std::thread::spawn(move || watch(&watched.0, &watched.1));
    if open && let Err(error) = opener::open_browser(&url) {
        eprintln!("no browser could be opened ({error}); open {url} yourself");
    }
    for request in server.incoming_requests() {
        let state = Arc::clone(&state);
        std::thread::spawn(move || {
            // An error here is a reader who closed the page before it was sent.
            let _ = answer(&state, request);
        });
    }
    Ok(())
}

fn watch(layout: &Layout, state: &State) {
    let mut seen = fingerprint(layout);
    loop {
        std::thread::sleep(LOOK);
        let now = fingerprint(layout);
        if now == seen {
            continue;
        }
        seen = now;
        let built = {
            let _rewriting = state.pages.write().unwrap_or_else(PoisonError::into_inner);
            render::build(layout)
        };
        match built {
            Ok(_) => {
                println!("built again");
                *state.version.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                state.built.notify_all();
            }
            Err(error) => eprintln!("error: {error:#} (the pages stay as they were)"),
        }
    }
}

/// Count and newest time of everything a page is made of.
fn fingerprint(layout: &Layout) -> (usize, Option<SystemTime>) {
    let lessons = layout.repository.join("lessons");
    let examples = std::fs::read_dir(lessons)
        .into_iter()
        .flatten()
        .filter_map(|lesson| Some(lesson.ok()?.path().join("examples")));
    let mut folders: Vec<PathBuf> = ["src", "theme", "generated", "go", "builder/examples"]
        .iter()
        .map(|name| layout.book.join(name))
        .chain(examples)
        .collect();
    let mut times = vec![
        std::fs::metadata(layout.book.join("book.toml"))
            .and_then(|m| m.modified())
            .ok(),
    ];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => folders.push(entry.path()),
                Ok(data) => times.push(data.modified().ok()),
                Err(_) => {}
            }
        }
    }
    (times.len(), times.into_iter().flatten().max())
}

fn answer(state: &State, request: Request) -> std::io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(Response::empty(StatusCode(405)));
    }
    let url = request.url().to_owned();
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    if path == CHANGED {
        let after = query
            .strip_prefix("after=")
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        return request.respond(Response::from_string(newer_than(state, after).to_string()));
    }
    let version = *state.version.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, file, mut body) = {
        let _reading = state.pages.read().unwrap_or_else(PoisonError::into_inner);
        let found = locate(&state.output, path);
        let status = if found.is_some() { 200 } else { 404 };
        let file = found.unwrap_or_else(|| state.output.join("404.html"));
        let mut body = Vec::new();
        std::fs::File::open(&file)?.read_to_end(&mut body)?;
        (status, file, body)
    };
    if file
        .extension()
        .is_some_and(|extension| extension == "html")
    {
        body.extend_from_slice(reload_script(version).as_bytes());
    }
    let header = |name: &str, value: &str| {
        Header::from_bytes(name, value).expect("both are plain ASCII constants")
    };
    request.respond(
        Response::from_data(body)
            .with_status_code(status)
            .with_header(header("Content-Type", content_type(&file)))
            .with_header(header("Cache-Control", "no-cache")),
    )
}

/// Waits until the version exceeds `after`, at most [`WAIT`]; the version then.
fn newer_than(state: &State, after: u64) -> u64 {
    let version = state.version.lock().unwrap_or_else(PoisonError::into_inner);
    let (version, _) = state
        .built
        .wait_timeout_while(version, WAIT, |version| *version <= after)
        .unwrap_or_else(PoisonError::into_inner);
    *version
}

fn reload_script(version: u64) -> String {
    format!(
        "<script>(function ask() {{ fetch('{CHANGED}?after={version}').then(r => r.text())\
         .then(v => v > {version} ? location.reload() : ask(), () => setTimeout(ask, 2000)); }})();</script>"
    )
}

/// The file for a request's path: inside the book, or nothing.
fn locate(output: &Path, path: &str) -> Option<PathBuf> {
    let decoded = percent_decoded(path)?;
    let file = output
        .join(decoded.trim_start_matches('/'))
        .canonicalize()
        .ok()?;
    let file = if file.is_dir() {
        file.join("index.html")
    } else {
        file
    };
    let inside = file.starts_with(output.canonicalize().ok()?);
    (inside && file.is_file()).then_some(file)
}

fn percent_decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?.to_owned();
            bytes.push(u8::from_str_radix(&digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn content_type(file: &Path) -> &'static str {
    match file
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("")
    {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_book_are_served() {
        let dir = tempfile::tempdir().unwrap();
        let output = dir.path().join("build");
        std::fs::create_dir_all(output.join("lessons")).unwrap();
        for file in ["build/index.html", "build/lessons/a b.html", "secret.txt"] {
            std::fs::write(dir.path().join(file), "x").unwrap();
        }
        assert!(locate(&output, "/").unwrap().ends_with("index.html"));
        assert!(locate(&output, "/lessons/a%20b.html").is_some());
        assert!(locate(&output, "/none.html").is_none());
        assert!(locate(&output, "/../secret.txt").is_none());
        assert!(locate(&output, "/%2e%2e/secret.txt").is_none());
        assert!(locate(&output, "//etc/hostname").is_none());
    }

    #[test]
    fn a_reader_is_told_of_a_newer_build_at_once() {
        let state = State {
            output: PathBuf::new(),
            pages: RwLock::new(()),
            version: Mutex::new(3),
            built: Condvar::new(),
        };
        assert_eq!(newer_than(&state, 2), 3);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| newer_than(&state, 3));
            *state.version.lock().unwrap() = 4;
            state.built.notify_all();
            assert_eq!(waiting.join().unwrap(), 4);
        });
    }
}
