#!/usr/bin/env bash
# Creates an environment with simple-dftd3 and torch-dftd; the torch wheel brings CUDA libraries, about 5 GB.
# usage: setup.sh DIRECTORY      then: DIRECTORY/bin/python time_d3.py ...
set -euo pipefail
[ $# -eq 1 ] || { sed -n 2,3p "$0"; exit 2; }
python3 -m venv "$1"
"$1/bin/pip" install --quiet -r "$(dirname "$0")/requirements.txt"
