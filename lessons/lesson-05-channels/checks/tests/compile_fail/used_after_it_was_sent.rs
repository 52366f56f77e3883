//! A send gives the value away. In Go the sender of a pointer could still write to what
//! the receiver reads.

fn main() {
    let (out, _values) = marmota::chan(1);
    let mut numbers = vec![1, 2, 3];
    out.send(numbers);
    numbers.push(4);
}
