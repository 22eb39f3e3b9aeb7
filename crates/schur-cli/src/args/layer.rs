//! `schur layer`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use schur_diagram::Group;

use crate::exit;

/// Counts and draws the linear maps between tensor powers that commute with a group.
///
/// A layer takes features with K axes of size N to features with L axes, and commutes with a group that acts along all
/// of them: sym and alt (permutations, even ones), o and so (rotations with and without reflections), sp (maps that keep
/// a symplectic form; N is even), or aut: the automorphisms of a graph of N vertices. Each weight belongs to one diagram of a basis, drawn with the outputs above and the
/// inputs below: axes that a line joins have equal indices, a line of one output repeats, a line of one input sums, and
/// stars mark the lines that a determinant joins. For aut the weights belong to orbits, and what is shown are small graphs
/// whose homomorphisms to the graph, counted by where they send the labels, are as many independent maps.
///
/// A weight is a matrix of input by output channels and a bias a vector of output channels. Operations are those of one
/// item of a batch, through the diagrams and with the dense matrix.
///
/// With --json, one object: dimension, spanning_count (the diagrams of the published spanning set; for aut the graphs
/// tried), parameters, biases, flops_fast, flops_dense, workspace, diagrams.
#[derive(Debug, Args)]
#[command(after_help = exit::HELP)]
pub struct LayerArgs {
    /// The group that the layer commutes with.
    #[arg(long, value_enum)]
    pub group: GroupName,
    /// Size of an axis: the dimension of the space that the group acts on.
    #[arg(long, value_name = "N", required_unless_present = "graph")]
    pub n: Option<usize>,
    /// Edge list of the graph for aut: two vertices a line, numbered from 0; vertices without edges stand alone.
    #[arg(long, value_name = "FILE", required_if_eq("group", "aut"))]
    pub graph: Option<PathBuf>,
    /// Axes of the input.
    #[arg(long = "in", value_name = "K")]
    pub inputs: usize,
    /// Axes of the output.
    #[arg(long = "out", value_name = "L")]
    pub outputs: usize,
    /// Channels of the input.
    #[arg(long, value_name = "C", default_value_t = 1)]
    pub channels_in: usize,
    /// Channels of the output.
    #[arg(long, value_name = "C", default_value_t = 1)]
    pub channels_out: usize,
    /// Draw all diagrams into a file.
    #[arg(long, value_name = "FILE.svg")]
    pub svg: Option<PathBuf>,
}

/// A group by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupName {
    /// All permutations of the coordinates.
    Sym,
    /// Even permutations.
    Alt,
    /// Rotations and reflections.
    O,
    /// Rotations.
    So,
    /// Maps that keep a symplectic form.
    Sp,
    /// Automorphisms of a graph.
    Aut,
}

impl GroupName {
    /// The group that the name says; none for automorphisms, which the graph decides.
    pub const fn group(self) -> Option<Group> {
        match self {
            Self::Sym => Some(Group::Symmetric),
            Self::Alt => Some(Group::Alternating),
            Self::O => Some(Group::Orthogonal),
            Self::So => Some(Group::SpecialOrthogonal),
            Self::Sp => Some(Group::Symplectic),
            Self::Aut => None,
        }
    }
}
