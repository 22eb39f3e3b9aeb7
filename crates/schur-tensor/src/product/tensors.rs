//! The three tensors of a product, as places that several threads may write at once.

/// Pointers to the first elements of slices that a plan has been checked against.
///
/// Whoever makes one vouches that the slices outlive it and that places reached by different parts of the work differ.
#[derive(Debug)]
pub(super) struct Tensors<E> {
    pub(super) left: *const E,
    pub(super) right: *const E,
    pub(super) result: *mut E,
}

impl<E> Clone for Tensors<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Tensors<E> {}

// SAFETY: elements are shared or sent between threads, which the bounds allow; each part of the work writes places that
// no other part reads or writes.
unsafe impl<E: Send + Sync> Sync for Tensors<E> {}
// SAFETY: as above.
unsafe impl<E: Send + Sync> Send for Tensors<E> {}

impl<E> Tensors<E> {
    /// The tensors of a product.
    pub(super) const fn new(operands: [&[E]; 2], result: &mut [E]) -> Self {
        Self { left: operands[0].as_ptr(), right: operands[1].as_ptr(), result: result.as_mut_ptr() }
    }
}
