"""Writes the reference data of DFT-D3 for schur: `references.bin` (H to Rn) and `actinides.bin` (Fr to Lr).

    python extract.py

Needs torch-dftd 0.5.3 (MIT), from which H to Rn come, and tad-dftd3 0.7.0 with tad-mctc 0.8.0 (Apache-2.0), from which
Fr to Lr come. Where both have an element their numbers must be the same, or the script stops.

A file is a sequence of 32-bit unsigned whole numbers, little-endian. All values are decimal fractions with as many
digits as were published, so that whole multiples of the last digit lose nothing:

    first, last         atomic numbers
    for each element    systems, covalent radius (0.01 Å), <r^4>/<r^2> (0.0001), then for each of its reference systems
                        the coordination number (0.0001)
    for each system e   C6 (0.0001 Hartree Bohr^6) with each system f <= e, counted from the first one of hydrogen

The second file goes on where the first ends.
"""

from pathlib import Path

import numpy as np
import tad_dftd3
import torch
import torch_dftd
from tad_dftd3.data import R4R2
from tad_dftd3.reference import Reference
from tad_mctc.data import radii
from tad_mctc.units import length

LAST_COMMON, LAST = 86, 103
BOHR_OF_TORCH_DFTD = 0.52917726


def whole(values, unit):
    """The values as multiples of a unit; they must be such multiples."""
    multiples = np.asarray(values, dtype=np.float64) / unit
    rounded = np.round(multiples)
    assert np.abs(multiples - rounded).max() < 0.05, np.abs(multiples - rounded).max()
    return rounded.astype(np.uint32)


def radial_ratio(scaled):
    """<r^4>/<r^2> from sqrt(<r^4>/<r^2> sqrt(Z) / 2), as both packages keep it."""
    z = np.arange(len(scaled))
    return np.divide(2.0 * np.asarray(scaled) ** 2, np.sqrt(z), out=np.zeros(len(scaled)), where=z > 0)


def from_tad():
    """Counts, radii, ratios, coordination numbers and C6 of all elements."""
    double = {"dtype": torch.double}
    reference = Reference(**double)
    cn, c6 = reference.cn.numpy(), reference.c6.numpy()
    systems = (cn >= 0).sum(1)
    radius = whole(radii.COV_D3(**double).numpy() * 3 / 4 / length.AA2AU, 0.01)
    ratio = whole(radial_ratio(R4R2(**double).numpy()), 1e-4)
    numbers = [whole(cn[z, : systems[z]], 1e-4) for z in range(1, LAST + 1)]
    flat = [(z, a) for z in range(1, LAST + 1) for a in range(systems[z])]
    rows = [whole([c6[z, y, a, b] for y, b in flat[: e + 1]], 1e-4) for e, (z, a) in enumerate(flat)]
    assert (c6 == c6.transpose(1, 0, 3, 2)).all()
    return radius, ratio, numbers, flat, rows


def from_torch_dftd():
    """The same from torch-dftd, up to radon; its lists of systems are padded and partly in another order."""
    data = np.load(Path(torch_dftd.__file__).parent / "nn" / "params" / "dftd3_params.npz")
    table = data["c6ab"]
    radius = whole(data["rcov"][: LAST_COMMON + 1] * 3 / 4 * BOHR_OF_TORCH_DFTD, 0.01)
    ratio = whole(radial_ratio(data["r2r4"][: LAST_COMMON + 1]), 1e-4)
    places = {z: [a for a in range(5) if table[z, z, a, a, 0] > 0] for z in range(1, LAST_COMMON + 1)}
    numbers = [whole([table[z, z, a, a, 1] for a in places[z]], 1e-4) for z in places]
    flat = [(z, a) for z in places for a in places[z]]
    rows = []
    for e, (z, a) in enumerate(flat):
        # The table of a pair holds its own coordination numbers; they find the system.
        row = []
        for y, b in flat[: e + 1]:
            of_pair = table[z, y]
            found = [
                of_pair[k, l, 0]
                for k in range(5)
                for l in range(5)
                if of_pair[k, l, 0] > 0
                and abs(of_pair[k, l, 1] - table[z, z, a, a, 1]) < 1e-6
                and abs(of_pair[k, l, 2] - table[y, y, b, b, 1]) < 1e-6
            ]
            assert len(found) == 1, (z, a, y, b, found)
            row.append(found[0])
        rows.append(whole(row, 1e-4))
    return radius, ratio, numbers, flat, rows


def write(path, first, last, parts):
    radius, ratio, numbers, flat, rows = parts
    stream = [first, last]
    for z in range(first, last + 1):
        stream += [len(numbers[z - 1]), radius[z], ratio[z], *numbers[z - 1]]
    for (z, _), row in zip(flat, rows):
        if first <= z <= last:
            stream += list(row)
    path.write_bytes(np.asarray(stream, dtype="<u4").tobytes())
    print(path.name, path.stat().st_size, "bytes")


def main():
    here = Path(__file__).parent
    common, all_elements = from_torch_dftd(), from_tad()
    systems = len(common[3])
    assert common[3] == all_elements[3][:systems]
    for one, other in zip(common[:2], all_elements[:2]):
        assert (one[1:] == other[1 : LAST_COMMON + 1]).all()
    for one, other in zip([*common[2], *common[4]], [*all_elements[2][:LAST_COMMON], *all_elements[4][:systems]]):
        assert (one == other).all(), (one, other)
    print(f"torch-dftd {torch_dftd.__version__} and tad-dftd3 {tad_dftd3.__version__} agree up to element {LAST_COMMON}")
    write(here / "references.bin", 1, LAST_COMMON, common)
    write(here / "actinides.bin", LAST_COMMON + 1, LAST, all_elements)


if __name__ == "__main__":
    main()
