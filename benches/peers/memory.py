"""Measures how the memory of sevenn grows with the number of atoms, one process for each size of a copper crystal.

    python memory.py [--cells 2 3 4 5 6] [--model 7net-0]

Prints the rows of sevennet.py and then the law: a fixed part, and megabytes for each atom and for each directed edge.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def measure(path, arguments):
    command = [sys.executable, str(HERE / "sevennet.py"), "--structure", str(path), "--model", arguments.model,
               "--threads", str(arguments.threads), "--dtype", arguments.dtype, "--allocator", arguments.allocator,
               "--steps", "2", "--warm-up", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"memory.py: {path.name}: exit {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, nargs="+", default=[2, 3, 4, 5, 6], help="4 N^3 atoms each")
    parser.add_argument("--model", default="7net-0")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--allocator", default="as-installed")
    arguments = parser.parse_args()
    if len(set(arguments.cells)) < 2:
        parser.error("--cells needs at least two sizes to fit a line")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(HERE / "structures.py"), "--out", folder, "--copper",
                        *map(str, arguments.cells)], check=True, stdout=subprocess.DEVNULL)
        rows = []
        for n in arguments.cells:
            rows.append(measure(Path(folder) / f"cu{4 * n**3}.extxyz", arguments))
            print(json.dumps(rows[-1]), flush=True)
    atoms = np.array([r["n_atoms"] for r in rows])
    per_atom, fixed = np.polyfit(atoms, [r["peak_rss_mb"] for r in rows], 1)
    edges = np.mean([r["edges_per_atom"] for r in rows])
    print(json.dumps({"model": arguments.model, "dtype": arguments.dtype, "fixed_mb": round(fixed, 1),
                      "mb_per_atom": round(per_atom, 3), "kb_per_edge": round(1024 * per_atom / edges, 1)}))


if __name__ == "__main__":
    main()
