//! `schur models`: list, fetch, inspect, convert and check models.

use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};
use schur_io::write_atomically;
use serde_json::json;

use crate::args::{GlobalArgs, ModelsCommand};
use crate::exit::Status;
use crate::models::cache::Cache;
use crate::models::registry::{self, Entry, MODELS};
use crate::models::{convert, locate, pull, verify};
use crate::report::{self, Reporter};
use crate::session;

/// Does what the arguments ask for.
///
/// # Errors
/// If a model is unknown, or cannot be fetched, read or written.
pub fn run(command: &ModelsCommand, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    match command {
        ModelsCommand::List => list(reporter),
        ModelsCommand::Pull { names, all, force } => fetch(names, *all, *force, reporter),
        ModelsCommand::Info { model } => info(model.as_deref().unwrap_or(&options.model), options, reporter),
        ModelsCommand::Convert { input, output } => convert_file(input, output, reporter),
        ModelsCommand::Verify { names } => check(names, options, reporter),
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
    let loaded = locate::load(argument, reporter)?;
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

fn convert_file(input: &Path, output: &Path, reporter: &Reporter) -> Result<Status> {
    let loaded = locate::load_file(input)?;
    let bytes = convert::to_bytes(&loaded.model)?;
    write_atomically(output, |out| out.write_all(&bytes))?;
    let name = loaded.model.metadata.get("name").map_or("a checkpoint without a name here", String::as_str);
    let name = report::printable(name);
    reporter.line(format_args!("{} ({name}) -> {}", input.display(), output.display()));
    Ok(Status::Success)
}

fn check(names: &[String], options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    let cache = Cache::from_environment()?;
    let wanted: Vec<_> = match names {
        [] => MODELS.iter().filter(|entry| cache.contains(entry.name)).collect(),
        names => names.iter().map(|name| registry::get(name)).collect::<Result<_>>()?,
    };
    if wanted.is_empty() {
        bail!("no model is in {}; fetch one with `schur models pull NAME`", cache.folder().display());
    }
    let pool = session::pool(options)?;
    let mut status = Status::Success;
    for entry in wanted {
        let report = verify::verify(entry, &cache, &pool);
        reporter.json(&report)?;
        reporter.line(format_args!("{}: {}", report.name, if report.ok { "ok" } else { "FAILED" }));
        report.findings.iter().for_each(|finding| reporter.line(format_args!("  {finding}")));
        if !report.ok {
            status = Status::Error;
        }
    }
    Ok(status)
}
