"""Times energy, forces and stress of chgnet's ASE calculator, every atom moved before each step.

    python time_chgnet.py [--model 0.3.0] [--structure si64] [--threads 2]

Prints one JSON line, with the fields of `../sevennet.py`: a step is one `calculate()` on start positions plus normal
displacements of 0.01 A, so that the graph is made again. Magnetic moments are computed too: the calculator has no way
around them that costs less.
"""

import argparse
import json
import os
import resource
import statistics
import time
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
MOVE = 0.01  # A


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="0.3.0")
    parser.add_argument("--structure", default="si64", help="a name in benches/structures or an extxyz file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--warm-up", type=int, default=5)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(arguments.threads)

    from importlib.metadata import version

    import numpy as np
    import torch
    from ase.io import read
    from chgnet.model.dynamics import CHGNetCalculator
    from chgnet.model.model import CHGNet

    torch.set_num_threads(arguments.threads)
    model = CHGNet.load(model_name=arguments.model, use_device="cpu", verbose=False)
    calculator = CHGNetCalculator(model, use_device="cpu")
    known = HERE.parent.parent / "structures" / f"{arguments.structure}.extxyz"
    atoms = read(known if known.exists() else arguments.structure)
    start, rng = atoms.positions.copy(), np.random.default_rng(1)
    seconds = []
    for _ in range(1 + arguments.warm_up + arguments.steps):
        atoms.positions = start + rng.normal(0.0, MOVE, start.shape)
        before = time.perf_counter()
        calculator.calculate(atoms)
        seconds.append(time.perf_counter() - before)
    per_atom = [1e3 * s / len(atoms) for s in seconds[-arguments.steps :]]
    print(json.dumps({
        "peer": "chgnet",
        "model": arguments.model,
        "structure": Path(arguments.structure).stem,
        "n_atoms": len(atoms),
        "threads": arguments.threads,
        "dtype": "float32",
        "steps": arguments.steps,
        "ms_per_atom_median": round(statistics.median(per_atom), 4),
        "ms_per_atom_min": round(min(per_atom), 4),
        "ms_per_atom_max": round(max(per_atom), 4),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "first_step_s": round(seconds[0], 3),
        "versions": {p: version(p) for p in ("chgnet", "torch", "ase", "numpy")},
    }))


if __name__ == "__main__":
    main()
