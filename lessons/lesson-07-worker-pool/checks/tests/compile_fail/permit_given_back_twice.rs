//! A permit is a value. To give it back is to drop it, and it can be dropped once: the
//! classic bug of semaphores, a release too many, does not compile.

use solution_07_worker_pool::limit::Semaphore;

#[marmota::main]
fn main() {
    let permits = Semaphore::new(2);
    let permit = permits.acquire();
    drop(permit);
    drop(permit);
}
