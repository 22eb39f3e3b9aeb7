"""Sets our rows beside those of the peers: one Markdown table.

    python table.py OURS.jsonl PEERS.jsonl

OURS.jsonl is what `cargo bench --bench einsum` prints, PEERS.jsonl what measure.py prints.
"""

import json
import sys


def read(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines if line.startswith("{")]


def main():
    ours, peers = read(sys.argv[1]), read(sys.argv[2])
    times = {(row["name"], row["threads"], row["peer"]): row.get("seconds_median") for row in peers}
    print("| network | tensors | threads | ours ms | GFLOP/s | GB/s | NumPy ms | PyTorch ms | jax ms | best peer / ours |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in ours:
        found = [times.get((row["name"], row["threads"], peer)) for peer in ("numpy", "torch", "jax")]
        cells = ["" if seconds is None else f"{seconds * 1e3:.3g}" for seconds in found]
        best = min((seconds for seconds in found if seconds is not None), default=None)
        ratio = "" if best is None else f"{best / row['seconds_median']:.2f}"
        print(f"| {row['name']} | {row['tensors']} | {row['threads']} | {row['seconds_median'] * 1e3:.3g} "
              f"| {row['gflops']:.3g} | {row['gb_per_s']:.3g} | " + " | ".join(cells) + f" | {ratio} |")


if __name__ == "__main__":
    main()
