//! Spherical harmonics of many vectors at once, with gradients or a reverse pass.
//!
//! The harmonics of a vector are a circuit: unit vectors, Legendre polynomials and powers of `z + i x` by recurrences,
//! products of the two, and derivatives by the ladder that `schur-group` describes. Vectors take the place of channels,
//! so a register holds as many of them as it has lanes.

use schur_group::{Normalization, SphericalHarmonics};
use schur_multilinear::{
    Argument, Bilinear, BilinearTerm, ChannelwisePlan, ChannelwiseWorkspace, Circuit, FactoredError, Rows,
};
use schur_tensor::{Real, pulp::Arch};

use crate::ProductError;

/// All real spherical harmonics up to a degree, for many vectors.
///
/// Conventions are those of [`SphericalHarmonics`]; only directions matter, and the zero vector has zeros beyond degree
/// 0. Arithmetic is that of `T`: vectors shorter than `2^-52` (`f32`) or `2^-500` (`f64`) count as zero, and squares of
/// components must not overflow.
///
/// # Examples
/// ```
/// use schur_group::Normalization;
/// use schur_multilinear::ChannelwiseWorkspace;
/// use schur_product::ManyHarmonics;
/// use schur_tensor::pulp::Arch;
/// let harmonics = ManyHarmonics::<f64>::new(Arch::new(), 1, Normalization::Norm)?;
/// let mut y = [0.0; 8];
/// harmonics.values(&[0.0, 2.0, 0.0, 4.0, 0.0, 0.0], &mut y, &mut ChannelwiseWorkspace::default())?;
/// assert_eq!(y, [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
/// # Ok::<(), schur_product::ProductError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ManyHarmonics<T> {
    l_max: usize,
    values: ChannelwisePlan<T>,
    gradients: ChannelwisePlan<T>,
}

impl<T: Real> ManyHarmonics<T> {
    /// Plans the harmonics up to degree `l_max`.
    ///
    /// # Errors
    /// [`ProductError::Group`] beyond [`SphericalHarmonics::MAX_DEGREE`].
    pub fn new(arch: Arch, l_max: usize, normalization: Normalization) -> Result<Self, ProductError> {
        let plan = |gradients| -> Result<ChannelwisePlan<T>, ProductError> {
            let circuit = harmonics_circuit(l_max, normalization, gradients)?;
            Ok(ChannelwisePlan::new(arch, &circuit, &[Argument::per_item(1), Argument::shared(1)])?)
        };
        Ok(Self { l_max, values: plan(false)?, gradients: plan(true)? })
    }

    /// Harmonics of a vector: `(l_max + 1)^2`.
    pub fn n_harmonics(&self) -> usize {
        (self.l_max + 1).pow(2)
    }

    /// Evaluates the harmonics of each vector.
    ///
    /// # Shapes
    /// `vectors: [n][3]`, `values: [n][harmonic]`.
    ///
    /// # Errors
    /// [`ProductError::Channelwise`] if the lengths do not fit.
    pub fn values(
        &self,
        vectors: &[T],
        values: &mut [T],
        workspace: &mut ChannelwiseWorkspace<T>,
    ) -> Result<(), ProductError> {
        Ok(self.values.forward(vectors.len() / 3, &[vectors, &[T::ONE]], values, workspace)?)
    }

    /// Evaluates the harmonics of each vector and their derivatives along x, y and z.
    ///
    /// # Shapes
    /// `vectors: [n][3]`, `result: [n][4][harmonic]`: values, then the three derivatives.
    ///
    /// # Units
    /// Derivatives are per unit of the vectors.
    ///
    /// # Errors
    /// [`ProductError::Channelwise`] if the lengths do not fit.
    pub fn values_and_gradients(
        &self,
        vectors: &[T],
        result: &mut [T],
        workspace: &mut ChannelwiseWorkspace<T>,
    ) -> Result<(), ProductError> {
        Ok(self.gradients.forward(vectors.len() / 3, &[vectors, &[T::ONE]], result, workspace)?)
    }

    /// Evaluates the cotangent of each vector from those of its harmonics, without forming derivatives.
    ///
    /// # Shapes
    /// `vectors: [n][3]`, `cotangents: [n][harmonic]`, `result: [n][3]`.
    ///
    /// # Errors
    /// [`ProductError::Channelwise`] if the lengths do not fit.
    pub fn backward(
        &self,
        vectors: &[T],
        cotangents: &[T],
        result: &mut [T],
        workspace: &mut ChannelwiseWorkspace<T>,
    ) -> Result<(), ProductError> {
        let (n, arguments) = (vectors.len() / 3, [vectors, &[T::ONE]]);
        Ok(self.values.backward(n, &arguments, cotangents, &mut [Some(result), None], workspace)?)
    }
}

/// The harmonics of a vector as a circuit.
///
/// Takes a vector `x, y, z` and the number one; gives the harmonics and, if asked for, their derivatives along x, y
/// and z, each in the order of the harmonics.
///
/// # Errors
/// [`ProductError::Group`] beyond [`SphericalHarmonics::MAX_DEGREE`].
pub fn harmonics_circuit(l_max: usize, normalization: Normalization, gradients: bool) -> Result<Circuit, ProductError> {
    let harmonics = SphericalHarmonics::new(l_max, normalization)?;
    let mut circuit = Circuit::new();
    let (vector, one) = (circuit.input(3), circuit.input(1));
    let square = sums(&mut circuit, &[(0..3).map(|i| (vector.select([i]), vector.select([i]), 1.0)).collect()])?;
    let inverse = circuit.inverse_sqrt(&square);
    let scaled: Vec<Terms> = (0..3).map(|i| vec![(vector.select([i]), inverse.clone(), 1.0)]).collect();
    let unit = sums(&mut circuit, &scaled)?;
    let length = sums(&mut circuit, &[(0..3).map(|i| (unit.select([i]), unit.select([i]), 1.0)).collect()])?;
    let mut climb =
        Climb { circuit, harmonics, unit, length, one, legendre: vec![Vec::new(); l_max + 1], powers: Vec::new() };
    let mut levels = vec![climb.level_zero()?];
    for l in 1..=l_max {
        levels.push(climb.level(l)?);
    }
    let Climb { mut circuit, harmonics, unit, .. } = climb;
    circuit.output(&Rows::concatenate(&levels));
    if gradients {
        let tilted: Vec<Terms> = (0..3).map(|i| vec![(unit.select([i]), inverse.clone(), 1.0)]).collect();
        let tilted = sums(&mut circuit, &tilted)?;
        for axis in 0..3 {
            for l in 0..=l_max {
                let slopes = (0..2 * l + 1).map(|place| {
                    let m = place as isize - l as isize;
                    let mut terms = slope(&harmonics, l, m, axis, &levels, &inverse);
                    if l > 0 {
                        terms.push((tilted.select([axis]), levels[l].select([place]), -(l as f64)));
                    }
                    terms
                });
                let rows = sums(&mut circuit, &slopes.collect::<Vec<_>>())?;
                circuit.output(&rows);
            }
        }
    }
    Ok(circuit)
}

/// Products of two rows with a number in front, to be added up.
type Terms = Vec<(Rows, Rows, f64)>;

/// Adds rows that are sums of products.
fn sums(circuit: &mut Circuit, rows: &[Terms]) -> Result<Rows, FactoredError> {
    let left = Rows::concatenate(rows.iter().flatten().map(|term| &term.0));
    let right = Rows::concatenate(rows.iter().flatten().map(|term| &term.1));
    let mut terms = Vec::new();
    for (result, row) in rows.iter().enumerate() {
        for &(_, _, coefficient) in row {
            let place = terms.len();
            terms.push(BilinearTerm { result, left: place, right: place, coefficient });
        }
    }
    circuit.bilinear(&left, &right, &Bilinear::new([left.len(), right.len(), rows.len()], terms)?)
}

/// What goes from level to level.
struct Climb {
    circuit: Circuit,
    harmonics: SphericalHarmonics,
    unit: Rows,
    one: Rows,
    /// The squared length of the unit vector: one, or zero for the zero vector.
    length: Rows,
    /// `P_l^m` for each `m`, as a number times a row, of the last two levels.
    legendre: Vec<Vec<(f64, Rows)>>,
    /// `A_m` and `B_m`, from `m = 1` on.
    powers: Vec<[Rows; 2]>,
}

impl Climb {
    fn level_zero(&mut self) -> Result<Rows, FactoredError> {
        self.legendre[0] = vec![(1.0, self.one.clone())];
        sums(&mut self.circuit, &[vec![(self.one.clone(), self.one.clone(), self.harmonics.factor(0))]])
    }

    /// The harmonics of degree `l`.
    fn level(&mut self, l: usize) -> Result<Rows, FactoredError> {
        self.raise_powers()?;
        self.raise_legendre(l)?;
        let factor = self.harmonics.factor(l);
        let harmonics = (0..2 * l + 1).map(|place| {
            let m = place.abs_diff(l);
            let (scale, polynomial) = &self.legendre[l][m];
            let power = match (m, place < l) {
                (0, _) => &self.one,
                (_, sine) => &self.powers[m - 1][usize::from(sine)],
            };
            vec![(polynomial.clone(), power.clone(), factor * scale)]
        });
        sums(&mut self.circuit, &harmonics.collect::<Vec<_>>())
    }

    /// `(z + i x)^m` from the power before.
    fn raise_powers(&mut self) -> Result<(), FactoredError> {
        let (x, z) = (self.unit.select([0]), self.unit.select([2]));
        let next = match self.powers.last() {
            None => [z, x],
            Some([re, im]) => {
                let real = vec![(z.clone(), re.clone(), 1.0), (x.clone(), im.clone(), -1.0)];
                let imaginary = vec![(z, im.clone(), 1.0), (x, re.clone(), 1.0)];
                let both = sums(&mut self.circuit, &[real, imaginary])?;
                [both.select([0]), both.select([1])]
            }
        };
        self.powers.push(next);
        Ok(())
    }

    fn raise_legendre(&mut self, l: usize) -> Result<(), FactoredError> {
        let y = self.unit.select([1]);
        let mut level = Vec::new();
        for m in 0..l {
            let [up, down] = self.harmonics.recurrence(l, m).value;
            let (scale, before) = &self.legendre[l - 1][m];
            if m + 1 == l {
                // The polynomial before is a number.
                level.push((up * scale, y.clone()));
                continue;
            }
            let mut terms = vec![(y.clone(), before.clone(), up * scale)];
            let (scale, two_before) = &self.legendre[l - 2][m];
            terms.push((self.length.clone(), two_before.clone(), -down * scale));
            level.push((1.0, sums(&mut self.circuit, &[terms])?));
        }
        let (number, one) = &self.legendre[l - 1][l - 1];
        level.push((number * self.harmonics.recurrence(l, l).value[0], one.clone()));
        self.legendre[l] = level;
        Ok(())
    }
}

/// The derivative of the solid harmonic along an axis, divided by the length, from the level below.
fn slope(harmonics: &SphericalHarmonics, l: usize, m: isize, axis: usize, levels: &[Rows], inverse: &Rows) -> Terms {
    if l == 0 {
        return Vec::new();
    }
    let [same, down, up] = harmonics.recurrence(l, m.unsigned_abs()).ladder;
    let scale = harmonics.factor(l) / harmonics.factor(l - 1);
    let (a, cosine) = (m.abs(), m >= 0);
    // Harmonics of |m| in the cosine (m >= 0) or sine family; what does not exist is zero.
    let entry = |m: isize, cosine: bool, coefficient: f64| -> Option<(Rows, Rows, f64)> {
        let exists = coefficient != 0.0 && m < l as isize && (cosine || m > 0);
        let place = (l as isize - 1) + if cosine { m } else { -m };
        exists.then(|| (inverse.clone(), levels[l - 1].select([place as usize]), scale * coefficient))
    };
    let pair = match (axis, a) {
        (1, _) => [entry(a, cosine, same), None],
        (0, 0) => [entry(1, false, -up), None],
        (_, 0) => [entry(1, true, -up), None],
        (0, _) if cosine => [entry(a - 1, false, -down), entry(a + 1, false, -up)],
        (0, _) => [entry(a - 1, true, down), entry(a + 1, true, up)],
        _ => [entry(a - 1, cosine, down), entry(a + 1, cosine, -up)],
    };
    pair.into_iter().flatten().collect()
}
