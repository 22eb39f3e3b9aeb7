"""Layers on graphs written by hand in PyTorch: all 15 maps from matrices to matrices, the 5 from matrices to vectors,
and the 2 from vectors to vectors.

`python ign.py --n 10,30,100 --channels 1,16,64 --batch 1,64 --threads 2 --runs 7` prints a row a case, in f32; with
`--forward` it leaves out the way back.
`stacked` is the usual form: every map's output is built, stacked and mixed by one einsum. `mixed` does by hand what can
be done by hand: sums are mixed first and broadcast after.
"""

import argparse
import json
import statistics
import time

import torch


def stacked_2_to_2(x, weights):
    """x: [batch, channels, n, n]; weights: [channels, out, 15]."""
    n = x.shape[-1]
    diagonal = torch.diagonal(x, dim1=2, dim2=3)
    rows, columns = x.sum(3), x.sum(2)
    trace, total = diagonal.sum(2, keepdim=True), rows.sum(2, keepdim=True)
    on_diagonal = [torch.diag_embed(v) for v in (diagonal, rows, columns, trace.expand(-1, -1, n), total.expand(-1, -1, n))]
    along = [v.unsqueeze(3).expand(-1, -1, n, n) for v in (diagonal, rows, columns)]
    across = [v.unsqueeze(2).expand(-1, -1, n, n) for v in (diagonal, rows, columns)]
    everywhere = [v.unsqueeze(3).expand(-1, -1, n, n) for v in (trace, total)]
    ops = torch.stack([x, x.transpose(2, 3), *on_diagonal, *along, *across, *everywhere], dim=2)
    return torch.einsum("dsb,ndbij->nsij", weights, ops)


def mixed_2_to_2(x, weights):
    diagonal = torch.diagonal(x, dim1=2, dim2=3)
    rows, columns = x.sum(3), x.sum(2)
    vectors = torch.cat([diagonal, rows, columns], dim=1)
    numbers = torch.cat([diagonal.sum(2), rows.sum(2)], dim=1)

    def mix(values, maps):
        matrix = torch.cat([weights[:, :, place] for place in maps], dim=0)
        return torch.einsum("ds,nd...->ns...", matrix, values)

    y = mix(x, [0]) + mix(x, [1]).transpose(2, 3)
    y = y + (mix(vectors, [7, 8, 9]) + mix(numbers, [13, 14]).unsqueeze(2)).unsqueeze(3)
    y = y + mix(vectors, [10, 11, 12]).unsqueeze(2)
    on_diagonal = mix(vectors, [2, 3, 4]) + mix(numbers, [5, 6]).unsqueeze(2)
    return y + torch.diag_embed(on_diagonal)


def stacked_2_to_1(x, weights):
    n = x.shape[-1]
    diagonal = torch.diagonal(x, dim1=2, dim2=3)
    rows, columns = x.sum(3), x.sum(2)
    trace, total = diagonal.sum(2, keepdim=True), rows.sum(2, keepdim=True)
    ops = torch.stack([diagonal, rows, columns, trace.expand(-1, -1, n), total.expand(-1, -1, n)], dim=2)
    return torch.einsum("dsb,ndbi->nsi", weights, ops)


def stacked_1_to_1(x, weights):
    ops = torch.stack([x, x.sum(2, keepdim=True).expand_as(x)], dim=2)
    return torch.einsum("dsb,ndbi->nsi", weights, ops)


LAYERS = {
    "1x1 stacked": (stacked_1_to_1, 2),
    "2x2 stacked": (stacked_2_to_2, 15),
    "2x2 mixed": (mixed_2_to_2, 15),
    "2x1 stacked": (stacked_2_to_1, 5),
}


def check():
    """Both forms compute the same."""
    torch.manual_seed(0)
    x, weights = torch.randn(2, 3, 5, 5, dtype=torch.float64), torch.randn(3, 4, 15, dtype=torch.float64)
    assert torch.allclose(stacked_2_to_2(x, weights), mixed_2_to_2(x, weights))


def timed(runs, work):
    """The median and the least of several runs, each repeated until two milliseconds have passed."""

    def run(count):
        start = time.perf_counter()
        for _ in range(count):
            work()
        return (time.perf_counter() - start) / count

    run(1)
    count = min(max(1, int(2e-3 / run(1))), 100000)
    seconds = [run(count) for _ in range(runs)]
    return statistics.median(seconds), min(seconds)


def measure(name, n, channels, batch, runs, is_forward):
    layer, maps = LAYERS[name]
    x = torch.randn(batch, channels, *[n] * int(name[0]), requires_grad=True)
    weights = torch.randn(channels, channels, maps, requires_grad=True)
    with torch.no_grad():
        forward, least = timed(runs, lambda: layer(x, weights))
    row = {"peer": "torch", "version": torch.__version__, "layer": name, "n": n, "channels": channels, "batch": batch}
    row = {**row, "threads": torch.get_num_threads(), "seconds": forward, "seconds_least": least}
    if is_forward:
        return row
    cotangent = torch.randn_like(layer(x, weights).detach())

    def both():
        torch.autograd.grad(layer(x, weights), (x, weights), cotangent)

    both_seconds, both_least = timed(runs, both)
    return {**row, "seconds_backward": both_seconds, "seconds_backward_least": both_least}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", default=",".join(LAYERS))
    for name, default in [("n", "10,30,100"), ("channels", "1,16,64"), ("batch", "1,64")]:
        parser.add_argument(f"--{name}", default=default)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--forward", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    check()
    numbers = lambda text: [int(word) for word in text.split(",")]
    for name in arguments.layers.split(","):
        for n in numbers(arguments.n):
            for channels in numbers(arguments.channels):
                for batch in numbers(arguments.batch):
                    # The stacked form takes 15 times the features, and their cotangents as much again.
                    if 2 * 15 * 4 * batch * channels * n * n > 8e9:
                        continue
                    print(json.dumps(measure(name, n, channels, batch, arguments.runs, arguments.forward)), flush=True)


if __name__ == "__main__":
    main()
