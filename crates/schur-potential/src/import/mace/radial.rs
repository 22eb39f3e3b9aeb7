//! The radial embedding and the repulsion of a MACE file.

use schur_io::DType;

use super::module::Module;
use super::{Importer, refuse};
use crate::{CutoffFunction, DistanceTransform, MaceArchitecture, ModelError, RadialKind};

/// How far numbers that the file repeats, perhaps in single precision, may be from each other.
const TOLERANCE: f64 = 1e-5;

impl Importer {
    /// Reads what concerns distances; the rest of the architecture is left empty.
    pub(super) fn radial(
        &mut self,
        root: &Module<'_>,
        cutoff: f64,
        species: &[u8],
    ) -> Result<MaceArchitecture, ModelError> {
        let block = root.part("radial_embedding")?;
        block.expect(&["mace.modules.blocks.RadialEmbeddingBlock"])?;
        block.only_parts(&["bessel_fn", "cutoff_fn", "distance_transform"])?;
        let envelope = block.part("cutoff_fn")?;
        envelope.expect(&["mace.modules.radial.PolynomialCutoff"])?;
        check_cutoff(&envelope, cutoff)?;
        let (radial, radial_functions) = self.functions(&block.part("bessel_fn")?, cutoff)?;
        let transform = block.find_part("distance_transform")?;
        let distance_transform = transform.map(|module| self.transform(&module, species)).transpose()?;
        Ok(MaceArchitecture {
            species: Vec::new(),
            cutoff,
            cutoff_function: CutoffFunction::Polynomial { power: envelope.integer("p")? },
            cutoff_on_weights: !block.flag("apply_cutoff", true)?,
            radial,
            radial_functions,
            distance_transform,
            radial_hidden: Vec::new(),
            activation_scale: 1.0,
            max_harmonic: 0,
            parity: true,
            channels: 0,
            shared_contraction: false,
            layers: Vec::new(),
            pair_repulsion: self.repulsion(root, species)?,
            heads: Vec::new(),
        })
    }

    fn functions(&mut self, module: &Module<'_>, cutoff: f64) -> Result<(RadialKind, usize), ModelError> {
        if module.is("mace.modules.radial.BesselBasis") {
            check_cutoff(module, cutoff)?;
            let expected = (2.0 / cutoff).sqrt();
            let prefactor = module.number("prefactor")?;
            if (prefactor - expected).abs() > TOLERANCE * expected {
                return refuse(format!("{}.prefactor is {prefactor}, not {expected}", module.path()));
            }
            let frequencies = module.tensor("bessel_weights")?.to_f64();
            let count = frequencies.len();
            self.insert("radial.frequencies", &[count], frequencies, DType::F64)?;
            return Ok((RadialKind::Bessel, count));
        }
        if module.is("mace.modules.radial.GaussianBasis") {
            let centres = module.tensor("gaussian_weights")?.to_f64();
            let count = centres.len();
            self.insert("radial.centres", &[count], centres, DType::F64)?;
            return Ok((RadialKind::Gaussian { coefficient: module.number("coeff")? }, count));
        }
        module.expect(&["mace.modules.radial.ChebychevBasis"])?;
        let orders = module.tensor("n")?.to_f64();
        if orders.iter().enumerate().any(|(index, &n)| n != (index + 1) as f64) {
            return refuse(format!("{}.n is not 1, 2, 3 and so on", module.path()));
        }
        Ok((RadialKind::Chebyshev, orders.len()))
    }

    fn transform(&mut self, module: &Module<'_>, species: &[u8]) -> Result<DistanceTransform, ModelError> {
        module.only_parts(&[])?;
        self.radii(module, species)?;
        if module.is("mace.modules.radial.AgnesiTransform") {
            let (q, p, a) = (module.number("q")?, module.number("p")?, module.number("a")?);
            return Ok(DistanceTransform::Agnesi { q, p, a });
        }
        module.expect(&["mace.modules.radial.SoftTransform"])?;
        Ok(DistanceTransform::Soft { alpha: module.number("alpha")? })
    }

    fn repulsion(&mut self, root: &Module<'_>, species: &[u8]) -> Result<Option<u32>, ModelError> {
        let Some(module) = root.find_part("pair_repulsion_fn")? else { return Ok(None) };
        module.expect(&["mace.modules.radial.ZBLBasis"])?;
        module.only_parts(&[])?;
        self.radii(&module, species)?;
        self.insert("pair_repulsion.coefficients", &[4], module.tensor("c")?.to_f64(), DType::F64)?;
        for (theirs, ours) in [("a_exp", "exponent"), ("a_prefactor", "length")] {
            self.insert(&format!("pair_repulsion.{ours}"), &[1], vec![module.number(theirs)?], DType::F64)?;
        }
        Ok(Some(module.integer("p")?))
    }

    /// The covalent radii of the species, which transform and repulsion must share.
    fn radii(&mut self, module: &Module<'_>, species: &[u8]) -> Result<(), ModelError> {
        let table = module.tensor("covalent_radii")?.to_f64();
        let radius = |&z: &u8| match table.get(usize::from(z)) {
            Some(&radius) => Ok(radius),
            None => refuse(format!("{}.covalent_radii ends before element {z}", module.path())),
        };
        let radii = species.iter().map(radius).collect::<Result<Vec<f64>, _>>()?;
        if self.weights.get("covalent_radii").is_some_and(|known| known.to_f64() != radii) {
            return refuse(format!("{}.covalent_radii are not those of the other parts", module.path()));
        }
        self.insert("covalent_radii", &[species.len()], radii, DType::F64)
    }
}

fn check_cutoff(module: &Module<'_>, cutoff: f64) -> Result<(), ModelError> {
    let found = module.number("r_max")?;
    if (found - cutoff).abs() <= TOLERANCE * cutoff {
        return Ok(());
    }
    refuse(format!("{}.r_max is {found}, but the model's is {cutoff}", module.path()))
}
