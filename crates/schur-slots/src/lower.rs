//! From a contraction to a program: lay the operands over each other, multiply, sum, and put the result in its place.

mod layout;
mod shifts;
mod stages;
mod wide;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use schur_einsum::{Contraction, Order};

use self::layout::Layout;
use self::shifts::Splitter;
use self::wide::Wide;
use crate::packing::{Axis, LARGEST};
use crate::program::{Builder, Record, SlotProgram};
use crate::{Packing, SlotError};

/// How the result of a program is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputPacking {
    /// From slot zero, row-major, axes padded to powers of two: as the operands of the next program are by default.
    #[default]
    RowMajor,
    /// Where the sum leaves it: no rotation is spent on moving it. [`SlotProgram::output`] says where that is.
    Anywhere,
}

/// What a lowering may choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// How the result is packed.
    pub output: OutputPacking,
    /// Into how many vectors a tensor, or the space of all indices of a product, may be divided.
    pub vectors: usize,
    /// How many masks deep one rearrangement may be. Zero counts as one.
    ///
    /// One is the shallowest program. With more, permutations of large tensors take fewer rotations and far fewer
    /// masks, at the price of as many more levels.
    pub stages: usize,
    /// Pairs to contract one after the other; without it all operands are multiplied at once.
    ///
    /// Pairs need fewer slots (the indices of two tensors, not all), but products deeper by a mask for each pair.
    pub order: Option<Order>,
}

impl Default for Options {
    /// A row-major result, one vector for each tensor, rearrangements one mask deep, all operands at once.
    fn default() -> Self {
        Self { output: OutputPacking::RowMajor, vectors: 1, stages: 1, order: None }
    }
}

/// Lowers a contraction of row-major operands to a program for vectors of `slots` slots.
///
/// Each operand is laid into the space of all indices: its elements are moved by rotations and masks (baby steps and
/// giant steps) and repeated along the indices that it has not, in a number of rotations logarithmic in their sizes.
/// Then one slot-wise product of all operands, as a balanced tree, and sums by rotations, logarithmic again. At last
/// a mask removes what the sums left beside the result, and moves it where it belongs. The order of the indices in that
/// space is the one which needs the fewest rotations.
///
/// # Errors
/// [`SlotError`] if `slots` is no power of two, or a tensor or the space of all indices needs more slots than there
/// are; the error names the tensor and the slots that it needs.
/// # Cost
/// All orders of up to seven indices are compared, of more some hundreds. Masks take time and memory proportional to
/// the elements moved.
/// # Source
/// Garimella, Ebel, Reagen, *EinHops: Einsum notation for expressive homomorphic operations on RNS-CKKS tensors*, 2025
/// (arXiv 2507.07972). There the order of indices is fixed (sums first), baby steps do not depend on the
/// rearrangement, and there are no repeated indices, none in the output alone, and no tensors of several vectors.
/// # Examples
/// ```
/// use schur_einsum::Contraction;
/// use schur_slots::{Options, lower};
///
/// let names = ["i", "j"].map(String::from).to_vec();
/// let inner = Contraction::new(vec![vec![0, 1], vec![0, 1]], vec![], vec![4, 4], names)?;
/// let program = lower(&inner, 16, &Options::default())?;
/// assert_eq!((program.summary().rotations, program.summary().depth), (4, 2));
/// println!("{program}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lower(contraction: &Contraction, slots: usize, options: &Options) -> Result<SlotProgram, SlotError> {
    let mut packings = Vec::with_capacity(contraction.operands().len());
    for (operand, indices) in contraction.operands().iter().enumerate() {
        let tensor = named(contraction, &format!("operand {operand}"), indices);
        packings.push(row_major(contraction, &tensor, indices, slots, options.vectors)?);
    }
    lower_packed(contraction, &packings, options)
}

/// Lowers a contraction whose operands lie as their packings say, as results of other programs do.
///
/// # Errors
/// As for [`lower`]; and if a packing does not fit its operand, or two of its elements share a slot.
/// # Examples
/// ```
/// use schur_einsum::Contraction;
/// use schur_slots::{Options, OutputPacking, lower, lower_packed};
///
/// let names = ["i", "j"].map(String::from).to_vec();
/// let transpose = Contraction::new(vec![vec![0, 1]], vec![1, 0], vec![4, 4], names)?;
/// let anywhere = Options { output: OutputPacking::Anywhere, ..Options::default() };
/// // The first leaves the elements where they are and says so; the second reads them there.
/// let there = lower(&transpose, 16, &anywhere)?;
/// let back = lower_packed(&transpose, &[there.output().clone()], &Options::default())?;
/// assert_eq!((there.summary().rotations, back.summary().rotations), (0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lower_packed(
    contraction: &Contraction,
    packings: &[Packing],
    options: &Options,
) -> Result<SlotProgram, SlotError> {
    let [expected, found] = [contraction.operands().len(), packings.len()];
    if expected != found {
        return Err(SlotError::Packings { expected, found });
    }
    let slots = packings[0].slots();
    for (operand, packing) in packings.iter().enumerate() {
        check_packing(contraction, operand, packing, slots)?;
    }
    let order = options.order.as_ref().map(|order| check_order(contraction, order)).transpose()?;
    let output_name = named(contraction, "the output", contraction.output());
    let output = row_major(contraction, &output_name, contraction.output(), slots, options.vectors)?;
    let mut lowering = Lowering {
        sizes: contraction.sizes(),
        names: contraction.names(),
        slots,
        vectors: options.vectors,
        stages: options.stages,
        builder: Builder::new(slots),
        splitter: Splitter::new(slots),
        products: Vec::new(),
    };
    let used = contraction.operands().iter().flatten().chain(contraction.output());
    let (mut results, output) = if used.clone().any(|&index| contraction.sizes()[index] == 0) {
        (vec![None; output.vectors()], output)
    } else {
        lowering.run(contraction, packings, options, order.as_ref(), output)?
    };
    let (instructions, masks) = lowering.builder.finish(&mut results);
    let (operands, products) = (packings.to_vec(), lowering.products);
    SlotProgram::try_from(Record { slots, operands, products, output, masks, instructions, results })
}

/// `operand 1 (j k)`.
fn named(contraction: &Contraction, tensor: &str, indices: &[usize]) -> String {
    let names: Vec<&str> = indices.iter().map(|&index| contraction.names()[index].as_str()).collect();
    format!("{tensor} ({})", names.join(" "))
}

fn row_major(
    contraction: &Contraction,
    tensor: &str,
    indices: &[usize],
    slots: usize,
    vectors: usize,
) -> Result<Packing, SlotError> {
    let axes: Vec<(&str, usize)> =
        indices.iter().map(|&index| (contraction.names()[index].as_str(), contraction.sizes()[index])).collect();
    let mut padded = axes.iter().map(|(_, size)| size.checked_next_power_of_two());
    let needed = padded.try_fold(1_usize, |all, size| all.checked_mul(size?));
    let packing = Packing::row_major(tensor, &axes, slots)?;
    check_capacity(tensor, needed.unwrap_or(usize::MAX), slots, vectors)?;
    Ok(packing)
}

fn check_capacity(tensor: &str, needed: usize, slots: usize, vectors: usize) -> Result<(), SlotError> {
    let (allow, tensor) = (needed.div_ceil(slots), tensor.to_owned());
    if needed > LARGEST {
        Err(SlotError::TooLarge { tensor, limit: LARGEST })
    } else if allow > vectors {
        Err(SlotError::TooFewSlots { tensor, needed, slots, vectors, allow })
    } else {
        Ok(())
    }
}

fn check_packing(contraction: &Contraction, operand: usize, packing: &Packing, slots: usize) -> Result<(), SlotError> {
    let tensor = || named(contraction, &format!("operand {operand}"), &contraction.operands()[operand]);
    if packing.slots() != slots {
        return Err(SlotError::Slots { tensor: tensor(), expected: slots, found: packing.slots() });
    }
    let expected = contraction.operand_shape(operand).unwrap_or_default();
    if expected != packing.shape() {
        return Err(SlotError::Shape { tensor: tensor(), expected, found: packing.shape() });
    }
    packing.check_disjoint()
}

fn check_order(contraction: &Contraction, order: &Order) -> Result<Order, SlotError> {
    match order.sliced().first() {
        Some(&index) => Err(SlotError::Sliced { name: contraction.names().get(index).cloned().unwrap_or_default() }),
        None => Ok(Order::new(contraction, order.pairs().to_vec(), Vec::new())?),
    }
}

/// A program in the making, and what it is made from.
struct Lowering<'a> {
    sizes: &'a [usize],
    names: &'a [String],
    slots: usize,
    vectors: usize,
    stages: usize,
    builder: Builder,
    splitter: Splitter,
    products: Vec<Packing>,
}

impl Lowering<'_> {
    fn run(
        &mut self,
        contraction: &Contraction,
        packings: &[Packing],
        options: &Options,
        order: Option<&Order>,
        output: Packing,
    ) -> Result<(Vec<Option<usize>>, Packing), SlotError> {
        let count = packings.len();
        let mut tensors: Vec<Option<Wide>> = (0..count)
            .map(|operand| Some(self.read(operand, &contraction.operands()[operand], &packings[operand])))
            .collect();
        let all = [(0..count).collect::<Vec<usize>>()];
        let (groups, kept) = match order.filter(|order| !order.pairs().is_empty()) {
            Some(order) => {
                let groups: Vec<Vec<usize>> = order.pairs().iter().map(|pair| pair.to_vec()).collect();
                (groups, order.tensors(contraction).split_off(count))
            }
            None => (all.to_vec(), vec![contraction.output().to_vec()]),
        };
        let place = self.output_strides(contraction.output(), &output);
        let repeats = repeated(contraction.output(), self.sizes);
        let anywhere = options.output == OutputPacking::Anywhere && !repeats;
        for (step, (group, kept)) in groups.iter().zip(&kept).enumerate() {
            let operands: Vec<Wide> = group.iter().filter_map(|&tensor| tensors[tensor].take()).collect();
            let target = (step + 1 == groups.len() && !anywhere).then_some((place.as_slice(), output.vectors()));
            let layout = self.choose(&operands, kept, target)?;
            tensors.push(Some(self.contract(operands, &layout, kept)));
        }
        let Some(product) = tensors.pop().flatten() else { return Ok((vec![None; output.vectors()], output)) };
        if anywhere {
            self.leave(&product, contraction.output())
        } else {
            Ok((self.deliver(&product, contraction.output(), &place, output.vectors()), output))
        }
    }

    /// The vectors of an operand, and the strides of its indices: for a diagonal, the sum of its axes' strides.
    fn read(&mut self, operand: usize, indices: &[usize], packing: &Packing) -> Wide {
        let vectors = (0..packing.vectors()).map(|vector| Some(self.builder.input(operand, vector))).collect();
        let mut strides = vec![None; self.sizes.len()];
        for (&index, axis) in indices.iter().zip(packing.axes()).filter(|(_, axis)| axis.size > 1) {
            strides[index] = Some(strides[index].unwrap_or(0) + axis.stride);
        }
        Wide { vectors, strides, offset: packing.offset(), clean: !repeated(indices, self.sizes) }
    }

    /// Lays operands over each other, multiplies them, and sums over the indices that are not kept.
    fn contract(&mut self, operands: Vec<Wide>, layout: &Layout, kept: &[usize]) -> Wide {
        let mut laid = Vec::with_capacity(operands.len());
        for operand in operands {
            let present: Vec<Option<usize>> =
                layout.strides.iter().zip(&operand.strides).map(|(&stride, own)| own.and(stride)).collect();
            let mut wide = self.rearrange(&operand, &present, layout.vectors);
            for (index, stride) in layout.ascending().filter(|&(index, _)| present[index].is_none()) {
                self.repeat(&mut wide, index, stride);
            }
            laid.push(wide);
        }
        let vectors =
            (0..layout.vectors).map(|at| self.multiply_all(laid.iter().map(|wide| wide.vectors[at]))).collect();
        let mut product = Wide { vectors, strides: layout.strides.clone(), offset: 0, clean: true };
        for (index, _) in layout.ascending().rev().filter(|(index, _)| !kept.contains(index)) {
            self.sum(&mut product, index);
        }
        self.products.extend(layout.packing(self.names, self.sizes, self.slots));
        product
    }

    /// Multiplies the shallowest two until one is left, so that the product is as shallow as can be.
    fn multiply_all(&mut self, factors: impl Iterator<Item = Option<usize>>) -> Option<usize> {
        let factors: Option<Vec<usize>> = factors.collect();
        let mut heap: BinaryHeap<_> =
            factors?.into_iter().map(|value| Reverse((self.builder.depth(value), value))).collect();
        loop {
            let Reverse((_, first)) = heap.pop()?;
            let Some(Reverse((_, second))) = heap.pop() else { return Some(first) };
            let product = self.builder.multiply(first, second);
            heap.push(Reverse((self.builder.depth(product), product)));
        }
    }

    /// The address step of each index of the output: for one that occurs twice, along both axes at once.
    fn output_strides(&self, indices: &[usize], output: &Packing) -> Vec<Option<usize>> {
        let mut strides = vec![None; self.sizes.len()];
        for (&index, axis) in indices.iter().zip(output.axes()).filter(|(_, axis)| axis.size > 1) {
            strides[index] = Some(strides[index].unwrap_or(0) + axis.stride);
        }
        strides
    }

    /// Moves the product to its place in the output, and repeats it along indices that only the output has.
    fn deliver(
        &mut self,
        product: &Wide,
        indices: &[usize],
        place: &[Option<usize>],
        vectors: usize,
    ) -> Vec<Option<usize>> {
        let present: Vec<Option<usize>> = place.iter().zip(&product.strides).map(|(&to, own)| own.and(to)).collect();
        let mut result = self.rearrange(product, &present, vectors);
        for (index, stride) in place.iter().enumerate().filter_map(|(index, &stride)| Some((index, stride?))) {
            if indices.contains(&index) && result.strides[index].is_none() {
                self.repeat_exactly(&mut result, index, stride);
            }
        }
        result.vectors
    }

    /// Leaves the product where it is, cleaned; all values of an index that only the output has are one slot.
    fn leave(&mut self, product: &Wide, indices: &[usize]) -> Result<(Vec<Option<usize>>, Packing), SlotError> {
        let axes = indices.iter().map(|&index| Axis {
            name: self.names[index].clone(),
            size: self.sizes[index],
            stride: product.strides[index].unwrap_or(0),
        });
        let output = Packing::new("the output", axes.collect(), 0, self.slots)?;
        let result = self.rearrange(product, &product.strides.clone(), product.vectors.len());
        let mut vectors = result.vectors;
        vectors.resize(output.vectors(), None);
        Ok((vectors, output))
    }
}

/// Whether an index with more than one value occurs twice.
fn repeated(indices: &[usize], sizes: &[usize]) -> bool {
    indices.iter().enumerate().any(|(at, index)| sizes[*index] > 1 && indices[..at].contains(index))
}
