"""The least sensitivity of a model of rank two within an error bound, found all at once.

python3 benches/peers/decomp/correction.py prints the value that crates/schur-decomp/tests/cp_correct.rs compares with:
sequential quadratic programming of SciPy over all entries of the factors, from several models.
"""
import numpy as np
from scipy.optimize import minimize

N, RANK, BOUND = 6, 2, 0.02


def column(mode, which):
    return np.sin(1.0 + 2.3 * mode + (1.7 + 0.4 * mode) * np.arange(N) + 4.1 * which * (1 + np.arange(N) % 2))


i, j, k = np.meshgrid(*[np.arange(N)] * 3, indexing="ij")
TENSOR = 0.02 * np.sin(12.9898 * i + 78.233 * j + 37.719 * k)
for b in range(3):
    TENSOR = TENSOR + np.einsum("i,j,k->ijk", *[column(mode, int(mode == b)) for mode in range(3)])
UNFOLDED = [np.moveaxis(TENSOR, mode, 0).reshape(N, -1) for mode in range(3)]


def khatri_rao(a, b):
    return (a[:, None, :] * b[None]).reshape(-1, a.shape[1])


def missed(x):
    a, b, c = x.reshape(3, N, RANK)
    return np.sum((UNFOLDED[0] - a @ khatri_rao(b, c).T) ** 2) / np.sum(TENSOR**2) / BOUND**2


def sensitivity(x):
    q = (x.reshape(3, N, RANK) ** 2).sum(1)
    return N * sum((q[(m + 1) % 3] * q[(m + 2) % 3]).sum() for m in range(3))


def fitted(seed):
    factors = list(np.random.default_rng(seed).standard_normal((3, N, RANK)))
    for _ in range(3000):
        for m in range(3):
            a, b = [factors[o] for o in range(3) if o != m]
            factors[m] = np.linalg.lstsq(khatri_rao(a, b), UNFOLDED[m].T, rcond=None)[0].T
    norms = np.array([np.linalg.norm(f, axis=0) for f in factors])
    return np.array([f / n * norms.prod(0) ** (1 / 3) for f, n in zip(factors, norms)]).ravel()


for seed in range(5):
    x = fitted(seed)
    scale = sensitivity(x)
    bound = {"type": "ineq", "fun": lambda x: 1 - missed(x)}
    r = minimize(lambda x: sensitivity(x) / scale, x, constraints=[bound], method="SLSQP",
                 options={"maxiter": 5000, "ftol": 1e-14})
    print(f"seed {seed}: error of the fit {BOUND * missed(x) ** 0.5:.6f}, its sensitivity {scale:.3f}; "
          f"least {sensitivity(r.x):.6f} at error {BOUND * missed(r.x) ** 0.5:.6f}")
