"""What is measured: operations, sizes and the shapes that all peers share.

Arrays pass between peers in one plain layout: [batch, channel, component], components by degree and then by order in
e3nn's basis; the output of a product has one block for each path, in the order of `Case.paths`.
"""

from dataclasses import asdict, dataclass

FLOAT_BYTES = {"float32": 4, "float64": 8}
OUTPUT_LIMIT = 2e9  # bytes; larger outputs are not measured

# Which peer offers which operation, in which variants, directions and precisions. "forward" computes the output.
# "gradient" computes the output and the gradients of all inputs for a given cotangent. "jacobian" computes the output
# and all its derivatives, which is what sphericart gives to NumPy.
OFFERED = [
    ("e3nn", "cg", "torchscript", ("forward", "gradient"), ("float32",)),
    ("e3nn-compiled", "cg", "torch.compile", ("forward", "gradient"), ("float32",)),
    ("e3nn-jax", "cg", "jit", ("forward", "gradient"), ("float32",)),
    ("cue-torch", "cg", "naive", ("forward", "gradient"), ("float32",)),
    ("cue-torch", "cg", "naive-flat", ("forward", "gradient"), ("float32",)),
    ("cue-jax", "cg", "naive", ("forward", "gradient"), ("float32",)),
    ("cue-jax", "cg", "naive-flat", ("forward", "gradient"), ("float32",)),
    ("e3nn-jax", "gaunt", "matrix", ("forward", "gradient"), ("float32",)),
    ("e3nn-jax", "gaunt", "fft", ("forward", "gradient"), ("float32",)),
    ("e3nn", "sh", "torchscript", ("forward", "gradient"), ("float32",)),
    ("e3nn-jax", "sh", "jit", ("forward", "gradient"), ("float32",)),
    ("sphericart", "sh", "numpy", ("forward", "jacobian"), ("float32", "float64")),
    ("sphericart-torch", "sh", "torch", ("forward", "gradient"), ("float32", "float64")),
    ("e3nn-jax", "mimo", "cg", ("forward",), ("float32",)),
    ("e3nn-jax", "mimo", "gaunt", ("forward",), ("float32",)),
    ("e3nn-jax", "simo", "cg", ("forward",), ("float32",)),
    ("e3nn-jax", "simo", "gaunt", ("forward",), ("float32",)),
    ("e3nn-jax", "siso", "cg", ("forward",), ("float32",)),
    ("e3nn-jax", "siso", "gaunt", ("forward",), ("float32",)),
]
# Unless asked for with --lmax: compiling takes 10 s and more for each shape from degree 4 on.
COMPILED_LMAX = 4
DEGREES = {"cg": range(1, 9), "gaunt": range(1, 9), "sh": range(1, 9),
           "mimo": (1, 2, 3, 4, 5, 6, 8, 10), "simo": (1, 2, 3, 4, 5, 6, 8, 10), "siso": (2, 4, 6, 8, 10)}
BATCHES = {"cg": (1000, 10000), "gaunt": (1000, 10000), "sh": (100000,),
           "mimo": (10000,), "simo": (10000,), "siso": (10000,)}
PER_CHANNEL = ("cg", "gaunt")
CHANNELS = {"cg": (1, 32, 128), "gaunt": (1, 32, 128), "sh": (1,), "mimo": (1,), "simo": (1,), "siso": (1,)}


def dimension(degrees):
    return sum(2 * degree + 1 for degree in degrees)


@dataclass(frozen=True)
class Case:
    """One row of the measurements."""

    peer: str
    op: str
    variant: str
    direction: str
    lmax: int
    channels: int
    batch: int
    threads: int
    dtype: str

    def key(self):
        return tuple(asdict(self).values())

    @property
    def degrees(self):
        """Degrees of each input."""
        return [self.lmax] if self.op in ("simo", "siso") else list(range(self.lmax + 1))

    @property
    def paths(self):
        """Triples (l1, l2, l3) of a Clebsch-Gordan product.

        cg: l3 <= lmax, both parities. mimo, simo: l3 <= 2 lmax and the parity of a function on the sphere, so that
        l1 + l2 + l3 is even. siso: l3 = lmax.
        """
        triples = [(l1, l2, l3) for l1 in self.degrees for l2 in self.degrees
                   for l3 in range(abs(l1 - l2), l1 + l2 + 1)]
        if self.op == "cg":
            return [t for t in triples if t[2] <= self.lmax]
        natural = [t for t in triples if sum(t) % 2 == 0]
        return [t for t in natural if self.op != "siso" or t[2] == self.lmax]

    @property
    def output_degrees(self):
        """Degrees of the blocks of the output, in the plain layout."""
        if self.op in ("sh", "gaunt"):
            return list(range(self.lmax + 1))
        if self.variant == "gaunt":
            return [self.lmax] if self.op == "siso" else list(range(2 * self.lmax + 1))
        return [l3 for _, _, l3 in self.paths]

    @property
    def output_floats(self):
        """Numbers in the output of one item, all channels."""
        return self.channels * dimension(self.output_degrees)

    @property
    def output_bytes(self):
        return self.batch * self.output_floats * FLOAT_BYTES[self.dtype]


def add_choice(parser):
    """Adds the options that choose cases; what is left out means all."""
    def distinct(place):
        offered = [row[place] for row in OFFERED]
        return sorted({value for entry in offered for value in (entry if isinstance(entry, tuple) else [entry])})

    for place, option in enumerate(("--peer", "--op", "--variant", "--direction", "--dtype")):
        parser.add_argument(option, nargs="+", choices=distinct(place), default=distinct(place))
    parser.add_argument("--lmax", nargs="+", type=int, help="1..8; e3nn-compiled 1..4; mimo, simo, siso also 10")
    parser.add_argument("--channels", nargs="+", type=int, help="1 32 128, of cg and gaunt; 1 for the others")
    parser.add_argument("--batch", nargs="+", type=int, help="1000 10000; points of sh 100000; mimo, simo, siso 10000")
    parser.add_argument("--threads", nargs="+", type=int, default=[2, 1])


def cases(choice):
    """Returns the cases that the options of measure.py select, small ones first."""
    found = []
    for peer, op, variant, directions, dtypes in OFFERED:
        if peer not in choice.peer or op not in choice.op or variant not in choice.variant:
            continue
        for lmax in choice.lmax or DEGREES[op]:
            if (op == "siso" and lmax % 2) or (not choice.lmax and variant == "torch.compile" and lmax > COMPILED_LMAX):
                continue
            for channels in (choice.channels if op in PER_CHANNEL else None) or CHANNELS[op]:
                for batch in choice.batch or BATCHES[op]:
                    found += [Case(peer, op, variant, direction, lmax, channels, batch, threads, dtype)
                              for direction in directions if direction in choice.direction
                              for dtype in dtypes if dtype in choice.dtype
                              for threads in choice.threads]
    return [case for case in found if case.output_bytes <= OUTPUT_LIMIT]
