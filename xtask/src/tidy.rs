//! The rules of the house that no compiler knows, checked on what git tracks or would track.
//!
//! | module | rules |
//! |---|---|
//! | [`arrows`] | which crate may depend on which |
//! | [`sources`] | names, lengths, unsafe code, unfinished work, machine paths |
//! | [`fixtures`] | every fixture has its origin and licence noted, and the noted digest |
//! | [`registry`] | packages come from the default registry, named nowhere |
//!
//! Each rule is a function of file contents that returns [`Violation`]s, so that its tests need no files.

mod arrows;
mod fixtures;
mod registry;
mod sources;

use std::{fmt, fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{step, tools};

/// A file that git tracks or would track.
#[derive(Debug)]
struct TrackedFile {
    /// From the root of the workspace, with forward slashes.
    path: String,
    bytes: Vec<u8>,
}

impl TrackedFile {
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    fn has_extension(&self, extensions: &[&str]) -> bool {
        self.name().rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
    }

    /// The text; empty for a file that is not UTF-8.
    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or_default()
    }

    /// Lines with their numbers, from one.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text().lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// One place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    path: String,
    /// Zero where the rule is about the file as a whole.
    line: usize,
    what: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// Checks every rule and prints the outcome.
///
/// # Errors
/// If git or cargo cannot be asked what there is.
pub fn run(root: &Path) -> Result<bool> {
    Ok(step::timed("tidy", || report(root)))
}

/// Checks every rule.
///
/// # Errors
/// If a rule is broken, with one line for each place; if git or cargo cannot be asked what there is.
pub fn report(root: &Path) -> Result<String> {
    let files = tracked_files(root)?;
    let metadata = step::output(tools::cargo(root).args(["metadata", "--format-version=1", "--no-deps", "--quiet"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("the output of cargo metadata")?;
    let mut violations = arrows::check(&metadata);
    violations.extend(sources::check(&files));
    violations.extend(sources::check_crates(&metadata, root, &files));
    violations.extend(fixtures::check(&files));
    violations.extend(registry::check(&files));
    if violations.is_empty() {
        return Ok(String::new());
    }
    let lines: Vec<String> = violations.iter().map(Violation::to_string).collect();
    bail!("{} places break a rule of the house:\n{}", lines.len(), lines.join("\n"))
}

fn tracked_files(root: &Path) -> Result<Vec<TrackedFile>> {
    let mut git = Command::new("git");
    git.current_dir(root).args(["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"]);
    let mut files = Vec::new();
    for path in step::output(&mut git).context("tidy asks git which files there are")?.lines() {
        let place = root.join(path);
        // Deleted but not yet committed so.
        if place.is_file() {
            let bytes = fs::read(&place).with_context(|| path.to_owned())?;
            files.push(TrackedFile { path: path.to_owned(), bytes });
        }
    }
    Ok(files)
}

/// A file for the tests of the rules.
#[cfg(test)]
fn file(path: &str, text: &str) -> TrackedFile {
    TrackedFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
}
