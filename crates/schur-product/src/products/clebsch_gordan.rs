//! The Clebsch-Gordan product: every bilinear map that the symmetry allows, path by path.
//!
//! $$ z^{(p)}_{m_3} = c_p \sum_{m_1 m_2} C^{l_1 l_2 l_3}_{m_1 m_2 m_3} x_{m_1} y_{m_2} $$
//!
//! with the 3j symbols `C` of unit norm. The normalisation `c_p` is e3nn's and kept apart from them. Paths are listed by
//! blocks of the first argument, then of the second, then by result, then copy by copy: the order of e3nn's
//! instructions, so that its weights can be taken over as they are.

use schur_group::{ExactTensor, Irrep, Irreps, wigner_3j};
use schur_multilinear::{Bilinear, BilinearTerm, ComponentMatrix, Factored, FactoredError, Weighting};

use super::{Product, Symmetry, check_degrees};
use crate::ProductError;

const NAME: &str = "cg";

/// What becomes of the paths of one irrep of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathSums {
    /// Each path has a place of its own, ordered by irrep (odd before even), then as listed.
    #[default]
    Separate,
    /// Paths with the same irrep are added up; each copy of the result is reached by all of them.
    Summed,
}

/// How coefficients are held: same map, different work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CgForm {
    /// Products that several rows share are computed once.
    #[default]
    Shared,
    /// One term for each coefficient.
    Sparse,
    /// All products of two components, then a dense matrix for each path, zeros included.
    Dense,
}

/// e3nn's `irrep_normalization`: what keeps the size of the result that of the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IrrepNormalization {
    /// Components of size one: `sqrt(2 l3 + 1)`.
    #[default]
    Component,
    /// Irreps of length one: `sqrt((2 l1 + 1)(2 l2 + 1))`.
    Norm,
    /// The 3j symbols as they are.
    Raw,
}

/// e3nn's `path_normalization`: how paths that are added up share the variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathNormalization {
    /// Every path counts the same.
    #[default]
    Element,
    /// Every pair of blocks counts the same, however many copies it has.
    Path,
    /// Nothing is divided.
    Raw,
}

/// Which paths a Clebsch-Gordan product has, and how.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CgOptions {
    /// The result. Separate paths: which irreps are kept; summed ones: its irreps in their order. `None` means all.
    pub output: Option<Irreps>,
    /// Whether paths are added up.
    pub sums: PathSums,
    /// Whether each path has a weight.
    pub weights: bool,
    /// How coefficients are held.
    pub form: CgForm,
    /// Normalisation of one path.
    pub irrep_normalization: IrrepNormalization,
    /// Normalisation of paths that are added up.
    pub path_normalization: PathNormalization,
    /// Which of [`clebsch_gordan_paths`] take part; `None` means all.
    pub mask: Option<Vec<bool>>,
}

/// One path: a copy of an irrep of each operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CgPath {
    /// Irreps of the arguments and the result.
    pub irreps: [Irrep; 3],
    /// Blocks of the arguments, and of the result if paths are summed.
    pub blocks: [usize; 3],
    /// First components of the arguments, and of the result if paths are summed.
    pub first: [usize; 3],
}

/// Lists the paths in the order of their weights, before a mask.
///
/// # Errors
/// [`ProductError::NoPath`] if an irrep that is asked for cannot come out, [`ProductError::Group`] if a degree is beyond
/// the 3j symbols.
pub fn clebsch_gordan_paths(left: &Irreps, right: &Irreps, options: &CgOptions) -> Result<Vec<CgPath>, ProductError> {
    check_degrees("Wigner 3j symbols", ExactTensor::MAX_DEGREE, [left, right].into_iter().chain(&options.output))?;
    let irreps = match (&options.output, options.sums) {
        (Some(output), PathSums::Summed) => output.clone(),
        (asked, _) => all_results(left, right, asked.as_ref()),
    };
    let mut paths = Vec::new();
    let results: Vec<(usize, usize, Irrep, usize)> = blocks(&irreps).collect();
    for (block1, copies1, irrep1, first1) in blocks(left) {
        for (block2, copies2, irrep2, first2) in blocks(right) {
            for &(block3, copies3, irrep3, first3) in results.iter().filter(|r| irrep1.couples(irrep2, r.2)) {
                let copies = [copies1, copies2, copies3];
                paths.extend(all_copies(copies).map(|[u, v, w]| CgPath {
                    irreps: [irrep1, irrep2, irrep3],
                    blocks: [block1, block2, block3],
                    first: [first1 + u * irrep1.dim(), first2 + v * irrep2.dim(), first3 + w * irrep3.dim()],
                }));
            }
        }
    }
    let asked = options.output.iter().flat_map(Irreps::iter);
    for (_, irrep) in asked {
        if !paths.iter().any(|path| path.irreps[2] == irrep) {
            return Err(ProductError::NoPath { product: NAME, left: left.clone(), right: right.clone(), irrep });
        }
    }
    Ok(paths)
}

/// Makes the Clebsch-Gordan product of two lists of irreps.
///
/// # Errors
/// [`ProductError::NoPath`] if an irrep that is asked for cannot come out, [`ProductError::Option`] if the mask does not
/// fit, [`ProductError::Group`] if a degree is beyond the 3j symbols.
///
/// # Cost
/// For degrees up to `L`, the dense form takes O(L^6) operations, the others O(L^5).
///
/// # Examples
/// ```
/// use schur_product::products::{CgOptions, clebsch_gordan};
/// let vector = "1o".parse()?;
/// let product = clebsch_gordan(&vector, &vector, &CgOptions::default())?;
/// assert_eq!(product.output().to_string(), "1x0e+1x1e+1x2e");
/// let z = product.evaluate(&[1., 0., 0.], &[0., 1., 0.], &[])?;
/// assert!((z[3] - 0.5_f64.sqrt()).abs() < 1e-15); // x cross y is z
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn clebsch_gordan(left: &Irreps, right: &Irreps, options: &CgOptions) -> Result<Product, ProductError> {
    let mut paths = clebsch_gordan_paths(left, right, options)?;
    if let Some(mask) = &options.mask {
        if mask.len() != paths.len() {
            let requirement = format!("{}, the number of paths", paths.len());
            return Err(ProductError::Option { product: NAME, option: "mask length", value: mask.len(), requirement });
        }
        let mut kept = mask.iter();
        paths.retain(|_| kept.next().copied().unwrap_or(false));
    }
    let output = result_irreps(&mut paths, options);
    let map = assemble([left.dim(), right.dim(), output.dim()], &paths, options)?;
    Product::new(form_name(options.form), [left.clone(), right.clone(), output], Symmetry::O3, map)
}

fn form_name(form: CgForm) -> &'static str {
    match form {
        CgForm::Shared => NAME,
        CgForm::Sparse => "cg-sparse",
        CgForm::Dense => "cg-dense",
    }
}

/// Block number, copies, irrep and first component.
fn blocks(irreps: &Irreps) -> impl Iterator<Item = (usize, usize, Irrep, usize)> + '_ {
    let numbered = irreps.iter().zip(irreps.slices()).enumerate();
    numbered.map(|(block, ((copies, irrep), slice))| (block, copies, irrep, slice.start))
}

fn all_copies([n1, n2, n3]: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    (0..n1).flat_map(move |u| (0..n2).flat_map(move |v| (0..n3).map(move |w| [u, v, w])))
}

/// Irreps that come out, once each and sorted; if `asked`, only those.
fn all_results(left: &Irreps, right: &Irreps, asked: Option<&Irreps>) -> Irreps {
    let mut irreps: Vec<Irrep> = left.product_paths(right).map(|path| path.output).collect();
    irreps.sort_unstable();
    irreps.dedup();
    irreps.retain(|irrep| asked.is_none_or(|asked| asked.count(*irrep) > 0));
    Irreps::new(irreps.into_iter().map(|irrep| (1, irrep)))
}

/// Irreps of the result; separate paths are given their places.
fn result_irreps(paths: &mut [CgPath], options: &CgOptions) -> Irreps {
    if options.sums == PathSums::Summed {
        return match &options.output {
            Some(output) => output.clone(),
            None => summed_irreps(paths),
        };
    }
    let mut order: Vec<usize> = (0..paths.len()).collect();
    order.sort_by_key(|&index| paths[index].irreps[2]);
    let (mut irreps, mut first, mut last): (Vec<(usize, Irrep)>, usize, Option<[usize; 2]>) = (Vec::new(), 0, None);
    for index in order {
        let path = &mut paths[index];
        path.first[2] = first;
        first += path.irreps[2].dim();
        let pair = [path.blocks[0], path.blocks[1]];
        match irreps.last_mut() {
            Some(block) if last == Some(pair) && block.1 == path.irreps[2] => block.0 += 1,
            _ => irreps.push((1, path.irreps[2])),
        }
        last = Some(pair);
    }
    Irreps::new(irreps)
}

/// The irreps that paths still reach; they move up where a mask has left nothing.
fn summed_irreps(paths: &mut [CgPath]) -> Irreps {
    let mut irreps: Vec<Irrep> = paths.iter().map(|path| path.irreps[2]).collect();
    irreps.sort_unstable();
    irreps.dedup();
    for path in paths {
        path.first[2] = irreps.iter().take_while(|irrep| **irrep < path.irreps[2]).map(|irrep| irrep.dim()).sum();
    }
    Irreps::new(irreps.into_iter().map(|irrep| (1, irrep)))
}

/// The factors `c_p`.
fn normalizations(paths: &[CgPath], options: &CgOptions) -> Vec<f64> {
    let count = |path: &CgPath| match (options.sums, options.path_normalization) {
        (PathSums::Separate, _) | (_, PathNormalization::Raw) => 1,
        (_, PathNormalization::Element) => paths.iter().filter(|p| p.first[2] == path.first[2]).count(),
        (_, PathNormalization::Path) => {
            let into: Vec<[usize; 3]> =
                paths.iter().filter(|p| p.first[2] == path.first[2]).map(|p| p.blocks).collect();
            let mut pairs = into.clone();
            pairs.sort_unstable();
            pairs.dedup();
            into.iter().filter(|blocks| **blocks == path.blocks).count() * pairs.len()
        }
    };
    let size = |path: &CgPath| match options.irrep_normalization {
        IrrepNormalization::Component => path.irreps[2].dim(),
        IrrepNormalization::Norm => path.irreps[0].dim() * path.irreps[1].dim(),
        IrrepNormalization::Raw => 1,
    };
    paths.iter().map(|path| (size(path) as f64 / count(path) as f64).sqrt()).collect()
}

fn assemble(dims: [usize; 3], paths: &[CgPath], options: &CgOptions) -> Result<Factored, ProductError> {
    // Weighted paths that are added up keep rows of their own until they have met their weights.
    let own_rows = options.weights && options.sums == PathSums::Summed;
    let starts: Vec<usize> = paths
        .iter()
        .scan(0, |rows, path| {
            let start = if own_rows { *rows } else { path.first[2] };
            *rows += path.irreps[2].dim();
            Some(start)
        })
        .collect();
    let rows = if own_rows { paths.iter().map(|path| path.irreps[2].dim()).sum() } else { dims[2] };
    let map = realise([dims[0], dims[1], rows], paths, &starts, options)?;
    if !options.weights {
        return Ok(map);
    }
    let (mut slots, mut sums) = (vec![0; rows], vec![0; rows]);
    for (weight, (path, &start)) in paths.iter().zip(&starts).enumerate() {
        for m in 0..path.irreps[2].dim() {
            slots[start + m] = weight;
            sums[start + m] = path.first[2] + m;
        }
    }
    let weighting =
        Weighting { weights: paths.len(), result: Some(slots), sums: own_rows.then_some(sums), ..Weighting::default() };
    Ok(map.with_weights(weighting)?)
}

/// Rows of all paths in the form that is asked for.
fn realise(
    dims: [usize; 3],
    paths: &[CgPath],
    starts: &[usize],
    options: &CgOptions,
) -> Result<Factored, ProductError> {
    let scales = normalizations(paths, options);
    let mut terms = Vec::new();
    for ((path, &start), scale) in paths.iter().zip(starts).zip(scales) {
        let [l1, l2, l3] = path.irreps.map(|irrep| irrep.l);
        terms.extend(wigner_3j(l1, l2, l3)?.iter().map(|([m1, m2, m3], value)| BilinearTerm {
            result: start + m3,
            left: path.first[0] + m1,
            right: path.first[1] + m2,
            coefficient: scale * value,
        }));
    }
    match options.form {
        CgForm::Shared => Ok(Bilinear::new(dims, terms)?.share()),
        CgForm::Sparse => Ok(Factored::new(vec![], vec![], Bilinear::new(dims, terms)?, vec![])?),
        CgForm::Dense => dense(dims, paths, starts, &terms),
    }
}

fn dense(
    [left, right, rows]: [usize; 3],
    paths: &[CgPath],
    starts: &[usize],
    terms: &[BilinearTerm],
) -> Result<Factored, ProductError> {
    let pairs = left.checked_mul(right).ok_or(FactoredError::TooLarge { left, right, result: rows })?;
    let products = (0..pairs).map(|n| BilinearTerm { result: n, left: n / right, right: n % right, coefficient: 1.0 });
    let outer = Bilinear::new([left, right, pairs], products)?;
    let values = terms.iter().map(|term| (term.result, term.left * right + term.right, term.coefficient));
    let zeros = paths.iter().zip(starts).flat_map(|(path, &start)| {
        all_copies(path.irreps.map(Irrep::dim))
            .map(move |[m1, m2, m3]| (start + m3, (path.first[0] + m1) * right + path.first[1] + m2, 0.0))
    });
    let matrix = ComponentMatrix::with_zeros(rows, pairs, values.chain(zeros))?;
    Ok(Factored::new(vec![], vec![], outer, vec![matrix])?)
}
