"""Times the peers' equivariant products and spherical harmonics on the CPU, one JSON line for each case.

    python measure.py --output ROWS.jsonl [--op cg] [--peer e3nn cue-jax] [--lmax 2 3] [--channels 32] [--batch 1000]
                      [--direction forward] [--threads 1]

Cases whose row is in the output already are left out, so a run that was cut goes on where it stopped. Each peer runs in
a process of its own for each number of threads, kept to as many processors. A case that takes too long is ended with
its process, and larger degrees of the same case are not tried; both have a row that says so.
"""

import argparse
import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path

from cases import Case, add_choice, cases

HERE = Path(__file__).resolve().parent
ENDED = "over the time limit"
# torch.compile writes the number of threads into its kernels but not into the key of its cache on disk: without the
# second setting a run with one thread gets kernels made for two.
SETTINGS = {"JAX_PLATFORMS": "cpu", "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}


class Worker:
    """A process that times cases of one peer with a fixed number of threads."""

    def __init__(self, threads):
        fixed = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "worker.py"), str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env={**os.environ, **fixed, **SETTINGS})
        self.answers = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put(None)

    def ask(self, request, patience):
        """Returns the answer, or a row with the status of a process that is gone by then."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        try:
            answer = self.answers.get(timeout=patience)
        except queue.Empty:
            self.close()
            return {"status": ENDED}
        if answer is None:
            self.close()
            return {"status": f"process ended with {self.process.returncode}"}  # -9: out of memory, as a rule
        return json.loads(answer)

    def close(self):
        self.process.kill()
        self.process.wait()

    def alive(self):
        return self.process.poll() is None


def processor_name():
    names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return names[0] if names else "unknown"


def rows_in(path):
    """Returns the rows that are there already, by case. A last line that was cut is ignored."""
    rows = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        rows[Case(**{name: row[name] for name in Case.__dataclass_fields__}).key()] = row
    return rows


def too_large(case, rows):
    """Whether a smaller degree of the same case was ended: then this one would be too."""
    smaller = (rows.get(replace(case, lmax=lmax).key(), {}) for lmax in range(1, case.lmax))
    return any(row.get("status") == ENDED for row in smaller)


def measure(todo, rows, arguments):
    """Yields the rows of cases of one peer and number of threads."""
    options = {name: getattr(arguments, name) for name in ("limit", "least", "most", "budget")}
    worker = None
    for case in todo:
        if too_large(case, rows):
            row = {"status": "not tried: a smaller degree was over the time limit"}
        else:
            worker = worker if worker and worker.alive() else Worker(case.threads)
            row = worker.ask({"case": asdict(case), "options": options}, arguments.build_limit + arguments.limit)
        rows[case.key()] = {**asdict(case), "output_floats": case.output_floats, **row, "cpu": arguments.cpu}
        yield rows[case.key()]
    if worker:
        worker.close()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_choice(parser)
    parser.add_argument("--output", type=Path, help="file to append to and to resume from; also printed")
    parser.add_argument("--again", action="store_true", help="repeat cases that have a row without a time")
    parser.add_argument("--limit", type=float, default=10.0, help="seconds for warm-up and repeats of a case")
    parser.add_argument("--build-limit", type=float, default=120.0, help="seconds more for building and compiling")
    parser.add_argument("--least", type=int, default=7, help="repeats below which a row's status is 'few repeats'")
    parser.add_argument("--most", type=int, default=101)
    parser.add_argument("--budget", type=float, default=2.0, help="seconds of repeats after which the least is enough")
    parser.add_argument("--list", action="store_true", help="only print the cases that would be timed")
    arguments = parser.parse_args()
    arguments.cpu = processor_name()
    return arguments


def main():
    arguments = parse_arguments()
    rows = rows_in(arguments.output) if arguments.output else {}
    todo = [case for case in cases(arguments)
            if case.key() not in rows or (arguments.again and "seconds_median" not in rows[case.key()])]
    if arguments.list:
        print("\n".join(json.dumps(asdict(case)) for case in todo))
        return
    groups = {}
    for case in todo:
        groups.setdefault((case.peer, case.threads), []).append(case)
    for group in groups.values():
        for row in measure(group, rows, arguments):
            line = json.dumps(row)
            print(line, flush=True)
            if arguments.output:
                with arguments.output.open("a") as file:
                    file.write(line + "\n")


if __name__ == "__main__":
    main()
