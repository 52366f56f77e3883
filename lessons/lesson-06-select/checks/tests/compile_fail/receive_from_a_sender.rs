//! A case that receives wants the end that receives.

use marmota::select;

fn main() {
    let (out, _numbers) = marmota::chan::<u32>(1);
    select! {
        number = <-out => println!("{number:?}"),
        default => println!("nothing"),
    }
}
