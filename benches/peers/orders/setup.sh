#!/bin/sh
# Makes a virtual environment with the peers of requirements.txt, outside the repository.
#
#   benches/peers/orders/setup.sh DIRECTORY
#
# PYTHON chooses the interpreter (python3; 3.11 was used).
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
target=${1:?name a directory: setup.sh DIRECTORY}

"${PYTHON:-python3}" -m venv "$target"
"$target/bin/python" -m pip install --requirement "$here/requirements.txt"
"$target/bin/python" -m pip check
echo "$target/bin/python"
