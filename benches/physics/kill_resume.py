"""Kills `md` at random moments and compares what resumed runs end with to runs that were left alone.

    python kill_resume.py [--program target/release/schur] [--work DIRECTORY] [--runs 50] [--seed 1]

Silicon with 8 atoms, all ensembles in turn, a frame every 3 steps and a checkpoint every 7. Each run is begun with
`--resume` and killed (SIGKILL) after a random time, from before the model is read to after the end, then continued by
the same command and killed again, up to five times; the last process is left alone. Trajectory, statistics and the
last checkpoint must have the bytes of the run without interruption. Every second run continues with another number of
threads. At last SIGINT and SIGTERM: the program must end with status 4 and a checkpoint, and continue in the same way.

Ends with status 1 if anything differs. Temporary files that killed processes leave beside their output are counted.
"""

import random
import signal
import subprocess
import sys
import time
from collections import Counter

from md_files import WORK, argument_parser, checkpoint_file, md_command, statistics_file, write_si8

STEPS = 600
ENSEMBLES = {
    "nve": {"ensemble": "nve", "temperature": 600},
    "langevin": {"ensemble": "nvt", "temperature": 600, "thermostat": "langevin"},
    "csvr": {"ensemble": "nvt", "temperature": 600, "thermostat": "csvr"},
    "nose-hoover": {"ensemble": "nvt", "temperature": 600, "thermostat": "nose-hoover"},
    "npt": {"ensemble": "npt", "temperature": 600, "pressure": 1, "cell": "full"},
}
MOST_KILLS = 5
INTERRUPTED = 4


def main():
    arguments = parse()
    chance = random.Random(arguments.seed)
    arguments.work.mkdir(parents=True, exist_ok=True)
    structure = write_si8(arguments.work)
    foreign = set(temporary_files(arguments.work))
    references = {name: reference(arguments, structure, name) for name in ENSEMBLES}
    counts = Counter()
    for run in range(arguments.runs):
        name = list(ENSEMBLES)[run % len(ENSEMBLES)]
        killed_run(arguments, structure, name, run, references[name], chance, counts)
    for run in range(arguments.signals):
        name = list(ENSEMBLES)[run % len(ENSEMBLES)]
        number = (signal.SIGINT, signal.SIGTERM)[run % 2]
        signalled_run(arguments, structure, name, number, references[name], chance, counts)
    counts["temporary files left"] = len(set(temporary_files(arguments.work)) - foreign)
    print(", ".join(f"{what}: {count}" for what, count in sorted(counts.items())))
    if counts["differing runs"] or counts["wrong exits"]:
        sys.exit(1)


def parse():
    parser = argument_parser(__doc__, WORK / "kill")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--signals", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    return parser.parse_args()


def command(arguments, structure, name, output, threads):
    return md_command(arguments.program, structure, output, timestep=1, steps=STEPS, every=3, checkpoint_every=7,
                      seed=11, threads=threads, **ENSEMBLES[name])  # fmt: skip


def reference(arguments, structure, name):
    """Seconds and files of a run without interruption."""
    output = arguments.work / f"reference-{name}.extxyz"
    begin = time.monotonic()
    subprocess.run([*command(arguments, structure, name, output, 1), "--overwrite"], check=True)
    return time.monotonic() - begin, contents(output)


def temporary_files(folder):
    return folder.glob(".*.tmp")


def files(output):
    return [output, statistics_file(output), checkpoint_file(output)]


def contents(output):
    return [path.read_bytes() for path in files(output)]


def fresh_output(arguments, label):
    output = arguments.work / f"{label}.extxyz"
    for path in files(output):
        path.unlink(missing_ok=True)
    return output


def threads_of(attempt, run):
    """Two threads in every second process of every second run."""
    return 1 + attempt % 2 * (run % 2)


def killed_run(arguments, structure, name, run, expected, chance, counts):
    seconds, bytes_expected = expected
    output = fresh_output(arguments, f"killed-{name}")
    for attempt in range(MOST_KILLS):
        start = [*command(arguments, structure, name, output, threads_of(attempt, run)), "--resume"]
        with subprocess.Popen(start) as child:
            time.sleep(chance.uniform(0, 0.6 * seconds))
            child.send_signal(signal.SIGKILL)
        if child.returncode == 0:
            break
        counts["kills"] += child.returncode == -signal.SIGKILL
        counts["kills after a checkpoint"] += checkpoint_file(output).exists()
        counts["wrong exits"] += child.returncode not in (0, -signal.SIGKILL)
    finish(command(arguments, structure, name, output, threads_of(MOST_KILLS, run)), counts)
    compare(f"killed run {run}, {name}", output, bytes_expected, counts)
    counts["killed runs"] += 1


def signalled_run(arguments, structure, name, number, expected, chance, counts):
    seconds, bytes_expected = expected
    output = fresh_output(arguments, f"signalled-{name}")
    start = [*command(arguments, structure, name, output, 1), "--resume"]
    with subprocess.Popen(start) as child:
        while not checkpoint_file(output).exists() and child.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.5 * seconds))
        child.send_signal(number)
    if child.returncode != INTERRUPTED:
        print(f"{signal.Signals(number).name}, {name}: ended with {child.returncode}, not {INTERRUPTED}")
        counts["wrong exits"] += 1
    counts[f"{signal.Signals(number).name} with status {child.returncode}"] += 1
    finish(command(arguments, structure, name, output, 1), counts)
    compare(f"{signal.Signals(number).name}, {name}", output, bytes_expected, counts)


def finish(start, counts):
    """Continues to the end."""
    done = subprocess.run([*start, "--resume"])
    if done.returncode != 0:
        print(f"resuming ended with {done.returncode}: {' '.join(start)}")
        counts["wrong exits"] += 1


def compare(what, output, expected, counts):
    differing = [path.name for path, found, bytes_ in zip(files(output), contents(output), expected) if found != bytes_]
    counts["differing runs" if differing else "identical runs"] += 1
    if differing:
        print(f"{what}: {', '.join(differing)} differ; kept in {output.parent}", flush=True)


if __name__ == "__main__":
    main()
