#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# Run the tests of the hooks on one node of a lab of their own; writes TAP.
#
# usage: lab.sh [KERNEL [SCRIPT]]
#	KERNEL	6.1 (the default), 6.12 or debug
#	SCRIPT	run.sh (the default) or cost.sh
#
# Module, kdipc tool and test programs are built already.  cost.sh gets a machine
# whose clock counts instructions, so that what a call costs is exact on a busy
# host, too.  One processor: QEMU 7.2 emulating several can trip over kernel text
# that is changed.

set -u
kernel=${1:-6.1}
script=${2:-run.sh}
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
lab=$top/selftests/lab/lab
LAB_DIR=$(mktemp -d) || exit 1
wrapper=$(mktemp -d) || exit 1
export LAB_DIR
trap '"$lab" down >/dev/null 2>&1; rm -rf "$LAB_DIR" "$wrapper"' EXIT

# A qemu that counts instructions, for the lab to find in PATH.
make_wrapper() {
	cat >"$wrapper/qemu-system-x86_64" <<-END
		#!/bin/bash
		qemu=$(type -P qemu-system-x86_64)
		[ "\$1" = -version ] && exec "\$qemu" -version
		for word; do
			[[ \$word = tcg,* ]] && word=tcg,thread=single
			words+=("\$word")
		done
		exec "\$qemu" "\${words[@]}" -icount shift=0,sleep=off
	END
	chmod +x "$wrapper/qemu-system-x86_64"
}

options=()
if [ "$script" = cost.sh ]; then
	make_wrapper
	PATH=$wrapper:$PATH
	options=(--fast)
fi
"$lab" up -n 1 --kernel "$kernel" --no-load "${options[@]}" >&2 &&
	"$lab" exec 1 -- mkdir /hooks || exit 1
for file in "$here"/{storm,race,cost,flagged,misname,run.sh,cost.sh} \
	"$top/build/$kernel/kmod/kdipc.ko" "$top/userspace/tool/kdipc"; do
	"$lab" put 1 "$file" "/hooks/$(basename "$file")" || exit 1
done
"$lab" exec --timeout 900 1 -- "/hooks/$script" /hooks/kdipc.ko /hooks/kdipc
status=$?
"$lab" check >&2 || status=1
exit $status
