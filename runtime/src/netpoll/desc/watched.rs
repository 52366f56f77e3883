//! Which pollers watch a descriptor, and for what. Nearly always at most one; more
//! when goroutines of several runtimes have waited for it.

use super::{Desc, Side, State};
use crate::netpoll::Poller;
use crate::sched::Rt;
use crate::sys::PageVec;

pub(super) struct Watched {
    first: Option<Watch>,
    others: PageVec<Watch>,
}

#[derive(Clone, Copy)]
struct Watch {
    poller: &'static Poller,
    directions: u8,
}

impl Watched {
    fn entry(&mut self, poller: &'static Poller) -> Option<&mut Watch> {
        self.first
            .iter_mut()
            .chain(self.others.iter_mut())
            .find(|watch| std::ptr::eq(watch.poller, poller))
    }

    fn add(&mut self, watch: Watch) {
        match self.first {
            None => self.first = Some(watch),
            Some(_) => self.others.push(watch),
        }
    }

    pub(super) fn forget(&mut self, fd: i32) {
        let first = self.first.take();
        let others = std::mem::replace(&mut self.others, PageVec::new());
        for watch in first.iter().chain(others.iter()) {
            watch.poller.queue.forget(fd);
        }
    }
}

impl Desc {
    /// Has the runtime's poller watch `fd` in this direction.
    pub(super) fn watch(
        &self,
        state: &mut State,
        rt: &'static Rt,
        fd: i32,
        side: Side,
    ) -> Result<(), i32> {
        let poller = rt.poller_or_open()?;
        let tag = self.tag(state);
        let entry = state.watched.entry(poller);
        let had = entry.as_ref().map_or(0, |watch| watch.directions);
        if had & side.bit() != 0 {
            return Ok(());
        }
        let directions = had | side.bit();
        poller.queue.watch(fd, tag, had, directions)?;
        match entry {
            Some(watch) => watch.directions = directions,
            None => state.watched.add(Watch { poller, directions }),
        }
        Ok(())
    }
}
