#!/usr/bin/env bash
# Creates an environment with the peers of einsum, and fetches the networks to contract.
# usage: setup.sh DIRECTORY      then: DIRECTORY/bin/python measure.py DIRECTORY/instances NAME ...
set -euo pipefail
[ $# -eq 1 ] || { sed -n 2,3p "$0"; exit 2; }
python3 -m venv "$1"
"$1/bin/pip" install --quiet -r "$(dirname "$0")/requirements.txt"
rm -rf "$1/networks"
git clone --quiet --depth 1 https://github.com/tensor4all/tenferro-benchmark "$1/networks"
ln -sfn networks/data/instances "$1/instances"
