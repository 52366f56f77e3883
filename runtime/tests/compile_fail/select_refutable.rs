//! The pattern must match a closed channel too.

enum Job {
    Work(i32),
    Stop,
}

fn main() {
    let (tx, rx) = marmota::chan::<Job>(0);
    tx.send(Job::Work(1));
    tx.send(Job::Stop);
    marmota::select! {
        Option::Some(Job::Work(n)) = <-rx => println!("{n}"),
    }
}
