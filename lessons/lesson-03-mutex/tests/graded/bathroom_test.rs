//! `bathroom`: one person at a time, while the others wait at the door.

use std::time::Duration;

use lesson_03_mutex::bathroom::{Event, STAY, use_bathroom};
use marmota::runtime::gosched;
use marmota::time;
use marmota_grader::{Log, Suite, Verdict, expect, expect_eq};

const AT_THE_DOOR: &str = "whoever tries the door again and again keeps the runtime busy, and virtual time \
                           moves only when everybody rests: lock() parks";

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "bathroom::returns_when_all_have_left",
            "three people come, and all have left when `use_bathroom` returns",
            || {
                let left = Log::new();
                let log = left.clone();
                use_bathroom(3, move |person, event| {
                    if event == Event::Leaves {
                        log.push(person);
                    }
                });
                expect_eq("who had left, sorted", &left.sorted(), &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "it returned while people were still at the door or inside: wait for the goroutines \
             (lesson 02)",
        )
        .on(Verdict::Livelock, AT_THE_DOOR)
        .on(
            Verdict::Deadlock,
            "somebody waits for a door that nobody will open",
        );
    suite
        .test(
            "bathroom::one_at_a_time",
            "three people: nobody enters before the one inside has left",
            || {
                let log = Log::new();
                let events = log.clone();
                use_bathroom(3, move |person, event| {
                    // Whoever is not held back by the door comes in between.
                    gosched();
                    events.push((person, event));
                });
                let mut inside = log.all();
                inside.retain(|(_, event)| *event != Event::Waits);
                let in_turn = inside.chunks(2).all(|pair| match pair {
                    [(a, Event::Enters), (b, Event::Leaves)] => a == b,
                    _ => false,
                });
                expect(
                    in_turn && inside.len() == 6,
                    "who enters and leaves",
                    "three times somebody enters, and the same one leaves before the next enters",
                    format!("{inside:?}"),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "there is one door for all, and the room is yours for as long as its guard lives. \
             Where does yours end? `let _ = …` drops it in the same line, `let _inside = …` at the \
             end of the block",
        )
        .on(
            Verdict::Deadlock,
            "somebody waits for a door that nobody will open",
        );
    suite
        .test(
            "bathroom::all_are_at_the_door",
            "three people come at once; they are through after three times two seconds",
            || {
                let (log, start) = (Log::new(), time::now());
                let events = log.clone();
                use_bathroom(3, move |person, event| {
                    if event == Event::Waits {
                        events.push((person, start.elapsed()));
                    }
                });
                let at_once = [1, 2, 3].map(|person| (person, Duration::ZERO));
                expect_eq(
                    "who came when (virtual time)",
                    &log.sorted(),
                    &at_once.to_vec(),
                );
                expect_eq(
                    "virtual time until all had left",
                    &start.elapsed(),
                    &(3 * STAY),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a goroutine for each person, all started before any is waited for; the lock alone \
             decides who is next, at the moment the door is opened",
        )
        .on(Verdict::Livelock, AT_THE_DOOR);
    suite
        .test("bathroom::nobody", "nobody comes: nothing happens", || {
            let log = Log::new();
            let events = log.clone();
            use_bathroom(0, move |person, event| events.push((person, event)));
            expect_eq("what happened", &log.all(), &Vec::new());
        })
        .on(
            Verdict::WrongResult,
            "somebody came who was not asked: the people are 1 to `people`, and here there are \
             none",
        );
}
