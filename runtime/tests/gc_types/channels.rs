//! Channels whose values hold edges, inside the heap and outside.

use crate::{Alive, Node, Token, collect, in_runtimes, node};
use marmota::gc::{self, Gc, Trace};
use marmota::sync::WaitGroup;
use marmota::{Chan, Receiver, Sender};

#[derive(Trace)]
struct Actor {
    inbox: Receiver<Message>,
    outbox: Sender<Message>,
    token: Token,
}
#[derive(Trace)]
struct Message {
    from: Gc<Actor>,
    id: u64,
}

#[test]
fn a_cycle_through_a_channel_is_collected() {
    in_runtimes(|| {
        let alive = Alive::default();
        let new = |capacity| {
            let (outbox, inbox) = marmota::chan(capacity);
            Gc::new(Actor {
                inbox,
                outbox,
                token: alive.token(),
            })
        };
        let actor = new(4);
        for id in 0..3 {
            actor.outbox.send(Message {
                from: actor.clone(),
                id,
            });
        }
        collect();
        let first = actor.inbox.recv().unwrap();
        assert!(Gc::ptr_eq(&first.from, &actor));
        drop(first);
        assert_eq!(actor.inbox.len(), 2);
        drop(actor);
        alive.becomes(0);

        // Two that hold each other in their buffers.
        let (a, b) = (new(1), new(1));
        a.outbox.send(Message {
            from: b.clone(),
            id: 1,
        });
        b.outbox.send(Message {
            from: a.clone(),
            id: 2,
        });
        drop(a);
        alive.becomes(2);
        let message = b.inbox.recv().unwrap();
        assert_eq!(message.from.inbox.recv().map(|m| m.id), Some(1));
        drop(message);
        alive.becomes(1);
        drop(b);
        alive.becomes(0);
    });
}

#[test]
fn a_channel_in_the_heap_is_kept_by_a_handle_outside_with_what_is_in_it() {
    in_runtimes(|| {
        let alive = Alive::default();
        let chan = Chan::new(8);
        // Values from before the channel came into the heap, and from after.
        chan.send(node(&alive, 1));
        let holder = Gc::new((chan.clone(), alive.token()));
        chan.send(node(&alive, 2));
        drop(holder);
        alive.becomes(2);
        assert_eq!(chan.recv().map(|n| n.id), Some(1));
        alive.becomes(1);
        // Into the heap again, and out of it by a clone.
        let holder = Gc::new(Some(chan));
        collect();
        let chan = holder.as_ref().as_ref().unwrap().receiver();
        drop(holder);
        collect();
        assert_eq!(chan.recv().map(|n| n.id), Some(2));
        alive.becomes(0);
        drop(chan);
        collect();
    });
}

#[test]
fn channels_work_as_ever_while_they_lie_in_the_heap() {
    in_runtimes(|| {
        let alive = Alive::default();
        for capacity in [0, 1, 3] {
            let holder = Gc::new((Chan::<Gc<Node>>::new(capacity), alive.token()));
            let group = WaitGroup::new();
            let (theirs, their_alive) = (holder.clone(), alive.clone());
            group.go(move || {
                for id in 0..200 {
                    if id % 3 == 0 {
                        marmota::select! { &theirs.0 <- node(&their_alive, id) => {} }
                    } else {
                        theirs.0.send(node(&their_alive, id));
                    }
                    if id % 50 == 0 {
                        gc::gc();
                    }
                }
                theirs.0.close();
            });
            let mut expected = 0;
            loop {
                let next = marmota::select! { node = <-&holder.0 => node };
                let Some(node) = next else { break };
                assert_eq!(node.id, expected);
                expected += 1;
            }
            assert_eq!(expected, 200);
            group.wait();
            drop(holder);
        }
        alive.becomes(0);
    });
}
