#!/bin/sh
# Makes a virtual environment with the peers at pinned versions, outside the repository.
#
#   benches/peers/setup.sh DIRECTORY        or   SCHUR_PEERS=DIRECTORY benches/peers/setup.sh
#
# PYTHON chooses the interpreter (python3; 3.11 was used). Afterwards DIRECTORY/bin/python runs the scripts beside this.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
repository=$(CDPATH='' cd -- "$here/../.." && pwd)
target=${1:-${SCHUR_PEERS:-}}

if [ -z "$target" ]; then
    echo "setup.sh: name a directory: setup.sh DIRECTORY, or set SCHUR_PEERS" >&2
    exit 2
fi
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
"$target/bin/python" -m pip install --requirement "$here/requirements-sevennet.txt"
"$target/bin/python" -m pip check
echo "$target/bin/python"
