"""Times energy, forces and stress of sevenn's ASE calculator, every atom moved before each step.

    python sevennet.py --model 7net-0 --structure si64 [--threads 2] [--dtype float32] [--allocator as-installed]

Prints one JSON line. A step is one `calculate()` on new positions: start positions plus normal displacements of 0.01 A,
so neighbour list and graph are redone. Use one process for each row: peak memory is that of the process.
--allocator kept-heap starts the interpreter anew with a malloc that returns no memory to the system; nobody sets this,
it shows what part of the time is page faults.
"""

import time

PROCESS_START = time.perf_counter()

import argparse  # noqa: E402  the clock starts before anything is imported
import json  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import warnings  # noqa: E402
from pathlib import Path  # noqa: E402

HERE = Path(__file__).resolve().parent
MOVE = 0.01  # A
MODALS = {"7net-mf-0": "PBE"}
ALLOCATORS = {
    "as-installed": {},
    "kept-heap": {
        "MALLOC_MMAP_MAX_": "0",
        "MALLOC_TRIM_THRESHOLD_": "100000000000",
        "MALLOC_TOP_PAD_": "268435456",
    },
    # As first measured. glibc reads whole numbers only: these two mean 1 and 256 bytes, so the heap is still trimmed.
    "no-mmap": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "1e11", "MALLOC_TOP_PAD_": "256M"},
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="7net-0", help="a name or a checkpoint that SevenNetCalculator takes")
    parser.add_argument("--structure", default="si64", help="a name in benches/structures or an extxyz file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--allocator", choices=list(ALLOCATORS), default="as-installed")
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--warm-up", type=int, default=5)
    return parser.parse_args()


def restart_with(environment):
    """Replaces this process once, because malloc reads its settings before the interpreter starts."""
    if environment and any(os.environ.get(k) != v for k, v in environment.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **environment})


def structure_path(name):
    known = HERE.parent / "structures" / f"{name}.extxyz"
    return known if known.exists() else Path(name)


def use_float64(calculator):
    """Widens weights, inputs and the one-hot vectors. The package has no such mode; 3j tensors keep 32-bit values."""
    import functools

    import sevenn.util
    import torch

    sevenn.util.dtype_correct = functools.partial(sevenn.util.dtype_correct, float_dtype=torch.float64)
    calculator.model.double()

    def widen(module, inputs, data):
        for key, value in data.items():
            if torch.is_tensor(value) and value.dtype == torch.float32:
                data[key] = value.double()
        return data

    calculator.model.onehot_idx_to_onehot.register_forward_hook(widen)


def timed(calculator, atoms, count, rng):
    """Returns the seconds of `count` steps."""
    start = atoms.positions.copy()
    seconds = []
    for _ in range(count):
        atoms.positions = start + rng.normal(0.0, MOVE, start.shape)
        begin = time.perf_counter()
        calculator.calculate(atoms, ["energy", "forces", "stress"])
        seconds.append(time.perf_counter() - begin)
    atoms.positions = start
    return seconds


def main():
    arguments = parse_arguments()
    restart_with(ALLOCATORS[arguments.allocator])
    warnings.filterwarnings("ignore")
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(arguments.threads)

    import numpy as np
    import torch
    from ase.io import read
    from importlib.metadata import version
    from sevenn.calculator import SevenNetCalculator

    torch.set_num_threads(arguments.threads)
    imported = time.perf_counter()
    calculator = SevenNetCalculator(arguments.model, device="cpu", modal=MODALS.get(arguments.model))
    if arguments.dtype == "float64":
        use_float64(calculator)
    loaded = time.perf_counter()

    atoms = read(structure_path(arguments.structure))
    rng = np.random.default_rng(1)
    first = timed(calculator, atoms, 1, rng)[0]
    timed(calculator, atoms, arguments.warm_up, rng)
    per_atom = [1e3 * s / len(atoms) for s in timed(calculator, atoms, arguments.steps, rng)]
    print(json.dumps({
        "peer": "sevenn",
        "model": arguments.model,
        "structure": Path(arguments.structure).stem,
        "n_atoms": len(atoms),
        "edges_per_atom": round(calculator.results["num_edges"] / len(atoms), 2),
        "threads": arguments.threads,
        "dtype": arguments.dtype,
        "allocator": arguments.allocator,
        "steps": arguments.steps,
        "ms_per_atom_median": round(statistics.median(per_atom), 4),
        "ms_per_atom_min": round(min(per_atom), 4),
        "ms_per_atom_max": round(max(per_atom), 4),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "import_s": round(imported - PROCESS_START, 2),
        "load_s": round(loaded - imported, 2),
        "first_step_s": round(first, 3),
        "versions": {p: version(p) for p in ("sevenn", "torch", "e3nn", "ase", "matscipy", "numpy")},
    }))


if __name__ == "__main__":
    main()
