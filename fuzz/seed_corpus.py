#!/usr/bin/env python3
"""Fills corpus/<target>/ with the fixtures of the parsers, from which the fuzzer starts."""

import json
import pathlib
import zipfile

HERE = pathlib.Path(__file__).parent
IO = HERE.parent / "crates/schur-io/tests/fixtures"
EINSUM = HERE.parent / "crates/schur-einsum/fixtures"
ATOMS = HERE.parent / "crates/schur-atoms/tests/fixtures"
EXAMPLES = HERE.parent / "examples"
MODELS = HERE.parent / "fixtures"


def seed(target, name, content):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def model_file():
    """Writes a small model file by hand: three tensors and metadata."""
    header = {
        "__metadata__": {"format": "schur"},
        "w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "x": {"dtype": "U8", "shape": [1, 2], "data_offsets": [8, 10]},
        "y": {"dtype": "BF16", "shape": [], "data_offsets": [10, 12]},
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(range(12))


def main():
    for i, row in enumerate(json.loads((IO / "pickles.json").read_text())):
        seed("pickle", f"python_{i:03}", bytes.fromhex(row["pickle"]))
    for path in IO.glob("*.pth"):
        seed("zip", path.name, path.read_bytes())
        program = zipfile.ZipFile(path).read(f"{path.stem}/data.pkl")
        seed("pickle", path.stem, program)
        seed("torch", path.stem, program)
    # A model pickled whole, the weights of one of another family, and what Lightning saves.
    saved = ["mace/one_layer.model", "tensornet/so3/state.pt", "tensornet/torchmd-net/no_layers.ckpt"]
    for path in [MODELS / name for name in saved]:
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
            program = archive.read(name)
        seed("zip", path.name, path.read_bytes())
        seed("pickle", path.name, program)
        seed("torch", path.name, program)
    seed("safetensors", "small", model_file())
    for suffix in ["tns", "mat"]:
        for path in IO.glob(f"*.{suffix}"):
            seed(suffix, path.name, path.read_bytes())
    cases = json.loads((EINSUM / "einsum_conformance.json").read_text())
    for i, case in enumerate(cases["texts"] + cases["refused"]):
        seed("einsum", f"conformance_{i:03}", case["text"].encode())
    for suffix, target in [("extxyz", "extxyz"), ("vasp", "poscar"), ("cif", "cif")]:
        for path in [*ATOMS.glob(f"*.{suffix}"), *EXAMPLES.glob(f"*.{suffix}")]:
            seed(target, path.name, path.read_bytes())


if __name__ == "__main__":
    main()
