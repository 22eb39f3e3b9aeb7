"""Measures the drift of the total energy of NVE runs, and how its fluctuation falls with the time step.

    python nve_drift.py [--program target/release/schur] [--work DIRECTORY] [--picoseconds 20]

64 atoms of silicon are brought to 600 K (2 ps of nvt) and run at 1 fs in both precisions. The slope is that of the
means of 20 blocks, its interval from their scatter about the line: 95 %, Student's t, widened by sqrt((1+r)/(1-r)) for
the correlation r of neighbours. It is given for the total energy, and for the total energy plus dt^2/24 sum F^2/m: what
velocity Verlet conserves better, up to the derivative dt^2/12 d(vF)/dt, which blocks average out. Both drift alike.

The runs in f32 and f64 begin at the same point and stay together for some picoseconds, where the difference of their
energies is the effect of rounding alone. The last row is its slope, with the temperatures' largest difference.

Halving the time step should divide the fluctuation of the total energy by four.
"""

import math

import numpy as np
from md_files import ACCELERATION, SI64, argument_parser, read_forces, run_md

MASS = 28.085  # amu, silicon
TEMPERATURE = 600
BLOCKS = 20
# Student's t, 97.5 %, for as many degrees of freedom as blocks less two.
STUDENT = 2.101
# eV/atom/ps in meV/atom/ns.
MILLIELECTRONVOLT_A_NANOSECOND = 1e6


def main():
    arguments = parse()
    arguments.work.mkdir(parents=True, exist_ok=True)
    start = equilibrated(arguments)
    print("| precision | T [K] | dE/dt [meV/atom/ns] | with dt²/24 ΣF²/m | rms fluctuation [µeV/atom] |")
    print("|---|---|---|---|---|")
    single, double = (drift_row(arguments, start, precision) for precision in ("f32", "f64"))
    difference_row(single, double)
    for precision in ("f32", "f64"):
        coarse, fine = (fluctuation(arguments, start, precision, step) for step in (1.0, 0.5))
        print(f"{precision}: fluctuation {coarse * 1e6:.2f} µeV/atom at 1 fs, {fine * 1e6:.2f} at 0.5 fs, "
              f"ratio {coarse / fine:.3f} (4)", flush=True)  # fmt: skip


def parse():
    parser = argument_parser(__doc__)
    parser.add_argument("--picoseconds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def equilibrated(arguments):
    """A trajectory whose last frame has the velocities to begin with."""
    output = arguments.work / "si64-600K.extxyz"
    run_md(arguments.program, SI64, output, ensemble="nvt", temperature=TEMPERATURE, timestep=1, steps=2000,
           every=1000, threads=arguments.threads)  # fmt: skip
    return output


def run_nve(arguments, start, name, **options):
    output = arguments.work / f"{name}.extxyz"
    stats = run_md(arguments.program, start, output, frame=-1, ensemble="nve", threads=arguments.threads, **options)
    return output, stats


def drift_row(arguments, start, precision):
    """Prints one row of the table and returns the statistics."""
    timestep, every = 1.0, 10
    output, stats = run_nve(arguments, start, f"si64-drift-{precision}", timestep=timestep,
                            steps=round(arguments.picoseconds * 1000 / timestep), every=every,
                            precision=precision)  # fmt: skip
    time, energy = stats["time"] * 1e-3, stats["Etot/N"]
    squares = (read_forces(output) ** 2).sum(axis=2).mean(axis=1)
    shadow = energy + timestep**2 / 24 * ACCELERATION / MASS * squares
    text = [f"{value:+.3f} ± {error:.3f}" for value, error in (slope(time, energy), slope(time, shadow))]
    print(f"| {precision} | {stats['T'].mean():.0f} | {text[0]} | {text[1]} | {energy.std() * 1e6:.2f} |",
          flush=True)  # fmt: skip
    return stats


def difference_row(single, double):
    """The drift that rounding to f32 adds."""
    difference = single["Etot/N"] - double["Etot/N"]
    apart = abs(single["T"] - double["T"]).max()
    value, error = slope(single["time"] * 1e-3, difference)
    print(f"| f32 - f64 | within {apart:.2f} | {value:+.4f} ± {error:.4f} | | {difference.std() * 1e6:.2f} |\n",
          flush=True)  # fmt: skip


def slope(time, energy):
    """The slope of block means against time and half its 95 % interval, in meV/atom/ns."""
    size = len(energy) // BLOCKS
    time, energy = (series[-BLOCKS * size :].reshape(BLOCKS, size).mean(axis=1) for series in (time, energy))
    time = time - time.mean()
    value = (time * energy).sum() / (time**2).sum()
    rest = energy - energy.mean() - value * time
    error = math.sqrt((rest**2).sum() / (BLOCKS - 2) / (time**2).sum())
    correlation = max(0.0, (rest[1:] * rest[:-1]).sum() / (rest**2).sum())
    widening = math.sqrt((1 + correlation) / (1 - correlation))
    return value * MILLIELECTRONVOLT_A_NANOSECOND, STUDENT * widening * error * MILLIELECTRONVOLT_A_NANOSECOND


def fluctuation(arguments, start, precision, timestep):
    """Standard deviation of the total energy over 2 ps, in eV/atom."""
    name = f"si64-nve-{precision}-{timestep}fs"
    _, stats = run_nve(arguments, start, name, timestep=timestep, steps=round(2000 / timestep),
                       every=round(5 / timestep), precision=precision)  # fmt: skip
    return np.std(stats["Etot/N"])


if __name__ == "__main__":
    main()
