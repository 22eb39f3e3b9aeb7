//! POSCAR and CONTCAR, the structure files of VASP.
//!
//! # Conventions
//! - The scale factor may be one number, a negative number (then its magnitude is the volume in Å^3), or three.
//! - VASP 4 files have no line of elements; their first line must then begin with one symbol for each count.
//! - Labels as in `Na_pv/6a2f546d`, `Fe_sv` or `H.5` stand for the element before `_`, `/` or `.`; elements may repeat.
//! - The flags of selective dynamics belong to lattice vectors. They become
//!   [`Structure::fixed`](crate::Structure), which belongs to Cartesian axes, where the two mean the same: whole atoms
//!   always, single directions if the free lattice vectors span Cartesian axes. Otherwise the file is refused.
//! - A block of velocities (Å/fs) is read, lattice velocities and the predictor-corrector block are skipped.
//!   Velocities that are all zero, which VASP writes after every relaxation, count as none.
//! - The structure is periodic along all three vectors.
//!
//! # Source
//! The VASP wiki, page POSCAR; ASE 3.29 for labels and for comments after `!`.

mod read;
mod selective;
mod write;

pub use read::read;
pub use write::write;
