"""Times cases that measure.py sends, one JSON line each, in a process with a fixed number of threads.

Not for use by hand. The number of threads is fixed before any peer is imported: measure.py sets OMP_NUM_THREADS, and
the process keeps to as many processors, which is what JAX counts.
"""

import json
import os
import statistics
import sys
import time
import warnings

import numpy as np
from cases import Case, dimension

WARM_UP_CALLS = 3  # TorchScript profiles in the first call and optimises in the second
PACKAGES = {
    "e3nn": ("e3nn", "torch"),
    "e3nn-compiled": ("e3nn", "torch"),
    "e3nn-jax": ("e3nn-jax", "jax"),
    "cue-torch": ("cuequivariance", "cuequivariance-torch", "torch"),
    "cue-jax": ("cuequivariance", "cuequivariance-jax", "jax"),
    "sphericart": ("sphericart",),
    "sphericart-torch": ("sphericart-torch", "torch"),
}


def build(case):
    """Returns the case's Operation; imports only the framework that it needs."""
    if "jax" in case.peer:
        import operations_jax

        return operations_jax.build(case)
    import operations_torch

    return operations_torch.BUILD[case.peer, case.op](case)


def random_inputs(case, seed):
    """Returns normal numbers in the plain layout."""
    rng = np.random.default_rng(seed)
    if case.op == "sh":
        return [rng.standard_normal((case.batch, 3))]
    return [rng.standard_normal((case.batch, case.channels, dimension(case.degrees))) for _ in range(2)]


def random_cotangent(case, seed):
    """Returns normal numbers in the plain layout of the output."""
    shape = (case.batch, *([] if case.op == "sh" else [case.channels]), dimension(case.output_degrees))
    return np.random.default_rng(seed).standard_normal(shape, dtype=case.dtype)


def call_of(case):
    """Returns a function without arguments that does the work once."""
    operation = build(case)
    inputs = operation.inputs(random_inputs(case, seed=1))
    if case.direction == "gradient":
        inputs = [*inputs, operation.cotangent(random_cotangent(case, seed=2))]
    work = operation.forward if case.direction == "forward" else operation.derivative
    return lambda: work(*inputs)


def seconds_of(call):
    begin = time.perf_counter()
    result = call()
    elapsed = time.perf_counter() - begin
    del result  # after the clock: a caller keeps the output
    return elapsed


def measured(call, options):
    """Warms up, then repeats `least` times and on until `budget` seconds, `most` times or the limit."""
    begin = time.perf_counter()
    last = seconds_of(call)
    for _ in range(WARM_UP_CALLS - 1):
        if time.perf_counter() - begin + (options["least"] + 1) * last > options["limit"]:
            break
        last = seconds_of(call)
    repeats, spent = [], 0.0
    processor = time.process_time()
    while len(repeats) < options["most"]:
        if len(repeats) >= options["least"] and spent > options["budget"]:
            break
        if repeats and time.perf_counter() - begin + last > options["limit"]:
            break
        last = seconds_of(call)
        repeats.append(last)
        spent += last
    return repeats, (time.process_time() - processor) / spent


def row_of(case, options):
    begin = time.perf_counter()
    call = call_of(case)
    first = seconds_of(call)
    ready = time.perf_counter() - begin
    repeats, processors = measured(call, options)
    return {
        "status": "ok" if len(repeats) >= options["least"] else "few repeats",
        "seconds_median": statistics.median(repeats),
        "seconds_min": min(repeats),
        "seconds_max": max(repeats),
        "repeats": len(repeats),
        "build_s": round(ready - first, 3),
        "first_s": round(first, 3),
        "processors": round(processors, 2),
    }


def versions(peer):
    from importlib.metadata import version

    return {name: version(name) for name in PACKAGES[peer]}


def main():
    threads = int(sys.argv[1])
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a peer prints goes to the log
    warnings.filterwarnings("ignore")
    for line in sys.stdin:
        request = json.loads(line)
        case = Case(**request["case"])
        try:
            row = row_of(case, request["options"])
        except Exception as error:  # a failing peer is a row, and the other cases go on
            row = {"status": f"{type(error).__name__}: {str(error)[:300]}"}
        print(json.dumps({**row, "versions": versions(case.peer)}), file=answers, flush=True)


if __name__ == "__main__":
    main()
