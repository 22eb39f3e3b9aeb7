"""Times tensor trains of TensorLy and tntorch on tensors made as in benches/decomp_train.rs.

    OMP_NUM_THREADS=2 python train.py --shapes 4x8x8x8x8x8x8x8x8 --ranks 8,32 --runs 1 --only tensorly

TensorLy and tntorch need not be in one environment: `--only` names what to run.

Prints one JSON line a method: the median time of the runs, and the relative error of the cores.
"""

import argparse
import json
import time

import numpy as np

NOISE = 0.01


def full(cores):
    result = cores[0].reshape(-1, cores[0].shape[-1])
    for core in cores[1:]:
        result = (result @ core.reshape(core.shape[0], -1)).reshape(-1, core.shape[-1])
    return result.reshape([core.shape[1] for core in cores])


def planted(shape, rank):
    rng = np.random.default_rng(1)
    bonds = [1] + [rank] * (len(shape) - 1) + [1]
    tensor = full([rng.standard_normal((bonds[k], n, bonds[k + 1])) for k, n in enumerate(shape)])
    scale = NOISE * np.sqrt(12.0 * np.vdot(tensor, tensor) / tensor.size)
    tensor += scale * (rng.random(tensor.shape) - 0.5)
    return tensor


def tensorly_svd(tensor, ranks, svd):
    import tensorly as tl
    from tensorly.decomposition import tensor_train

    return [np.asarray(core) for core in tensor_train(tl.tensor(tensor), ranks, svd=svd)]


def tntorch_svd(tensor, rank):
    import tntorch
    import torch

    found = tntorch.Tensor(torch.from_numpy(tensor), ranks_tt=rank)
    return [core.numpy() for core in found.cores]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shapes", default="4x8x8x8x8x8x8x8x8")
    parser.add_argument("--ranks", default="8,32")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    for case in arguments.shapes.split(","):
        shape = [int(n) for n in case.split("x")]
        for rank in [int(rank) for rank in arguments.ranks.split(",")]:
            tensor = planted(shape, rank)
            sides = [min(int(np.prod(shape[:k])), int(np.prod(shape[k:]))) for k in range(1, len(shape))]
            bonds = [1] + [min(rank, side) for side in sides] + [1]
            methods = {
                "tensorly tensor_train truncated_svd": lambda x, bonds: tensorly_svd(x, bonds, "truncated_svd"),
                "tensorly tensor_train randomized_svd": lambda x, bonds: tensorly_svd(x, bonds, "randomized_svd"),
                "tntorch": lambda x, bonds: tntorch_svd(x, max(bonds)),
            }
            for name, work in methods.items():
                if arguments.only not in name:
                    continue
                # The first call imports.
                work(planted([4, 5, 6], 2), [1, 2, 2, 1])
                seconds = []
                for _ in range(arguments.runs):
                    start = time.perf_counter()
                    cores = work(tensor, bonds)
                    seconds.append(time.perf_counter() - start)
                seconds.sort()
                error = np.linalg.norm(tensor - full(cores)) / np.linalg.norm(tensor)
                row = {"case": case, "rank": rank, "method": name, "least": seconds[0],
                       "median": seconds[len(seconds) // 2], "largest": seconds[-1], "relative_error": float(error)}
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
