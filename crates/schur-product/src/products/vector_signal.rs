//! Vector signals on the sphere, multiplied by the cross product point by point.
//!
//! An irrep of degree `j` becomes a vector field through the couplings $(l, 1) \to j$ with `l` one of `j-1, j, j+1`:
//!
//! $$ V_c(n) = \sqrt{2j+1} \sum_{l \mu m} a_{l-j}\, C^{l 1 j}_{\mu c m}\, x_m Y_{l\mu}(n), $$
//!
//! and `z` is the projection of `V × W` on the same fields. The degrees `l` obey Gaunt's rule (an even sum), the `j` do
//! not: the cross product of two constant fields is the antisymmetric path 1 x 1 -> 1. All paths that the symmetry
//! allows are there, except 0 x 0 -> 0, because two radial fields are parallel.
//!
//! For O(3), a field is polar (a vector at each point) or axial (a pseudovector), which fixes the parity of `l`.
//!
//! Source: Xie et al., "Vector spherical tensor product", 2026 (arXiv 2602.21466), for the idea; the mixture of the `l` and the
//! quadrature are our own.

use schur_group::{ExactTensor, Irrep, Irreps, Parity, wigner_3j};
use schur_multilinear::{Bilinear, BilinearTerm, ComponentMatrix, Factored};

use super::{Product, SphereGrid, Symmetry, check_degrees, irrep_weighting};
use crate::ProductError;

const NAME: &str = "vector-signal";

/// Share of `l = j-1, j, j+1` in the field of an irrep, for the left, right and resulting signal.
///
/// Were the first two equal, the product would change its sign when its arguments are exchanged, and with equal irreps
/// only half of the paths would be there; other simple choices lose single paths. Of all triples of a dozen such shares
/// this one, which uses every `l`, leaves the weakest path up to degree 4 strongest: 0.12 of the strongest one.
const SHARES: [[f64; 3]; 3] = [[1.0, -0.5, 0.5], [0.5, 1.0, -0.5], [1.0, 0.5, -1.0]];

/// How a field behaves under inversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VectorKind {
    /// A vector at each point.
    #[default]
    Polar,
    /// A pseudovector at each point.
    Axial,
}

impl VectorKind {
    fn parity(self) -> Parity {
        match self {
            Self::Polar => Parity::Odd,
            Self::Axial => Parity::Even,
        }
    }
}

/// What a product of vector signals gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VectorSignalOptions {
    /// Irreps of the result; `None` means all that come out, up to the degrees of the 3j symbols.
    pub output: Option<Irreps>,
    /// Whether each irrep of the arguments and the result has a weight, in this order.
    pub weights: bool,
    /// Whether parities count.
    pub symmetry: Symmetry,
    /// Kinds of the two fields; the result is polar if they differ. Only for O(3).
    pub kinds: [VectorKind; 2],
}

/// Makes the product of vector signals on a grid of the sphere.
///
/// # Errors
/// [`ProductError::NoSignal`] if an argument is no part of its field (`0o` of a polar one), [`ProductError::NoPath`] if a
/// result cannot come out.
///
/// # Cost
/// O(L^3), about three times the Gaunt product on a grid.
///
/// # Examples
/// ```
/// use schur_product::products::{VectorSignalOptions, vector_signal};
/// let vector = "1o".parse()?;
/// let product = vector_signal(&vector, &vector, &VectorSignalOptions::default())?;
/// assert_eq!(product.output().to_string(), "1x1e+1x2e");
/// let z = product.evaluate(&[1., 0., 0.], &[0., 1., 0.], &[])?;
/// assert!(z[2].abs() > 0.1 && z[0].abs() < 1e-15); // along z
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn vector_signal(left: &Irreps, right: &Irreps, options: &VectorSignalOptions) -> Result<Product, ProductError> {
    let fields = fields(left, right, options)?;
    let degree = fields.iter().map(Field::l_max).sum();
    let grid = SphereGrid::exact(degree);
    let [x, y, z] = &fields;
    let mut map = Factored::new(
        x.synthesis(&grid, SHARES[0])?,
        y.synthesis(&grid, SHARES[1])?,
        cross_products(grid.len())?,
        z.analysis(&grid, SHARES[2])?,
    )?;
    let operands = fields.map(|field| field.irreps);
    if options.weights {
        map = map.with_weights(irrep_weighting(&operands))?;
    }
    Product::new(NAME, operands, options.symmetry, map)
}

/// Component `c` of point `n` is row `c * points + n`.
fn cross_products(points: usize) -> Result<Bilinear, ProductError> {
    let axes = (0..3).flat_map(|c| [(c, (c + 1) % 3, (c + 2) % 3, 1.0), (c, (c + 2) % 3, (c + 1) % 3, -1.0)]);
    let terms = axes.flat_map(|(c, a, b, coefficient)| {
        let row = move |axis: usize, n: usize| axis * points + n;
        (0..points).map(move |n| BilinearTerm { result: row(c, n), left: row(a, n), right: row(b, n), coefficient })
    });
    Ok(Bilinear::new([3 * points; 3], terms)?)
}

/// Irreps as a vector field; `kind` is `None` where parities do not count.
#[derive(Debug, Clone)]
struct Field {
    irreps: Irreps,
    kind: Option<Parity>,
}

impl Field {
    /// The `l` that may carry an irrep.
    fn degrees(&self, irrep: Irrep) -> impl Iterator<Item = usize> + Clone + use<> {
        let kind = self.kind;
        let couples = (irrep.l.abs_diff(1)..=irrep.l + 1).filter(move |&l| irrep.l > 0 || l == 1);
        couples.filter(move |&l| kind.is_none_or(|kind| kind * Parity::of_harmonic(l) == irrep.parity))
    }

    fn l_max(&self) -> usize {
        self.irreps.iter().flat_map(|(_, irrep)| self.degrees(irrep)).max().unwrap_or(0)
    }

    /// The coefficients of the field's three Cartesian components.
    fn couplings(&self, shares: [f64; 3]) -> Result<ComponentMatrix, ProductError> {
        let width = (self.l_max() + 1).pow(2);
        let (mut entries, mut first) = (Vec::new(), 0);
        for (copies, irrep) in self.irreps.iter() {
            for _ in 0..copies {
                for l in self.degrees(irrep) {
                    let share = shares[l + 1 - irrep.l] * (irrep.dim() as f64).sqrt();
                    let three_j = wigner_3j(l, 1, irrep.l)?;
                    entries.extend(
                        three_j.iter().map(|([m, c, k], value)| (c * width + l * l + m, first + k, share * value)),
                    );
                }
                first += irrep.dim();
            }
        }
        Ok(ComponentMatrix::new(3 * width, first, entries)?)
    }

    fn scalars(&self) -> Irreps {
        Irreps::spherical_harmonics(self.l_max())
    }

    fn synthesis(&self, grid: &SphereGrid, shares: [f64; 3]) -> Result<Vec<ComponentMatrix>, ProductError> {
        let transforms = grid.synthesis(&self.scalars())?;
        let each = transforms.into_iter().map(three_times);
        Ok(std::iter::once(self.couplings(shares)?).chain(each).collect())
    }

    fn analysis(&self, grid: &SphereGrid, shares: [f64; 3]) -> Result<Vec<ComponentMatrix>, ProductError> {
        let transforms = grid.analysis(&self.scalars())?;
        let each = transforms.into_iter().map(three_times);
        Ok(each.chain([self.couplings(shares)?.transpose()]).collect())
    }
}

fn three_times(matrix: ComponentMatrix) -> ComponentMatrix {
    ComponentMatrix::direct_sum(&[matrix.clone(), matrix.clone(), matrix])
}

/// Checks the arguments and completes the result.
fn fields(left: &Irreps, right: &Irreps, options: &VectorSignalOptions) -> Result<[Field; 3], ProductError> {
    check_degrees("Wigner 3j symbols", ExactTensor::MAX_DEGREE - 1, [left, right].into_iter().chain(&options.output))?;
    let kinds = options.kinds.map(|kind| (options.symmetry == Symmetry::O3).then(|| kind.parity()));
    let [x, y] = [(left, kinds[0]), (right, kinds[1])].map(|(irreps, kind)| Field { irreps: irreps.clone(), kind });
    for field in [&x, &y] {
        if field.irreps.iter().any(|(_, irrep)| field.degrees(irrep).next().is_none()) {
            let requirement = "a field of this kind has no such irrep (polar ones lack 0o, axial ones 0e)";
            return Err(ProductError::NoSignal { product: NAME, irreps: field.irreps.clone(), requirement });
        }
    }
    let kind = kinds[0].zip(kinds[1]).map(|(a, b)| a * b);
    let mut z = Field { irreps: Irreps::default(), kind };
    z.irreps = match &options.output {
        Some(output) => output.clone(),
        None => {
            let mut all: Vec<Irrep> = left.product_paths(right).map(|path| path.output).collect();
            if kind.is_none() {
                all.iter_mut().for_each(|irrep| irrep.parity = Parity::Even);
            }
            all.sort_unstable();
            all.dedup();
            all.retain(|irrep| irrep.l < ExactTensor::MAX_DEGREE);
            all.into_iter().filter(|irrep| reaches(&x, &y, &z, *irrep)).map(|irrep| (1, irrep)).collect()
        }
    };
    let missing = z.irreps.iter().find(|(_, irrep)| !reaches(&x, &y, &z, *irrep));
    match missing {
        Some((_, irrep)) => {
            Err(ProductError::NoPath { product: NAME, left: left.clone(), right: right.clone(), irrep })
        }
        None => Ok([x, y, z]),
    }
}

fn reaches(x: &Field, y: &Field, z: &Field, irrep: Irrep) -> bool {
    let triangle = |a: usize, b: usize, c: usize| (a.abs_diff(b)..=a + b).contains(&c);
    x.irreps.iter().any(|(_, a)| {
        y.irreps.iter().filter(|(_, b)| triangle(a.l, b.l, irrep.l)).any(|(_, b)| {
            x.degrees(a).any(|l1| {
                let (right, result) = (y.degrees(b), z.degrees(irrep));
                let pairs = right.flat_map(|l2| result.clone().map(move |l3| (l2, l3))).collect::<Vec<_>>();
                pairs.into_iter().any(|(l2, l3)| triangle(l1, l2, l3) && (l1 + l2 + l3).is_multiple_of(2))
            })
        })
    })
}
