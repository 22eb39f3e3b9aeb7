#!/bin/sh
# Measures every row for the comparison with sevenn: about an hour on two cores, which must be otherwise idle.
#
#   benches/peers/run_sevennet.sh PYTHON OUTPUT.jsonl       PYTHON: the interpreter that setup.sh printed
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
python=${1:?name the python of the peers}
output=${2:?name the file for the rows}

row() {
    "$python" "$here/sevennet.py" "$@" >>"$output"
    tail -n 1 "$output"
}

for threads in 2 1; do
    for structure in si64 nacl216 water192 cu500 ethanol; do
        row --model 7net-0 --structure "$structure" --threads "$threads"
        row --model 7net-0 --structure "$structure" --threads "$threads" --allocator kept-heap
    done
    row --model 7net-0 --structure si64 --threads "$threads" --dtype float64
    row --model 7net-l3i5 --structure si64 --threads "$threads"
    row --model 7net-l3i5 --structure water192 --threads "$threads" --allocator kept-heap
done
row --model 7net-l3i5 --structure water192 --threads 2
"$python" "$here/process_start.py" >>"$output"
"$python" "$here/memory.py" >>"$output"
