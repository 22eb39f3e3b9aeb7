"""The floor of an outer product whose result stays in the last cache: filling it, and multiplying into it, with PyTorch.

    python outer_floor.py [--threads 2] [--runs 300]

Prints median and least milliseconds for 64 x 64 x 256 doubles.
"""

import argparse
import statistics
import time

import torch


def times(action, runs: int) -> str:
    for _ in range(20):
        action()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        taken.append(1e3 * (time.perf_counter() - start))
    return f"{statistics.median(taken):.4f} ms, least {min(taken):.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=300)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    result = torch.empty(64, 64, 256, dtype=torch.float64)
    left = torch.randn(64, 1, 256, dtype=torch.float64)
    right = torch.randn(64, 64, 1, dtype=torch.float64)
    print("fill", times(lambda: result.fill_(1.5), arguments.runs))
    print("multiply into", times(lambda: torch.mul(left, right, out=result), arguments.runs))


if __name__ == "__main__":
    main()
