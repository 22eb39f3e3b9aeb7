//! Relaxation of crystals whose minimum is known.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_atoms::{Cell, Structure};
use schur_dynamics::DynamicsError;
use schur_dynamics::relax::{CellMode, Optimizer, Relaxation, RelaxationOptions, Status, StepReport};
use schur_dynamics::symmetry::SpaceGroup;
use schur_potential::pair::LennardJones;
use schur_potential::{Evaluation, Potential, PotentialError, Request};

const EPSILON: f64 = 0.0104;
const SIGMA: f64 = 3.4;

/// Nearest neighbours only: the minimum of the crystal is then the minimum of the pair.
fn nearest_neighbours() -> LennardJones {
    LennardJones::new(EPSILON, SIGMA, 1.45 * SIGMA).unwrap()
}

/// The fcc lattice constant at which nearest neighbours sit in the minimum of the pair.
fn lattice_constant() -> f64 {
    2f64.powf(1.0 / 6.0 + 0.5) * SIGMA
}

/// The conventional fcc cell, deformed.
fn fcc(a: f64, deformation: [[f64; 3]; 3]) -> Structure {
    let cell = Cell::new([[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]]).deformed(&deformation);
    let sites = [[0.0; 3], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
    let positions = sites.iter().map(|&f| cell.to_cartesian(f)).collect();
    Structure::new(vec![18; 4], positions, cell, [true; 3])
}

const UNSTRAINED: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const STRAINED: [[f64; 3]; 3] = [[1.03, 0.02, -0.01], [0.0, 0.98, 0.015], [0.01, 0.0, 0.99]];

fn relax(structure: Structure, options: RelaxationOptions, potential: &mut dyn Potential) -> (Relaxation, StepReport) {
    let mut relaxation = Relaxation::new(structure, options).unwrap();
    loop {
        let report = relaxation.step(potential).unwrap();
        if report.status != Status::Running {
            return (relaxation, report);
        }
    }
}

#[test]
fn strained_crystal_finds_its_lattice_constant() {
    for optimizer in [Optimizer::Lbfgs, Optimizer::Fire] {
        let mut structure = fcc(lattice_constant(), STRAINED);
        structure.positions[1][0] += 0.1;
        let options = RelaxationOptions { fmax: 1e-7, cell: CellMode::Full, optimizer, ..RelaxationOptions::default() };
        let (relaxation, report) = relax(structure, options, &mut nearest_neighbours());
        assert_eq!(report.status, Status::Converged);
        let (lengths, angles) = relaxation.structure().cell.parameters();
        for axis in 0..3 {
            // fmax over the bulk modulus times the volume: 1e-7 / 0.1 strain.
            assert!((lengths[axis] / lattice_constant() - 1.0).abs() < 1e-5, "{lengths:?}");
            assert!((angles[axis] - 90.0).abs() < 1e-3, "{angles:?}");
        }
        assert!((report.energy + 24.0 * EPSILON).abs() < 1e-10);
        assert!(report.max_stress.unwrap() < 1e-8);
    }
}

/// With central forces between nearest neighbours the pressure is that of the pair: `p = -z r V'(r) / (6 v)`.
#[test]
fn compressed_crystal_reaches_the_pressure() {
    for (cell, optimizer) in
        [(CellMode::Isotropic, Optimizer::Lbfgs), (CellMode::Full, Optimizer::Lbfgs), (CellMode::Full, Optimizer::Fire)]
    {
        let pressure = 0.01;
        let options = RelaxationOptions { fmax: 1e-8, cell, optimizer, pressure, ..RelaxationOptions::default() };
        let mut potential = nearest_neighbours();
        let (relaxation, report) = relax(fcc(lattice_constant(), UNSTRAINED), options, &mut potential);
        assert_eq!(report.status, Status::Converged);
        assert!((report.pressure.unwrap() - pressure).abs() < 1e-8);
        assert!(report.max_stress.unwrap() < 1e-8);
        let a = relaxation.structure().cell.parameters().0[0];
        let r = a / 2f64.sqrt();
        let expected = -12.0 * r * potential.pair_energy(r).1 / (6.0 * a.powi(3) / 4.0);
        assert!((expected - pressure).abs() < 1e-8);
    }
}

#[test]
fn isotropic_relaxation_keeps_the_shape() {
    let structure = fcc(lattice_constant(), STRAINED);
    let before = structure.cell.parameters();
    let options = RelaxationOptions { fmax: 1e-6, cell: CellMode::Isotropic, ..RelaxationOptions::default() };
    let (relaxation, report) = relax(structure, options, &mut nearest_neighbours());
    assert_eq!(report.status, Status::Converged);
    let after = relaxation.structure().cell.parameters();
    let growth = after.0[0] / before.0[0];
    for axis in 0..3 {
        assert!((after.0[axis] / before.0[axis] / growth - 1.0).abs() < 1e-12);
        assert!((after.1[axis] - before.1[axis]).abs() < 1e-10);
    }
    assert!(report.pressure.unwrap().abs() < 1e-6);
}

#[test]
fn fixed_atoms_stay_and_count_for_nothing() {
    let mut structure = fcc(lattice_constant(), UNSTRAINED);
    structure.positions[0] = [0.2, 0.1, -0.1];
    structure.positions[1][2] += 0.1;
    structure.fixed = Some(vec![[true; 3], [false, false, true], [false; 3], [false; 3]]);
    let before = structure.positions.clone();
    let options = RelaxationOptions { fmax: 1e-6, ..RelaxationOptions::default() };
    let (relaxation, report) = relax(structure, options, &mut nearest_neighbours());
    assert_eq!(report.status, Status::Converged);
    let after = &relaxation.structure().positions;
    assert_eq!(after[0], before[0]);
    assert_eq!(after[1][2], before[1][2]);
    assert_ne!(after[2], before[2]);
    let forces = &relaxation.evaluation().forces;
    assert!(forces[0].iter().any(|f| f.abs() > 1e-4) && forces[2].iter().all(|f| f.abs() < 1e-6));
}

#[test]
fn fixed_atoms_follow_a_moving_cell() {
    let mut structure = fcc(1.03 * lattice_constant(), UNSTRAINED);
    structure.fixed = Some(vec![[true; 3], [true; 3], [false; 3], [false; 3]]);
    let fractional = [0.0, 0.5, 0.5];
    let options = RelaxationOptions { fmax: 1e-6, cell: CellMode::Full, ..RelaxationOptions::default() };
    let (relaxation, _) = relax(structure, options, &mut nearest_neighbours());
    let expected = relaxation.structure().cell.to_cartesian(fractional);
    for axis in 0..3 {
        assert!((relaxation.structure().positions[1][axis] - expected[axis]).abs() < 1e-12);
    }
}

/// A tetragonal start that would fall to fcc by way of noise keeps its symmetry, and noise is taken out.
#[test]
fn kept_symmetry_survives_and_cleans_the_start() {
    let mut structure = fcc(lattice_constant(), [[1.02, 0.0, 0.0], [0.0, 1.02, 0.0], [0.0, 0.0, 0.97]]);
    structure.positions[1][0] += 0.003;
    structure.positions[3][1] -= 0.002;
    let loose = SpaceGroup::find(&structure, 0.02).unwrap();
    assert_eq!(loose.number(), 139);
    let options =
        RelaxationOptions { fmax: 1e-7, cell: CellMode::Full, symmetry: Some(0.02), ..RelaxationOptions::default() };
    let (relaxation, report) = relax(structure, options, &mut nearest_neighbours());
    assert_eq!(report.status, Status::Converged);
    let tight = SpaceGroup::find(relaxation.structure(), 1e-4).unwrap();
    assert_eq!(tight.number(), 225, "the minimum is fcc, a supergroup of {}", loose.symbol());
    let (lengths, _) = relaxation.structure().cell.parameters();
    assert!((lengths[2] / lattice_constant() - 1.0).abs() < 1e-5);
}

/// Diamond is a maximum of the Lennard-Jones energy against many distortions, but stationary: symmetry holds it there.
#[test]
fn symmetry_holds_an_unstable_crystal() {
    let a = 6.0;
    let cell = Cell::new([[0.0, a / 2.0, a / 2.0], [a / 2.0, 0.0, a / 2.0], [a / 2.0, a / 2.0, 0.0]]);
    let mut structure = Structure::new(vec![18; 2], vec![[0.0; 3], [a / 4.0; 3]], cell, [true; 3]);
    structure.positions[1][0] += 0.004;
    let options =
        RelaxationOptions { fmax: 1e-6, cell: CellMode::Full, symmetry: Some(0.02), ..RelaxationOptions::default() };
    let (relaxation, report) = relax(structure, options, &mut LennardJones::new(EPSILON, SIGMA, 7.0).unwrap());
    assert_eq!(report.status, Status::Converged);
    assert_eq!(SpaceGroup::find(relaxation.structure(), 1e-6).unwrap().number(), 227);
    assert!(report.max_stress.unwrap() < 1e-6);
}

#[test]
fn unusable_input_is_refused() {
    let crystal = || fcc(lattice_constant(), UNSTRAINED);
    let options = RelaxationOptions { fmax: -1.0, ..RelaxationOptions::default() };
    assert!(matches!(Relaxation::new(crystal(), options), Err(DynamicsError::Option { name: "fmax", .. })));
    let options = RelaxationOptions { pressure: f64::NAN, ..RelaxationOptions::default() };
    assert!(matches!(Relaxation::new(crystal(), options), Err(DynamicsError::Option { name: "pressure", .. })));
    let mut slab = crystal();
    slab.pbc[2] = false;
    let options = RelaxationOptions { cell: CellMode::Full, ..RelaxationOptions::default() };
    assert!(matches!(Relaxation::new(slab, options), Err(DynamicsError::NotPeriodic { .. })));
    let mut half_fixed = crystal();
    half_fixed.fixed = Some(vec![[true; 3], [false; 3], [false; 3], [false; 3]]);
    let options = RelaxationOptions { symmetry: Some(0.01), ..RelaxationOptions::default() };
    assert!(matches!(Relaxation::new(half_fixed, options), Err(DynamicsError::AsymmetricConstraint { .. })));
    assert!(matches!(
        Relaxation::new(Structure::default(), RelaxationOptions::default()),
        Err(DynamicsError::Structure(_))
    ));
}

/// Answers with a number until a given call, and with NaN from then on.
struct Breaking {
    inner: LennardJones,
    calls: u32,
}

impl Potential for Breaking {
    fn evaluate(
        &mut self,
        structure: &Structure,
        request: Request,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        self.inner.evaluate(structure, request, out)?;
        self.calls += 1;
        if self.calls > 3 {
            out.forces[0][1] = f64::NAN;
        }
        Ok(())
    }
}

#[test]
fn broken_answers_name_the_step() {
    let structure = fcc(lattice_constant(), STRAINED);
    let options = RelaxationOptions { cell: CellMode::Full, fmax: 1e-9, ..RelaxationOptions::default() };
    let mut relaxation = Relaxation::new(structure, options).unwrap();
    let mut potential = Breaking { inner: nearest_neighbours(), calls: 0 };
    let error = (0..10).find_map(|_| relaxation.step(&mut potential).err()).unwrap();
    assert!(matches!(error, DynamicsError::NotFinite { step: 3, quantity: "force", .. }), "{error}");
}

#[test]
fn steps_run_out() {
    let structure = fcc(lattice_constant(), STRAINED);
    let options = RelaxationOptions { cell: CellMode::Full, fmax: 1e-9, max_steps: 2, ..RelaxationOptions::default() };
    let (_, report) = relax(structure, options, &mut nearest_neighbours());
    assert_eq!((report.status, report.step), (Status::OutOfSteps, 2));
}
