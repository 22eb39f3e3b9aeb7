"""Makes the structures on which speed is measured, the same bits for every program.

    python structures.py [--out ../structures]

Each is deterministic and rattled by 0.05 A, so that no neighbour list is helped by symmetry.
Other sizes of the crystals, for the memory law: python structures.py --copper 2 3 4 --out DIRECTORY
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import bulk, molecule

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "fixtures" / "sevennet"))
from extxyz import write_exact  # noqa: E402  the path above makes it importable

RATTLE = 0.05  # A
WATER_DENSITY = 1.0  # g/cm^3
CLOSEST_INTERMOLECULAR = 1.5  # A


def copper(repeats):
    return bulk("Cu", "fcc", a=3.61, cubic=True).repeat(repeats)


def water(per_side):
    """Puts one molecule near each point of a cubic lattice, turned at random until it does not touch the earlier ones."""
    rng = np.random.default_rng(3)
    single = molecule("H2O")
    # 1 g/cm^3 is 0.602214076 amu/A^3.
    spacing = (single.get_masses().sum() / (WATER_DENSITY * 0.602214076)) ** (1 / 3)
    edge = spacing * per_side
    placed = np.zeros((0, 3))
    for site in np.ndindex(per_side, per_side, per_side):
        for _ in range(10_000):
            turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
            spot = (np.array(site) + 0.5) * spacing + rng.uniform(-0.3, 0.3, 3)
            trial = (single.positions - single.positions[0]) @ turn + spot
            gap = trial[:, None] - placed[None]
            gap -= edge * np.round(gap / edge)
            if not len(placed) or np.linalg.norm(gap, axis=2).min() > CLOSEST_INTERMOLECULAR:
                break
        else:
            raise ValueError(f"no room for the molecule at {site}")
        placed = np.concatenate([placed, trial])
    return Atoms("OHH" * per_side**3, positions=placed, cell=[edge] * 3, pbc=True)


def standard():
    return {
        "si64": bulk("Si", "diamond", a=5.431, cubic=True).repeat(2),
        "nacl216": bulk("NaCl", "rocksalt", a=5.64, cubic=True).repeat(3),
        "water192": water(4),
        "cu500": copper(5),
        "ethanol": molecule("CH3CH2OH"),
    }


def finished(name, atoms):
    """Rattles and drops everything but elements, positions, cell and periodicity."""
    rng = np.random.default_rng(5)
    positions = atoms.positions + rng.normal(0.0, RATTLE, (len(atoms), 3))
    return Atoms(atoms.symbols, positions=positions, cell=atoms.cell, pbc=atoms.pbc, info={"name": name})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE.parent / "structures")
    parser.add_argument("--copper", type=int, nargs="+", metavar="N", help="only fcc copper of N x N x N cubic cells")
    arguments = parser.parse_args()
    chosen = {f"cu{4 * n**3}": copper(n) for n in arguments.copper} if arguments.copper else standard()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, atoms in chosen.items():
        write_exact(arguments.out / f"{name}.extxyz", [finished(name, atoms)])
        print(f"{name}: {len(atoms)} atoms")


if __name__ == "__main__":
    main()
