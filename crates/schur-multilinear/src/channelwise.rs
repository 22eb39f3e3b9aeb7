//! The plan that runs a circuit over many items and channels.
//!
//! Lanes of a register are channels or, where no argument has more than one channel, items. A tile of lanes goes
//! through the whole circuit with its rows in the first-level cache, forward or in reverse; threads share out items.

mod backward;
mod compile;
mod forward;
mod program;
mod run;
mod transfer;

#[cfg(test)]
mod tests;

use rayon::prelude::*;
use schur_tensor::{Aligned, Real, lanes, pulp::Arch};

use self::{
    program::Program,
    run::{Direction, Job},
};
use crate::Circuit;

/// How many numbers an argument brings for each of its components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// As many as the plan has channels, or one that serves all of them.
    pub channels: usize,
    /// Whether all items share it: the weights of a layer, for example.
    pub shared: bool,
}

impl Argument {
    /// An argument that each item has its own of: `[item][component][channel]`.
    pub const fn per_item(channels: usize) -> Self {
        Self { channels, shared: false }
    }

    /// An argument that all items share: `[component][channel]`.
    pub const fn shared(channels: usize) -> Self {
        Self { channels, shared: true }
    }
}

/// A circuit compiled for a processor, a precision and a number of channels.
///
/// # Examples
/// The squared length of a vector in each of two channels, and its gradient:
/// ```
/// use schur_multilinear::{Argument, Bilinear, BilinearTerm, ChannelwisePlan, ChannelwiseWorkspace, Circuit};
/// use schur_tensor::pulp::Arch;
/// let mut circuit = Circuit::new();
/// let vector = circuit.input(3);
/// let terms = (0..3).map(|m| BilinearTerm { result: 0, left: m, right: m, coefficient: 1.0 });
/// let dot = Bilinear::new([3, 3, 1], terms)?;
/// let square = circuit.bilinear(&vector, &vector, &dot)?;
/// circuit.output(&square);
///
/// let plan = ChannelwisePlan::<f32>::new(Arch::new(), &circuit, &[Argument::per_item(2)])?;
/// let mut workspace = ChannelwiseWorkspace::default();
/// let x = [1.0, 0.0, 2.0, 3.0, 2.0, 4.0]; // [component][channel]
/// let mut z = [0.0; 2];
/// plan.forward(1, &[&x], &mut z, &mut workspace)?;
/// assert_eq!(z, [9.0, 25.0]);
/// let mut gradient = [0.0; 6];
/// plan.backward(1, &[&x], &[1.0, 0.5], &mut [Some(&mut gradient)], &mut workspace)?;
/// assert_eq!(gradient, [2.0, 0.0, 4.0, 3.0, 4.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChannelwisePlan<T> {
    arch: Arch,
    program: Program<T>,
    arguments: Vec<Argument>,
    channels: usize,
    lanes: usize,
    flops: usize,
    /// Most parts that items are shared out in.
    most_parts: usize,
}

/// Memory that a run needs besides its arguments and results; it grows once and is used again.
#[derive(Debug, Default)]
pub struct ChannelwiseWorkspace<T> {
    scratches: Vec<std::sync::Mutex<Aligned<T>>>,
    partial_sums: Vec<T>,
}

/// Arguments that do not fit a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelwiseError {
    /// A list of arguments has another length than the circuit asks for.
    #[error("{what}: {found} arguments, expected {expected}")]
    Arguments {
        /// Which list.
        what: &'static str,
        /// Arguments expected.
        expected: usize,
        /// Arguments found.
        found: usize,
    },
    /// The circuit has more arguments than a plan serves.
    #[error("the circuit has {found} arguments, a plan serves up to {limit}")]
    TooManyArguments {
        /// Arguments that a plan serves.
        limit: usize,
        /// Arguments of the circuit.
        found: usize,
    },
    /// Channels are neither those of the plan nor one.
    #[error("argument {argument} has {found} channels, not {expected} or one")]
    Channels {
        /// Which argument.
        argument: usize,
        /// Channels of the plan.
        expected: usize,
        /// Channels found.
        found: usize,
    },
    /// No argument has a channel.
    #[error("the arguments have no channels; give each at least one")]
    NoChannels,
    /// The circuit has more of something than a plan can count.
    #[error("the circuit has {found} {what}, a plan takes fewer than {limit}: spread the result over several circuits")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The plan's limit.
        limit: usize,
        /// How many the circuit has.
        found: usize,
    },
    /// One item has more numbers than can be addressed.
    #[error("{rows} rows of {channels} channels are more than {limit} numbers: spread the channels over several plans")]
    TooManyNumbers {
        /// Rows of an argument, of the result, or of what is between them.
        rows: usize,
        /// Channels of the plan.
        channels: usize,
        /// Numbers that can be addressed.
        limit: usize,
    },
    /// A slice has the wrong length.
    #[error("{slice} has {found} numbers, not {expected}")]
    Length {
        /// Which slice.
        slice: Slice,
        /// Numbers expected.
        expected: usize,
        /// Numbers found.
        found: usize,
    },
}

/// One of the slices that a run is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slice {
    /// An argument, counted from 0.
    Argument(usize),
    /// The result.
    Result,
    /// The cotangent of an argument.
    Cotangent(usize),
    /// The cotangent of the result.
    ResultCotangent,
}

impl std::fmt::Display for Slice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Argument(argument) => write!(f, "argument {argument}"),
            Self::Result => f.write_str("the result"),
            Self::Cotangent(argument) => write!(f, "the cotangent of argument {argument}"),
            Self::ResultCotangent => f.write_str("the cotangent of the result"),
        }
    }
}

/// Most arguments that a plan serves.
const MAX_ARGUMENTS: usize = 8;

/// Most parts that items are shared out in; fixed, so that sums over items do not depend on the number of threads.
const MAX_PARTS: usize = 64;

/// Floating-point operations that are worth a part of their own: some microseconds.
const FLOPS_OF_A_PART: usize = 1 << 16;

impl<T: Real> ChannelwisePlan<T> {
    /// Compiles a circuit, given what each of its arguments brings.
    ///
    /// # Errors
    /// [`ChannelwiseError`] if there are not as many arguments, if their channels differ or are none, or if the circuit or
    /// an item is too large.
    ///
    /// # Cost
    /// About a microsecond a coefficient.
    pub fn new(arch: Arch, circuit: &Circuit, arguments: &[Argument]) -> Result<Self, ChannelwiseError> {
        let expected = circuit.inputs().len();
        if expected > MAX_ARGUMENTS {
            return Err(ChannelwiseError::TooManyArguments { limit: MAX_ARGUMENTS, found: expected });
        }
        if arguments.len() != expected {
            let (what, found) = ("the plan's arguments", arguments.len());
            return Err(ChannelwiseError::Arguments { what, expected, found });
        }
        let channels = arguments.iter().map(|argument| argument.channels).max().unwrap_or(1);
        let odd = arguments.iter().position(|argument| argument.channels != channels && argument.channels != 1);
        if let Some(argument) = odd {
            let found = arguments[argument].channels;
            return Err(ChannelwiseError::Channels { argument, expected: channels, found });
        }
        if channels == 0 {
            return Err(ChannelwiseError::NoChannels);
        }
        let program = Program::compile(circuit)?;
        let rows = circuit.inputs().into_iter().chain([circuit.outputs(), program.slots, 1]).max().unwrap_or(1);
        let limit = isize::MAX as usize / size_of::<T>();
        if rows.checked_mul(channels).is_none_or(|numbers| numbers > limit) {
            return Err(ChannelwiseError::TooManyNumbers { rows, channels, limit });
        }
        let (lanes, flops) = (lanes::<T>(arch), circuit.flops().max(1));
        Ok(Self { arch, program, arguments: arguments.to_vec(), channels, lanes, flops, most_parts: MAX_PARTS })
    }

    /// Keeps every run on the thread that calls it.
    ///
    /// For callers that share items out among threads themselves and hold a lock meanwhile: a run that waited for other
    /// threads could take up work that waits for that lock.
    #[must_use]
    pub const fn on_calling_thread(mut self) -> Self {
        self.most_parts = 1;
        self
    }

    /// Channels of the result: those of the widest argument.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Floating-point operations for one item, all channels.
    pub fn flops(&self) -> usize {
        self.flops.saturating_mul(self.channels)
    }

    /// Numbers of an argument for one item, or for all of them if it is shared.
    pub fn argument_len(&self, argument: usize) -> usize {
        self.program.arguments[argument].len() * self.arguments[argument].channels
    }

    /// Numbers of the result for one item.
    pub fn result_len(&self) -> usize {
        self.program.outputs * self.channels
    }

    /// Evaluates the circuit for each item.
    ///
    /// # Shapes
    /// Arguments: `[item][component][channel]`, without `item` if shared; the result likewise, overwritten. A result
    /// that is larger than the caches is written past them if it is aligned as [`Aligned`] is.
    ///
    /// # Errors
    /// [`ChannelwiseError`] naming the slice that does not fit.
    pub fn forward(
        &self,
        items: usize,
        arguments: &[&[T]],
        result: &mut [T],
        workspace: &mut ChannelwiseWorkspace<T>,
    ) -> Result<(), ChannelwiseError> {
        self.check_arguments(items, arguments)?;
        check_length(Slice::Result, items.saturating_mul(self.result_len()), result.len())?;
        let mut job = Job::new(self, items, Direction::Forward);
        job.set_arguments(arguments);
        job.result = result.as_mut_ptr();
        self.run(&job, workspace);
        Ok(())
    }

    /// Evaluates the cotangents of the arguments from that of the result.
    ///
    /// # Shapes
    /// `cotangent`: as the result of [`forward`](Self::forward). `cotangents`: one for each argument and shaped like
    /// it, or none if it is not wanted; overwritten, with sums over channels and items where the argument has no such
    /// axis. Sums over items are taken in a fixed order, whatever the number of threads.
    ///
    /// # Errors
    /// [`ChannelwiseError`] naming the slice that does not fit.
    pub fn backward(
        &self,
        items: usize,
        arguments: &[&[T]],
        cotangent: &[T],
        cotangents: &mut [Option<&mut [T]>],
        workspace: &mut ChannelwiseWorkspace<T>,
    ) -> Result<(), ChannelwiseError> {
        self.check_arguments(items, arguments)?;
        check_length(Slice::ResultCotangent, items.saturating_mul(self.result_len()), cotangent.len())?;
        let (what, expected, found) = ("the cotangents", self.arguments.len(), cotangents.len());
        if expected != found {
            return Err(ChannelwiseError::Arguments { what, expected, found });
        }
        for (argument, slice) in cotangents.iter().enumerate() {
            let Some(slice) = slice else { continue };
            check_length(Slice::Cotangent(argument), self.len(items, argument), slice.len())?;
        }
        let mut job = Job::new(self, items, Direction::Backward);
        job.set_arguments(arguments);
        job.cotangent = cotangent.as_ptr();
        let shared = self.prepare_sums(&mut job, cotangents, workspace);
        self.run(&job, workspace);
        self.sum_parts(job.parts, shared, cotangents, workspace);
        Ok(())
    }

    /// Gives the kernel a place for each cotangent: the caller's, or one a part where items are summed over.
    fn prepare_sums(
        &self,
        job: &mut Job<'_, T>,
        cotangents: &mut [Option<&mut [T]>],
        workspace: &mut ChannelwiseWorkspace<T>,
    ) -> usize {
        let wanted =
            |argument: usize, list: &[Option<&mut [T]>]| self.arguments[argument].shared && list[argument].is_some();
        let shared: usize =
            (0..self.arguments.len()).filter(|&a| wanted(a, cotangents)).map(|a| self.argument_len(a)).sum();
        workspace.partial_sums.clear();
        workspace.partial_sums.resize(job.parts * shared, T::ZERO);
        job.part_stride = shared;
        let sums_of_parts = workspace.partial_sums.as_mut_ptr();
        let mut offset = 0;
        for argument in 0..self.arguments.len() {
            let sums = wanted(argument, cotangents);
            let Some(slice) = &mut cotangents[argument] else { continue };
            job.cotangents[argument] = if sums {
                let place = sums_of_parts.wrapping_add(offset);
                offset += self.argument_len(argument);
                place
            } else {
                slice.as_mut_ptr()
            };
        }
        shared
    }

    fn sum_parts(
        &self,
        parts: usize,
        stride: usize,
        cotangents: &mut [Option<&mut [T]>],
        workspace: &ChannelwiseWorkspace<T>,
    ) {
        let mut offset = 0;
        for (argument, slice) in cotangents.iter_mut().enumerate() {
            let Some(slice) = slice else { continue };
            if !self.arguments[argument].shared {
                continue;
            }
            slice.fill(T::ZERO);
            for part in 0..parts {
                let from = part * stride + offset;
                let sums = &workspace.partial_sums[from..from + slice.len()];
                slice.iter_mut().zip(sums).for_each(|(sum, &value)| *sum += value);
            }
            offset += slice.len();
        }
    }

    /// Numbers of an argument; more than any slice has where they cannot be counted.
    fn len(&self, items: usize, argument: usize) -> usize {
        let items = if self.arguments[argument].shared { 1 } else { items };
        self.argument_len(argument).saturating_mul(items)
    }

    fn check_arguments(&self, items: usize, arguments: &[&[T]]) -> Result<(), ChannelwiseError> {
        let (what, expected, found) = ("the arguments", self.arguments.len(), arguments.len());
        if expected != found {
            return Err(ChannelwiseError::Arguments { what, expected, found });
        }
        for (argument, slice) in arguments.iter().enumerate() {
            check_length(Slice::Argument(argument), self.len(items, argument), slice.len())?;
        }
        Ok(())
    }

    /// Shares the parts out among the threads of the pool that this is called in.
    fn run(&self, job: &Job<'_, T>, workspace: &mut ChannelwiseWorkspace<T>) {
        let threads = if job.parts > 1 { rayon::current_num_threads() } else { 1 };
        while workspace.scratches.len() < threads {
            workspace.scratches.push(std::sync::Mutex::default());
        }
        let scratches = &workspace.scratches[..threads];
        let run = |part: usize| {
            let own = rayon::current_thread_index().unwrap_or(0) % threads;
            let mut scratch = scratches[own].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            scratch.resize(job.scratch_len());
            job.run_part(part, scratch.as_mut_slice());
        };
        if threads == 1 {
            (0..job.parts).for_each(run);
        } else {
            (0..job.parts).into_par_iter().for_each(run);
        }
    }
}

fn check_length(slice: Slice, expected: usize, found: usize) -> Result<(), ChannelwiseError> {
    if expected == found { Ok(()) } else { Err(ChannelwiseError::Length { slice, expected, found }) }
}
