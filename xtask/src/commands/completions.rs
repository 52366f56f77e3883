//! `completions`: what a shell needs to complete commands and options.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::trouble::Outcome;

/// Print completions for a shell
///
/// For `xtask` itself, as in `alias xtask='cargo xtask'`:
///   bash  source <(cargo xtask completions bash)
///   zsh   source <(cargo xtask completions zsh)
///   fish  cargo xtask completions fish | source
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut crate::Cli::command().bin_name("xtask"),
        "xtask",
        &mut script,
    );
    // A reader that has seen enough closes the pipe: no trouble.
    let _closed = std::io::Write::write_all(&mut std::io::stdout(), &script);
    Ok(ExitCode::SUCCESS)
}
