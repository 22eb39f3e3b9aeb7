//! The damping parameters of functionals, and how far sums reach.

use super::DispersionError;

/// One Bohr in Å (CODATA 2018).
pub(super) const BOHR: f64 = 0.529_177_210_903;
/// One Hartree in eV (CODATA 2018).
pub(super) const HARTREE: f64 = 27.211_386_245_988;

/// The four numbers of D3(BJ) that belong to a functional.
///
/// # Units
/// `a2` is in Bohr, as published; the others have no unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct D3Parameters {
    /// Factor of the sixth power.
    pub s6: f64,
    /// Factor of the eighth power.
    pub s8: f64,
    /// Factor of the critical radius `sqrt(C8 / C6)`.
    pub a1: f64,
    /// What is added to it, in Bohr.
    pub a2: f64,
}

impl D3Parameters {
    /// Finds the parameters of a functional by its name.
    ///
    /// Case, hyphens, underscores and blanks do not matter: `PBE`, `B3LYP` and `b3-lyp` are known names.
    /// [`functionals`](Self::functionals) lists all.
    ///
    /// # Errors
    /// [`DispersionError::UnknownFunctional`] with the names that are known.
    ///
    /// # Source
    /// Grimme, Ehrlich and Goerigk, J. Comput. Chem. 32, 1456 (2011); Goerigk and Grimme, Phys. Chem. Chem. Phys. 13,
    /// 6670 (2011), and for later functionals the papers named in the table's source.
    ///
    /// # Examples
    /// ```
    /// use schur_potential::dispersion::D3Parameters;
    /// let pbe = D3Parameters::of("PBE")?;
    /// assert_eq!((pbe.s6, pbe.s8, pbe.a1, pbe.a2), (1.0, 0.7875, 0.4289, 4.4407));
    /// assert!(D3Parameters::of("pbee").is_err());
    /// # Ok::<(), schur_potential::dispersion::DispersionError>(())
    /// ```
    pub fn of(functional: &str) -> Result<Self, DispersionError> {
        let wanted = plain(functional);
        let found = FUNCTIONALS.iter().find(|(name, _)| plain(name) == wanted);
        let unknown = || DispersionError::UnknownFunctional {
            name: functional.to_owned(),
            known: Self::functionals().collect::<Vec<_>>().join(", "),
        };
        let &(_, [s6, s8, a1, a2]) = found.ok_or_else(unknown)?;
        Ok(Self { s6, s8, a1, a2 })
    }

    /// The names of all functionals that [`of`](Self::of) finds.
    pub fn functionals() -> impl Iterator<Item = &'static str> {
        FUNCTIONALS.iter().map(|(name, _)| *name)
    }

    pub(super) fn check(&self) -> Result<(), DispersionError> {
        let all = [("s6", self.s6), ("s8", self.s8), ("a1", self.a1), ("a2", self.a2)];
        match all.into_iter().find(|(_, value)| !value.is_finite()) {
            Some((name, value)) => Err(DispersionError::Parameter { name, value }),
            None => Ok(()),
        }
    }
}

/// A name without what people write differently.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | ' ' | '/')).flat_map(char::to_lowercase).collect()
}

/// How far the sums of D3 reach, in Å.
///
/// Both ends are sharp, as in the programs that users compare with: the energy jumps by some 1e-7 eV when a pair of
/// atoms crosses the default one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct D3Cutoffs {
    /// Of the dispersion between pairs.
    pub dispersion: f64,
    /// Of coordination numbers, whose counts of distant atoms are small but not zero.
    pub coordination: f64,
}

impl D3Cutoffs {
    /// 60 and 40 Bohr: those of simple-dftd3.
    pub const SIMPLE_DFTD3: Self = Self { dispersion: 60.0 * BOHR, coordination: 40.0 * BOHR };
    /// 40 and 40 Bohr: those of `mace_mp(dispersion=True)`, which calls torch-dftd.
    pub const MACE: Self = Self { dispersion: 40.0 * BOHR, coordination: 40.0 * BOHR };
    /// 95 and 40 Bohr: those of torch-dftd by itself, and of Grimme's program.
    pub const TORCH_DFTD: Self = Self { dispersion: 95.0 * BOHR, coordination: 40.0 * BOHR };
    /// The longest and the shortest reach that is computed with, Å.
    const LIMITS: [f64; 2] = [1.0, 100.0];

    /// One reach (Å) for dispersion; coordination numbers reach as far, but at most 40 Bohr.
    pub fn within(dispersion: f64) -> Self {
        Self { dispersion, coordination: dispersion.min(Self::default().coordination) }
    }

    /// The longer of both.
    pub(super) fn reach(&self) -> f64 {
        self.dispersion.max(self.coordination)
    }

    /// Refuses a reach that cannot be computed with.
    ///
    /// # Errors
    /// [`DispersionError::Cutoff`] unless both lie between 1 and 100 Å.
    pub fn check(&self) -> Result<(), DispersionError> {
        let [least, most] = Self::LIMITS;
        for (name, cutoff) in [("dispersion", self.dispersion), ("coordination", self.coordination)] {
            if !(least..=most).contains(&cutoff) {
                return Err(DispersionError::Cutoff { name, cutoff, least, most });
            }
        }
        Ok(())
    }
}

impl Default for D3Cutoffs {
    fn default() -> Self {
        Self::SIMPLE_DFTD3
    }
}

/// Functionals with their `s6`, `s8`, `a1` and `a2`, by name.
///
/// Source: the papers named at [`D3Parameters::of`]; Brandenburg et al., Phys. Rev. B 94, 115144 (2016) for SCAN; Ehlert
/// et al., J. Chem. Phys. 154, 061101 (2021) and Bursch et al., J. Chem. Phys. 156, 134105 (2022) for r2SCAN and its
/// hybrids; Najibi and Goerigk, J. Chem. Theory Comput. 14, 5725 (2018) for B97M and wB97M; Goerigk et al., Phys. Chem.
/// Chem. Phys. 19, 32184 (2017) for others. Compared with the tables of simple-dftd3 1.7.0, tad-dftd3 0.7.0 and
/// torch-dftd 0.5.3.
const FUNCTIONALS: [(&str, [f64; 4]); 57] = [
    ("b1b95", [1.0, 1.4507, 0.2092, 5.5545]),
    ("b2-plyp", [0.64, 0.9147, 0.3065, 5.057]),
    ("b2gp-plyp", [0.56, 0.2597, 0.0, 6.3332]),
    ("b3lyp", [1.0, 1.9889, 0.3981, 4.4211]),
    ("b3pw91", [1.0, 2.8524, 0.4312, 4.4693]),
    ("b97-d", [1.0, 2.2609, 0.5545, 3.2297]),
    ("b97m", [1.0, 0.1384, -0.078, 5.5946]),
    ("bh-lyp", [1.0, 1.0354, 0.2793, 4.9615]),
    ("blyp", [1.0, 2.6996, 0.4298, 4.2359]),
    ("bmk", [1.0, 2.086, 0.194, 5.9197]),
    ("bop", [1.0, 3.295, 0.487, 3.5043]),
    ("bp", [1.0, 3.2822, 0.3946, 4.8516]),
    ("bpbe", [1.0, 4.0728, 0.4567, 4.3908]),
    ("cam-b3lyp", [1.0, 2.0674, 0.3708, 5.4743]),
    ("hf", [1.0, 0.9171, 0.3385, 2.883]),
    ("hse03", [1.0, 1.1243, 0.0, 6.8889]),
    ("hse06", [1.0, 2.31, 0.383, 5.685]),
    ("hsesol", [1.0, 2.9215, 0.465, 6.2003]),
    ("lc-wpbe", [1.0, 1.8541, 0.3919, 5.0897]),
    ("mpw1b95", [1.0, 1.0508, 0.1955, 6.4177]),
    ("mpwlyp", [1.0, 2.0077, 0.4831, 4.5323]),
    ("mpwpw", [1.0, 1.7974, 0.3168, 4.7732]),
    ("o3lyp", [1.0, 1.8171, 0.0963, 5.994]),
    ("olyp", [1.0, 2.6205, 0.5299, 2.8065]),
    ("opbe", [1.0, 3.3816, 0.5512, 2.9444]),
    ("otpss", [1.0, 2.7495, 0.4634, 4.3153]),
    ("pbe", [1.0, 0.7875, 0.4289, 4.4407]),
    ("pbe0", [1.0, 1.2177, 0.4145, 4.8593]),
    ("pbesol", [1.0, 2.9491, 0.4466, 6.1742]),
    ("ptpss", [0.75, 0.2804, 0.0, 6.5745]),
    ("pw6b95", [1.0, 0.7257, 0.2076, 6.375]),
    ("pw91", [1.0, 1.9598, 0.6319, 4.5718]),
    ("pwb6k", [1.0, 0.9383, 0.1805, 7.7627]),
    ("pwgga", [1.0, 2.691, 0.2211, 6.7278]),
    ("pwpb95", [0.82, 0.2904, 0.0, 7.3141]),
    ("r2scan", [1.0, 0.78981345, 0.49484001, 5.73083694]),
    ("r2scan0", [1.0, 1.1846, 0.4534, 5.8972]),
    ("r2scan50", [1.0, 1.3294, 0.4311, 5.924]),
    ("r2scanh", [1.0, 1.1236, 0.4709, 5.9157]),
    ("revpbe", [1.0, 2.355, 0.5238, 3.5016]),
    ("revpbe0", [1.0, 1.7588, 0.4679, 3.7619]),
    ("revpbe38", [1.0, 1.476, 0.4309, 3.9446]),
    ("revssb", [1.0, 0.4389, 0.472, 4.0986]),
    ("revtpss", [1.0, 1.4023, 0.4426, 4.4723]),
    ("revtpss0", [1.0, 1.6151, 0.2218, 5.7985]),
    ("revtpssh", [1.0, 1.4076, 0.266, 5.3761]),
    ("rpbe", [1.0, 0.8318, 0.182, 4.0094]),
    ("rpw86pbe", [1.0, 1.3845, 0.4613, 4.5062]),
    ("rscan", [1.0, 1.08859014, 0.47023427, 5.73408312]),
    ("scan", [1.0, 0.0, 0.538, 5.42]),
    ("ssb", [1.0, -0.1744, -0.0952, 5.217]),
    ("tpss", [1.0, 1.9435, 0.4535, 4.4752]),
    ("tpss0", [1.0, 1.2576, 0.3768, 4.5865]),
    ("tpssh", [1.0, 2.2382, 0.4529, 4.655]),
    ("wb97m", [1.0, 0.3908, 0.566, 3.128]),
    ("x3lyp", [1.0, 1.5744, 0.2022, 5.4184]),
    ("xlyp", [1.0, 1.5669, 0.0809, 5.3166]),
];
