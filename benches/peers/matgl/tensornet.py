"""Times energy, forces and stress of matgl's ASE calculator, every atom moved before each step.

    python tensornet.py --weights FOLDER [--structure si64] [--threads 2] [--dtype float32]

FOLDER holds matgl's model.json, model.pt and state.pt. Prints one JSON line, with the fields of `../sevennet.py`: a
step is one `calculate()` on start positions plus normal displacements of 0.01 A, so that the graph is made again.
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


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--structure", default="si64", help="a name in benches/structures or an extxyz file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--warm-up", type=int, default=5)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    warnings.filterwarnings("ignore")
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(arguments.threads)

    begin = time.perf_counter()
    from importlib.metadata import version

    import matgl
    import numpy as np
    import torch
    from ase.io import read
    from matgl.ext.ase import PESCalculator

    torch.set_num_threads(arguments.threads)
    imported = time.perf_counter()
    potential = matgl.load_model(arguments.weights)
    if arguments.dtype == "float64":
        potential = potential.double()
    calculator = PESCalculator(potential, stress_unit="eV/A3", use_voigt=True)
    loaded = time.perf_counter()

    known = HERE.parent.parent / "structures" / f"{arguments.structure}.extxyz"
    atoms = read(known if known.exists() else arguments.structure)
    start, rng = atoms.positions.copy(), np.random.default_rng(1)
    seconds = []
    for _ in range(1 + arguments.warm_up + arguments.steps):
        atoms.positions = start + rng.normal(0.0, MOVE, start.shape)
        before = time.perf_counter()
        calculator.calculate(atoms, ["energy", "forces", "stress"])
        seconds.append(time.perf_counter() - before)
    per_atom = [1e3 * s / len(atoms) for s in seconds[-arguments.steps :]]
    print(json.dumps({
        "peer": "matgl",
        "model": arguments.weights.name,
        "structure": Path(arguments.structure).stem,
        "n_atoms": len(atoms),
        "threads": arguments.threads,
        "dtype": arguments.dtype,
        "steps": arguments.steps,
        "ms_per_atom_median": round(statistics.median(per_atom), 4),
        "ms_per_atom_min": round(min(per_atom), 4),
        "ms_per_atom_max": round(max(per_atom), 4),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "import_s": round(imported - begin, 2),
        "load_s": round(loaded - imported, 2),
        "first_step_s": round(seconds[0], 3),
        "versions": {p: version(p) for p in ("matgl", "torch", "ase", "numpy")},
    }))


if __name__ == "__main__":
    main()
