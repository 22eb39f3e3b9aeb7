"""The Clebsch-Gordan product of a case as a polynomial of cuequivariance, for its torch and its jax front end.

The library has no ready descriptor for channel by channel with all paths. Variant "naive" states it: operands
`iu,ju,ku` with coefficients `ijk`, channels innermost ("ir_mul"). Variant "naive-flat" gives batch times channels items
of one channel, the same arithmetic. Coefficients are the library's own, squared norm 2 l3 + 1, which is e3nn's
'component'.
"""

import cuequivariance as cue
import numpy as np


def irrep(degree, exponent):
    return cue.O3(degree, -1 if exponent % 2 else 1)


def product(case):
    channels = 1 if case.variant == "naive-flat" else case.channels
    tensor = cue.SegmentedTensorProduct.from_subscripts("iu,ju,ku+ijk")
    for degree in case.degrees:
        tensor.add_segment(0, (2 * degree + 1, channels))
        tensor.add_segment(1, (2 * degree + 1, channels))
    place = {degree: i for i, degree in enumerate(case.degrees)}
    for l1, l2, l3 in case.paths:
        [coefficients] = cue.clebsch_gordan(irrep(l1, l1), irrep(l2, l2), irrep(l3, l1 + l2))
        segment = tensor.add_segment(2, (2 * l3 + 1, channels))
        tensor.add_path(place[l1], place[l2], segment, c=coefficients)
    return cue.SegmentedPolynomial.eval_last_operand(tensor)


def flatten(operation, case, tensor):
    """Makes the operation take [batch * channel, components]."""
    def items(array):
        return array.reshape(case.batch * case.channels, -1)

    def plain(array):
        return np.asarray(array).reshape(case.batch, case.channels, -1)

    operation.inputs = lambda arrays: [tensor(items(a)) for a in arrays]
    operation.cotangent = lambda a: tensor(items(a))
    operation.outputs = lambda t: plain(t.detach() if hasattr(t, "detach") else t)
    operation.gradients = lambda ts: [plain(t) for t in ts]
