"""Compares the Jones polynomials of `jones` with those of KnotInfo; see README.md."""

import argparse
import collections
import csv
import pathlib
import re
import subprocess
import sys
import time

import database_knotinfo

TERM = re.compile(r"([+-]?)(\d*)(?:([*/]?)t(?:\^\(?(-?\d+)\)?)?)?")


def table():
    """Yields the knots as dictionaries of the columns that are compared."""
    path = pathlib.Path(database_knotinfo.__file__).parent / "csv_data" / "knotinfo_data_complete.csv"
    csv.field_size_limit(sys.maxsize)
    with path.open() as lines:
        rows = csv.reader(lines, delimiter="|")
        names = next(rows)
        titles = next(rows)
        assert len(titles) == len(names)
        for row in rows:
            yield dict(zip(names, row))


def polynomial(text):
    """Reads `t^(-2)-t^(-1)+ 1-t+ t^2` or `1+4/t^7-2*t` as a dictionary from powers to coefficients."""
    text = text.replace(" ", "")
    found = collections.Counter()
    place = 0
    while place < len(text):
        match = TERM.match(text, place)
        if match.end() == place:
            raise ValueError(f"not a polynomial at {place}: {text}")
        sign, size, operation, power = match.groups()
        coefficient = int(size or 1) * (-1 if sign == "-" else 1)
        # Without a power of t there is not even an empty operation.
        exponent = 0 if operation is None else int(power or 1) * (-1 if operation == "/" else 1)
        found[exponent] += coefficient
        place = match.end()
    return {power: c for power, c in found.items() if c}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="the built example `jones`")
    parser.add_argument("--crossings", type=int, default=99, help="the largest number of crossings")
    parser.add_argument("--network", action="store_true", help="contract braids as tensor networks too")
    options = parser.parse_args()

    # A knot may have several braids; each is a line.
    jobs = []
    for knot in table():
        if int(re.match(r"\d+", knot["name"]).group()) <= options.crossings:
            braids = re.findall(r"\[[-\d,]+\]", knot["braid_notation"]) or ["[]"]
            jobs += [(knot, braid, place == 0) for place, braid in enumerate(braids)]
    lines = [f"{knot['name']};{knot['pd_notation'] or '[]'};{braid}\n" for knot, braid, _ in jobs]
    command = [options.program] + ["--network"] * options.network
    start = time.perf_counter()
    answer = subprocess.run(command, input="".join(lines), capture_output=True, text=True, check=True).stdout
    seconds = time.perf_counter() - start
    rows = [line.split(";") for line in answer.splitlines()]
    assert len(rows) == len(jobs), f"{len(rows)} answers for {len(jobs)} braids"

    groups = collections.defaultdict(list)
    wrong = 0
    for (knot, braid, is_first), row in zip(jobs, rows):
        assert row[0] == knot["name"]
        ours, theirs = polynomial(row[1]), polynomial(knot["jones_polynomial"])
        determinant = abs(sum(c * (-1) ** power for power, c in ours.items()))
        # The table gives the unknot a determinant of 0.
        differs = ours != theirs or (knot["name"] != "0_1" and determinant != int(knot["determinant"]))
        if differs and is_first:
            print(f"{knot['name']}: {row[1]} is not {knot['jones_polynomial']}", file=sys.stderr)
        if row[6] != "equal":
            print(f"{knot['name']}: the braid {braid} has another polynomial than the diagram", file=sys.stderr)
        wrong += (differs and is_first) + (row[6] != "equal")
        groups[int(row[2])].append((is_first, differs, row))

    print("crossings knots wrong braids braids_wrong width matchings microseconds", end="")
    print(" network_error network_microseconds" if options.network else "")
    for crossings, members in sorted(groups.items()):
        knots = sum(is_first for is_first, _, _ in members)
        differing = sum(is_first and differs for is_first, differs, _ in members)
        rows = [row for _, _, row in members]
        mean = lambda column: sum(float(row[column]) for row in rows) / len(rows)
        line = [crossings, knots, differing, len(rows), sum(row[6] != "equal" for row in rows)]
        line += [max(int(row[3]) for row in rows), max(int(row[4]) for row in rows), f"{mean(5):.0f}"]
        if options.network:
            line += [f"{max(float(row[7]) for row in rows):.1e}", f"{mean(8):.0f}"]
        print(*line)
    total = sum(is_first for _, _, is_first in jobs)
    print(f"{total} knots, {len(jobs)} braids, {wrong} wrong, {seconds:.2f} s in all", file=sys.stderr)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
