"""Times sweeps of canonical polyadic fits by TensorLy and pyttb, on tensors made as benches/decomp_cp.rs makes them.

usage: OMP_NUM_THREADS=2 python cp.py SHAPE[,SHAPE..] RANK[,RANK..] [SWEEPS] [METHOD,..] [RUNS]  e.g. 200x200x200 16,32 5

Prints JSON lines with the seconds a sweep (least and median of some runs of so many sweeps, set-up included), the
error reached and the peak memory of the process over that of the tensor, which is counted too (Linux only). All
begin from the same factors and do not stop early.
"""

import json
import sys
import time

import numpy as np
import pyttb
import tensorly
from tensorly.cp_tensor import CPTensor
from tensorly.decomposition import non_negative_parafac, non_negative_parafac_hals, parafac

from peak import peak, reset_peak


def full(factors):
    left = factors[0]
    for factor in factors[1:-1]:
        left = (left[:, None, :] * factor[None, :, :]).reshape(-1, factor.shape[1])
    return (left @ factors[-1].T).reshape([factor.shape[0] for factor in factors])


def made(shape, rank, seed):
    generator = np.random.default_rng(seed)
    return [generator.random((size, rank)) for size in shape]


def tensor(shape, rank):
    clean = full(made(shape, rank, 1))
    noise = np.random.default_rng(2)
    for part in clean:
        part += 0.1 * clean.mean() * np.abs(noise.standard_normal(part.shape))
    return clean


def error(data, weights, factors):
    factors = [np.asarray(factor) for factor in factors]
    factors[0] = factors[0] * weights
    return float(np.linalg.norm(data - full(factors)) / np.linalg.norm(data))


def tensorly_fit(method):
    def run(data, start, rank, sweeps):
        init = CPTensor((np.ones(rank), [factor.copy() for factor in start]))
        found = method(data, rank, n_iter_max=sweeps, init=init, tol=0)
        return found.weights, found.factors

    return run


def pyttb_fit(data, start, rank, sweeps):
    init = pyttb.ktensor([factor.copy() for factor in start], np.ones(rank))
    found, _, _ = pyttb.cp_als(data, rank, stoptol=0, maxiters=sweeps, init=init, printitn=0)
    return found.weights, found.factor_matrices


METHODS = {
    "tensorly parafac": tensorly_fit(parafac),
    "pyttb cp_als": pyttb_fit,
    "tensorly non_negative_parafac": tensorly_fit(non_negative_parafac),
    "tensorly non_negative_parafac_hals": tensorly_fit(non_negative_parafac_hals),
}


def measure(name, data, rank, sweeps, runs):
    start = made(data.shape, rank, 3)
    given = pyttb.tensor(data, copy=True) if name.startswith("pyttb") else data
    seconds = []
    before = reset_peak()
    for _ in range(runs):
        begin = time.perf_counter()
        weights, factors = METHODS[name](given, start, rank, sweeps)
        seconds.append((time.perf_counter() - begin) / sweeps)
    most = 1 + (peak() - before) / data.nbytes
    row = {"method": name, "shape": list(data.shape), "rank": rank, "sweeps": sweeps}
    row |= {"seconds": round(min(seconds), 5), "median": round(sorted(seconds)[runs // 2], 5)}
    print(json.dumps(row | {"error": round(error(data, weights, factors), 8), "peak": round(most, 3)}), flush=True)


def main():
    shapes, ranks = sys.argv[1].split(","), [int(rank) for rank in sys.argv[2].split(",")]
    sweeps = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    names = sys.argv[4].split(",") if len(sys.argv) > 4 and sys.argv[4] else list(METHODS)
    runs = int(sys.argv[5]) if len(sys.argv) > 5 else 3
    tensorly.set_backend("numpy")
    for shape in shapes:
        for rank in ranks:
            data = tensor([int(size) for size in shape.split("x")], rank)
            for name in names:
                measure(name, data, rank, sweeps, runs)


if __name__ == "__main__":
    main()
