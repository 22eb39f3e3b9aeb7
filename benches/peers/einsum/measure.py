"""Times opt_einsum with NumPy, PyTorch and jax on networks of a folder, in the order that each file states.

    python measure.py FOLDER NAME [NAME ...] [--threads 2] [--peers numpy torch jax] [--budget 5]

Prints one JSON line for each network and peer. All peers get the same pairs in the same order, in float64; operands are
on the peer's side before the clock starts, jax is jitted and waited for, and its compilation is a row of its own.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", nargs="+", default=["numpy", "torch", "jax"])
    parser.add_argument("--budget", type=float, default=5.0, help="seconds of runs for each row")
    return parser.parse_args()


def operands_of(shapes):
    import numpy

    generator = numpy.random.default_rng(0)
    return [generator.uniform(-1, 1, shape) * max(1, int(numpy.prod(shape))) ** -0.25 for shape in shapes]


def contraction(peer, instance, path, threads):
    """A function without arguments that contracts once."""
    import opt_einsum

    operands, text = operands_of(instance["shapes"]), instance["format_string"]
    expression = opt_einsum.contract_expression(text, *instance["shapes"], optimize=path)
    if peer == "numpy":
        return lambda: expression(*operands)
    if peer == "torch":
        import torch

        torch.set_num_threads(threads)
        tensors = [torch.from_numpy(operand) for operand in operands]
        return lambda: expression(*tensors, backend="torch")
    import jax

    jax.config.update("jax_enable_x64", True)
    arrays = [jax.numpy.asarray(operand) for operand in operands]
    jitted = jax.jit(lambda *arguments: expression(*arguments, backend="jax"))
    return lambda: jitted(*arrays).block_until_ready()


def measure(run, budget):
    begin = time.perf_counter()
    run()
    first = time.perf_counter() - begin
    seconds, processor = [], time.process_time()
    begin = time.perf_counter()
    while len(seconds) < 3 or (time.perf_counter() - begin < budget and len(seconds) < 101):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    busy = (time.process_time() - processor) / (time.perf_counter() - begin)
    return {"seconds_median": statistics.median(seconds), "seconds_least": min(seconds), "seconds_first": first,
            "runs": len(seconds), "processors": round(busy, 2)}


def main():
    arguments = parse_arguments()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:arguments.threads])
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(arguments.threads)
    os.environ["JAX_PLATFORMS"] = "cpu"
    for name in arguments.names:
        instance = json.loads((arguments.folder / f"{name}.json").read_text())
        path = [tuple(pair) for pair in instance["paths"]["opt_flops"]["path"]]
        for peer in arguments.peers:
            row = {"name": name, "peer": peer, "threads": arguments.threads, "dtype": "float64"}
            try:
                row |= measure(contraction(peer, instance, path, arguments.threads), arguments.budget)
            except Exception as error:  # a peer that refuses a network has a row that says so
                row["status"] = f"{type(error).__name__}: {error}"[:200]
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
