"""Times energy, forces and stress of symmetrix-xl's ASE calculator, every atom moved before each step.

    symmetrix_extract_mace -m mace-small.model --output mace-small.json
    python symmetrix_xl.py --file mace-small.json --structure si64 [--threads 2] [--precision float32] [--skin 0.5]

Prints one JSON line; steps are those of `calculator.py`. With its skin the list of neighbours lasts for all of them, as
ours does; --skin 0 makes it anew for every step. Kernels are generated and compiled with g++ at the first use.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path

STRUCTURES = Path(__file__).resolve().parent.parent.parent / "structures"
MOVE = 0.01  # A


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--structure", default="si64")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=["float32", "float64"], default="float32")
    parser.add_argument("--skin", type=float, default=0.5)
    parser.add_argument("--steps", type=int, default=9)
    parser.add_argument("--warm-up", type=int, default=4)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
    import ase.io
    import numpy as np
    from symmetrix import Symmetrix

    atoms = ase.io.read(STRUCTURES / f"{arguments.structure}.extxyz")
    clock = time.perf_counter()
    calculator = Symmetrix(str(arguments.file), precision=arguments.precision, skin=arguments.skin)
    load = time.perf_counter() - clock
    random = np.random.default_rng(1)
    start = atoms.positions.copy()
    times = []
    for _ in range(arguments.warm_up + arguments.steps):
        atoms.positions = start + random.normal(scale=MOVE, size=start.shape)
        clock = time.perf_counter()
        calculator.calculate(atoms, properties=["energy", "forces", "stress"])
        times.append(1e3 * (time.perf_counter() - clock) / len(atoms))
    timed = times[arguments.warm_up:]
    print(json.dumps({
        "program": "symmetrix-xl", "structure": arguments.structure, "threads": arguments.threads,
        "precision": arguments.precision, "skin": arguments.skin, "load_s": round(load, 2),
        "ms_per_atom_median": round(statistics.median(timed), 4), "least": round(min(timed), 4),
        "most": round(max(timed), 4),
    }))


if __name__ == "__main__":
    main()
