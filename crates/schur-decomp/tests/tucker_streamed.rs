//! Tucker forms of tensors that are read in slabs: those of the tensor in memory, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use schur_decomp::DecompError;
use schur_decomp::modes::Means;
use schur_decomp::random::{normal, normals, stream};
use schur_decomp::tucker::{HosvdOptions, Slabs, Tucker, st_hosvd, streamed};
use schur_io::npy::{self, NpyError, Numbers};
use schur_tensor::Tensor;

/// A file of which memory holds some rows at a time.
struct Npy {
    path: PathBuf,
    shape: Vec<usize>,
    rows: usize,
    most: usize,
}

#[derive(Debug)]
enum ReadError {
    File(NpyError),
    Tensor(DecompError),
}

impl From<DecompError> for ReadError {
    fn from(error: DecompError) -> Self {
        Self::Tensor(error)
    }
}

impl Npy {
    fn open(path: PathBuf, rows: usize) -> Self {
        let shape = npy::Slabs::new(File::open(&path).unwrap()).unwrap().shape().to_vec();
        Self { path, shape, rows, most: 0 }
    }
}

impl Slabs<f64> for Npy {
    type Error = ReadError;

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn read(&mut self, take: &mut dyn FnMut(&Tensor<f64>) -> Result<(), DecompError>) -> Result<(), ReadError> {
        let mut slabs = npy::Slabs::new(BufReader::new(File::open(&self.path).unwrap())).map_err(ReadError::File)?;
        while let Some(slab) = slabs.next(self.rows).map_err(ReadError::File)? {
            self.most = self.most.max(slab.numbers.len());
            take(&Tensor::new(&slab.shape, slab.numbers.to_f64().unwrap()).map_err(DecompError::from)?)?;
        }
        Ok(())
    }
}

/// A planted tensor of given ranks with noise, in a file of its own.
fn file(name: &str, noise: f64) -> (Tensor<f64>, PathBuf) {
    let mut rng = stream(5, 0);
    let core = normals(&[3, 2, 4], &mut rng).unwrap();
    let factors = [(23, 3), (9, 2), (11, 4)].map(|(size, rank)| normals(&[size, rank], &mut rng).unwrap());
    let mut tensor = Tucker::new(core, factors.into()).unwrap().to_tensor().unwrap();
    tensor.data_mut().iter_mut().for_each(|x| *x += noise * normal(&mut rng));
    let path = std::env::temp_dir().join(format!("schur-{}-{name}.npy", std::process::id()));
    npy::write(File::create(&path).unwrap(), tensor.shape(), &Numbers::F64(tensor.data().to_vec())).unwrap();
    (tensor, path)
}

fn error(tensor: &Tensor<f64>, form: &Tucker<f64>) -> f64 {
    let full = form.to_tensor().unwrap();
    let missed: f64 = full.data().iter().zip(tensor.data()).map(|(x, y)| (x - y).powi(2)).sum();
    (missed / tensor.data().iter().map(|x| x * x).sum::<f64>()).sqrt()
}

#[test]
fn a_file_that_memory_does_not_hold_is_decomposed_as_the_tensor_is() {
    for (name, noise, options) in [
        ("exact", 0.0, HosvdOptions::ranks(&[3, 2, 4])),
        ("noisy", 0.1, HosvdOptions::ranks(&[3, 2, 4])),
        ("tolerance", 0.01, HosvdOptions::tolerance(0.05)),
    ] {
        let (tensor, path) = file(name, noise);
        let whole = st_hosvd(&tensor, &options).unwrap().1.relative_error;
        for rows in [1, 5, 100] {
            let mut slabs = Npy::open(path.clone(), rows);
            let (form, fit) = streamed(&mut slabs, &options).unwrap();
            assert_eq!(slabs.most, rows.min(23) * 99);
            assert_eq!(form.ranks(), [3, 2, 4], "{name}");
            assert!((fit.relative_error - error(&tensor, &form)).abs() < 1e-10, "{name}: {}", fit.relative_error);
            assert!(
                (fit.relative_error - whole).abs() < 1e-2 * whole + 1e-10,
                "{name}: {} {whole}",
                fit.relative_error
            );
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn what_cannot_be_streamed_is_refused() {
    let (tensor, path) = file("refused", 0.0);
    let run = |path: &PathBuf, options: &HosvdOptions| streamed(&mut Npy::open(path.clone(), 4), options).unwrap_err();
    let qr = HosvdOptions { means: Means::Qr, ..HosvdOptions::tolerance(0.1) };
    assert!(matches!(run(&path, &qr), ReadError::Tensor(DecompError::InMemoryOnly { .. })));
    let large = HosvdOptions::ranks(&[3, 10, 4]);
    assert!(matches!(run(&path, &large), ReadError::Tensor(DecompError::Rank { .. })));
    let usual = HosvdOptions::tolerance(0.1);
    let mut holed = tensor.data().to_vec();
    holed[99 * 13 + 11 * 2 + 7] = f64::NAN;
    npy::write(File::create(&path).unwrap(), tensor.shape(), &Numbers::F64(holed)).unwrap();
    let ReadError::Tensor(DecompError::NotFinite { index, .. }) = run(&path, &usual) else { panic!("accepted") };
    assert_eq!(index, [13, 2, 7]);
    npy::write(File::create(&path).unwrap(), &[4, 3], &Numbers::F64(vec![0.0; 12])).unwrap();
    assert!(matches!(run(&path, &usual), ReadError::Tensor(DecompError::AllZero)));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 8]).unwrap();
    assert!(matches!(run(&path, &usual), ReadError::File(NpyError::Truncated { .. })));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn slabs_that_do_not_make_up_the_tensor_are_refused() {
    /// Of another shape than it says.
    struct Wrong(Vec<usize>, [usize; 2]);
    impl Slabs<f64> for Wrong {
        type Error = DecompError;
        fn shape(&self) -> &[usize] {
            &self.0
        }
        fn read(&mut self, take: &mut dyn FnMut(&Tensor<f64>) -> Result<(), DecompError>) -> Result<(), DecompError> {
            take(&Tensor::filled(&self.1, 1.0)?)
        }
    }
    let run = |shape: &[usize], slab: [usize; 2]| {
        streamed(&mut Wrong(shape.to_vec(), slab), &HosvdOptions::tolerance(0.1)).map(|found| found.0.shape())
    };
    assert_eq!(run(&[4, 3], [4, 3]).unwrap(), [4, 3]);
    assert!(matches!(run(&[4, 3], [5, 3]), Err(DecompError::Mismatch { .. })));
    assert!(matches!(run(&[4, 3], [4, 2]), Err(DecompError::Mismatch { .. })));
    assert!(matches!(run(&[4, 3], [3, 3]), Err(DecompError::Count { .. })));
}
