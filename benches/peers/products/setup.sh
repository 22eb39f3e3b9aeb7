#!/bin/sh
# Makes a virtual environment with the peers of requirements.txt, outside the repository, and checks what they compute.
#
#   benches/peers/products/setup.sh DIRECTORY
#
# PYTHON chooses the interpreter (python3; 3.11 was used).
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
repository=$(CDPATH='' cd -- "$here/../../.." && pwd)
target=${1:?name a directory: setup.sh DIRECTORY}

mkdir -p -- "$target"
target=$(CDPATH='' cd -- "$target" && pwd)
case "$target/" in
"$repository"/*)
    rmdir -- "$target" 2>/dev/null || true
    echo "setup.sh: $target is inside the repository; 7 GB do not belong there" >&2
    exit 2
    ;;
esac

"${PYTHON:-python3}" -m venv "$target"
"$target/bin/python" -m pip install --requirement "$here/requirements.txt"
"$target/bin/python" -m pip check
"$target/bin/python" "$here/check.py"
echo "$target/bin/python"
