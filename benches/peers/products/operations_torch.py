"""Peers that run on PyTorch: e3nn (its default and torch.compile), cuequivariance, sphericart.

"gradient" runs the forward pass and torch.autograd.grad for all inputs with the given cotangent.
"""

import math

import cue_polynomial
import numpy as np
import torch
from operation import Operation, pack, unpack

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def forward_of(function):
    def forward(*inputs):
        with torch.no_grad():
            return function(*inputs)

    return forward


def gradient_of(function):
    def gradient(*inputs_and_cotangent):
        *inputs, cotangent = inputs_and_cotangent
        inputs = [i.detach().requires_grad_() for i in inputs]
        output = function(*inputs)
        return output, *torch.autograd.grad(output, inputs, cotangent)

    return gradient


def blocks(function, case, irrep_first):
    """Wraps a product whose operands are [batch, blocks of channels]."""
    dtype = DTYPES[case.dtype]

    def plain(tensor, degrees):
        return unpack(tensor.detach().numpy(), degrees, case.channels, irrep_first)

    return Operation(
        forward=forward_of(function),
        derivative=gradient_of(function),
        inputs=lambda arrays: [torch.tensor(pack(a, case.degrees, irrep_first), dtype=dtype) for a in arrays],
        cotangent=lambda a: torch.tensor(pack(a, case.output_degrees, irrep_first), dtype=dtype),
        outputs=lambda t: plain(t, case.output_degrees),
        gradients=lambda ts: [plain(t, case.degrees) for t in ts],
    )


def parity(exponent):
    return "o" if exponent % 2 else "e"


def e3nn_product(case):
    """o3.TensorProduct with one 'uuu' instruction for each path, without weights, each with its own output block.

    Irreps 'component', so the coefficient of a path is sqrt(2 l3 + 1) times the 3j tensor of unit norm.
    """
    import e3nn
    from e3nn import o3

    compiled = case.variant == "torch.compile"
    e3nn.set_optimization_defaults(jit_mode="inductor" if compiled else "script")
    c = case.channels
    irreps = o3.Irreps([(c, f"{degree}{parity(degree)}") for degree in case.degrees])
    irreps_out = o3.Irreps([(c, f"{l3}{parity(l1 + l2)}") for l1, l2, l3 in case.paths])
    place = {degree: i for i, degree in enumerate(case.degrees)}
    instructions = [(place[l1], place[l2], i, "uuu", False) for i, (l1, l2, _) in enumerate(case.paths)]
    product = o3.TensorProduct(irreps, irreps, irreps_out, instructions, irrep_normalization="component")
    if compiled:
        torch.compiler.reset()  # else the eighth case meets the limit of recompilations
        product = torch.compile(product, fullgraph=True, dynamic=False)
    return blocks(product, case, irrep_first=False)


def cue_product(case):
    """SegmentedPolynomial with method 'naive', the only one without CUDA, of the polynomial in cue_polynomial.py."""
    import cuequivariance_torch

    module = cuequivariance_torch.SegmentedPolynomial(
        cue_polynomial.product(case), method="naive", math_dtype=DTYPES[case.dtype])

    def function(x, y):
        return module([x, y])[0]

    operation = blocks(function, case, irrep_first=True)
    if case.variant == "naive-flat":
        cue_polynomial.flatten(operation, case, lambda a: torch.tensor(a, dtype=DTYPES[case.dtype]))
    return operation


def points(function, case):
    """Wraps spherical harmonics of points [batch, 3]."""
    dtype = DTYPES[case.dtype]
    return Operation(
        forward=forward_of(function),
        derivative=gradient_of(function),
        inputs=lambda arrays: [torch.tensor(a, dtype=dtype) for a in arrays],
        cotangent=lambda a: torch.tensor(a, dtype=dtype),
        outputs=lambda t: t.detach().numpy(),
        gradients=lambda ts: [t.numpy() for t in ts],
    )


def e3nn_harmonics(case):
    """o3.spherical_harmonics of degrees 0..lmax, normalising the points, 'component'."""
    from e3nn import o3

    degrees = list(range(case.lmax + 1))
    return points(lambda x: o3.spherical_harmonics(degrees, x, normalize=True, normalization="component"), case)


def to_component(values):
    """sphericart's orthonormal harmonics, whose polar axis is z, as 'component'."""
    return values * math.sqrt(4 * math.pi)


def sphericart_torch_harmonics(case):
    """sphericart.torch.SphericalHarmonics, which normalises the points; orthonormal; polar axis z instead of y."""
    import sphericart.torch

    operation = points(sphericart.torch.SphericalHarmonics(case.lmax), case)
    return rotated(operation, lambda a: torch.tensor(np.ascontiguousarray(a), dtype=DTYPES[case.dtype]))


def rotated(operation, tensor):
    """Makes the layout of sphericart that of e3nn: points (x, y, z) of e3nn are (z, x, y), values are scaled."""
    operation.inputs = lambda arrays: [tensor(a[:, [2, 0, 1]]) for a in arrays]
    operation.cotangent = lambda a: tensor(to_component(a))
    operation.outputs = lambda t: to_component(np.asarray(t.detach() if torch.is_tensor(t) else t))
    operation.gradients = lambda ts: [np.asarray(t)[:, [1, 2, 0]] for t in ts]
    return operation


def sphericart_harmonics(case):
    """sphericart.SphericalHarmonics on NumPy arrays; compute_with_gradients gives all derivatives [batch, 3, values].

    OMP_NUM_THREADS sets the threads.
    """
    import sphericart

    harmonics = sphericart.SphericalHarmonics(case.lmax)
    operation = Operation(harmonics.compute, harmonics.compute_with_gradients, None, None, None, None)
    return rotated(operation, lambda a: np.ascontiguousarray(a, dtype=case.dtype))


BUILD = {
    ("e3nn", "cg"): e3nn_product,
    ("e3nn-compiled", "cg"): e3nn_product,
    ("cue-torch", "cg"): cue_product,
    ("e3nn", "sh"): e3nn_harmonics,
    ("sphericart", "sh"): sphericart_harmonics,
    ("sphericart-torch", "sh"): sphericart_torch_harmonics,
}
