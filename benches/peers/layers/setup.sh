#!/usr/bin/env bash
# Creates an environment with EMLP on the CPU. PyTorch's layers run in that of benches/peers/decomp or any other.
# usage: setup.sh DIRECTORY      then: DIRECTORY/bin/python emlp_basis.py --cases 2x2x4,2x2x6
set -euo pipefail
[ $# -eq 1 ] || { sed -n 2,3p "$0"; exit 2; }
python3 -m venv "$1"
"$1/bin/pip" install --quiet -r "$(dirname "$0")/requirements-emlp.txt"
