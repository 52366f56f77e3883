//! Runs everything, the programs in turns, and keeps the best of each.

use marmota_peers::rows::Row;

use crate::programs::{Figure, Program};
use crate::table::show;

/// What one program gave for one row at one GOMAXPROCS.
#[derive(Debug)]
pub struct Cell {
    /// The row's name.
    pub row: &'static str,
    /// GOMAXPROCS.
    pub procs: usize,
    /// Its place in the list of programs.
    pub program: usize,
    /// The best run, or why there is none.
    pub outcome: Result<Figure, String>,
}

/// Runs every row at every GOMAXPROCS with every program that has it.
pub fn all(rows: &[&'static Row], procs: &[usize], runs: u32, programs: &[Program]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for row in rows {
        for procs in row.procs.of(procs) {
            let mut turn: Vec<Cell> = (0..programs.len())
                .filter(|&program| programs[program].has(row.name))
                .map(|program| Cell {
                    row: row.name,
                    procs,
                    program,
                    outcome: Err("never ran".to_owned()),
                })
                .collect();
            for run in 0..runs {
                if !turn.is_empty() {
                    turn.rotate_left(1);
                }
                for cell in &mut turn {
                    // Whoever failed once fails again; a hang costs its time only once.
                    if run == 0 || cell.outcome.is_ok() {
                        let outcome = programs[cell.program].run(row.name, procs);
                        cell.outcome = better(cell.outcome.take_ok(), outcome);
                    }
                }
            }
            turn.sort_by_key(|cell| cell.program);
            progress(row, procs, &turn, programs);
            cells.append(&mut turn);
        }
    }
    cells
}

trait TakeOk {
    fn take_ok(&mut self) -> Option<Figure>;
}

impl TakeOk for Result<Figure, String> {
    fn take_ok(&mut self) -> Option<Figure> {
        std::mem::replace(self, Err(String::new())).ok()
    }
}

/// The faster of the best so far and this run; one failure spoils the cell.
fn better(best: Option<Figure>, run: Result<Figure, String>) -> Result<Figure, String> {
    match (best, run) {
        (Some(best), Ok(run)) if best.value <= run.value => Ok(best),
        (_, run) => run,
    }
}

/// One line on stderr with every program's best: the table shows only the best peer.
fn progress(row: &Row, procs: usize, turn: &[Cell], programs: &[Program]) {
    let figures: Vec<String> = turn
        .iter()
        .map(|cell| {
            let figure = match &cell.outcome {
                Ok(figure) => show(figure.value, row.unit),
                Err(_) => "failed".to_owned(),
            };
            format!("{} {figure}", programs[cell.program].label)
        })
        .collect();
    eprintln!("{:14} P{procs}  {}", row.name, figures.join(", "));
}
