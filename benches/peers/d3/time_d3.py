"""Times energy, forces and stress of D3(BJ), PBE, in simple-dftd3 and torch-dftd, every atom moved before each step.

    python time_d3.py [--peer simple-dftd3] [--structure si64] [--cutoff 60] [--threads 2]

Prints one JSON line, with the fields of `../sevennet.py`. Cut-offs are in Bohr; coordination numbers reach 40 Bohr. The
peers are called beneath their ASE calculators: the time of simple-dftd3 is that of its library alone, and that of
torch-dftd has its list of neighbours, which it makes at each step, told apart.
"""

import argparse
import json
import os
import statistics
import time
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
MOVE = 0.01  # Å
BOHR = 0.529177210903


def simple_dftd3(atoms, cutoff):
    import numpy as np
    from dftd3.interface import DispersionModel, RationalDampingParam

    damping = RationalDampingParam(s6=1.0, s8=0.7875, a1=0.4289, a2=4.4407, s9=0.0, alp=14.0)

    def step():
        model = DispersionModel(
            atoms.numbers, atoms.positions / BOHR, lattice=atoms.cell.array / BOHR, periodic=np.asarray(atoms.pbc)
        )
        model.set_realspace_cutoff(disp2=cutoff, disp3=40.0, cn=40.0)
        return float(model.get_dispersion(damping, grad=True)["energy"]) * 27.211386245988, 0.0

    return step


def torch_dftd(atoms, cutoff, dtype):
    import torch
    from torch_dftd.torch_dftd3_calculator import TorchDFTD3Calculator

    calculator = TorchDFTD3Calculator(
        atoms=atoms, device="cpu", damping="bj", xc="pbe", dtype=getattr(torch, dtype),
        cutoff=cutoff * BOHR, cnthr=min(cutoff, 40.0) * BOHR,
    )
    edges = calculator._calc_edge_index
    spent = [0.0]

    def timed(*arguments):
        before = time.perf_counter()
        found = edges(*arguments)
        spent[0] = time.perf_counter() - before
        return found

    calculator._calc_edge_index = timed

    def step():
        calculator.calculate(atoms, ["energy", "forces", "stress"])
        return float(calculator.results["energy"]), spent[0]

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", choices=["simple-dftd3", "torch-dftd"], default="simple-dftd3")
    parser.add_argument("--structure", default="si64", help="a name in benches/structures")
    parser.add_argument("--cutoff", type=float, default=60.0, help="of dispersion, Bohr")
    parser.add_argument("--dtype", default="float64", help="of torch-dftd")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(arguments.threads)

    import numpy as np
    from ase.io import read

    atoms = read(HERE.parent.parent / "structures" / f"{arguments.structure}.extxyz")
    if arguments.peer == "torch-dftd":
        import torch

        torch.set_num_threads(arguments.threads)
        step = torch_dftd(atoms, arguments.cutoff, arguments.dtype)
    else:
        step = simple_dftd3(atoms, arguments.cutoff)
    at_rest, _ = step()
    start, rng = atoms.positions.copy(), np.random.default_rng(1)
    seconds, lists = [], []
    for _ in range(1 + arguments.steps):
        atoms.positions = start + rng.normal(0.0, MOVE, start.shape)
        before = time.perf_counter()
        _, spent = step()
        seconds.append(time.perf_counter() - before)
        lists.append(spent)
    per_atom = [1e3 * s / len(atoms) for s in seconds[1:]]
    print(json.dumps({
        "peer": arguments.peer, "structure": arguments.structure, "n_atoms": len(atoms),
        "cutoff_bohr": arguments.cutoff, "threads": arguments.threads, "energy": at_rest,
        "ms_per_atom_median": statistics.median(per_atom), "ms_per_atom_least": min(per_atom),
        "ms_per_atom_largest": max(per_atom),
        "ms_per_atom_neighbour_list": 1e3 * statistics.median(lists[1:]) / len(atoms),
    }))


if __name__ == "__main__":
    main()
