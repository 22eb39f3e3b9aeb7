"""Times Tucker decompositions of TensorLy and pyttb on tensors made as in benches/decomp_tucker.rs.

    OMP_NUM_THREADS=2 python tucker.py --cases 200x200x200:16 --runs 3 --sweeps 5

Prints one JSON line a method: the median time of the runs after one that is not counted, the relative error of the factors,
computed from the full residual, and the peak memory of the process over that of the tensor, which is counted too.
"""

import argparse
import json
import time

import numpy as np
import pyttb as ttb
import tensorly as tl
from tensorly.decomposition import tucker

from peak import peak, reset_peak

NOISE = 0.01


def planted(shape, rank):
    rng = np.random.default_rng(1)
    tensor = rng.standard_normal([rank] * len(shape))
    for mode, size in enumerate(shape):
        tensor = np.moveaxis(np.tensordot(rng.standard_normal((size, rank)), tensor, (1, mode)), 0, mode)
    tensor = np.ascontiguousarray(tensor)
    scale = NOISE * np.sqrt(12.0 * np.vdot(tensor, tensor) / tensor.size)
    tensor += scale * (rng.random(tensor.shape) - 0.5)
    return tensor


def multiplied(core, factors):
    for mode, factor in enumerate(factors):
        core = np.moveaxis(np.tensordot(np.asarray(factor), core, (1, mode)), 0, mode)
    return core


def timed(runs, work):
    before = reset_peak()
    work()
    most = peak() - before
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - start)
    seconds.sort()
    return found, seconds, most


def report(case, method, tensor, seconds, most, core, factors):
    error = np.linalg.norm(tensor - multiplied(core, factors)) / np.linalg.norm(tensor)
    row = {"case": case, "method": method, "least": seconds[0], "median": seconds[len(seconds) // 2],
           "largest": seconds[-1], "relative_error": float(error), "peak_over_data": round(1 + most / tensor.nbytes, 3)}
    print(json.dumps(row), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", default="200x200x200:16,400x400x400:32,100x100x100x100:16")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sweeps", type=int, default=5)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    for case in arguments.cases.split(","):
        shape, rank = case.split(":")
        shape, rank = [int(n) for n in shape.split("x")], int(rank)
        tensor = planted(shape, rank)
        ranks = [rank] * len(shape)
        wrapped = ttb.tensor(np.asfortranarray(tensor), copy=False)
        sweeps = arguments.sweeps

        def tensorly(init, svd, sweeps):
            return tucker(tl.tensor(tensor), ranks, n_iter_max=sweeps, init=init, svd=svd, tol=0, random_state=0)

        def hosvd():
            found = ttb.hosvd(wrapped, tol=1e-4, ranks=ranks, sequential=True, verbosity=0)
            return found.core.data, found.factor_matrices

        def als():
            found, _, _ = ttb.tucker_als(wrapped, ranks, stoptol=0, maxiters=sweeps, init="nvecs", printitn=0)
            return found.core.data, found.factor_matrices

        methods = {
            "pyttb hosvd": hosvd,
            "pyttb tucker_als nvecs": als,
            "tensorly tucker randomized_svd": lambda: tensorly("svd", "randomized_svd", sweeps),
            "tensorly tucker truncated_svd": lambda: tensorly("svd", "truncated_svd", sweeps),
        }
        for name, work in methods.items():
            if arguments.only in name:
                (core, factors), seconds, most = timed(arguments.runs, work)
                report(case, name, tensor, seconds, most, core, factors)


if __name__ == "__main__":
    main()
