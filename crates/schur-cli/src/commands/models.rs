//! `schur models`: list, fetch, inspect, convert and check models.

use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};
use schur_io::write_atomically;
use serde_json::json;

use crate::args::{GlobalArgs, ModelsCommand};
use crate::exit::{Status, UsageError};
use crate::models::cache::Cache;
use crate::models::locate::Source;
use crate::models::registry::{self, Entry, MODELS};
use crate::models::verify::{Report, Verifier};
use crate::models::{convert, locate, pull};
use crate::report::{self, Reporter};
use crate::report::{Column, Table};
use crate::session;

/// Does what the arguments ask for.
///
/// # Errors
/// If a model is unknown, or cannot be fetched, read or written.
pub fn run(command: &ModelsCommand, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    if options.dispersion.is_some() || options.dispersion_cutoff.is_some() {
        bail!(UsageError("--dispersion is for eval, relax and md: a model has no correction of its own".to_owned()));
    }
    match command {
        ModelsCommand::List => list(reporter),
        ModelsCommand::Pull { names, all, force } => fetch(names, *all, *force, reporter),
        ModelsCommand::Info { model } => info(model.as_deref().unwrap_or(&options.model), options, reporter),
        ModelsCommand::Convert { input, output } => convert_file(input, output, options, reporter),
        ModelsCommand::Verify { models, stored } => check(models, *stored, options, reporter),
    }
}

fn list(reporter: &Reporter) -> Result<Status> {
    let cache = Cache::from_environment()?;
    for entry in &MODELS {
        let cached = cache.contains(entry.name);
        if reporter.is_json() {
            let mut value = json!(entry);
            value["cached"] = json!(cached);
            reporter.json(&value)?;
        } else {
            let state = if cached { "fetched" } else { "" };
            reporter.text(format_args!("{:<16} {state:<8} {}", entry.name, entry.description))?;
        }
    }
    Ok(Status::Success)
}

fn fetch(names: &[String], all: bool, force: bool, reporter: &Reporter) -> Result<Status> {
    let cache = Cache::from_environment()?;
    let mut wanted = match names {
        _ if all => MODELS.iter().collect(),
        [] => vec![registry::get(registry::DEFAULT)?],
        names => names.iter().map(|name| registry::get(name)).collect::<Result<Vec<_>>>()?,
    };
    let is_there = |entry: &&&Entry| !force && cache.contains(entry.name);
    for entry in wanted.iter().filter(is_there) {
        let path = cache.model_path(entry.name);
        reporter.line(format_args!("{} is there: {} (--force fetches it again)", entry.name, path.display()));
    }
    wanted.retain(|entry| !is_there(&entry));
    pull::pull(&wanted, &cache, reporter)?;
    Ok(Status::Success)
}

fn info(argument: &str, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    let loaded = locate::load(argument, &session::unsaid(options), reporter)?;
    let card = report::card(&loaded, &session::potential_options(options))?;
    if reporter.is_json() {
        reporter.json(&card)?;
    } else {
        for (title, value) in card.lines() {
            reporter.text(format_args!("{title:<18} {value}"))?;
        }
    }
    Ok(Status::Success)
}

fn convert_file(input: &Path, output: &Path, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    let loaded = locate::load_file(input, &session::unsaid(options))?;
    let bytes = convert::to_bytes(&loaded.model)?;
    write_atomically(output, |out| out.write_all(&bytes))?;
    let name = loaded.model.metadata.get("name").map_or("a checkpoint without a name here", String::as_str);
    let name = report::printable(name);
    reporter.line(format_args!("{} ({name}) -> {}", input.display(), output.display()));
    Ok(Status::Success)
}

fn check(models: &[String], stored_only: bool, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    let cache = Cache::from_environment()?;
    let wanted: Vec<(&str, Source)> = match models {
        [] => {
            let cached = MODELS.iter().filter(|entry| cache.contains(entry.name));
            cached.map(|entry| (entry.name, Source::Named(entry))).collect()
        }
        models => models.iter().map(|name| Ok((name.as_str(), locate::source(name)?))).collect::<Result<_>>()?,
    };
    if wanted.is_empty() {
        bail!("no model is in {}; fetch one with `schur models pull NAME`", cache.folder().display());
    }
    let potential = session::potential_options(options);
    let pools = [session::pool_of(1)?, session::pool_of(options.threads.map_or(2, |n| usize::from(n).max(2)))?];
    let unsaid = session::unsaid(options);
    let verifier = Verifier { options: &potential, unsaid, stored_only, pools, cache: &cache, reporter };
    let mut status = Status::Success;
    for (name, source) in wanted {
        let report = verifier.verify(name, &source);
        reporter.json(&report)?;
        tell(&report, reporter);
        if !report.ok {
            status = Status::Error;
        }
    }
    Ok(status)
}

/// One property a line; the reason of a tolerance stands last, since it is long.
const PROPERTIES: Table = Table {
    columns: &[
        Column::text("", 6),
        Column::text("check", 37),
        Column::text("quantity", 20),
        Column::text("found", 14),
        Column::text("at most", 7),
        Column::text("met at", 18),
        Column::text("because", 0),
    ],
};

/// Says what was found, and the verdict last.
fn tell(report: &Report, reporter: &Reporter) {
    let name = report::printable(&report.name);
    reporter.line(format_args!("{name}"));
    report.findings.iter().for_each(|finding| reporter.line(format_args!("  {}", report::printable(finding))));
    if let Some(modality) = report.modality.as_deref() {
        reporter.line(format_args!("  level of theory {}", report::printable(modality)));
    }
    if !report.checks.is_empty() {
        reporter.line(format_args!("  {}", PROPERTIES.header()));
    }
    for finding in &report.checks {
        let verdict = match (finding.ok, finding.allowed) {
            (false, _) => "FAILED",
            (true, Some(_)) => "ok",
            (true, None) => "",
        };
        let cells = [
            verdict.to_owned(),
            finding.check.to_owned(),
            finding.quantity.to_owned(),
            format!("{} {}", figure(finding.measured, 1), finding.unit),
            finding.allowed.map_or_else(|| "-".to_owned(), |allowed| figure(allowed, 0)),
            finding.place.clone(),
            finding.reason.to_owned(),
        ];
        reporter.line(format_args!("  {}", PROPERTIES.cells(&cells).trim_end()));
    }
    let failed = report.checks.iter().filter(|finding| !finding.ok).count();
    let measured = report.checks.iter().filter(|finding| finding.allowed.is_some()).count();
    match (report.ok, measured) {
        (true, 0) => reporter.line(format_args!("{name}: ok")),
        (true, all) => reporter.line(format_args!("{name}: ok, all of {all} properties hold")),
        (false, _) if failed == 0 => reporter.line(format_args!("{name}: FAILED")),
        (false, all) => reporter.line(format_args!("{name}: FAILED, {failed} of {all} properties do not hold")),
    }
}

/// A number of any size; zero stands for itself.
fn figure(value: f64, digits: usize) -> String {
    if value == 0.0 { "0".to_owned() } else { format!("{value:.digits$e}") }
}
