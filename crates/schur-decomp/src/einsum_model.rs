//! Any model that an einsum writes down, fitted factor by factor.
//!
//! $$ x_{\text{output}} \approx \sum_{\text{inner indices}} \prod_n A^{(n)}_{\text{factor } n} $$
//!
//! `ir,jr,kr->ijk` is a canonical polyadic model, `ia,jb,kc,abc->ijk` a Tucker model, `aib,bjc,cka->ijk` a tensor ring,
//! `iqr,pjr,pqk->ijk` a triple decomposition; models without a name are no harder. The model is linear in each factor,
//! so each is the solution of a least-squares problem whose equations are contractions of all the others.
//!
//! ```text
//! model  what may be fitted <- form  factors of it <- equations  of each factor <- als
//! ```

mod als;
mod equations;
mod form;
mod model;

pub use als::{EinsumOptions, continue_einsum, fit_einsum};
pub use form::EinsumForm;
pub use model::EinsumModel;
