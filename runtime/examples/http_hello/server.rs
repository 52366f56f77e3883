//! One connection: what it reads, what it answers.
//!
//! What it knows: request heads up to 8 KB, bodies with a Content-Length (which it
//! skips), HTTP/1.0 and `Connection: close`. Anything else gets the status that
//! says so, and the connection ends. An idle connection ends after a minute.

use marmota::net::{TcpListener, TcpStream};
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const BODY: &str = "Hello, World!\n";
const LONGEST_HEAD: usize = 8 << 10;
const IDLE: Duration = Duration::from_secs(60);

/// Takes connections, for ever: one goroutine for each.
pub fn serve(listener: &TcpListener) {
    for stream in listener.incoming() {
        match stream {
            Ok(stream) => marmota::go(move || {
                // A peer that goes away in the middle is no news.
                let _ = Connection::new(stream).serve();
            }),
            Err(error) => {
                // Such as too many open files: those that end make room.
                eprintln!("accept: {error}");
                marmota::time::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// What follows from a request head.
struct Request {
    head_len: usize,
    body_len: usize,
    /// The client wants to send another on this connection.
    keep_alive: bool,
    /// To be answered without a body.
    is_head: bool,
}

/// A request that cannot be served: the status line says why.
struct Refused(&'static str);

struct Connection {
    stream: TcpStream,
    /// Read and not yet used: `input[..filled]`.
    input: Vec<u8>,
    filled: usize,
    output: Vec<u8>,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Connection {
            stream,
            input: vec![0; LONGEST_HEAD],
            filled: 0,
            output: Vec::with_capacity(512),
        }
    }

    fn serve(&mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        self.stream.set_read_timeout(Some(IDLE))?;
        loop {
            match parse(&self.input[..self.filled]) {
                Ok(Some(request)) => {
                    self.answer(&request);
                    self.skip(&request)?;
                    if !request.keep_alive {
                        return self.stream.write_all(&self.output);
                    }
                }
                Ok(None) => {
                    // Whoever pipelines gets all answers so far in one write.
                    if !self.output.is_empty() {
                        self.stream.write_all(&self.output)?;
                        self.output.clear();
                    }
                    if self.fill()? == 0 {
                        return Ok(());
                    }
                }
                Err(Refused(status)) => {
                    let close = "Connection: close\r\nContent-Length: 0\r\n\r\n";
                    write!(self.output, "HTTP/1.1 {status}\r\n{close}")?;
                    return self.stream.write_all(&self.output);
                }
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let n = self.stream.read(&mut self.input[self.filled..])?;
        self.filled += n;
        Ok(n)
    }

    fn answer(&mut self, request: &Request) {
        let out = &mut self.output;
        out.extend_from_slice(b"HTTP/1.1 200 OK\r\nDate: ");
        out.extend_from_slice(&date(SystemTime::now()));
        out.extend_from_slice(b"\r\nContent-Type: text/plain; charset=utf-8\r\n");
        if !request.keep_alive {
            out.extend_from_slice(b"Connection: close\r\n");
        }
        out.extend_from_slice(b"Content-Length: ");
        out.extend_from_slice(BODY.len().to_string().as_bytes());
        out.extend_from_slice(b"\r\n\r\n");
        if !request.is_head {
            out.extend_from_slice(BODY.as_bytes());
        }
    }

    /// Takes the request out of the input, its body included.
    fn skip(&mut self, request: &Request) -> io::Result<()> {
        let mut rest = request.head_len + request.body_len;
        while rest > self.filled {
            rest -= self.filled;
            self.filled = 0;
            if self.fill()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.input.copy_within(rest..self.filled, 0);
        self.filled -= rest;
        Ok(())
    }
}

/// The request at the beginning of `input`, if its head is there.
fn parse(input: &[u8]) -> Result<Option<Request>, Refused> {
    const BAD: Refused = Refused("400 Bad Request");
    let Some(end) = input.windows(4).position(|w| w == b"\r\n\r\n") else {
        return if input.len() >= LONGEST_HEAD {
            Err(Refused("431 Request Header Fields Too Large"))
        } else {
            Ok(None)
        };
    };
    let head = std::str::from_utf8(&input[..end]).map_err(|_| BAD)?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(_target), Some(version), None) =
        (first.next(), first.next(), first.next(), first.next())
    else {
        return Err(BAD);
    };
    let mut request = Request {
        head_len: end + 4,
        body_len: 0,
        keep_alive: version == "HTTP/1.1",
        is_head: method == "HEAD",
    };
    if !version.starts_with("HTTP/1.") {
        return Err(Refused("505 HTTP Version Not Supported"));
    }
    if !matches!(method, "GET" | "HEAD" | "POST" | "PUT") {
        return Err(Refused("501 Not Implemented"));
    }
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(BAD)?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            request.body_len = value.parse::<u32>().map_err(|_| BAD)? as usize;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(Refused("501 Not Implemented"));
        } else if name.eq_ignore_ascii_case("connection") {
            if value.eq_ignore_ascii_case("close") {
                request.keep_alive = false;
            } else if value.eq_ignore_ascii_case("keep-alive") {
                request.keep_alive = true;
            }
        }
    }
    Ok(Some(request))
}

/// As HTTP wants it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(now: SystemTime) -> [u8; 29] {
    let seconds = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March: the leap day is the last (the era of 400 years
    // has 146,097 days, and day 0 of ours is 719,468 days after March of year 0).
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = (from_march + 2) % 12;
    let year = era * 400 + year + u64::from(month < 2);
    let name = |names: &'static [u8], i: u64| &names[i as usize * 3..][..3];
    let mut text = *b"Thu, 00 Jan 0000 00:00:00 GMT";
    let number = |mut n: u64, at: &mut [u8]| {
        for digit in at.iter_mut().rev() {
            *digit = b'0' + (n % 10) as u8;
            n /= 10;
        }
    };
    text[..3].copy_from_slice(name(b"ThuFriSatSunMonTueWed", days % 7));
    text[8..11].copy_from_slice(name(b"JanFebMarAprMayJunJulAugSepOctNovDec", month));
    number(of_year - (153 * from_march + 2) / 5 + 1, &mut text[5..7]);
    number(year, &mut text[12..16]);
    number(time / 3_600, &mut text[17..19]);
    number(time / 60 % 60, &mut text[20..22]);
    number(time % 60, &mut text[23..25]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] {
            let at = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(std::str::from_utf8(&date(at)).unwrap(), text);
        }
    }

    #[test]
    fn heads_are_understood_or_refused() {
        let parse = |text: &str| parse(text.as_bytes());
        assert!(parse("GET / HTTP/1.1\r\nHost: x\r\n").is_ok_and(|r| r.is_none()));
        let request = parse("POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello");
        let request = request.ok().flatten().unwrap();
        assert_eq!((request.body_len, request.keep_alive), (5, true));
        let old = parse("GET / HTTP/1.0\r\n\r\n").ok().flatten().unwrap();
        assert!(!old.keep_alive);
        for bad in ["GET /\r\n\r\n", "GET / HTTP/1.1\r\nnonsense\r\n\r\n"] {
            assert!(parse(bad).is_err_and(|r| r.0.starts_with("400")));
        }
        assert!(parse(&"x".repeat(LONGEST_HEAD)).is_err_and(|r| r.0.starts_with("431")));
    }
}
