//! The crystallographic information file (CIF).
//!
//! # Conventions
//! - Every data block with atom sites becomes a structure with all atoms of the unit cell; its name is kept as `name`.
//! - The symmetry is taken from the listed operations, else from the Hall symbol, the Hermann-Mauguin symbol or the
//!   number of the space group, in the setting that fits the cell (hexagonal or rhombohedral axes, unique axis). If
//!   the origin is not told where two are in use, or the operations do not map the lattice onto itself, the file is
//!   refused. Without any of these the atoms listed are all there are.
//! - Images of a site closer than [`MERGE_DISTANCE`] are one atom, at their mean: a coordinate `0.3333` on a threefold
//!   axis is thereby put onto the axis. The image under the identity stays where the file puts it, all others are
//!   moved into the cell.
//! - A site that is not fully occupied is refused by name; so are macromolecular (mmCIF), magnetic and modulated
//!   structures and hydrogen atoms that are counted but not placed.
//! - The lattice vector a lies along x and b in the xy plane. The structure is periodic along all three vectors, or along
//!   none if there is no cell but Cartesian coordinates.
//!
//! # Source
//! Hall, Allen, Brown, "The crystallographic information file (CIF)", Acta Cryst. A47 (1991) 655; the grammar of
//! CIF 1.1 (IUCr) and, where it is harmless, of CIF 2.0; the tables of space groups of `moyo`.

mod block;
mod expand;
mod operation;
mod read;
mod sites;
mod space_group;
mod symmetry;
mod tokens;
mod write;

pub use expand::MERGE_DISTANCE;
pub use read::read;
pub use write::write;
