//! What descriptions of any family must keep to, and how one that does not is refused.

use std::fmt::Debug;
use std::ops::RangeInclusive;

use crate::ModelError;

/// Largest degree for which kernels exist.
pub(crate) const MAX_DEGREE: usize = 3;
/// Largest cut-off in Å: published models have 4 to 12, and neighbours grow with its cube.
pub(crate) const MAX_CUTOFF: f64 = 20.0;
/// Channels, functions and neurons of a file, far above any published model.
pub(crate) const WIDTHS: RangeInclusive<usize> = 1..=4096;
/// Bound on the layers of a file.
pub(crate) const MAX_LAYERS: usize = 64;
/// Powers of polynomials that switch something off.
pub(crate) const POWERS: RangeInclusive<u32> = 2..=64;

/// Refuses a description that is not sound.
///
/// # Errors
/// [`ModelError::Architecture`] with what has to hold and what was found.
pub(crate) fn require(sound: bool, what: &'static str, found: &impl Debug) -> Result<(), ModelError> {
    if sound { Ok(()) } else { Err(ModelError::Architecture { what, found: format!("{found:?}") }) }
}

/// Refuses lists of species with strange, repeated or no elements.
///
/// # Errors
/// [`ModelError::Architecture`].
pub(crate) fn require_species(species: &[u8]) -> Result<(), ModelError> {
    let known = species.iter().all(|z| (1..=118).contains(z));
    let once = species.iter().enumerate().all(|(i, z)| !species[..i].contains(z));
    let sound = known && once && !species.is_empty();
    require(sound, "species are atomic numbers 1 to 118, at most one each", &species)
}

/// Refuses cut-offs that no list of neighbours is made for.
///
/// # Errors
/// [`ModelError::Architecture`].
pub(crate) fn require_cutoff(cutoff: f64) -> Result<(), ModelError> {
    require(cutoff > 0.0 && cutoff <= MAX_CUTOFF, "the cut-off lies between 0 and 20 Å", &cutoff)
}

/// Refuses numbers of channels that do not fill registers of any instruction set.
///
/// # Errors
/// [`ModelError::Architecture`].
pub(crate) fn require_channels(channels: usize) -> Result<(), ModelError> {
    let sound = WIDTHS.contains(&channels) && channels.is_multiple_of(16);
    require(sound, "channels are a multiple of 16 up to 4096", &channels)
}
