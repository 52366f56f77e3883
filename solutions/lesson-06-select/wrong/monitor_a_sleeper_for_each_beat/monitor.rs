//! Verdict: panicked. For each beat a goroutine sleeps and then looks whether there was
//! another one. They outlive the quit, and send when the news are closed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use marmota::chan::{Receiver, Sender};
use marmota::select;
use marmota::sync::Mutex;

/// What the monitor has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// This node has not been heard of for too long.
    Lost(String),
    /// This node was lost, and has been heard of again.
    Back(String),
}

/// How many beats there were of each node, and whether it is lost.
type Known = Arc<Mutex<BTreeMap<String, (u64, bool)>>>;

/// Watches `nodes` on goroutines of its own, and returns its news at once.
pub fn monitor(
    nodes: &[&str],
    patience: Duration,
    beats: Receiver<String>,
    quit: Receiver<()>,
) -> Receiver<News> {
    let (out, news) = marmota::chan(0);
    let (tell, told) = marmota::chan(1_000);
    let known: Known = Arc::default();
    let ends = quit.clone();
    for node in nodes {
        known.lock().insert((*node).to_owned(), (0, false));
        sleeper(&known, (*node).to_owned(), 0, patience, &tell);
    }
    marmota::go(move || {
        loop {
            select! {
                <-quit => break,
                node = <-beats => {
                    let Some(node) = node else { break };
                    let mut all = known.lock();
                    let Some((count, lost)) = all.get_mut(&node) else {
                        continue;
                    };
                    *count += 1;
                    if std::mem::take(lost) {
                        tell.send(News::Back(node.clone()));
                    }
                    sleeper(&known, node, *count, patience, &tell);
                }
            }
        }
        tell.close();
    });
    marmota::go(move || {
        loop {
            let news = select! {
                <-ends => break,
                news = <-told => news,
            };
            let Some(news) = news else { break };
            select! {
                <-ends => break,
                out <- news => {}
            }
        }
        out.close();
    });
    news
}

fn sleeper(known: &Known, node: String, count: u64, patience: Duration, tell: &Sender<News>) {
    let (known, tell) = (Arc::clone(known), tell.clone());
    marmota::go(move || {
        marmota::time::sleep(patience);
        let mut all = known.lock();
        if let Some((now, lost)) = all.get_mut(&node)
            && *now == count
        {
            *lost = true;
            tell.send(News::Lost(node));
        }
    });
}
