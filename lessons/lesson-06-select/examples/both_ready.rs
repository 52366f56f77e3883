//! Two channels are ready all the time; a select takes each about half of the time.

use marmota::select;

fn main() {
    let report = marmota::sim::run(|| {
        let ((a, from_a), (b, from_b)) = (marmota::chan::<()>(0), marmota::chan::<()>(0));
        // Closed channels give None as often as they are asked.
        a.close();
        b.close();
        let (mut first, mut second) = (0, 0);
        for _ in 0..1_000 {
            select! {
                <-from_a => first += 1,
                <-from_b => second += 1,
            }
        }
        println!("of 1000: {first} from the first, {second} from the second");
    });
    assert!(report.passed(), "{report}");
}
