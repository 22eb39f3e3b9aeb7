"""Peers that run on JAX: e3nn-jax and cuequivariance.

Everything is one jitted function of plain arrays. "gradient" returns the output beside both gradients: else XLA would
drop the forward product, on which the gradients of a bilinear map do not depend.
"""

import cue_polynomial
import e3nn_jax
import jax
import jax.numpy as jnp
import numpy as np
from operation import Operation, pack, unpack


def calls(function):
    """Returns the blocking forward and gradient calls."""
    forward = jax.jit(function)

    @jax.jit
    def gradient(*inputs_and_cotangent):
        *inputs, cotangent = inputs_and_cotangent
        output, pullback = jax.vjp(function, *inputs)
        return output, *pullback(cotangent)

    return (lambda *a: jax.block_until_ready(forward(*a))), (lambda *a: jax.block_until_ready(gradient(*a)))


def operation_of(function, case, **layout):
    identity = {"inputs": lambda arrays: [jnp.asarray(a, case.dtype) for a in arrays],
                "cotangent": lambda a: jnp.asarray(a, case.dtype),
                "outputs": np.asarray,
                "gradients": lambda ts: [np.asarray(t) for t in ts]}
    forward, gradient = calls(function)
    return Operation(forward=forward, derivative=gradient, **{**identity, **layout})


def irreps_of(degrees, exponents=None):
    """Irreps of one each, in the given order; the parity is that of the degree unless exponents are given."""
    return e3nn_jax.Irreps([(1, (degree, -1 if exponent % 2 else 1))
                            for degree, exponent in zip(degrees, exponents or degrees, strict=True)])


def e3nn_product(case):
    """tensor_product of arrays [batch, channel, irreps]: the channel is an axis, which is the package's own style.

    cg: 'component'. mimo, simo, siso: 'norm', as in Xie et al. 2025 (arXiv 2506.13523). The package sorts the blocks of
    the output.
    """
    irreps = irreps_of(case.degrees)
    paths = case.paths
    unsorted = irreps_of([p[2] for p in paths], [p[0] + p[1] for p in paths])
    wanted = sorted({ir for _, ir in unsorted})
    normalization = "component" if case.op == "cg" else "norm"

    def function(x, y):
        product = e3nn_jax.tensor_product(e3nn_jax.IrrepsArray(irreps, x), e3nn_jax.IrrepsArray(irreps, y),
                                          filter_ir_out=wanted, irrep_normalization=normalization)
        return product.array

    slices = unsorted.slices()
    sorted_places = np.concatenate([np.arange(slices[i].start, slices[i].stop) for i in unsorted.sort().inv])
    plain_places = np.argsort(sorted_places)
    return operation_of(function, case,
                        cotangent=lambda a: jnp.asarray(a[..., sorted_places], case.dtype),
                        outputs=lambda t: np.asarray(t)[..., plain_places])


def grid(case):
    """Returns (res_beta, res_alpha): Gauss-Legendre and uniform points that integrate the product exactly.

    gaunt: degree 3 lmax; an FFT wants an odd number. mimo, simo, siso: the rule of Xie et al., exact for degree 4 lmax.
    """
    if case.op == "gaunt":
        return 3 * case.lmax // 2 + 1, (3 * case.lmax + 1) | (1 if case.variant == "fft" else 0)
    return 2 * case.lmax + 1, 2 * (2 * case.lmax + 1)


def e3nn_gaunt(case):
    """to_s2grid of both, their product on the grid, from_s2grid; 'integral' normalisation.

    One product of functions on the sphere: (lmax + 1)^2 numbers for each channel, no choice of paths, none with
    l1 + l2 + l3 odd. It is a different map from the Clebsch-Gordan product.
    """
    irreps = irreps_of(case.degrees)
    irreps_out = irreps_of(case.output_degrees)
    res_beta, res_alpha = grid(case)
    fft = case.variant == "fft"

    def on_grid(array):
        return e3nn_jax.to_s2grid(e3nn_jax.IrrepsArray(irreps, array), res_beta, res_alpha, normalization="integral",
                                  quadrature="gausslegendre", p_val=1, p_arg=-1, fft=fft)

    def function(x, y):
        return e3nn_jax.from_s2grid(on_grid(x) * on_grid(y), irreps_out, normalization="integral", fft=fft).array

    return operation_of(function, case)


def e3nn_harmonics(case):
    """spherical_harmonics of degrees 0..lmax, normalising the points, 'component'."""
    irreps = e3nn_jax.s2_irreps(case.lmax)

    def function(x):
        return e3nn_jax.spherical_harmonics(irreps, x, normalize=True, normalization="component").array

    return operation_of(function, case)


def cue_product(case):
    """segmented_polynomial with method 'naive', the only one without CUDA, of the polynomial in cue_polynomial.py."""
    import cuequivariance_jax

    polynomial = cue_polynomial.product(case)

    def function(x, y):
        shape = jax.ShapeDtypeStruct((len(x), polynomial.outputs[0].size), x.dtype)
        return cuequivariance_jax.segmented_polynomial(polynomial, [x, y], [shape], method="naive")[0]

    def plain(array, degrees):
        return unpack(np.asarray(array), degrees, case.channels, irrep_first=True)

    operation = operation_of(
        function, case,
        inputs=lambda arrays: [jnp.asarray(pack(a, case.degrees, irrep_first=True), case.dtype) for a in arrays],
        cotangent=lambda a: jnp.asarray(pack(a, case.output_degrees, irrep_first=True), case.dtype),
        outputs=lambda t: plain(t, case.output_degrees),
        gradients=lambda ts: [plain(t, case.degrees) for t in ts])
    if case.variant == "naive-flat":
        cue_polynomial.flatten(operation, case, lambda a: jnp.asarray(a, case.dtype))
    return operation


def build(case):
    jax.clear_caches()  # else every case measured keeps its program in memory
    if case.peer == "cue-jax":
        return cue_product(case)
    if case.op == "sh":
        return e3nn_harmonics(case)
    return e3nn_product(case) if case.variant in ("jit", "cg") else e3nn_gaunt(case)
