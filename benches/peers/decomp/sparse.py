#!/usr/bin/env python3
"""Times pyttb's alternating least squares on sparse tensors, one JSON line a file and rank.

usage: OMP_NUM_THREADS=2 python sparse.py --files A.tns,B.tns --ranks 16,64 --iterations 3 --runs 3
"""

import argparse
import json
import time

import numpy as np
import pyttb


def read(path):
    rows = np.loadtxt(path, comments="#", ndmin=2)
    subscripts = rows[:, :-1].astype(int)
    subscripts -= subscripts.min() > 0
    shape = tuple(int(size) for size in subscripts.max(axis=0) + 1)
    return pyttb.sptensor(subscripts, rows[:, -1:], shape)


def seconds(tensor, rank, iterations):
    """The time of so many iterations with everything around them, and the relative error after them."""
    rng = np.random.default_rng(1)
    start = pyttb.ktensor([rng.random((size, rank)) for size in tensor.shape])
    begin = time.perf_counter()
    _, _, output = pyttb.cp_als(tensor, rank, stoptol=0.0, maxiters=iterations, init=start, printitn=0)
    return time.perf_counter() - begin, 1.0 - output["fit"]


def products(tensor, rank, runs):
    rng = np.random.default_rng(1)
    factors = [rng.random((size, rank)) for size in tensor.shape]
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        for mode in range(len(factors)):
            tensor.mttkrp(factors, mode)
        times.append(time.perf_counter() - begin)
    return sorted(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", required=True)
    parser.add_argument("--ranks", default="16,64")
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    for path in arguments.files.split(","):
        tensor = read(path)
        for rank in map(int, arguments.ranks.split(",")):
            few, many = [], []
            for _ in range(arguments.runs):
                few.append(seconds(tensor, rank, 1)[0])
                elapsed, error = seconds(tensor, rank, 1 + arguments.iterations)
                many.append(elapsed)
            sweeps = sorted((b - a) / arguments.iterations for a, b in zip(few, many))
            times = products(tensor, rank, arguments.runs)
            row = {"op": "cp_als", "peer": f"pyttb {pyttb.__version__}", "file": path, "rank": rank,
                   "stored": int(tensor.nnz), "products_seconds_least": times[0],
                   "products_seconds_median": times[len(times) // 2], "sweep_seconds_least": sweeps[0],
                   "sweep_seconds_median": sweeps[len(sweeps) // 2], "iterations": 1 + arguments.iterations,
                   "relative_error": error}
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
