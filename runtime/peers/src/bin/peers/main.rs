//! The driver: one command that builds every program, runs every row, and
//! prints one table.
//!
//! ```text
//! cargo run --release --manifest-path runtime/peers/Cargo.toml
//! cargo run --release --manifest-path runtime/peers/Cargo.toml -- --only pingpong,ring --procs 1
//! ```
//!
//! How a figure comes about: a run is one process that measures one row once
//! (`harness.rs`). For each row and each GOMAXPROCS the programs take turns,
//! run after run, in an order that rotates, so that a busy minute of the
//! machine hits all of them and not one. Of a program's runs the best counts:
//! noise only ever adds time. The ratio is ours divided by Go's, from the same
//! turns.
//!
//! Where no Go is found the rest is still measured, and the output says how to
//! get one. A program that fails at a row, or hangs, is reported below the
//! table and costs nobody else a figure.

mod go;
mod machine;
mod plot;
mod programs;
mod runs;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use marmota_peers::rows::{self, ROWS, Row};

/// Measures marmota beside Go and the best Rust peers and prints one Markdown table.
#[derive(Parser, Debug)]
#[command(name = "peers")]
struct Options {
    /// Measure only these rows (see --list).
    #[arg(long, value_delimiter = ',', value_name = "ROW,ROW", value_parser = row)]
    only: Vec<&'static Row>,
    /// The values of GOMAXPROCS.
    #[arg(long, value_delimiter = ',', value_name = "P,P", default_value = "1,2",
          value_parser = clap::value_parser!(u16).range(1..))]
    procs: Vec<u16>,
    /// How often each program runs each row; the best counts.
    #[arg(long, default_value_t = 5, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Also write the table to book/generated/benchmarks.md, and its plot beside it.
    #[arg(long)]
    write: bool,
    /// Measure nothing: draw the plot of the table that the book has.
    #[arg(long, conflicts_with_all = ["write", "only"])]
    plot: bool,
    /// Print the rows and end.
    #[arg(long)]
    list: bool,
}

fn row(name: &str) -> Result<&'static Row, String> {
    rows::find(name).ok_or_else(|| {
        let names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        format!("the rows are {}", names.join(", "))
    })
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.list {
        for row in ROWS {
            println!("{:15} {} (per {})", row.name, row.work, row.per);
        }
        return ExitCode::SUCCESS;
    }
    let done = if options.plot {
        draw().map(|()| true)
    } else {
        measure(&options)
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Above this part of the CPUs in other hands, taking turns and best-of-n no
/// longer help: with half of them gone, ratios moved by a factor of two from run
/// to run. The table is still printed, but not put into the book.
const TOO_BUSY: f64 = 0.25;

/// The whole run. `Ok(false)`: the table is printed, but one of our own rows failed.
fn measure(options: &Options) -> Result<bool, String> {
    let mut rows: Vec<&'static Row> = options.only.clone();
    if rows.is_empty() {
        rows.extend(ROWS);
    }
    let mut procs: Vec<usize> = options.procs.iter().copied().map(usize::from).collect();
    procs.sort_unstable();
    procs.dedup();

    programs::build()?;
    let go = go::find()?;
    let programs = programs::all(go.as_ref())?;
    let machine = machine::Machine::look();
    if let Some(warning) = machine.warning(&procs) {
        eprintln!("warning: {warning}");
    }
    if go.is_none() {
        eprintln!("note: {}", go::HOW_TO_GET);
    }

    let others = machine::Others::watch();
    let results = runs::all(&rows, &procs, options.runs, &programs);
    let others = others.part();
    let report = table::Report {
        rows: &rows,
        programs: &programs,
        results: &results,
        machine: &machine,
        others,
        go: go.as_ref(),
        runs: options.runs,
        command: command(),
    };
    let markdown = report.markdown();
    println!("{markdown}");
    if options.write {
        if let Some(part) = others.filter(|&part| part > TOO_BUSY) {
            return Err(format!(
                "not written: other programs took {:.0} % of the CPUs, and a book's table must \
                 hold for a reader; run it again on a quieter machine",
                part * 100.0
            ));
        }
        let path = generated();
        write(&path, &markdown)?;
        eprintln!("written to {}", path.display());
        draw()?;
    }
    Ok(!results
        .iter()
        .any(|cell| programs[cell.program].kind == programs::Kind::Ours && cell.outcome.is_err()))
}

/// The command as a reader would repeat it.
fn command() -> String {
    let mut command = String::from("cargo run --release --manifest-path runtime/peers/Cargo.toml");
    let args: Vec<String> = std::env::args().skip(1).collect();
    if !args.is_empty() {
        command += " -- ";
        command += &args.join(" ");
    }
    command
}

/// Where the book takes the table from.
fn generated() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/generated/benchmarks.md")
}

/// Draws the book's table.
fn draw() -> Result<(), String> {
    let path = generated();
    let table = std::fs::read_to_string(&path)
        .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let Some(svg) = plot::svg(&table) else {
        return Err(format!(
            "not drawn: {} has no row with a figure of ours and one of Go's. {}",
            path.display(),
            go::HOW_TO_GET
        ));
    };
    let path = path.with_extension("svg");
    write(&path, &svg)?;
    eprintln!("written to {}", path.display());
    Ok(())
}

fn write(path: &Path, markdown: &str) -> Result<(), String> {
    let folder = path.parent().expect("the path has a folder");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, markdown))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))
}
