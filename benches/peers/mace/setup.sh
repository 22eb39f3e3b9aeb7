#!/usr/bin/env bash
# Installs mace-torch and symmetrix-xl for the measurements and fixtures of MACE.
#
#   benches/peers/mace/setup.sh DIRECTORY [PIP OPTIONS...]
#
# DIRECTORY becomes a Python environment of some 5 GB, since the torch wheel brings CUDA libraries.
set -euo pipefail
directory=${1:?usage: setup.sh DIRECTORY [PIP OPTIONS...]}
shift
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$directory"
"$directory/bin/pip" install "$@" -r "$here/requirements.txt"
