"""Sets our rows beside those of the peers: one Markdown table for full products, one for harmonics.

    python table.py OURS.jsonl PEERS.jsonl

OURS.jsonl is what `cargo bench --bench products` and `--bench harmonics` print, PEERS.jsonl what measure.py writes.
For each case the fastest peer by its median stands beside our median.
"""

import json
import sys


def read(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines if line.startswith("{")]


def fastest(rows):
    """The least median of each case, with the peer's name."""
    best = {}
    for row in rows:
        if "seconds_median" not in row:
            continue
        case = (row["op"], row["direction"], row["lmax"], row["channels"], row["batch"], row["threads"], row["dtype"])
        if case not in best or row["seconds_median"] < best[case][0]:
            best[case] = (row["seconds_median"], row["peer"])
    return best


def milliseconds(seconds):
    return f"{seconds * 1e3:.3g}"


def products(ours, peers):
    print("| channels | batch | threads | L | forward ms | fastest peer ms | ratio | forward + backward ms | fastest peer ms | ratio |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    cases = {}
    for row in ours:
        if "channels" in row:
            key = (row["channels"], row["batch"], row["threads"], row["l_max"])
            cases.setdefault(key, {})[row["op"]] = row["seconds_median"]
    for (channels, batch, threads, l_max), own in sorted(cases.items()):
        cells = []
        for op, direction in [("forward", "forward"), ("forward+backward", "gradient")]:
            peer = peers.get(("cg", direction, l_max, channels, batch, threads, "float32"))
            cells.append(milliseconds(own[op]))
            cells.append(f"{milliseconds(peer[0])} ({peer[1]})" if peer else "")
            cells.append(f"{peer[0] / own[op]:.1f}" if peer else "")
        print(f"| {channels} | {batch} | {threads} | {l_max} | " + " | ".join(cells) + " |")


def harmonics(ours, rows):
    print("| threads | L | values ms | fastest peer ms | ratio | values + gradients ms | sphericart ms | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    cases = {}
    for row in ours:
        if "points" in row and row["dtype"] == "f32":
            cases.setdefault((row["threads"], row["l_max"]), {})[row["op"]] = row["seconds_median"]
    values = fastest(row for row in rows if row["op"] == "sh" and row["direction"] == "forward")
    slopes = fastest(row for row in rows if row["op"] == "sh" and row["direction"] == "jacobian")
    for (threads, l_max), own in sorted(cases.items()):
        cells = []
        for op, direction, peers in [("values", "forward", values), ("values+gradients", "jacobian", slopes)]:
            peer = peers.get(("sh", direction, l_max, 1, 100000, threads, "float32"))
            cells.append(milliseconds(own[op]))
            cells.append(f"{milliseconds(peer[0])} ({peer[1]})" if peer else "")
            cells.append(f"{peer[0] / own[op]:.2f}" if peer else "")
        print(f"| {threads} | {l_max} | " + " | ".join(cells) + " |")


def main():
    ours, rows = read(sys.argv[1]), read(sys.argv[2])
    products(ours, fastest(row for row in rows if row["op"] == "cg"))
    print()
    harmonics(ours, rows)


if __name__ == "__main__":
    main()
