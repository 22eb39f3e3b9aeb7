"""Statistics of correlated series, against distributions that are known."""

import math

import numpy as np

# Blocks are to be several correlation times long, and enough that their scatter is known: to 16 %.
BLOCKS = 20
# A check passes within so many standard errors.
SIGMAS = 3


def block_means(values, blocks=BLOCKS):
    """Means of equal blocks; what does not fill one is left out at the beginning."""
    size = len(values) // blocks
    return values[len(values) - blocks * size :].reshape(blocks, size).mean(axis=1)


def mean_and_error(values):
    """The mean and its standard error from the scatter of block means."""
    means = block_means(np.asarray(values))
    return means.mean(), means.std(ddof=1) / math.sqrt(len(means))


def verdict(value, error, expected):
    """The deviation in standard errors, and whether it is within bounds."""
    sigmas = (value - expected) / error
    return f"{sigmas:+.1f} σ, {'passes' if abs(sigmas) < SIGMAS else 'FAILS'}"


def gamma_distribution(values, shape):
    """The cumulative gamma distribution of unit scale, by integrating its density."""
    grid = np.linspace(0.0, shape + 12 * math.sqrt(shape) + 12, 200_001)
    with np.errstate(divide="ignore"):
        density = np.exp((shape - 1) * np.log(grid) - grid - math.lgamma(shape))
    sums = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(grid))])
    return np.interp(values, grid, sums)


def kolmogorov_smirnov(probabilities):
    """The distance D of independent samples from uniform, and the probability of a larger one.

    Kolmogorov's limit with Stephens' correction for few samples (J. R. Stat. Soc. B 32, 115, 1970).
    """
    ordered = np.sort(probabilities)
    n = len(ordered)
    ranks = np.arange(n)
    distance = max((ordered - ranks / n).max(), ((ranks + 1) / n - ordered).max())
    scaled = (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n)) * distance
    terms = [2 * (-1) ** (k - 1) * math.exp(-2 * k * k * scaled * scaled) for k in range(1, 101)]
    return distance, min(1.0, max(0.0, sum(terms)))


def log_ratio_slope(first, second):
    """The slope of ln(p_second / p_first) in the variable, by maximum likelihood (Bennett; logistic regression)."""
    values = np.concatenate([first, second])
    centre, width = values.mean(), values.std()
    scaled = (values - centre) / width
    is_second = np.concatenate([np.zeros(len(first)), np.ones(len(second))])
    columns = np.stack([np.ones_like(scaled), scaled])
    weights = np.zeros(2)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(weights @ columns, -500, 500)))
        hessian = (columns * (chance * (1 - chance))) @ columns.T
        step = np.linalg.solve(hessian, columns @ (is_second - chance))
        weights += step
        if abs(step).max() < 1e-10:
            break
    return weights[1] / width


def jackknife(estimate, *series):
    """An estimate from whole series and its standard error, leaving out one block of each at a time."""
    kept = [values[len(values) % BLOCKS :].reshape(BLOCKS, -1) for values in series]
    without = [estimate(*(np.delete(blocks, k, axis=0).ravel() for blocks in kept)) for k in range(BLOCKS)]
    error = math.sqrt((BLOCKS - 1) * np.var(without))
    return estimate(*series), error
