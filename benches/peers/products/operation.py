"""What every peer offers for a case, and the two ways in which peers order the numbers of an item."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass
class Operation:
    """A peer's implementation of a case. All calls return when the result is there.

    `inputs` and `cotangent` turn arrays in the plain layout into the peer's own; `outputs` and `gradients` turn what
    the calls returned back. The peer's arrays are in its native layout, so none of these four is timed.
    """

    forward: Callable
    """(*inputs) -> output"""
    derivative: Callable | None
    """gradient: (*inputs, cotangent) -> (output, *gradients); jacobian: (*inputs) -> (output, jacobian)"""
    inputs: Callable
    cotangent: Callable
    outputs: Callable
    gradients: Callable


def pack(array, degrees, irrep_first):
    """[batch, channel, component] -> [batch, all]: for each degree channels times 2l+1, or 2l+1 times channels."""
    blocks, begin = [], 0
    for degree in degrees:
        block = array[:, :, begin:begin + 2 * degree + 1]
        blocks.append((block.swapaxes(1, 2) if irrep_first else block).reshape(len(array), -1))
        begin += 2 * degree + 1
    return np.concatenate(blocks, axis=1)


def unpack(array, degrees, channels, irrep_first):
    """Undoes `pack`."""
    blocks, begin = [], 0
    for degree in degrees:
        width = 2 * degree + 1
        block = array[:, begin:begin + channels * width]
        block = block.reshape(len(array), width, channels).swapaxes(1, 2) if irrep_first else \
            block.reshape(len(array), channels, width)
        blocks.append(block)
        begin += channels * width
    return np.concatenate(blocks, axis=2)
