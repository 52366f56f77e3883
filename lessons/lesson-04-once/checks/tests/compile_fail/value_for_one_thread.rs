//! What `once_value` makes is given to all goroutines, on all threads.

use std::rc::Rc;

fn main() {
    let _config = marmota::sync::once_value(|| Rc::new(1));
}
