//! kanal's blocking side on plain threads, one per goroutine of the row.

use std::process::ExitCode;

use marmota_peers::harness::main_with;
use marmota_peers::threads::host;

marmota_peers::thread_channels!(kanal::bounded);

fn main() -> ExitCode {
    main_with(&[channels::CHANNELS], host)
}
