//! `test` and `lint`: every step in turn, each with its line and its time; at the end what failed first, and counts.

mod counts;
mod figures;
mod rust;
mod steps;
mod together;

use std::collections::VecDeque;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::shell;
use counts::Counts;

/// What became of one step.
enum Outcome {
    Passed,
    /// Left out, and why: never silently.
    Skipped(String),
}

/// One step: a name to call it by, and what it does.
struct Step {
    name: &'static str,
    about: &'static str,
    perform: fn(&mut Run) -> Result<Outcome, Failure>,
}

/// What the steps of one run share.
struct Run {
    long: bool,
    /// Whether the tests of all crates are among the steps.
    tests_crates: bool,
    built: Option<bool>,
    counts: Counts,
    figures: Vec<(String, String)>,
    /// What the first command that failed said last; where none failed, the first that passed at a second try.
    last_words: VecDeque<String>,
    /// Whether `last_words` are a failure's.
    failed: bool,
    /// The runners' lines that name a test that failed, also where it passed at a second try.
    named: Vec<String>,
}

/// Lines of a failed command's output that are repeated at the end: a log that keeps its end only still says what failed.
const LAST_WORDS: usize = 120;

/// Names of failed tests that are repeated at the end.
const NAMED_MAX: usize = 40;

#[derive(Clone, Default)]
struct LastWords(VecDeque<String>);

impl LastWords {
    fn add(&mut self, line: &str) {
        if self.0.len() == LAST_WORDS {
            self.0.pop_front();
        }
        self.0.push_back(line.to_owned());
    }
}

struct Report {
    name: &'static str,
    outcome: Result<Outcome, Failure>,
    time: Duration,
}

impl Run {
    /// Runs a command whose output holds test results and, in a long run, figures.
    fn tests(&mut self, command: &mut Command) -> Result<(), Failure> {
        if self.long {
            command.env("SATCHEL_LONG", "1");
        }
        let before = self.counts.clone();
        let mut said = LastWords::default();
        let ended = shell::run_watched(command, |line| self.note(&mut said, line));
        self.ended(&ended, &before, said);
        ended
    }

    /// Several such commands, two at a time: most of them keep one core busy.
    ///
    /// # Errors
    /// The first one's that failed, after all have run.
    fn tests_together(&mut self, mut commands: Vec<Command>) -> Result<(), Failure> {
        if self.long {
            for command in &mut commands {
                command.env("SATCHEL_LONG", "1");
            }
        }
        let before = self.counts.clone();
        let mut said = vec![LastWords::default(); commands.len()];
        let ended = together::run(commands, |number, line| self.note(&mut said[number], line));
        for (ended, said) in ended.iter().zip(said) {
            self.ended(ended, &before, said);
        }
        ended.into_iter().collect()
    }

    fn note(&mut self, said: &mut LastWords, line: &str) {
        self.counts.note(line);
        self.figures.extend(figures::figure(line));
        if counts::names_a_failure(line) && self.named.len() < NAMED_MAX {
            self.named.push(line.trim().to_owned());
        }
        said.add(line);
    }

    /// After a command of tests, and what it said.
    fn ended(&mut self, ended: &Result<(), Failure>, before: &Counts, said: LastWords) {
        let flaky = self.counts.flaky > before.flaky && self.last_words.is_empty();
        if (ended.is_err() && !self.failed) || flaky {
            self.last_words = said.0;
            self.failed = ended.is_err();
        }
        // What fails before it can count (a compile error) still counts as one failure.
        if ended.is_err() && self.counts.failed == before.failed {
            self.counts.failed += 1;
        }
    }

    /// Runs a command that is itself one test.
    fn check(&mut self, command: &mut Command) -> Result<(), Failure> {
        let ended = shell::run(command);
        self.counts.one(ended.is_ok());
        ended
    }

    /// Several such commands, two at a time.
    ///
    /// # Errors
    /// The first one's that failed, after all have run.
    fn checks_together(&mut self, commands: Vec<Command>) -> Result<(), Failure> {
        let ended = together::run(commands, |_, _| {});
        ended.iter().for_each(|ended| self.counts.one(ended.is_ok()));
        ended.into_iter().collect()
    }
}

/// All steps, or those whose names are given.
pub(crate) fn test(mut arguments: Vec<String>) -> Result<(), Failure> {
    let before = arguments.len();
    arguments.retain(|argument| argument != "--long");
    let long = arguments.len() < before;
    perform(select(&arguments)?, long, arguments.is_empty())
}

/// The steps that look at the sources alone.
pub(crate) fn lint() -> Result<(), Failure> {
    let chosen = ["format", "docs", "deny", "page-types", "clippy"].map(str::to_owned);
    perform(select(&chosen)?, false, false)
}

fn select(names: &[String]) -> Result<Vec<&'static Step>, Failure> {
    let known = || {
        steps::ALL
            .iter()
            .map(|step| format!("  {:12} {}", step.name, step.about))
            .collect::<Vec<_>>()
    };
    if let Some(unknown) = names
        .iter()
        .find(|name| steps::ALL.iter().all(|step| step.name != **name))
    {
        return Err(Failure::Usage(format!(
            "xtask: no step `{unknown}`; there are\n{}",
            known().join("\n")
        )));
    }
    Ok(steps::ALL
        .iter()
        .filter(|step| names.is_empty() || names.iter().any(|name| name == step.name))
        .collect())
}

fn perform(chosen: Vec<&'static Step>, long: bool, whole: bool) -> Result<(), Failure> {
    let mut run = Run {
        long,
        tests_crates: chosen.iter().any(|step| step.name == "rust"),
        built: None,
        counts: Counts::default(),
        figures: Vec::new(),
        last_words: VecDeque::new(),
        failed: false,
        named: Vec::new(),
    };
    let mut reports = Vec::new();
    let begun = Instant::now();
    for step in chosen {
        println!("\n== {}: {}", step.name, step.about);
        let step_begun = Instant::now();
        let outcome = (step.perform)(&mut run);
        if matches!(outcome, Ok(Outcome::Skipped(_))) {
            run.counts.skipped += 1;
        }
        let report = Report {
            name: step.name,
            outcome,
            time: step_begun.elapsed(),
        };
        if let Err(failure) = &report.outcome {
            println!("{failure}");
        }
        println!("== {}", line(&report));
        reports.push(report);
    }
    let whole_and_well = whole && reports.iter().all(|report| report.outcome.is_ok());
    if long && whole_and_well {
        figures::write(&run.figures)?;
    }
    summary(&reports, &run, begun.elapsed())
}

fn line(report: &Report) -> String {
    let seconds = report.time.as_secs_f32();
    match &report.outcome {
        Ok(Outcome::Passed) => format!("{:12} passed   {seconds:7.1} s", report.name),
        Ok(Outcome::Skipped(why)) => format!("{:12} skipped  {seconds:7.1} s  {why}", report.name),
        Err(_) => format!("{:12} FAILED   {seconds:7.1} s", report.name),
    }
}

fn summary(reports: &[Report], run: &Run, time: Duration) -> Result<(), Failure> {
    if !run.last_words.is_empty() {
        println!("\n== what the first command that failed, or passed at a second try, said last");
        run.last_words.iter().for_each(|line| println!("{line}"));
    }
    println!("\n== summary, {:.0} s", time.as_secs_f32());
    for report in reports {
        println!("   {}", line(report));
    }
    let first = reports
        .iter()
        .find_map(|report| report.outcome.as_ref().err().map(|failure| (report.name, failure)));
    if let Some((name, failure)) = first {
        let told = failure.to_string();
        println!("\nfirst failure: {name}: {}", told.lines().next().unwrap_or_default());
        println!("again: cargo xtask test {name}");
    }
    if !run.named.is_empty() {
        println!("\nfailed, some perhaps at their first try alone:");
        run.named.iter().for_each(|line| println!("   {line}"));
    }
    println!("\n{}", run.counts);
    match first {
        None => Ok(()),
        Some((name, _)) => Err(Failure::Findings(vec![format!("{name} failed")])),
    }
}
