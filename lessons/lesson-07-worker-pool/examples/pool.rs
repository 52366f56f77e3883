//! A worker pool in its smallest form: three workers, one channel, six jobs.

use marmota::sync::WaitGroup;

#[marmota::main]
fn main() {
    let (tx, jobs) = marmota::chan(0);
    let group = WaitGroup::new();
    for id in 1..=3 {
        let jobs = jobs.clone();
        group.go(move || {
            for job in jobs {
                println!("worker {id} does job {job}");
            }
        });
    }
    for job in 1..=6 {
        tx.send(job);
    }
    tx.close();
    group.wait();
}
