//! Stacks as lists of places, and places as names.
//!
//! The two are separate steps. Collecting the places of a parked stack allocates
//! nothing and takes no lock, so it is done while the world stands still, or in a
//! signal handler. Naming them reads debug information, which allocates: it is done
//! afterwards, on a thread that nobody waits for.
//!
//! The standard library names the places of the stack it is called on, and of no
//! other; and a course's runtime has no room for a debug-information reader of its
//! own. So to name one place, we let the library see a stack that consists of it:
//! behind the bridge (`arch::walk`), with a large region of zeros as its memory, where
//! the unwinder finds a caller at address 0, which is where stacks end.

use crate::arch::walk::{BRIDGE_BYTES, Regs, call_below};
use std::backtrace::Backtrace;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::{CStr, c_int, c_void};

/// Innermost and outermost frames that are kept of a deep stack (Go's numbers).
const INNER: usize = 50;
const OUTER: usize = 50;

unsafe extern "C" {
    fn _Unwind_Backtrace(
        trace: unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        arg: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIP(context: *mut c_void) -> usize;
}

/// The places of a stack, innermost first.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    inner: [usize; INNER],
    /// A ring of the last seen.
    outer: [usize; OUTER],
    len: usize,
}

impl Places {
    pub(crate) const fn new() -> Places {
        Places {
            inner: [0; INNER],
            outer: [0; OUTER],
            len: 0,
        }
    }

    fn push(&mut self, ip: usize) {
        match self.inner.get_mut(self.len) {
            Some(slot) => *slot = ip,
            None => self.outer[(self.len - INNER) % OUTER] = ip,
        }
        self.len += 1;
    }

    /// Those that were kept, and before which of them frames are missing, how many.
    fn kept(&self) -> (impl Iterator<Item = usize> + '_, usize) {
        let beyond = self.len.saturating_sub(INNER);
        let elided = beyond.saturating_sub(OUTER);
        let outer = (elided..beyond).map(|i| self.outer[i % OUTER]);
        let inner = self.inner[..self.len.min(INNER)].iter().copied();
        (inner.chain(outer), elided)
    }

    /// The first few only: what a list of many keeps.
    pub(crate) fn first<const N: usize>(&self) -> ([usize; N], usize) {
        let mut few = [0; N];
        let n = N.min(self.len).min(INNER);
        few[..n].copy_from_slice(&self.inner[..n]);
        (few, n)
    }
}

fn in_bridge(ip: usize) -> bool {
    let bridge = call_below as *const () as usize;
    (bridge..bridge + BRIDGE_BYTES).contains(&ip)
}

/// Walks the stack that `regs` are the top of. Allocates nothing.
///
/// # Safety
/// The stack stays as it is meanwhile.
pub(crate) unsafe fn walk(regs: &Regs) -> Places {
    struct State {
        places: Places,
        beyond: bool,
    }
    unsafe extern "C" fn frame(context: *mut c_void, state: *mut c_void) -> c_int {
        // SAFETY: what `start` passed.
        let state = unsafe { &mut *state.cast::<State>() };
        // SAFETY: the unwinder's own context.
        let ip = unsafe { _Unwind_GetIP(context) };
        if state.beyond && ip != 0 {
            state.places.push(ip);
        }
        state.beyond |= in_bridge(ip);
        0
    }
    unsafe extern "C" fn start(state: *mut u8) {
        // SAFETY: `frame` does not unwind, and `state` outlives the call.
        unsafe { _Unwind_Backtrace(frame, state.cast()) };
    }
    let mut state = State {
        places: Places::new(),
        beyond: false,
    };
    // SAFETY: by this function's contract.
    unsafe { call_below(regs, start, (&raw mut state).cast()) };
    state.places
}

/// One line pair of a stack in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) name: String,
    pub(crate) place: Option<String>,
}

/// Address space for the stack that the unwinder is shown: more than any frame.
const ZEROS: usize = 512 << 20;

/// Names places. Allocates, and takes locks of the standard library.
#[derive(Default)]
pub(crate) struct Names {
    known: HashMap<usize, Vec<Frame>>,
    zeros: Option<usize>,
}

impl Names {
    /// The frames at one place: several, if functions were inlined there.
    pub(crate) fn of(&mut self, ip: usize) -> &[Frame] {
        if !self.known.contains_key(&ip) {
            let frames = self.ask(ip);
            self.known.insert(ip, frames);
        }
        &self.known[&ip]
    }

    fn ask(&mut self, ip: usize) -> Vec<Frame> {
        let raw = |name: String| vec![Frame { name, place: None }];
        let (ours, symbol) = object_of(ip);
        let zeros = *self
            .zeros
            .get_or_insert_with(|| crate::sys::reserve(ZEROS).map_or(0, |at| at.as_ptr() as usize));
        if !ours || zeros == 0 {
            // Of other objects (the C library) frames may not be shaped as ours.
            return raw(symbol.unwrap_or_else(|| format!("{ip:#x}")));
        }
        let middle = zeros + ZEROS / 2;
        unsafe extern "C" fn capture(slot: *mut u8) {
            // SAFETY: the slot below.
            unsafe { *slot.cast::<Option<Backtrace>>() = Some(Backtrace::force_capture()) };
        }
        let mut captured: Option<Backtrace> = None;
        let regs = Regs::at(ip, middle, middle);
        // SAFETY: the stack is a region of zeros that nobody writes to.
        unsafe { call_below(&regs, capture, (&raw mut captured).cast()) };
        let text = captured.map_or(String::new(), |stack| stack.to_string());
        let mut frames = parse(&text);
        let bridge = frames.iter().rposition(|f| f.name.contains("call_below"));
        frames.drain(..bridge.map_or(0, |at| at + 1));
        if frames.is_empty() {
            return raw(format!("{ip:#x}"));
        }
        frames
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        if let Some(at) = self
            .zeros
            .and_then(|at| std::ptr::NonNull::new(at as *mut u8))
        {
            // SAFETY: reserved by `ask`; nothing refers to it any more.
            unsafe { crate::sys::release(at, ZEROS) };
        }
    }
}

/// Whether a place lies in the program itself, and the symbol that the dynamic linker
/// knows there.
fn object_of(ip: usize) -> (bool, Option<String>) {
    let look = |ip: usize| {
        // SAFETY: a zeroed Dl_info is valid.
        let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: dladdr takes any address.
        let found = unsafe { libc::dladdr(ip as *const c_void, &mut info) } != 0;
        found.then_some(info)
    };
    let Some(theirs) = look(ip) else {
        return (false, None);
    };
    let ours = look(object_of as *const () as usize);
    let same = ours.is_some_and(|ours| ours.dli_fbase == theirs.dli_fbase);
    let symbol = (!theirs.dli_sname.is_null()).then(|| {
        // SAFETY: the linker's own string.
        let name = unsafe { CStr::from_ptr(theirs.dli_sname) };
        name.to_string_lossy().into_owned()
    });
    (same, symbol)
}

/// The frames of a captured stack's text.
pub(crate) fn parse(text: &str) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let name = line.trim_start();
        let name = match name.split_once(": ") {
            Some((number, name)) if number.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => name,
        };
        let place = lines.next_if(|next| next.trim_start().starts_with("at "));
        let place = place.map(|place| place.trim().trim_start_matches("at ").to_owned());
        frames.push(Frame {
            name: name.to_owned(),
            place,
        });
    }
    frames
}

impl Frame {
    /// Whether it is machinery: of the standard library, or of the runtime's inside.
    fn is_machinery(&self) -> bool {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");
        let inside = [
            "sched/",
            "kernel/",
            "arch/",
            "chan/",
            "lock.rs",
            "panics.rs",
            "dump.rs",
            "walk.rs",
            "runtime_builder.rs",
        ];
        match &self.place {
            Some(place) => {
                let library = place.contains("/rustc/") || place.contains("/rust/library/");
                library
                    || absolute(place)
                        .strip_prefix(here)
                        .is_some_and(|file| inside.iter().any(|i| file.starts_with(i)))
            }
            None => {
                let name = self.name.trim_start_matches('<');
                [
                    "std::",
                    "core::",
                    "alloc::",
                    "rust_",
                    "marmota::arch::",
                    "0x",
                    "_",
                ]
                .iter()
                .any(|machinery| name.starts_with(machinery))
            }
        }
    }
}

/// The library shortens paths below the working directory.
fn absolute(place: &str) -> Cow<'_, str> {
    match (place.strip_prefix("./"), std::env::current_dir()) {
        (Some(rest), Ok(dir)) => Cow::Owned(format!("{}/{rest}", dir.display())),
        _ => Cow::Borrowed(place),
    }
}

/// Writes frames as Go does, machinery left out; how many were written.
pub(crate) fn write_frames<'a>(
    out: &mut impl std::fmt::Write,
    frames: impl IntoIterator<Item = &'a Frame>,
) -> usize {
    let mut written = 0;
    for frame in frames.into_iter().filter(|frame| !frame.is_machinery()) {
        let _ = writeln!(out, "{}(...)", frame.name);
        if let Some(place) = &frame.place {
            let _ = writeln!(out, "\t{place}");
        }
        written += 1;
    }
    written
}

/// Writes a stack of places; how many frames were written.
pub(crate) fn write_places(
    out: &mut impl std::fmt::Write,
    names: &mut Names,
    places: &Places,
) -> usize {
    let (kept, elided) = places.kept();
    let mut written = 0;
    for (i, ip) in kept.enumerate() {
        if elided > 0 && i == INNER {
            let _ = writeln!(out, "...{elided} frames elided...");
        }
        written += write_frames(out, names.of(ip));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_of_a_captured_stack() {
        let text = "   0: one::two\n             at ./src/a.rs:1:2\n   1: {closure#0}<(x: y)>\n  12: main\n";
        let frames = parse(text);
        assert_eq!(frames[0].name, "one::two");
        assert_eq!(frames[0].place.as_deref(), Some("./src/a.rs:1:2"));
        assert_eq!(frames[1].name, "{closure#0}<(x: y)>");
        assert_eq!((frames[2].name.as_str(), &frames[2].place), ("main", &None));
    }

    #[test]
    fn deep_stacks_keep_both_ends() {
        let mut places = Places::new();
        (0..1000).for_each(|i| places.push(i));
        let (kept, elided) = places.kept();
        let kept: Vec<_> = kept.collect();
        assert_eq!(elided, 900);
        assert_eq!(kept[..50], (0..50).collect::<Vec<_>>());
        assert_eq!(kept[50..], (950..1000).collect::<Vec<_>>());
    }

    #[inline(never)]
    fn a_function_to_be_named() -> usize {
        // The place after this call, inside this function.
        let mut places = Places::new();
        unsafe extern "C" fn frame(context: *mut c_void, arg: *mut c_void) -> c_int {
            // SAFETY: the unwinder's context, and the list passed below.
            unsafe { (*arg.cast::<Places>()).push(_Unwind_GetIP(context)) };
            0
        }
        // SAFETY: `frame` does not unwind.
        unsafe { _Unwind_Backtrace(frame, (&raw mut places).cast()) };
        std::hint::black_box(places.inner[0])
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn a_place_has_its_functions_name() {
        let ip = a_function_to_be_named();
        let mut names = Names::default();
        let frames = names.of(ip);
        let named = |f: &Frame| f.name.contains("a_function_to_be_named");
        assert!(frames.iter().any(named), "{frames:?}");
    }
}
