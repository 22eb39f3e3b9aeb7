//! Constant temperature and pressure.
//!
//! The cell `h` (rows) and the atoms flow with a symmetric strain rate `ν`,
//!
//! $$ \dot x = v + x\nu,\quad \dot v = F/m - v\nu,\quad \dot h = h\nu,\quad
//!    W\dot\nu = \Pi\bigl[ 2K + \mathcal{W} + (c\,kT - PV)\,1 \bigr] $$
//!
//! where `2K` and `𝒲` are the tensors of kinetic energy and virial, `Π` keeps the components that the coupling moves,
//! and `W = (f+3)/3 kT τ²` for `f` degrees of freedom. Each axis has `c = 2` if its momentum is conserved, else 1: then
//! the flow leaves $e^{-\beta(K+U+PV+\frac12 W \mathrm{tr}\,\nu^2)}\,dx\,dp\,dV$ unchanged, so that volumes are distributed
//! as in the isothermal-isobaric ensemble, `V^N e^{-PV/kT}` for an ideal gas of `N` atoms. The atoms meet the bath of
//! [`csvr`](super::csvr), the strain rate friction `1/τ` and noise. Conserved is
//! $K+U+PV+\tfrac12 W\,\mathrm{tr}\,\nu^2 - kT\int c\,\mathrm{tr}\,\nu\,dt$ less the heat of both baths.
//!
//! # Source
//! Bussi, Zykova-Timan and Parrinello, "Isothermal-isobaric molecular dynamics using stochastic velocity rescaling",
//! J. Chem. Phys. 130, 074101 (2009), for the volume; Raiteri, Gale and Bussi, J. Phys.: Condens. Matter 23, 334213
//! (2011), for the cell; mass from Martyna, Tobias and Klein, J. Chem. Phys. 101, 4177 (1994).

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use schur_potential::Potential;

use super::{CellCoupling, Ensemble, Simulation, motion};
use crate::DynamicsError;
use crate::matrix3::{
    IDENTITY, Matrix3, ZERO, add_scaled, exponential, multiply, norm, row_times, scaled, trace, transpose,
};
use crate::units::BOLTZMANN;

/// Largest strain in one time step: beyond it the cell has become unstable, and the series for the drift ends too soon.
const LARGEST_STRAIN: f64 = 0.05;

/// The numbers of the ensemble that one step needs.
#[derive(Clone, Copy)]
struct Barostat {
    pressure: f64,
    thermostat_time: f64,
    barostat_time: f64,
    coupling: CellCoupling,
    kt: f64,
    /// `W` in eV fs².
    mass: f64,
}

impl Simulation {
    pub(super) fn npt(&mut self, potential: &mut dyn Potential) -> Result<(), DynamicsError> {
        let Some(barostat) = self.barostat() else { return Ok(()) };
        let half = 0.5 * self.options.timestep;
        self.meet_baths(&barostat, half);
        self.accelerate_strain(&barostat, half, self.evaluation.virial);
        self.kick_before();
        self.flow(&barostat)?;
        self.evaluate(potential)?;
        self.kick_after();
        self.accelerate_strain(&barostat, half, self.next_evaluation.virial);
        self.remove_momentum();
        self.meet_baths(&barostat, half);
        Ok(())
    }

    /// The energy of the cell's motion and of the pressure in eV; zero in other ensembles.
    pub(super) fn barostat_energy(&self) -> f64 {
        self.barostat().map_or(0.0, |barostat| {
            let moving = 0.5 * barostat.mass * norm(&self.state.strain_rate).powi(2);
            barostat.pressure * self.state.structure.cell.volume() + moving
        })
    }

    fn barostat(&self) -> Option<Barostat> {
        let Ensemble::Npt { pressure, thermostat_time, barostat_time, coupling } = self.options.ensemble else {
            return None;
        };
        let kt = BOLTZMANN * self.options.temperature;
        let mass = (self.freedom.count as f64 + 3.0) / 3.0 * kt * barostat_time * barostat_time;
        Some(Barostat { pressure, thermostat_time, barostat_time, coupling, kt, mass })
    }

    fn meet_baths(&mut self, barostat: &Barostat, time: f64) {
        self.rescale_stochastically(time, barostat.thermostat_time);
        let before = norm(&self.state.strain_rate).powi(2);
        let kept = (-time / barostat.barostat_time).exp();
        let width = (-(-2.0 * time / barostat.barostat_time).exp_m1() * barostat.kt / barostat.mass).sqrt();
        let noise = barostat.coupling.noise(&mut self.state.rng);
        self.state.strain_rate = add_scaled(&scaled(&self.state.strain_rate, kept), width, &noise);
        self.state.heat += 0.5 * barostat.mass * (norm(&self.state.strain_rate).powi(2) - before);
    }

    fn accelerate_strain(&mut self, barostat: &Barostat, time: f64, virial: Matrix3) {
        let kinetic = motion::kinetic_tensor(self.state.velocities(), &self.masses);
        let mut driving = add_scaled(&kinetic, 0.5, &add_scaled(&virial, 1.0, &transpose(&virial)));
        let volume = self.state.structure.cell.volume();
        for axis in 0..3 {
            driving[axis][axis] += self.entropy_factor(axis) * barostat.kt - barostat.pressure * volume;
        }
        let projected = barostat.coupling.project(&driving);
        self.state.strain_rate = add_scaled(&self.state.strain_rate, time / barostat.mass, &projected);
    }

    /// `c` in the equations.
    fn entropy_factor(&self, axis: usize) -> f64 {
        if self.freedom.conserved[axis] { 2.0 } else { 1.0 }
    }

    /// Moves atoms and cell for one time step at constant strain rate, exactly.
    fn flow(&mut self, barostat: &Barostat) -> Result<(), DynamicsError> {
        let time = self.options.timestep;
        let strain = scaled(&self.state.strain_rate, time);
        let size = norm(&strain);
        if size.is_nan() || size > LARGEST_STRAIN {
            return Err(DynamicsError::UnstableCell { step: self.step + 1, strain: size });
        }
        motion::check_drift(&self.state.structure, time, self.step + 1)?;
        let (grow, shrink) = (exponential(&strain), exponential(&scaled(&strain, -1.0)));
        let drift = scaled(&sinh_over_argument(&strain), time);
        let structure = &mut self.state.structure;
        structure.cell = structure.cell.deformed(&grow);
        let velocities = structure.velocities.iter_mut().flatten();
        for (position, velocity) in structure.positions.iter_mut().zip(velocities) {
            let (carried, moved) = (row_times(*position, &grow), row_times(*velocity, &drift));
            *position = std::array::from_fn(|axis| carried[axis] + moved[axis]);
            *velocity = row_times(*velocity, &shrink);
        }
        motion::stop_fixed(&mut self.state.structure);
        let entropy: f64 = (0..3).map(|axis| self.entropy_factor(axis) * strain[axis][axis]).sum();
        self.state.heat += barostat.kt * entropy;
        Ok(())
    }
}

impl CellCoupling {
    /// Keeps the components of a symmetric matrix that may move.
    fn project(self, m: &Matrix3) -> Matrix3 {
        match self {
            Self::Isotropic => scaled(&IDENTITY, trace(m) / 3.0),
            Self::Axes => std::array::from_fn(|i| std::array::from_fn(|j| if i == j { m[i][j] } else { 0.0 })),
            Self::Full => *m,
        }
    }

    /// Normal deviates such that `tr ν²` has mean one for each component that may move.
    fn noise<R: Rng>(self, rng: &mut R) -> Matrix3 {
        let mut draw = || -> f64 { StandardNormal.sample(rng) };
        match self {
            Self::Isotropic => scaled(&IDENTITY, draw() / 3f64.sqrt()),
            Self::Axes => {
                let diagonal = [draw(), draw(), draw()];
                std::array::from_fn(|i| std::array::from_fn(|j| if i == j { diagonal[i] } else { 0.0 }))
            }
            Self::Full => {
                let mut m = ZERO;
                for i in 0..3 {
                    m[i][i] = draw();
                    for j in 0..i {
                        m[i][j] = draw() * 0.5f64.sqrt();
                        m[j][i] = m[i][j];
                    }
                }
                m
            }
        }
    }
}

/// `sinh(a) / a`; four terms reach the last place below [`LARGEST_STRAIN`].
fn sinh_over_argument(a: &Matrix3) -> Matrix3 {
    let square = multiply(a, a);
    let third = add_scaled(&IDENTITY, 1.0 / 42.0, &square);
    let second = add_scaled(&IDENTITY, 1.0 / 20.0, &multiply(&square, &third));
    add_scaled(&IDENTITY, 1.0 / 6.0, &multiply(&square, &second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    #[test]
    fn drift_is_the_hyperbolic_sine() {
        let a = [[0.02, -0.01, 0.03], [-0.01, 0.015, 0.0], [0.03, 0.0, -0.02]];
        let sine = scaled(&add_scaled(&exponential(&a), -1.0, &exponential(&scaled(&a, -1.0))), 0.5);
        let found = multiply(&a, &sinh_over_argument(&a));
        // The difference of exponentials is rounded at one, 2e-16 an entry; the fifth term would be 1e-15.
        assert!(norm(&add_scaled(&sine, -1.0, &found)) < 1e-15);
    }

    /// Each component that may move has the kinetic energy `kT / 2`, and noise has no other component.
    #[test]
    fn noise_is_shared_equally() {
        let mut rng = ChaCha12Rng::seed_from_u64(4);
        let draws = 40_000;
        for (coupling, components) in
            [(CellCoupling::Isotropic, 1.0), (CellCoupling::Axes, 3.0), (CellCoupling::Full, 6.0)]
        {
            let mut mean = 0.0;
            for _ in 0..draws {
                let noise = coupling.noise(&mut rng);
                assert!(norm(&add_scaled(&coupling.project(&noise), -1.0, &noise)) < 1e-15);
                mean += norm(&noise).powi(2) / f64::from(draws);
            }
            // Chi-squared: the variance is twice the mean.
            assert!((mean - components).abs() < 4.0 * (2.0 * components / f64::from(draws)).sqrt(), "{mean}");
        }
    }
}
