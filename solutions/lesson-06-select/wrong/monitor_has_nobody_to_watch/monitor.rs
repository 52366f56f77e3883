//! Verdict: wrong result. Without a node it closes its news at once: a reader takes
//! that for the quit.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use marmota::chan::{Chan, Receiver, Sender};
use marmota::select;
use marmota::time::{self, Instant};

/// What the monitor has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// This node has not been heard of for too long.
    Lost(String),
    /// This node was lost, and has been heard of again.
    Back(String),
}

/// Watches `nodes` on a goroutine of its own, and returns its news at once.
pub fn monitor(
    nodes: &[&str],
    patience: Duration,
    mut beats: Receiver<String>,
    quit: Receiver<()>,
) -> Receiver<News> {
    let (out, news) = marmota::chan(0);
    if nodes.is_empty() {
        out.close();
        return news;
    }
    let start = time::now();
    let known = |node: &&str| ((*node).to_owned(), Some(start + patience));
    let mut watch = Watch {
        overdue: nodes.iter().map(known).collect(),
        patience,
        unread: VecDeque::new(),
    };
    marmota::go(move || {
        loop {
            let (reader, oldest) = watch.to_send(&out);
            select! {
                <-quit => break,
                node = <-beats => match node {
                    Some(node) => watch.beat(node),
                    None => beats = Chan::nil().receiver(),
                },
                <-watch.next_overdue() => watch.lose(),
                reader <- oldest => {
                    watch.unread.pop_front();
                }
            }
        }
        out.close();
    });
    news
}

struct Watch {
    /// When each node is overdue; `None` for those that are lost.
    overdue: BTreeMap<String, Option<Instant>>,
    patience: Duration,
    unread: VecDeque<News>,
}

impl Watch {
    fn beat(&mut self, node: String) {
        let Some(overdue) = self.overdue.get_mut(&node) else {
            return;
        };
        if overdue.is_none() {
            self.unread.push_back(News::Back(node));
        }
        *overdue = Some(time::now() + self.patience);
    }

    fn lose(&mut self) {
        let now = time::now();
        for (node, overdue) in &mut self.overdue {
            if overdue.is_some_and(|at| at <= now) {
                *overdue = None;
                self.unread.push_back(News::Lost(node.clone()));
            }
        }
    }

    /// A channel that tells when the next node is overdue.
    fn next_overdue(&self) -> Receiver<Instant> {
        match self.overdue.values().flatten().min() {
            Some(&at) => time::after(at.duration_since(time::now())),
            None => Chan::nil().receiver(),
        }
    }

    /// The oldest news and where to send it. Without any, a channel that takes none.
    fn to_send(&self, out: &Sender<News>) -> (Sender<News>, News) {
        match self.unread.front() {
            Some(news) => (out.clone(), news.clone()),
            None => (Chan::nil().sender(), News::Lost(String::new())),
        }
    }
}
