#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# Run the tests of the hooks on one node of a lab of their own; writes TAP.
#
# usage: lab.sh [KERNEL]	6.1 (the default), 6.12 or debug
#
# Module, kdipc tool and test programs are built already.  One processor:
# QEMU 7.2 emulating several can trip over kernel text that is changed.

set -u
kernel=${1:-6.1}
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
lab=$top/selftests/lab/lab
LAB_DIR=$(mktemp -d) || exit 1
export LAB_DIR
trap '"$lab" down >/dev/null; rm -rf "$LAB_DIR"' EXIT

"$lab" up -n 1 --kernel "$kernel" --no-load >&2 || exit 1
"$lab" exec 1 -- mkdir /hooks || exit 1
for file in "$here"/{storm,race,cost,flagged,misname,run.sh} \
	"$top/build/$kernel/kmod/kdipc.ko" "$top/userspace/tool/kdipc"; do
	"$lab" put 1 "$file" "/hooks/$(basename "$file")" || exit 1
done
"$lab" exec --timeout 600 1 -- /hooks/run.sh /hooks/kdipc.ko /hooks/kdipc
status=$?
"$lab" check >&2 || status=1
exit $status
