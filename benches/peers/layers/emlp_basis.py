"""How long EMLP takes to find a basis of the equivariant maps, and to multiply with one.

`python emlp_basis.py --group S --cases 1x1x10,2x2x4,3x2x4 --seconds 60` prints a row a case `k x l x n`: the dimension,
the seconds of the first basis of a process with what JAX compiles for it, and those of the second, which does not have to
compile. Every case runs in a process of its own, which is ended after so many seconds.
"""

import argparse
import json
import subprocess
import sys
import time


def one(group, k, l, n):
    from emlp import groups
    from emlp.reps import T

    def basis():
        # A group object remembers its bases; a new one does not.
        start = time.perf_counter()
        rep = T(k) >> T(l)
        found = rep(getattr(groups, group)(n)).equivariant_basis()
        return found.shape[-1], time.perf_counter() - start

    from emlp.reps import Rep

    dimension, first = basis()
    Rep.solcache.clear()
    _, second = basis()
    return {"peer": "emlp", "group": group, "n": n, "k": k, "l": l, "dimension": dimension, "seconds_first": first, "seconds": second}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--group", default="S")
    parser.add_argument("--cases", default="1x1x10,2x1x4,2x2x4")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--one", action="store_true")
    arguments = parser.parse_args()
    for case in arguments.cases.split(","):
        k, l, n = (int(word) for word in case.split("x"))
        if arguments.one:
            print(json.dumps(one(arguments.group, k, l, n)))
            continue
        command = [sys.executable, __file__, "--one", "--group", arguments.group, "--cases", case]
        row = {"peer": "emlp", "group": arguments.group, "n": n, "k": k, "l": l}
        try:
            done = subprocess.run(command, timeout=arguments.seconds, capture_output=True, text=True)
            lines = done.stdout.splitlines()
            print(lines[-1] if lines else json.dumps({**row, "failed": done.stderr.splitlines()[-1][:200]}), flush=True)
        except subprocess.TimeoutExpired:
            print(json.dumps({**row, "failed": f"not done in {arguments.seconds:.0f} s"}), flush=True)


if __name__ == "__main__":
    main()
