//! `grade`: many submissions, each in the same pristine workspace.
//!
//! ```text
//! submission ─► src/*.rs only ─► pristine workspace: our manifest, lock file, tests
//!                                   │ build, one at a time (they share its folder)
//!                                   ▼
//!                                program, copied aside
//!                                   │ tests, in parallel, behind the sandbox's walls
//!                                   ▼
//!                                results.jsonl (resumable), results.csv
//! ```
//!
//! What a submission does is its own verdict and never ends the batch; only a trouble
//! of this machine does, and the next run goes on where this one ended.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use marmota_verdict::Verdict;

use crate::bar::Bar;
use crate::course::{Course, Lesson};
use crate::grade::{self, Selection};
use crate::gradebook::{Gradebook, Line};
use crate::own::Own;
use crate::pristine::{Pristine, Sources};
use crate::sandbox;
use crate::submissions::{self, Submission, Taken};
use crate::trouble::{Outcome, Trouble};

/// For teachers: grade many submissions, each in a sandbox
///
/// DIR has one folder a submission: a clone of the course, folders of lessons, or,
/// with --lesson, a bare `src`. Only Rust files under `src` are taken from it. The
/// results go to DIR.grades: results.jsonl, a line a lesson, and results.csv. Run it
/// again after an interruption, or after new work has come in: what was graded and
/// has not changed is not graded again.
///
/// The exit status is 0 when everything was graded, whatever the marks.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The folder of submissions
    dir: PathBuf,
    /// Only this lesson
    #[arg(long, value_name = "LESSON")]
    lesson: Option<String>,
    /// Where the results go [default: DIR.grades]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Only the submission of this name
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Only the submission of this number in the order of names, from 0
    #[arg(long, value_name = "N", conflicts_with = "only")]
    index: Option<usize>,
    /// Print the submissions' names as a JSON array, and grade nothing
    #[arg(long)]
    names: bool,
    /// How many submissions at once [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

/// How long one submission may compile, when everything else is built.
const BUILD: Duration = Duration::from_secs(60);

/// Grades what is not graded yet.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    let all = submissions::find(&arguments.dir)?;
    let chosen = choose(all, arguments)?;
    if arguments.names {
        let names: Vec<&str> = chosen.iter().map(|s| s.name.as_str()).collect();
        println!("{}", serde_json::json!(names));
        return Ok(ExitCode::SUCCESS);
    }
    let lessons = match &arguments.lesson {
        Some(word) => vec![course.lesson(word)?],
        None => course.lessons()?,
    };
    let mut tampered = Own::of_course(course).tampered(course)?;
    for lesson in &lessons {
        tampered.extend(Own::of_lesson(lesson).tampered(course)?);
    }
    if !tampered.is_empty() {
        return Err(Trouble::new(
            format!(
                "these are not the course's own any more: {}",
                tampered.join(", ")
            ),
            "cargo xtask reset --tests; nothing can be graded against them",
        ));
    }
    for notice in sandbox::missing() {
        eprintln!("note: {notice}; grade strangers' code in a container or virtual machine");
    }
    let out = arguments.out.clone().unwrap_or_else(|| {
        let mut name = arguments.dir.components().as_path().as_os_str().to_owned();
        name.push(".grades");
        name.into()
    });
    let book = Gradebook::open(&out).map_err(|e| unwritable(&out, &e))?;
    let made = course.root.join("target").join("marmota").join("grade");
    let batch = Batch {
        course,
        lessons: &lessons,
        only: arguments.lesson.is_some(),
        pristine: Mutex::new(Pristine::lay_out_in(&made, course, &course.lessons()?)?),
        programs: made.join("programs"),
        book: Mutex::new(book),
        out: &out,
    };
    batch.warm_up()?;
    let started = Instant::now();
    let graded = batch.all(&chosen, arguments.jobs)?;
    let book = batch.book.into_inner().unwrap_or_else(|p| p.into_inner());
    let (lines, summary) = book.finish().map_err(|e| unwritable(&out, &e))?;
    println!(
        "{} submissions, {graded} lessons graded now ({:.1} s)\n  {}\n  {}",
        chosen.len(),
        started.elapsed().as_secs_f64(),
        lines.display(),
        summary.display()
    );
    Ok(ExitCode::SUCCESS)
}

fn choose(all: Vec<Submission>, arguments: &Arguments) -> Outcome<Vec<Submission>> {
    let count = all.len();
    let chosen: Vec<Submission> = all
        .into_iter()
        .enumerate()
        .filter(|(i, s)| {
            arguments.index.is_none_or(|index| index == *i)
                && arguments.only.as_ref().is_none_or(|name| *name == s.name)
        })
        .map(|(_, submission)| submission)
        .collect();
    if chosen.is_empty() {
        return Err(Trouble::new(
            format!("there is no such submission among the {count}"),
            "`cargo xtask grade DIR --names` lists them; numbers begin with 0",
        ));
    }
    Ok(chosen)
}

struct Batch<'a> {
    course: &'a Course,
    lessons: &'a [Lesson],
    only: bool,
    /// Held while a submission's sources are in it and are being built.
    pristine: Mutex<Pristine>,
    programs: PathBuf,
    book: Mutex<Gradebook>,
    out: &'a Path,
}

impl Batch<'_> {
    /// Builds the starters, so that what takes long is not in anybody's time.
    fn warm_up(&self) -> Outcome<()> {
        fs::create_dir_all(&self.programs).map_err(|e| unwritable(&self.programs, &e))?;
        let pristine = self.pristine.lock().unwrap_or_else(|p| p.into_inner());
        for lesson in self.lessons {
            let starters = submissions::starters(self.course, lesson)?;
            if pristine.build(lesson, &starters)?.is_err() {
                return Err(Trouble::new(
                    format!("the course's own {} does not compile", lesson.id),
                    "cargo xtask doctor",
                ));
            }
        }
        Ok(())
    }

    /// Grades all, side by side; gives how many lessons were graded now.
    fn all(&self, chosen: &[Submission], jobs: Option<u16>) -> Outcome<usize> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let workers = jobs.map_or(cores, usize::from).min(chosen.len());
        // Only tickets and counts: the results are ordered by the gradebook's lock.
        let (next, graded) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let bar = Bar::new("submissions", chosen.len());
        let work = || -> Outcome<()> {
            while let Some(submission) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                let now = self.submission(submission)?;
                graded.fetch_add(now, Ordering::Relaxed);
                bar.step();
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .try_for_each(|w| w.join().expect("a worker only returns"))
        })?;
        Ok(graded.into_inner())
    }

    fn submission(&self, submission: &Submission) -> Outcome<usize> {
        let mut graded = 0;
        let mut found = false;
        for lesson in self.lessons {
            let name = &submission.name;
            let empty =
                |verdict, why: &str| Line::without(name, &lesson.id, lesson.points(), verdict, why);
            let mut line = empty(Verdict::NotStarted, "there is nothing of this lesson");
            let sources = match submission.take(self.course, lesson, self.only)? {
                Taken::Nothing if self.only => None,
                Taken::Nothing => continue,
                Taken::Refused(verdict, why) => {
                    line = empty(verdict, &why);
                    None
                }
                Taken::Sources(sources, hash) => {
                    line.source = hash;
                    Some(sources)
                }
            };
            found = true;
            if self.book().has(name, &lesson.id, &line.source) {
                continue;
            }
            if let Some(sources) = sources {
                line = Line {
                    source: line.source,
                    ..self.lesson(name, lesson, &sources)?
                };
            }
            line.unconfined = sandbox::missing().into_iter().map(str::to_owned).collect();
            self.book()
                .add(line)
                .map_err(|e| unwritable(self.out, &e))?;
            graded += 1;
        }
        if !found {
            eprintln!("note: {} has nothing of any lesson", submission.name);
        }
        Ok(graded)
    }

    /// Builds and grades one lesson of one submission.
    fn lesson(&self, name: &str, lesson: &Lesson, sources: &Sources) -> Outcome<Line> {
        static PROGRAMS: AtomicUsize = AtomicUsize::new(0);
        let without =
            |verdict, why: &str| Line::without(name, &lesson.id, lesson.points(), verdict, why);
        let number = PROGRAMS.fetch_add(1, Ordering::Relaxed);
        let program = self
            .programs
            .join(format!("{}-{number}", std::process::id()));
        let root;
        {
            let pristine = self.pristine.lock().unwrap_or_else(|p| p.into_inner());
            root = pristine.root().to_owned();
            let built = match pristine.build_within(BUILD, lesson, sources)? {
                Ok(built) => built,
                Err(broken) => {
                    let first = &broken.errors[0];
                    let at = first.place().map_or(String::new(), |p| format!("{p}: "));
                    return Ok(without(broken.verdict, &format!("{at}{}", first.message)));
                }
            };
            if !built.outside.is_empty() {
                let why = format!("compiled from {}", built.outside.join(", "));
                return Ok(without(Verdict::Tampered, &why));
            }
            // The next build writes to the same file.
            fs::copy(&built.program, &program).map_err(|e| unwritable(&program, &e))?;
        }
        let report = grade::grade(lesson, &program, &root, Selection::default());
        let _gone_already = fs::remove_file(&program);
        Ok(Line::new(name, &report?))
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Gradebook> {
        self.book.lock().unwrap_or_else(|p| p.into_inner())
    }
}

fn unwritable(path: &Path, e: &io::Error) -> Trouble {
    Trouble::new(
        format!("cannot write {}: {e}", path.display()),
        "make room, and see that you may write there; then run this again",
    )
}
