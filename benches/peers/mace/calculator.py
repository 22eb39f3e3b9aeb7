"""Times energy, forces and stress of mace-torch's ASE calculator, every atom moved before each step.

    python calculator.py --write small --file mace-small.model        a random model of a published architecture
    python calculator.py --file mace-small.model --structure si64 [--threads 2] [--dtype float32] [--allocator kept-heap]

Prints one JSON line. A step is one `calculate()` on new positions: start positions plus normal displacements of 0.01 A,
so neighbour list and graph are redone. --allocator kept-heap starts the interpreter anew with a malloc that returns no
memory to the system: most of the time on large systems is page faults otherwise.
"""

import argparse
import json
import os
import statistics
import sys
import time
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
STRUCTURES = HERE.parent.parent / "structures"
MOVE = 0.01  # A
KEPT_HEAP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000", "MALLOC_TOP_PAD_": "268435456"}
# Hidden irreps of the architectures whose other numbers are those of MACE-MP-0.
ARCHITECTURES = {"small": "128x0e", "medium": "128x0e+128x1o"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--write", choices=list(ARCHITECTURES))
    parser.add_argument("--structure", default="si64")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--allocator", choices=["as-installed", "kept-heap"], default="as-installed")
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--warm-up", type=int, default=4)
    parser.add_argument("--reference", action="store_true", help="print energy and forces of the unmoved structure")
    return parser.parse_args()


def write(name, path):
    import numpy as np
    import torch
    from e3nn import o3
    from mace import modules

    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    block = modules.interaction_classes["RealAgnosticResidualInteractionBlock"]
    model = modules.ScaleShiftMACE(
        r_max=6.0, num_bessel=10, num_polynomial_cutoff=5, max_ell=3, interaction_cls=block,
        interaction_cls_first=block, num_interactions=2, num_elements=89,
        hidden_irreps=o3.Irreps(ARCHITECTURES[name]), MLP_irreps=o3.Irreps("16x0e"), gate=torch.nn.functional.silu,
        atomic_energies=np.zeros(89), avg_num_neighbors=61.96, atomic_numbers=list(range(1, 90)), correlation=3,
        use_reduced_cg=False, radial_MLP=[64, 64, 64], atomic_inter_scale=0.8, atomic_inter_shift=0.16,
    )
    torch.save(model, path)


def main():
    arguments = parse_arguments()
    os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"
    if arguments.write:
        write(arguments.write, arguments.file)
        return
    if arguments.allocator == "kept-heap" and any(os.environ.get(k) != v for k, v in KEPT_HEAP.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEPT_HEAP})
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
    warnings.filterwarnings("ignore")
    import ase.io
    import numpy as np
    import torch
    from mace.calculators import MACECalculator

    torch.set_num_threads(arguments.threads)
    atoms = ase.io.read(STRUCTURES / f"{arguments.structure}.extxyz")
    calculator = MACECalculator(model_paths=str(arguments.file), device="cpu", default_dtype=arguments.dtype)
    if arguments.reference:
        calculator.calculate(atoms, properties=["energy", "forces", "stress"])
        results = calculator.results
        print(json.dumps({
            "energy": results["energy"], "forces": results["forces"].tolist(), "stress": results["stress"].tolist(),
        }))
        return
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
        "program": "mace-torch", "file": arguments.file.name, "structure": arguments.structure,
        "threads": arguments.threads, "dtype": arguments.dtype, "allocator": arguments.allocator,
        "ms_per_atom_median": round(statistics.median(timed), 4), "least": round(min(timed), 4),
        "most": round(max(timed), 4),
    }))


if __name__ == "__main__":
    main()
