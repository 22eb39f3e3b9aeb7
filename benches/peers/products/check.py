"""Checks that all peers compute the same numbers, so that their times are times of the same map.

    python check.py

cg: every peer against e3nn, path by path; the sign of a 3j tensor is a convention, so a path may differ by it, and how
many do is printed. gaunt: against a quadrature of e3nn's harmonics. sh: every peer against e3nn in float64. mimo, simo,
siso: cg against e3nn, gaunt against the quadrature. Gradients: <g, f(x', y)> = <gradient of x, x'> for random x'.
Ends with 1 where a deviation exceeds TOLERANCE.
"""

import argparse
import dataclasses
import sys
import warnings

import numpy as np
from cases import add_choice, cases
from worker import build, random_cotangent, random_inputs

TOLERANCE = 2e-5  # relative to the largest value: some 100 roundings of float32


def relative(found, expected):
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def e3nn_paths(case, arrays):
    """The product by o3.wigner_3j in float64, in the normalisation of the case's operation."""
    import torch
    from e3nn import o3

    x, y = arrays
    begin = {degree: sum(2 * d + 1 for d in case.degrees if d < degree) for degree in case.degrees}
    blocks = []
    for l1, l2, l3 in case.paths:
        factor = 2 * l3 + 1 if case.op == "cg" else (2 * l1 + 1) * (2 * l2 + 1)
        left = x[..., begin[l1]:begin[l1] + 2 * l1 + 1]
        right = y[..., begin[l2]:begin[l2] + 2 * l2 + 1]
        tensor = o3.wigner_3j(l1, l2, l3, dtype=torch.float64).numpy()
        blocks.append(factor**0.5 * np.einsum("zui,zuj,ijk->zuk", left, right, tensor))
    return np.concatenate(blocks, axis=-1)


def gaunt_quadrature(case, arrays):
    """The coefficients of the product of two functions on the sphere, by Gauss-Legendre with points to spare.

    e3nn-jax's 'integral' on the grid means: harmonics 'component', projections by the mean over the sphere.
    """
    import torch
    from e3nn import o3

    count = 4 * case.lmax + 8
    heights, weights = np.polynomial.legendre.leggauss(count)
    angles = 2 * np.pi * np.arange(2 * count) / (2 * count)
    radius = np.sqrt(1 - heights**2)[:, None]
    grid = np.stack([radius * np.cos(angles), radius * np.sin(angles), heights[:, None] + 0 * angles], axis=-1)
    grid = grid.reshape(-1, 3)
    mean = np.repeat(weights, 2 * count) / (4 * count)

    def harmonics(degrees):
        return o3.spherical_harmonics(degrees, torch.tensor(grid), normalize=True, normalization="component").numpy()

    inputs = harmonics(case.degrees)
    return (arrays[0] @ inputs.T * (arrays[1] @ inputs.T) * mean) @ harmonics(case.output_degrees)


def with_signs(case, found, expected):
    """Returns `found` with the sign of each path that fits, and the number of paths turned."""
    found, turned, begin = found.copy(), 0, 0
    for degree in case.output_degrees:
        block = slice(begin, begin + 2 * degree + 1)
        if np.vdot(found[..., block], expected[..., block]) < 0:
            found[..., block] *= -1
            turned += 1
        begin += 2 * degree + 1
    return found, turned


def exact_harmonics(case):
    """e3nn in float64."""
    return build(dataclasses.replace(case, peer="e3nn", variant="torchscript", dtype="float64"))


def output_deviation(case, operation, arrays):
    """Returns the deviation of the output and the number of paths with the other sign."""
    found = operation.outputs(operation.forward(*operation.inputs(arrays)))
    if case.op == "sh":
        reference = exact_harmonics(case)
        return relative(found, reference.outputs(reference.forward(*reference.inputs(arrays)))), 0
    if case.variant in ("gaunt", "matrix", "fft"):
        return relative(found, gaunt_quadrature(case, arrays)), 0
    expected = e3nn_paths(case, arrays)
    found, turned = with_signs(case, found, expected)
    return relative(found, expected), turned


def harmonics_deviation(case, operation, arrays, cotangent):
    """The gradient of the points for the cotangent, from a gradient or from all derivatives."""
    reference = exact_harmonics(case)
    expected = reference.derivative(*reference.inputs(arrays), reference.cotangent(cotangent))[1].numpy()
    inputs = operation.inputs(arrays)
    if case.direction == "jacobian":
        _, jacobian = operation.derivative(*inputs)
        gradient = np.einsum("zcv,zv->zc", jacobian, operation.cotangent(cotangent))
    else:
        _, gradient = operation.derivative(*inputs, operation.cotangent(cotangent))
    return relative(operation.gradients([gradient])[0], expected)


def gradient_deviation(case, operation, arrays, cotangent):
    """The gradients of a product as linear maps, each applied to a random direction."""
    inputs = operation.inputs(arrays)
    output, *gradients = operation.derivative(*inputs, operation.cotangent(cotangent))
    deviation = relative(operation.outputs(output), operation.outputs(operation.forward(*inputs)))
    direction = random_inputs(case, seed=7)[0]
    for place, gradient in enumerate(operation.gradients(gradients)):
        moved = operation.inputs([direction if i == place else a for i, a in enumerate(arrays)])
        terms = operation.outputs(operation.forward(*moved)) * cotangent
        deviation = max(deviation, abs((gradient * direction).sum() - terms.sum()) / np.abs(terms).sum())
    return deviation


def check(case):
    """Returns the largest relative deviation and the number of paths with the other sign."""
    operation = build(case)
    arrays = random_inputs(case, seed=3)
    if case.direction == "forward":
        return output_deviation(case, operation, arrays)
    cotangent = random_cotangent(case, seed=4)
    if case.op == "sh":
        return harmonics_deviation(case, operation, arrays, cotangent), 0
    return gradient_deviation(case, operation, arrays, cotangent), 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_choice(parser)
    parser.set_defaults(lmax=[2, 3], channels=[1, 3], batch=[8], threads=[1])
    warnings.filterwarnings("ignore")
    failed = 0
    for case in cases(parser.parse_args()):
        deviation, turned = check(case)
        failed += not deviation < TOLERANCE
        signs = f", {turned} of {len(case.paths)} paths with the other sign" if turned else ""
        print(f"{'ok' if deviation < TOLERANCE else 'WRONG':5} {case.peer} {case.op} {case.variant} {case.direction} "
              f"{case.dtype} lmax {case.lmax} channels {case.channels}: {deviation:.1e}{signs}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
