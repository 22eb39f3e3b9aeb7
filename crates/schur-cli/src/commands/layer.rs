//! `schur layer`: the equivariant maps between tensor powers, counted and drawn.

use std::fs;
use std::io::Write;

use anyhow::{Context, Result};
use schur_diagram::{
    Bilabelled, Diagram, Graph, Group, gallery, graph_gallery, homomorphism_basis, sketch, spanning_count,
};
use schur_layer::{EquivariantLinear, LayerCost, OrbitLinear};
use serde_json::{Value, json};

use crate::args::LayerArgs;
use crate::exit::{Status, UsageError};
use crate::outputs::write_whole;
use crate::report::Reporter;

/// More diagrams are not drawn as text.
const MOST_DRAWN: usize = 60;

/// Columns of the drawings on a terminal, and of pictures in a file.
const WIDTH: usize = 100;
const PICTURES: usize = 10;

/// With more orbits than these no small graphs are sought: the search takes the cube of their number.
const MOST_ORBITS: usize = 300;

/// Vertices of the small graphs.
const MOST_VERTICES: usize = 5;

/// Says what a layer is made of.
///
/// # Errors
/// If the group has no such layer, it is too large to list, or a file cannot be read or written.
pub fn run(args: &LayerArgs, reporter: &Reporter) -> Result<Status> {
    let found = match (args.group.group(), &args.graph, args.n) {
        (Some(group), None, Some(n)) => of_group(args, group, n)?,
        (None, Some(path), n) => {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
            let graph: Graph = text.parse().with_context(|| format!("in `{}`", path.display()))?;
            of_graph(args, &graph.extended(n.unwrap_or(0)).map_err(usage)?)?
        }
        _ => return Err(UsageError("--graph belongs to --group aut, and --n to the others".to_owned()).into()),
    };
    if let Some(path) = &args.svg {
        write_whole(path, |out| Ok(out.write_all(found.maps.picture().as_bytes())?))?;
        reporter.line(format_args!("wrote {}", path.display()));
    }
    if reporter.is_json() {
        reporter.json(&found.record(args))?;
    } else {
        found.tell(args, reporter)?;
    }
    Ok(Status::Success)
}

fn usage(error: impl std::fmt::Display) -> UsageError {
    UsageError(error.to_string())
}

/// A layer as it is reported.
struct Found {
    title: String,
    n: usize,
    dimension: usize,
    spanning: Option<u128>,
    weights: usize,
    biases: usize,
    cost: LayerCost,
    maps: Maps,
}

enum Maps {
    Diagrams(Vec<Diagram>),
    Graphs(Vec<Bilabelled>),
}

fn of_group(args: &LayerArgs, group: Group, n: usize) -> Result<Found> {
    let layer = EquivariantLinear::new(group, n, args.inputs, args.outputs, args.channels_in, args.channels_out)
        .map_err(usage)?;
    Ok(Found {
        title: format!("{group}, n = {n}"),
        n,
        dimension: layer.maps().len(),
        spanning: Some(spanning_count(group, n, args.inputs + args.outputs)?),
        weights: layer.weight_len(),
        biases: layer.bias_len(),
        cost: *layer.cost(),
        maps: Maps::Diagrams(layer.maps().iter().filter_map(|map| map.diagrams().first().cloned()).collect()),
    })
}

fn of_graph(args: &LayerArgs, graph: &Graph) -> Result<Found> {
    let symmetries = graph.automorphisms()?;
    let layer =
        OrbitLinear::new(&symmetries, args.inputs, args.outputs, args.channels_in, args.channels_out).map_err(usage)?;
    let (vertices, edges) = (graph.len(), graph.edges().len());
    let order = symmetries.order().map_or("more than 2^128".to_owned(), |order| order.to_string());
    let basis = if layer.map_count() <= MOST_ORBITS {
        Some(homomorphism_basis(graph, args.outputs, args.inputs, MOST_VERTICES)?)
    } else {
        None
    };
    Ok(Found {
        title: format!("{order} automorphisms of a graph of {vertices} vertices and {edges} edges"),
        n: vertices,
        dimension: layer.map_count(),
        spanning: basis.as_ref().map(|basis| basis.tried as u128),
        weights: layer.weight_len(),
        biases: layer.bias_len(),
        cost: layer.cost(),
        maps: Maps::Graphs(basis.map_or_else(Vec::new, |basis| basis.graphs)),
    })
}

impl Found {
    fn record(&self, args: &LayerArgs) -> Value {
        json!({
            "n": self.n, "in": args.inputs, "out": args.outputs,
            "dimension": self.dimension, "spanning_count": self.spanning,
            "parameters": self.weights + self.biases, "biases": self.biases,
            "flops_fast": self.cost.flops_fast, "flops_dense": self.cost.flops_dense, "workspace": self.cost.workspace,
            "diagrams": self.maps.names(),
        })
    }

    fn tell(&self, args: &LayerArgs, reporter: &Reporter) -> Result<()> {
        let LayerArgs { inputs, outputs, channels_in, channels_out, .. } = args;
        let title = &self.title;
        reporter
            .text(format_args!("{title}: {inputs} axes to {outputs}, {channels_in} channels to {channels_out}\n"))?;
        self.maps.draw(reporter)?;
        let Self { dimension, weights, biases, cost, .. } = self;
        reporter.text(format_args!("maps        {dimension}{}", self.remark()))?;
        reporter.text(format_args!("parameters  {} = {weights} weights + {biases} of the bias", weights + biases))?;
        let (fast, dense) = (cost.flops_fast, cost.flops_dense);
        let ratio = dense / fast.max(1.0);
        reporter
            .text(format_args!("operations  {fast:.0}, with the dense matrix {dense:.0} ({ratio:.1} times as many)"))?;
        reporter.text(format_args!("workspace   {} numbers an item", cost.workspace))
    }

    /// What there is to know about the number of maps.
    fn remark(&self) -> String {
        match (&self.maps, self.spanning) {
            (Maps::Diagrams(_), Some(spanning)) if spanning > self.dimension as u128 => {
                format!("; the published spanning set has {spanning}, which are dependent")
            }
            (Maps::Graphs(graphs), Some(tried)) if graphs.len() < self.dimension => {
                let found = graphs.len();
                format!(", one an orbit; {tried} graphs of up to {MOST_VERTICES} vertices span {found} of them")
            }
            (Maps::Graphs(_), Some(_)) => ", one an orbit".to_owned(),
            (Maps::Graphs(_), None) => ", one an orbit; too many to seek graphs that span them".to_owned(),
            (Maps::Diagrams(_), _) => String::new(),
        }
    }
}

impl Maps {
    fn picture(&self) -> String {
        match self {
            Self::Diagrams(diagrams) => gallery(diagrams, PICTURES),
            Self::Graphs(graphs) => graph_gallery(graphs, PICTURES),
        }
    }

    fn names(&self) -> Vec<String> {
        match self {
            Self::Diagrams(diagrams) => diagrams.iter().map(ToString::to_string).collect(),
            Self::Graphs(graphs) => graphs.iter().map(ToString::to_string).collect(),
        }
    }

    /// Draws maps beside each other, their names below; graphs have only their names.
    fn draw(&self, reporter: &Reporter) -> Result<()> {
        let names = self.names();
        let mut drawings: Vec<Vec<String>> = match self {
            Self::Diagrams(diagrams) => diagrams.iter().take(MOST_DRAWN).map(sketch).collect(),
            Self::Graphs(graphs) => graphs.iter().take(MOST_DRAWN).map(|_| Vec::new()).collect(),
        };
        drawings.iter_mut().zip(&names).for_each(|(lines, name)| lines.push(name.clone()));
        let width = drawings.iter().flatten().map(|line| line.chars().count()).max().unwrap_or(0) + 3;
        for row in drawings.chunks((WIDTH / width).max(1)) {
            let height = row.iter().map(Vec::len).max().unwrap_or(0);
            for line in 0..height {
                let cell = |drawing: &Vec<String>| {
                    // Names stand on one line: shorter drawings begin lower.
                    let text = (line + drawing.len()).checked_sub(height).map_or("", |own| drawing[own].as_str());
                    format!("{text:<width$}")
                };
                reporter.text(format_args!("{}", row.iter().map(cell).collect::<String>().trim_end()))?;
            }
            if height > 1 {
                reporter.text(format_args!(""))?;
            }
        }
        match names.len() - drawings.len() {
            0 => Ok(()),
            more => reporter.text(format_args!("... and {more} more; --svg draws all of them\n")),
        }
    }
}
