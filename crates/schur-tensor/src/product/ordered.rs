//! Operands that a product without sums reads many times, put in the order of the result first.
//!
//! Read where they lie, every element would be gathered as often as it is used; a copy gathers it once.

use pulp::Arch;

use super::{
    arithmetic::rules,
    axes::{Axes, CheckedProduct, CheckedReduction, MOST_AXES},
    loops::run_copy,
    number::Number,
    tensors::Tensors,
};

/// From so many uses of each element on a copy pays.
const MANY_USES: usize = 4;

/// The most bytes of a copy: no more than blocks of a product with sums take.
const MOST_BYTES: usize = 4 << 20;

/// Copies operands that lie across the result and are used many times; returns the product of what is then there.
///
/// # Safety
/// The tensors are those that the product was checked against, and nobody else writes to the operands meanwhile.
pub(super) unsafe fn in_order<T: Number>(
    arch: Arch,
    (mut checked, mut tensors): (CheckedProduct, Tensors<T>),
    scratch: &mut Vec<T>,
) -> (CheckedProduct, Tensors<T>) {
    let Some(outputs) = checked.outputs() else { return (checked, tensors) };
    let copies = [0, 1].map(|operand| Ordered::new::<T>(&checked, &outputs, operand));
    let needed = copies.iter().flatten().map(|copy| copy.elements).sum();
    if scratch.len() < needed {
        scratch.resize(needed, T::ZERO);
    }
    let (one, mut room) = ([T::ONE], scratch.as_mut_ptr());
    for (operand, copy) in copies.iter().enumerate() {
        let Some(Ordered { reduction, elements }) = copy else { continue };
        let from = if operand == 0 { tensors.left } else { tensors.right };
        let to = Tensors { left: from, right: one.as_ptr(), result: room };
        // SAFETY: the caller's; the room was counted, and the copy is written densely from its beginning.
        unsafe { run_copy(arch, rules(), reduction, (to, false), outputs.size()) };
        checked.moved(operand, &compact(&checked.operand(operand)));
        *(if operand == 0 { &mut tensors.left } else { &mut tensors.right }) = room;
        room = room.wrapping_add(*elements);
    }
    (checked, tensors)
}

/// A copy of an operand in the order of the result.
struct Ordered {
    reduction: CheckedReduction,
    elements: usize,
}

impl Ordered {
    /// None where the operand lies well already, is used too few times, or is too large.
    fn new<T>(checked: &CheckedProduct, outputs: &Axes<3>, operand: usize) -> Option<Self> {
        if matches!(outputs.last()?.strides[operand], 0 | 1) {
            return None;
        }
        let axes = checked.operand(operand);
        let elements = axes.size();
        if outputs.size() / MANY_USES < elements || elements.saturating_mul(size_of::<T>()) > MOST_BYTES {
            return None;
        }
        let (mut kept, mut strides) = (axes, compact(&axes).into_iter());
        kept.each(|axis| axis.strides[1] = strides.next().unwrap_or(0));
        kept.sort_by_key(|axis| axis.strides[1].unsigned_abs());
        kept.fuse();
        let reduction = CheckedReduction { kept, summed: Axes::new(), starts: [checked.starts[operand], 0] };
        Some(Self { reduction, elements })
    }
}

/// Strides of those axes in a tensor without gaps that has them in the order of the result.
fn compact(axes: &Axes<2>) -> [isize; MOST_AXES] {
    let mut strides = [0; MOST_AXES];
    let mut stride = 1;
    for place in axes.fastest_first(1) {
        strides[place] = stride;
        stride *= axes[place].size.cast_signed();
    }
    strides
}
