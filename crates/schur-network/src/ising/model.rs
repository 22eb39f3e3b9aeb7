//! The model and its local tensor.

use schur_tensor::Tensor;

use super::IsingError;

/// The Ising model on the square lattice: couplings and a field, over the temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ising {
    couplings: [f64; 2],
    field: f64,
}

/// How far indices are kept, and how often the lattice is coarsened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncation {
    /// The largest number of values that an index keeps.
    pub bond: usize,
    /// The number of steps; the lattice has two to the number of steps sites.
    pub steps: usize,
}

/// What a truncated contraction gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Renormalised {
    /// The logarithm of the partition function, per site.
    pub log_z: f64,
    /// The largest part of the squared norm that a step discarded.
    pub discarded: f64,
}

impl Ising {
    /// A model with the couplings $J / k_B T$ of neighbours in a row and in a column, and the field $H / k_B T$.
    ///
    /// Negative couplings are antiferromagnetic.
    ///
    /// # Errors
    /// [`IsingError::NotFinite`].
    pub fn new(couplings: [f64; 2], field: f64) -> Result<Self, IsingError> {
        for (what, value) in [("the coupling in a row", couplings[0]), ("the coupling in a column", couplings[1])] {
            finite(what, value)?;
        }
        Ok(Self { couplings, field: finite("the field", field)? })
    }

    /// The model with $J = k_B = 1$ and no field at a temperature.
    ///
    /// # Errors
    /// [`IsingError::NotFinite`], [`IsingError::ZeroTemperature`].
    pub fn at_temperature(temperature: f64) -> Result<Self, IsingError> {
        if finite("the temperature", temperature)? == 0.0 {
            return Err(IsingError::ZeroTemperature);
        }
        Self::new([temperature.recip(); 2], 0.0)
    }

    /// Couplings of neighbours in a row and in a column.
    pub const fn couplings(&self) -> [f64; 2] {
        self.couplings
    }

    /// The field.
    pub const fn field(&self) -> f64 {
        self.field
    }

    /// The logarithm by which the local tensor is made smaller, so that no entry overflows.
    pub(super) fn log_scale(&self) -> f64 {
        self.couplings[0].abs() + self.couplings[1].abs() + self.field.abs()
    }

    /// The tensor of a site, indices up, left, down, right, with the spin to a power as a factor.
    ///
    /// A bond's weight is a product of a matrix on either side: with $c$ and $\sigma$ the hyperbolic cosine and sine of
    /// the coupling, $e^{K s s'} = c + \sigma s s'$.
    pub(super) fn site(&self, power: i32) -> Result<Tensor<f64>, IsingError> {
        let entry = |i: &[usize]| -> f64 {
            let weight = |spin: f64| {
                let [row, column] = self.couplings.map(|coupling| Halves::new(coupling, spin));
                let field = (self.field * spin - self.field.abs()).exp();
                let bonds = column.second[i[0]] * row.second[i[1]] * column.first[i[2]] * row.first[i[3]];
                spin.powi(power) * field * bonds
            };
            weight(1.0) + weight(-1.0)
        };
        Ok(Tensor::from_fn(&[2; 4], entry)?)
    }
}

/// The two sides of a bond's weight at a spin, divided by the largest weight.
struct Halves {
    first: [f64; 2],
    second: [f64; 2],
}

impl Halves {
    fn new(coupling: f64, spin: f64) -> Self {
        let small = (-2.0 * coupling.abs()).exp();
        let [even, odd] = [f64::midpoint(1.0, small), f64::midpoint(1.0, -small)].map(f64::sqrt);
        Self { first: [even, odd * spin], second: [even, odd * spin * coupling.signum()] }
    }
}

impl Truncation {
    pub(super) const fn check(&self) -> Result<(), IsingError> {
        if self.bond == 0 { Err(IsingError::Bond) } else { Ok(()) }
    }
}

fn finite(what: &'static str, value: f64) -> Result<f64, IsingError> {
    if value.is_finite() { Ok(value) } else { Err(IsingError::NotFinite { what, value }) }
}

/// A product of scales that were taken out of a tensor on the way, and the tensor that stands for the whole lattice.
pub(super) struct Scales {
    log_z: f64,
    steps: i32,
}

impl Scales {
    pub(super) fn new(model: &Ising) -> Self {
        Self { log_z: model.log_scale(), steps: 0 }
    }

    /// Divides a tensor that stands for `2^steps` sites by its largest entry.
    pub(super) fn normalise(&mut self, tensor: &mut Tensor<f64>, steps: i32) -> f64 {
        let largest = tensor.data().iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        let scale = if largest > 0.0 { largest } else { 1.0 };
        tensor.data_mut().iter_mut().for_each(|x| *x /= scale);
        self.steps = steps;
        self.log_z += scale.ln() * f64::from(-steps).exp2();
        scale
    }

    /// Closes the borders of the last tensor.
    pub(super) fn finish(self, tensor: &Tensor<f64>) -> Result<f64, IsingError> {
        let value = trace(tensor);
        if value.is_nan() || value <= 0.0 {
            return Err(IsingError::Vanished { value, steps: self.steps.unsigned_abs() as usize });
        }
        Ok(self.log_z + value.ln() * f64::from(-self.steps).exp2())
    }
}

/// The sum over up = down and left = right.
pub(super) fn trace(tensor: &Tensor<f64>) -> f64 {
    let (vertical, horizontal) = (tensor.shape()[0], tensor.shape()[1]);
    let entries = (0..vertical).flat_map(|u| (0..horizontal).map(move |l| [u, l, u, l]));
    entries.filter_map(|index| tensor.get(&index)).sum()
}
