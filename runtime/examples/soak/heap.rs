//! The soak of the collected heap: random programs beside their models (`program`), a
//! graph that all share, lists, vectors, maps, locks and queues in the heap, weak caches,
//! objects of all sizes, threads of their own, and walks under pins, while GOGC, the
//! memory limit and GOMAXPROCS change and collections are forced. What dies is
//! overwritten. At the end everything goes, and as many destructors, cleanups and
//! finalizers must have run as there were, and as few objects be left.

use crate::program::{self, CELLS, CLEANUPS, DESTRUCTORS, FINALIZERS, Node, Rng, Token};
use crate::{kind, report, run, spin};
use marmota::gc::{self, Gc, GcCell, GcMap, GcMutex, GcVec, Object, Trace, Weak};
use marmota::sync::WaitGroup;
use marmota::{Chan, debug, runtime};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

pub fn soak(time: Duration) -> u64 {
    gc::testing::set_poison(true);
    gc::gc();
    let before = gc::read_mem_stats().heap_objects;
    let kinds = [
        kind("programs", 4, program::round),
        kind("rounds on a shared graph", 4, share),
        kind("lists", 2, list),
        kind("vectors", 2, vector),
        kind("maps", 2, map),
        kind("banks", 2, bank),
        kind("queues", 2, queue),
        kind("caches", 2, cache),
        kind("sizes", 2, sizes),
        kind("pinned walks", 2, walk),
        kind("threads", 1, thread),
        kind("settings", 1, settings),
        kind("collections by call", 1, crate::collect),
    ];
    run(&kinds, time);
    debug::set_gc_percent(100);
    debug::set_memory_limit(i64::MAX);
    runtime::gomaxprocs(2);
    let ends = [&DESTRUCTORS, &CLEANUPS, &FINALIZERS];
    let left = ending(before);
    let open: u64 = ends.iter().map(|count| count.open()).sum();
    let did = ends.map(|count| format!("{} {}, ", count.begun(), count.name));
    let lost = report(&kinds, time, &did.concat());
    if open > 0 || left > 0 {
        println!("soak: {left} objects are left over; begun, and ended not once:");
        for count in ends {
            println!("  {} {}", count.open(), count.name);
        }
    }
    lost + left + open
}

/// Everything goes; returns how many objects are left beyond those of before.
fn ending(before: u64) -> u64 {
    SHARED.iter().for_each(|cell| cell.set(None));
    let mut left = 0;
    // Each frees what the last one's destructors and finalizers have let go of.
    for _ in 0..200 {
        gc::gc();
        while gc::testing::waiting_for_drop() > 0 {
            runtime::gosched();
        }
        left = gc::read_mem_stats().heap_objects.saturating_sub(before);
        let open = [&DESTRUCTORS, &CLEANUPS, &FINALIZERS].map(|count| count.open());
        if left == 0 && open == [0; 3] {
            break;
        }
        marmota::time::sleep(Duration::from_millis(5));
    }
    left
}

static SHARED: LazyLock<[GcCell<Option<Gc<Node>>>; 16]> =
    LazyLock::new(|| [const { None }; 16].map(GcCell::new));
/// Steps on it: so that it is emptied now and then, and does not grow for ever.
static STEPS: AtomicU64 = AtomicU64::new(0);
const EMPTIED: u64 = 4_000;

/// Changes a graph that others change at the same time.
fn share(k: u64) -> bool {
    let mut rng = Rng::new(k);
    for i in 0..500 {
        if STEPS.fetch_add(1, Relaxed).is_multiple_of(EMPTIED) {
            SHARED.iter().for_each(|cell| cell.set(None));
        }
        let (a, b) = (&SHARED[rng.below(16)], &SHARED[rng.below(16)]);
        let (k, here) = (rng.below(CELLS), a.get());
        match (rng.below(8), &here) {
            (0 | 1, _) => {
                let node = Gc::new(Node::new(k as u64 + i, here, rng.one_in(3)));
                node.cells[k].set(b.get());
                a.set(Some(node));
            }
            (2, Some(here)) => here.cells[k].set(b.get()),
            (3, Some(here)) => b.set(here.cells[k].take()),
            (4, Some(here)) => {
                if let (Some(more), Some(other)) = (&here.more, b.get()) {
                    match rng.below(5) {
                        0 => more.list.insert(0, other),
                        1 => drop(more.map.insert(k as u64, other)),
                        2 => *more.lock.lock() = vec![other],
                        3 => *more.weak.lock() = Gc::downgrade(&other),
                        _ => more.list.truncate(3),
                    }
                }
            }
            (5, Some(here)) => {
                let done = here.cells[k].compare_exchange(&b.get(), a.get());
                drop(done);
            }
            _ => {
                let mut at = here;
                for _ in 0..20 {
                    let Some(node) = at else { break };
                    node.must_be_whole();
                    at = next(&node, &mut rng);
                }
            }
        }
    }
    true
}

/// Somewhere it leads to.
fn next(node: &Node, rng: &mut Rng) -> Option<Gc<Node>> {
    let cell = || node.cells[0].get();
    match (&node.more, rng.below(6)) {
        (Some(more), 0) => more.list.get(0).or_else(cell),
        (Some(more), 1) => more.map.get(&0).or_else(cell),
        (Some(more), 2) => more.lock.lock().first().cloned(),
        (Some(more), 3) => more.weak.lock().upgrade(),
        (_, 4) => node.fixed.clone(),
        (_, k) => node.cells[k % CELLS].get(),
    }
}

/// Walks through that graph under a pin, while others cut it up; what it has met stays
/// whole as long as the pin lives, without being counted. Then it lets some of it live on, by
/// a handle and by an edge.
fn walk(k: u64) -> bool {
    let mut rng = Rng::new(k);
    let pinned = gc::pin();
    let mut met: Vec<&Object<Node>> = Vec::new();
    for i in 0..20 {
        let mut at = SHARED[rng.below(16)].load(&pinned);
        for _ in 0..50 {
            let Some(node) = at else { break };
            node.must_be_whole();
            met.push(node);
            let list = node.more.as_ref().map(|more| &more.list);
            at = match rng.below(4) {
                0 => node.fixed.as_ref().map(Gc::as_object),
                1 => list.and_then(|list| list.load(0, &pinned)),
                _ => node.cells[rng.below(CELLS)].load(&pinned),
            };
        }
        spin(500);
        // For longer than a collection, now and then.
        match i % 8 {
            7 if k.is_multiple_of(4) => marmota::time::sleep(Duration::from_millis(2)),
            _ => runtime::gosched(),
        }
        met.iter().for_each(|node| node.must_be_whole());
    }
    let any = |rng: &mut Rng| (!met.is_empty()).then(|| met[rng.below(met.len())]);
    let kept = any(&mut rng).map(Object::root);
    if let Some(node) = any(&mut rng) {
        SHARED[rng.below(16)].store(node);
    }
    drop(pinned);
    marmota::time::sleep(Duration::from_micros(k % 50 * 20));
    if let Some(node) = kept {
        node.must_be_whole();
    }
    true
}

/// A long list is built, turned round in place, and cut in two, of which one half dies;
/// beside it somebody reads it under a pin.
fn list(k: u64) -> bool {
    let n = 1_000 + k % 20_000;
    let mut head = None;
    for id in 0..n {
        let node = Gc::new(Node::new(id, None, false));
        node.cells[0].set(head.replace(node.clone()));
    }
    let group = WaitGroup::new();
    let first = head.clone();
    group.go(move || {
        let pinned = gc::pin();
        let mut at = first.as_ref().map(Gc::as_object);
        for _ in 0..n {
            let Some(node) = at else { break };
            node.must_be_whole();
            at = node.cells[0].load(&pinned);
        }
    });
    let mut turned: Option<Gc<Node>> = None;
    while let Some(node) = head {
        head = node.cells[0].swap(turned.take());
        turned = Some(node);
    }
    group.wait();
    // Now from 0 upwards; the half from n / 2 on dies.
    let mut at = turned;
    for id in 0..n / 2 {
        let Some(node) = at else { return false };
        node.must_be_whole();
        if node.id != id {
            return false;
        }
        at = node.cells[0].get();
        if id + 1 == n / 2 {
            drop(node.cells[0].take());
        }
    }
    at.is_some_and(|node| node.id == n / 2)
}

/// A long vector beside a plain one, while somebody reads it under a pin.
fn vector(k: u64) -> bool {
    let mut rng = Rng::new(k);
    let n = 100 + rng.below(10_000);
    let leaf = |id| Gc::new(Node::new(id, None, false));
    let vec: Gc<GcVec<Gc<Node>>> = Gc::new((0..n as u64).map(leaf).collect());
    let mut model: Vec<u64> = (0..n as u64).collect();
    let group = WaitGroup::new();
    let theirs = vec.clone();
    group.go(move || {
        let pinned = gc::pin();
        let mut i = 0;
        while let Some(node) = theirs.load(i, &pinned) {
            node.must_be_whole();
            i += 1;
        }
    });
    for id in 0..100 {
        let (len, new) = (model.len(), n as u64 + id);
        let at = rng.below(len + 1);
        match rng.below(6) {
            0 | 1 => {
                vec.insert(at, leaf(new));
                model.insert(at, new);
            }
            2 if at < len => {
                if vec.remove(at).id != model.remove(at) {
                    return false;
                }
            }
            3 if at < len => {
                if vec.swap(at, leaf(new)).id != std::mem::replace(&mut model[at], new) {
                    return false;
                }
            }
            4 => {
                vec.push(leaf(new));
                model.push(new);
            }
            _ if rng.one_in(10) => {
                vec.truncate(len / 2);
                model.truncate(len / 2);
            }
            _ => {
                if vec.pop().map(|node| node.id) != model.pop() {
                    return false;
                }
            }
        }
    }
    group.wait();
    vec.iter().map(|node| node.id).eq(model)
}

/// A cache that throws out what was used least recently, beside a plain map.
fn map(k: u64) -> bool {
    let mut rng = Rng::new(k);
    let room = 50 + rng.below(1_000);
    let map = Gc::new(GcMap::new());
    let (mut model, mut order) = (HashMap::new(), VecDeque::new());
    for id in 0..3_000 {
        let key = rng.below(room * 2).to_string();
        match map.get(&key) {
            Some(node) => {
                let node: Gc<Node> = node;
                node.must_be_whole();
                if model.get(&key) != Some(&node.id) {
                    return false;
                }
            }
            None => {
                if model.insert(key.clone(), id).is_some() {
                    return false;
                }
                // Back to the last one put in: what is thrown out is in a chain.
                let node = Gc::new(Node::new(id, None, id % 5 == 0));
                node.cells[0].set(order.back().and_then(|last| map.get(last)));
                if id % 50 == 0 {
                    node.cells[0].set(None);
                }
                map.insert(key.clone(), node);
                order.push_back(key);
            }
        }
        if order.len() > room
            && let Some(key) = order.pop_front()
            && map.remove(&key).map(|node| node.id) != model.remove(&key)
        {
            return false;
        }
    }
    let entries: HashMap<_, _> = map.entries().into_iter().map(|(k, n)| (k, n.id)).collect();
    entries == model
}

#[derive(Trace)]
struct Account {
    number: usize,
    ledger: GcMutex<Ledger>,
}

#[derive(Default, Trace)]
struct Ledger {
    amount: i64,
    notes: Vec<Gc<Note>>,
    partner: Option<Gc<Account>>,
}

#[derive(Trace)]
struct Note {
    worth: i64,
    token: Token,
}

/// Accounts behind locks in the heap, that know each other; no money comes or goes.
fn bank(k: u64) -> bool {
    const ACCOUNTS: usize = 6;
    let new = |number| {
        let note = |worth| {
            let token = Token::new(worth as u64);
            Gc::new(Note { worth, token })
        };
        let ledger = Ledger {
            amount: 100,
            notes: (0..5).map(note).collect(),
            partner: None,
        };
        Gc::new(Account {
            number,
            ledger: GcMutex::new(ledger),
        })
    };
    let accounts: Arc<Vec<Gc<Account>>> = Arc::new((0..ACCOUNTS).map(new).collect());
    let group = WaitGroup::new();
    for seed in 0..4 {
        let accounts = accounts.clone();
        group.go(move || {
            let mut rng = Rng::new(k * 4 + seed);
            for _ in 0..150 {
                let (a, b) = (rng.below(ACCOUNTS), rng.below(ACCOUNTS));
                if a == b {
                    continue;
                }
                // Always in the same order.
                let mut low = accounts[a.min(b)].ledger.lock();
                let mut high = accounts[a.max(b)].ledger.lock();
                let amount = rng.below(20) as i64;
                low.amount -= amount;
                high.amount += amount;
                let (from, to) = match rng.one_in(2) {
                    true => (&mut low, &mut high),
                    false => (&mut high, &mut low),
                };
                to.notes.extend(from.notes.pop());
                to.partner = Some(accounts[a].clone());
            }
        });
    }
    group.wait();
    let mut sum = 0;
    for account in accounts.iter() {
        let ledger = account.ledger.lock();
        sum += ledger.amount;
        for note in &ledger.notes {
            note.token.must_be_of(note.worth as u64);
            sum += note.worth;
        }
        if let Some(partner) = &ledger.partner
            && partner.number >= ACCOUNTS
        {
            return false;
        }
    }
    sum == ACCOUNTS as i64 * (100 + 10)
}

#[derive(Trace)]
struct Mailbox {
    queue: Chan<Gc<Letter>>,
}

#[derive(Trace)]
struct Letter {
    number: u64,
    node: Gc<Node>,
    answer: Gc<Mailbox>,
}

/// Letters through channels in the heap, each with a way back; what is left in them makes
/// cycles.
fn queue(k: u64) -> bool {
    const LETTERS: u64 = 200;
    let mailbox = |room| {
        Gc::new(Mailbox {
            queue: Chan::new(room),
        })
    };
    let (to, back) = (mailbox(k as usize % 4), mailbox(LETTERS as usize + 1));
    let group = WaitGroup::new();
    let (sender, answers) = (to.clone(), back.clone());
    group.go(move || {
        for number in 0..LETTERS {
            sender.queue.send(Gc::new(Letter {
                number,
                node: Gc::new(Node::new(number, None, number % 3 == 0)),
                answer: answers.clone(),
            }));
        }
    });
    let mut sum = 0;
    for _ in 0..LETTERS {
        let Some(letter) = to.queue.recv() else {
            return false;
        };
        letter.node.must_be_whole();
        sum += letter.number;
        letter.answer.queue.send(letter.clone());
    }
    group.wait();
    // Half of the answers are never read.
    for number in 0..LETTERS / 2 {
        match back.queue.recv() {
            Some(letter) if letter.number == number => letter.node.must_be_whole(),
            _ => return false,
        }
    }
    sum == LETTERS * (LETTERS - 1) / 2
}

/// Weak pointers to what is kept and to what is not.
fn cache(k: u64) -> bool {
    let mut rng = Rng::new(k);
    let mut kept = Vec::new();
    let mut weak: Vec<(Weak<Node>, u64, bool)> = Vec::new();
    for id in 0..1_000 {
        let node = Gc::new(Node::new(id, None, rng.one_in(4)));
        if rng.one_in(8) {
            CLEANUPS.begin();
            gc::add_cleanup(&node, || CLEANUPS.end());
        }
        let keep = rng.one_in(3);
        weak.push((Gc::downgrade(&node), id, keep));
        if keep {
            kept.push(node);
        }
        let (weak, id, keep) = &weak[rng.below(weak.len())];
        match weak.upgrade() {
            Some(node) => {
                node.must_be_whole();
                if node.id != *id {
                    return false;
                }
            }
            None if *keep => return false,
            None => {}
        }
        spin(50);
    }
    kept.iter().all(|node| {
        node.must_be_whole();
        Gc::downgrade(node).upgrade().is_some()
    })
}

/// Objects of many sizes, a few of each alive at a time, filled so that an overlap shows.
fn sizes(k: u64) -> bool {
    fn one<const N: usize>(k: u64) -> bool {
        let mut alive: VecDeque<Gc<[u64; N]>> = VecDeque::new();
        for i in 0..40 {
            alive.push_back(Gc::new([k ^ i; N]));
            if alive.len() > 8
                && let Some(old) = alive.pop_front()
                && old.iter().any(|&x| x != k ^ (i - 8))
            {
                return false;
            }
        }
        true
    }
    let small = one::<1>(k) && one::<2>(k) && one::<3>(k) && one::<5>(k) && one::<9>(k);
    let middle = one::<17>(k) && one::<40>(k) && one::<111>(k) && one::<300>(k);
    // The last two have spans of their own.
    small && middle && one::<1000>(k) && one::<5000>(k) && arrays(k)
}

/// Arrays that grow.
fn arrays(k: u64) -> bool {
    let leaf = Gc::new(Node::new(k, None, false));
    let vec = GcVec::new();
    for _ in 0..k % 5_000 {
        vec.push(leaf.clone());
    }
    vec.iter().all(|node| Gc::ptr_eq(&node, &leaf))
}

/// A thread of its own uses the heap, and ends.
fn thread(k: u64) -> bool {
    let thread = std::thread::spawn(move || cache(k) && sizes(k % 500) && program::round(!k >> 40));
    runtime::blocking(|| thread.join()).unwrap_or(false)
}

/// Other settings, for some milliseconds.
fn settings(k: u64) -> bool {
    let mut rng = Rng::new(k);
    let percent = [10, 50, 100, 200, 400, -1][rng.below(6)];
    let limit = [24, 48, 96, 256][rng.below(4)] << 20;
    let procs = 1 + rng.below(5);
    debug::set_gc_percent(percent);
    debug::set_memory_limit(limit);
    runtime::gomaxprocs(procs);
    let right = debug::set_memory_limit(-1) == limit && runtime::gomaxprocs(0) == procs;
    if rng.one_in(20) {
        debug::free_os_memory();
    }
    marmota::time::sleep(Duration::from_millis(1 + rng.below(20) as u64));
    right && debug::set_gc_percent(percent) == percent
}
