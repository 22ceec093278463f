#!/bin/sh
# The Linux workload on the host, with the guest's own BusyBox: native.sh BUSYBOX (run by run.py).
here=$(cd "$(dirname "$0")/.." && pwd)
W=$(mktemp -d)
B=$1
export W B
"$B" sh "$here/linux/workload.sh"
rm -rf "$W"
echo DONE
