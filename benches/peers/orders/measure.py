"""Searches contraction orders with cotengra and opt_einsum for a given time, one JSON line for each.

    python measure.py --networks FOLDER --output ROWS.jsonl [--seconds 1 60] [--tool cotengra ...] [--threads 2]

Operations are scalar multiplications: the product of the sizes of all indices of a pair, summed over pairs.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path


def hyper(threads, seconds, **options):
    """cotengra's search over several methods with as many processes as threads."""
    import cotengra

    return cotengra.HyperOptimizer(minimize="flops", max_time=seconds, max_repeats=10**9, progbar=False,
                                   parallel=threads if threads > 1 else False, **options)


def tools(threads, seconds):
    import cotengra
    import opt_einsum

    return {
        # What cotengra does by itself, but for the time.
        "cotengra": lambda: hyper(threads, seconds),
        "cotengra-reconf": lambda: hyper(threads, seconds, reconf_opts={}),
        "cotengra-anneal": lambda: hyper(threads, seconds, simulated_annealing_opts={}),
        "cotengra-greedy": lambda: cotengra.RandomGreedyOptimizer(
            max_repeats=10**9, max_time=seconds, minimize="flops", parallel=threads if threads > 1 else False),
        "opt_einsum-greedy": lambda: opt_einsum.paths.RandomGreedy(
            max_repeats=10**9, max_time=seconds, minimize="flops", parallel=threads if threads > 1 else False),
    }


def row(path, name, seconds, threads):
    """Searches an order of one network and returns what it costs."""
    import cotengra

    network = json.loads(path.read_text())
    inputs, output, sizes = network["inputs"], network["output"], network["size_dict"]
    search = tools(threads, seconds)[name]()
    start = time.perf_counter()
    if name == "opt_einsum-greedy":
        path_found = search([frozenset(i) for i in inputs], frozenset(output), sizes)
        used = time.perf_counter() - start
        tree = cotengra.ContractionTree.from_path(inputs, output, sizes, path=path_found)
    elif name == "cotengra-greedy":
        path_found = search(inputs, output, sizes)
        used = time.perf_counter() - start
        tree = cotengra.ContractionTree.from_path(inputs, output, sizes, path=path_found)
    else:
        tree = search.search(inputs, output, sizes)
        used = time.perf_counter() - start
    return {"network": path.stem, "tool": name, "tensors": len(inputs), "seconds": seconds, "threads": threads,
            "seconds_used": used, "log10_operations": math.log10(tree.contraction_cost()),
            "log2_largest": math.log2(tree.max_size())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--seconds", type=float, nargs="+", default=[1.0, 60.0])
    parser.add_argument("--tool", nargs="+", default=["cotengra", "cotengra-reconf", "cotengra-anneal"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--names", nargs="*")
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    for path in sorted(arguments.networks.glob("*.json")):
        if arguments.names and path.stem not in arguments.names:
            continue
        for seconds in arguments.seconds:
            for name in arguments.tool:
                try:
                    line = row(path, name, seconds, arguments.threads)
                except Exception as error:  # a peer that gives up is a row, too
                    line = {"network": path.stem, "tool": name, "seconds": seconds, "status": repr(error)}
                with arguments.output.open("a") as output:
                    output.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
