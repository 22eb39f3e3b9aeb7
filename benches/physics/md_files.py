"""Runs `md` of the program and reads what it writes."""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = REPOSITORY / "target" / "release" / "schur"
WORK = REPOSITORY / "target" / "physics"
SI64 = REPOSITORY / "benches" / "structures" / "si64.extxyz"

BOLTZMANN = 8.617333262e-5  # eV/K
GIGAPASCAL = 160.21766208  # GPa in eV/Å^3
# eV/Å in amu Å/fs^2: forces over masses become accelerations.
ACCELERATION = 9.648533212e-3

# Conventional cell of silicon, 8 atoms, with the lattice constant a in Å.
DIAMOND_SITES = [
    [0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0],
    [0.25, 0.25, 0.25], [0.25, 0.75, 0.75], [0.75, 0.25, 0.75], [0.75, 0.75, 0.25],
]  # fmt: skip
SILICON_LATTICE = 5.431


def argument_parser(description, work=WORK):
    """Arguments of all measurements."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=PROGRAM, help="default: target/release/schur")
    parser.add_argument("--work", type=Path, default=work, help="folder of the runs; default: below target/physics")
    return parser


def write_si8(folder):
    """Writes the conventional cell of silicon and returns its path."""
    a = SILICON_LATTICE
    rows = [f"Si {a * x:.6f} {a * y:.6f} {a * z:.6f}" for x, y, z in DIAMOND_SITES]
    lattice = f"{a} 0 0 0 {a} 0 0 0 {a}"
    comment = f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"'
    path = folder / "si8.extxyz"
    path.write_text("\n".join(["8", comment, *rows]) + "\n")
    return path


def md_command(program, structure, output, **options):
    """The command of a run; `every=10` becomes `--every 10`."""
    command = [str(program), "md", str(structure), "--output", str(output), "--quiet"]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    return command


def run_md(program, structure, output, **options):
    """Runs to the end and returns the columns of the statistics.

    A run that is there already is not repeated, and an interrupted one goes on where it was: the command is given
    `--resume`, which refuses if anything that changes the result was changed since.
    """
    command = [*md_command(program, structure, output, **options), "--resume"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return read_statistics(statistics_file(output))


def statistics_file(trajectory):
    """The file of statistics beside a trajectory."""
    return trajectory.with_name(trajectory.stem + "-stats.dat")


def checkpoint_file(trajectory):
    """The checkpoint beside a trajectory."""
    return trajectory.with_suffix(".checkpoint")


def read_statistics(path):
    """Columns by name without unit: step, time, Epot/N, Ekin/N, T, Etot/N, Econs/N, volume, P and others."""
    header = path.read_text(encoding="utf-8").splitlines()[0].lstrip("#").split()
    names = [word for word in header if not word.startswith("[")]
    table = np.loadtxt(path, ndmin=2, encoding="utf-8")
    if table.shape[1] != len(names):
        sys.exit(f"{path}: {len(names)} names for {table.shape[1]} columns")
    return dict(zip(names, table.T))


def read_forces(path):
    """Forces of all frames of an extended XYZ file of one kind of frame, in eV/Å: [frames, atoms, 3]."""
    frames = []
    with path.open(encoding="utf-8") as lines:
        for first in lines:
            n_atoms, column = int(first), forces_column(next(lines), path)
            rows = [next(lines).split()[column : column + 3] for _ in range(n_atoms)]
            frames.append(np.array(rows, dtype=float))
    return np.array(frames)


def forces_column(comment, path):
    """Where the forces begin in a row of atoms."""
    fields = comment.split("Properties=")[1].split()[0].split(":")
    column = 0
    for name, _, count in zip(*[iter(fields)] * 3):
        if name == "forces":
            return column
        column += int(count)
    sys.exit(f"{path}: frames without forces")
