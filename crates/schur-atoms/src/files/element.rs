//! The element that a label such as `Cl1`, `Fe3+` or `Na_pv` stands for.

use crate::atomic_number;

/// The element whose symbol is the label's leading letters, in any case; what follows must be no letter.
pub(crate) fn from_label(label: &str) -> Option<u8> {
    let end = label.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(label.len());
    atomic_number(&label[..end]).ok()
}
