"""What TensorLy reaches on data sets that it ships, as a fixture.

python3 benches/peers/decomp/tensorly_results.py fixtures/decompositions/tensorly.npz
writes the data, the factors of the best of five fits from random starts and one from singular vectors, and their
relative errors over what is known. crates/schur-decomp/tests/tensorly_results.rs asks for the same or better.
"""
import sys
import warnings

import numpy as np
import tensorly as tl
from tensorly.datasets import load_IL2data, load_covid19_serology
from tensorly.decomposition import non_negative_parafac_hals, parafac, tucker

warnings.filterwarnings("ignore")
STARTS = [("svd", 0)] + [("random", seed) for seed in range(5)]


def error(data, known, cp):
    return np.linalg.norm((data - tl.cp_to_tensor(cp))[known]) / np.linalg.norm(data[known])


def best(data, known, rank, method, **options):
    fits = []
    for init, seed in STARTS:
        try:
            cp = method(data, rank, init=init, random_state=seed, n_iter_max=2000, tol=1e-9, **options)
        except Exception as problem:
            print("left out:", init, seed, problem)
            continue
        fits.append((error(data, known, cp), cp))
    print([round(float(fit[0]), 6) for fit in fits])
    return min(fits, key=lambda fit: fit[0])


def add(arrays, name, found):
    relative_error, (weights, factors) = found
    arrays[f"{name}_error"] = np.array(relative_error)
    for mode, factor in enumerate(factors):
        arrays[f"{name}_factor_{mode}"] = factor * (weights if mode == 0 else 1)


covid = np.asarray(load_covid19_serology().tensor).astype(np.float32).astype(float)
response = np.asarray(load_IL2data().tensor).astype(float)
known = np.isfinite(response)
arrays = {"covid": covid.astype(np.float32), "response": response}
filled = np.where(known, response, 0.0)
everywhere = np.isfinite(covid)
for rank in (2, 4):
    add(arrays, f"covid_cp_{rank}", best(covid, everywhere, rank, parafac))
    add(arrays, f"response_cp_{rank}", best(filled, known, rank, parafac, mask=known))
zeros = np.maximum(filled, 0.0)
add(arrays, "zeros_nonnegative_3", best(zeros, np.ones_like(known), 3, non_negative_parafac_hals))
core, factors = tucker(covid, [8, 4, 4], n_iter_max=200, tol=1e-10, init="svd")
arrays["covid_tucker_8_4_4_error"] = np.array(
    np.linalg.norm(covid - tl.tucker_to_tensor((core, factors))) / np.linalg.norm(covid)
)
np.savez_compressed(sys.argv[1], **arrays)
for name, value in arrays.items():
    print(name, value.shape, value if value.ndim == 0 else "")
