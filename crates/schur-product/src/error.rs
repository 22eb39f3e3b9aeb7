//! What can go wrong when a product is put together.

/// A product that cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProductError {
    /// The coefficients do not exist.
    #[error(transparent)]
    Group(#[from] schur_group::GroupError),
    /// The paths do not fit together.
    #[error(transparent)]
    Multilinear(#[from] schur_multilinear::MultilinearError),
}
