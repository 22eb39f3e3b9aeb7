"""Compares temperature, pressure and their fluctuations with the distributions that they should have.

    python ensembles.py [--program target/release/schur] [--work DIRECTORY] [--only npt]

Each line names a quantity, what was found with its standard error, what is expected, and the deviation in errors; up
to three pass. Errors come from the scatter of 20 blocks. The kinetic energy of f degrees of freedom follows the gamma
distribution of shape f/2 and scale kT; samples for Kolmogorov and Smirnov's test lie 0.5 ps apart, and p > 0.01 passes.

- nvt: 64 atoms of silicon at 600 K, and the same crystal with 8 atoms for longer, where fluctuations are larger.
- npt: 8 atoms of silicon at 600 K, 0 and 5 GPa. The mean of the pressure lies kT<1/V> below the pressure asked for,
  since the centre of mass rests. -dV/dP = <(V-<V>)^2>/kT, the mean of both pressures, against the difference of mean
  volumes; and ln p_5(V)/p_0(V) must fall linearly in V with the slope 5 GPa/kT.
"""

import numpy as np
from md_files import BOLTZMANN, GIGAPASCAL, SI64, argument_parser, run_md, write_si8
from series import gamma_distribution, jackknife, kolmogorov_smirnov, log_ratio_slope, mean_and_error, verdict

TEMPERATURE = 600
KT = BOLTZMANN * TEMPERATURE
SAMPLE_SPACING = 500.0  # fs
SMALLEST_PROBABILITY = 0.01
PRESSURES = (0.0, 5.0)  # GPa


def main():
    arguments = parse()
    arguments.work.mkdir(parents=True, exist_ok=True)
    si8 = write_si8(arguments.work)
    if "nvt" in arguments.only:
        check_thermostats(arguments, "si64", SI64, steps=20_000)
        check_thermostats(arguments, "si8", si8, steps=100_000)
    if "npt" in arguments.only:
        check_barostat(arguments, si8)
        check_full_cell(arguments, si8)


def parse():
    parser = argument_parser(__doc__)
    parser.add_argument("--only", nargs="+", choices=("nvt", "npt"), default=("nvt", "npt"))
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def report(run, quantity, found, expected, unit="", digits=3):
    value, error = found
    print(f"| {run} | {quantity}{unit and f' [{unit}]'} | {value:.{digits}f} ± {error:.{digits}f} "
          f"| {expected:.{digits}f} | {verdict(value, error, expected)} |", flush=True)  # fmt: skip


def check_thermostats(arguments, name, structure, steps):
    start = arguments.work / f"{name}-600K.extxyz"
    run_md(arguments.program, structure, start, ensemble="nvt", temperature=TEMPERATURE, timestep=1, steps=2000,
           every=1000, threads=arguments.threads)  # fmt: skip
    for thermostat in ("langevin", "csvr", "nose-hoover"):
        run = f"{name}-{thermostat}"
        stats = run_md(arguments.program, start, arguments.work / f"{run}.extxyz", frame=-1, ensemble="nvt",
                       temperature=TEMPERATURE, thermostat=thermostat, timestep=1, steps=steps, every=10,
                       threads=arguments.threads, seed=1)  # fmt: skip
        check_kinetic_energy(run, stats, is_random=thermostat != "nose-hoover")


def check_kinetic_energy(name, stats, is_random):
    report(name, "T", mean_and_error(stats["T"]), TEMPERATURE, "K", 1)
    # K/kT of f degrees of freedom, where the temperature tells f: f/2 = (K/kT) (T0/T).
    atoms = round(atoms_of(stats))
    energy = stats["Ekin/N"] * atoms / KT
    shape = np.median(energy * TEMPERATURE / stats["T"])
    report(name, f"var K, f = {2 * shape:.0f}", mean_and_error((energy - shape) ** 2 / shape), 1.0)
    if not is_random:
        return
    spacing = round(SAMPLE_SPACING / (stats["time"][1] - stats["time"][0]))
    samples = energy[spacing::spacing]
    distance, probability = kolmogorov_smirnov(gamma_distribution(samples, shape))
    passes = "passes" if probability > SMALLEST_PROBABILITY else "FAILS"
    print(f"| {name} | K, distribution of {len(samples)} samples | D = {distance:.3f} | p > {SMALLEST_PROBABILITY} "
          f"| p = {probability:.2f}, {passes} |", flush=True)  # fmt: skip


def atoms_of(stats):
    """The number of silicon atoms, from density and volume."""
    gram_per_cubic_centimetre, mass = 0.602214076, 28.085  # amu/Å^3, amu
    return np.median(stats["density"] * stats["volume"]) * gram_per_cubic_centimetre / mass


def run_npt(arguments, structure, name, **options):
    """Statistics after 5 ps."""
    stats = run_md(arguments.program, structure, arguments.work / f"{name}.extxyz", ensemble="npt",
                   temperature=TEMPERATURE, timestep=2, steps=102_500, every=5, threads=arguments.threads, seed=1,
                   **options)  # fmt: skip
    return {key: values[stats["time"] > 5000] for key, values in stats.items()}


def check_barostat(arguments, si8):
    runs = [run_npt(arguments, si8, f"si8-npt-{pressure:.0f}GPa", pressure=pressure) for pressure in PRESSURES]
    volumes = [stats["volume"] for stats in runs]
    for pressure, stats in zip(PRESSURES, runs):
        name = f"npt, {pressure:.0f} GPa"
        check_kinetic_energy(name, stats, is_random=True)
        report(name, "P", mean_and_error(stats["P"]), expected_pressure(pressure, stats), "GPa")
    difference = (PRESSURES[1] - PRESSURES[0]) / GIGAPASCAL
    name = "npt, both"
    report(name, "var V / (-kT ΔV/ΔP)", jackknife(lambda a, b: fluctuation_ratio(a, b, difference), *volumes), 1.0)
    report(name, "slope of ln p_5/p_0 / (-ΔP/kT)",
           jackknife(lambda a, b: log_ratio_slope(a, b) / (-difference / KT), *volumes), 1.0)  # fmt: skip
    means = [mean_and_error(volume) for volume in volumes]
    modulus = -difference * GIGAPASCAL * (means[0][0] + means[1][0]) / 2 / (means[1][0] - means[0][0])
    print(f"\nvolumes {means[0][0]:.2f} ± {means[0][1]:.2f} and {means[1][0]:.2f} ± {means[1][1]:.2f} Å^3, "
          f"bulk modulus between them {modulus:.0f} GPa\n", flush=True)  # fmt: skip


def expected_pressure(pressure, stats):
    return pressure - KT * (1 / stats["volume"]).mean() * GIGAPASCAL


def fluctuation_ratio(first, second, pressure_difference):
    """Mean of the variances over kT, against the difference of means over that of pressures."""
    from_variances = (np.var(first) + np.var(second)) / 2 / KT
    return from_variances / ((first.mean() - second.mean()) / pressure_difference)


def check_full_cell(arguments, si8):
    stats = run_npt(arguments, si8, "si8-npt-full", pressure=0, cell="full")
    name = "npt, full cell"
    report(name, "T", mean_and_error(stats["T"]), TEMPERATURE, "K", 1)
    for component in ("Pxx", "Pyy", "Pzz"):
        report(name, component, mean_and_error(stats[component]), expected_pressure(0.0, stats), "GPa")
    for component in ("Pyz", "Pxz", "Pxy"):
        report(name, component, mean_and_error(stats[component]), 0.0, "GPa")


if __name__ == "__main__":
    main()
