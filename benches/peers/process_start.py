"""Times whole processes: from nothing to the energy, forces and stress of one structure of 64 atoms.

    python process_start.py [--repeat 5]                     the peer: interpreter, imports, checkpoint, one step
    python process_start.py [--repeat 5] -- COMMAND ...      any other program, measured in the same way

The first run is reported apart, since it also warms the page cache. Prints one JSON line.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

STRUCTURE = Path(__file__).resolve().parent.parent / "structures" / "si64.extxyz"
SINGLE_POINT = """
import sys, warnings
warnings.filterwarnings("ignore")
from ase.io import read
from sevenn.calculator import SevenNetCalculator
atoms = read(sys.argv[1])
atoms.calc = SevenNetCalculator(sys.argv[2], device="cpu")
print(atoms.get_potential_energy(), abs(atoms.get_forces()).max(), atoms.get_stress())
"""


def run_once(command, environment):
    """Returns wall seconds, processor seconds and peak memory in MB of one run, which must succeed."""
    begin = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    message = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"process_start.py: {command[0]} ended with {child.returncode}: {message.decode()[-2000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", default="7net-0")
    parser.add_argument("command", nargs="*", help="after --: another program to time")
    arguments = parser.parse_args()
    command = arguments.command or [sys.executable, "-c", SINGLE_POINT, str(STRUCTURE), arguments.model]
    environment = {**os.environ, "OMP_NUM_THREADS": str(arguments.threads)}
    runs = [run_once(command, environment) for _ in range(arguments.repeat + 1)]
    walls = [r[0] for r in runs[1:]]
    print(json.dumps({
        "program": Path(command[0]).name if arguments.command else "sevenn",
        "model": None if arguments.command else arguments.model,
        "threads": arguments.threads,
        "repeat": arguments.repeat,
        "first_s": round(runs[0][0], 3),
        "wall_s_median": round(statistics.median(walls), 3),
        "wall_s_min": round(min(walls), 3),
        "wall_s_max": round(max(walls), 3),
        "processor_s_median": round(statistics.median(r[1] for r in runs[1:]), 3),
        "peak_rss_mb": round(max(r[2] for r in runs)),
    }))


if __name__ == "__main__":
    main()
