//! A `Once` that is called from within its own function waits for itself.

use marmota::sim;
use marmota::sync::Once;

fn main() {
    let report = sim::run(|| {
        let once = Once::new();
        once.call_once(|| {
            println!("the first has begun");
            once.call_once(|| println!("never printed"));
        });
    });
    println!("{}", report.verdict);
}
