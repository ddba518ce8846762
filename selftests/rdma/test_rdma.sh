#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# test_rdma.sh [KERNEL] - tests kdipc_rdma.ko alone, between two nodes of a lab
# of its own; TAP output.  Variables: KERNEL (6.1), KDIPC_CACHE, LAB_DIR to use
# a lab of two nodes that is up already (started with --no-load).

set -u
here=$(dirname "$(readlink -f "$0")")
tree=$(readlink -f "$here/../..")
kernel=${1:-${KERNEL:-6.1}}
cache=${KDIPC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kdipc}
build=$tree/build/$kernel/xprt_test
lab=$tree/selftests/lab/lab

give_up() {
	echo "Bail out! $1"
	exit 1
}

# The same objects as make modules gives, but linked against the test module.
build_modules() {
	local part symbols=

	mkdir -p "$build/rdma" "$build/test" || return
	ln -sfn "$tree/include" "$build/include"
	cp -rsf "$tree/rdma/." "$build/rdma/"
	cp -rsf "$here/." "$build/test/"
	find "$build" -xtype l -delete
	for part in test rdma; do
		make -s -C "$cache/kernel/$kernel/build" M="$build/$part" W=1 \
			CONFIG_DEBUG_INFO_BTF_MODULES= \
			KBUILD_EXTRA_SYMBOLS="$symbols" modules || return
		symbols=$build/test/Module.symvers
	done
}

end() {
	"$lab" down
	rm -rf "$work"
}

"$tree/selftests/lab/deps" tools "$kernel" >&2 || give_up 'no kernel to test on'
build_modules >&2 || give_up 'the modules do not build'
if [ -z "${LAB_DIR:-}" ]; then
	work=$(mktemp -d)
	export LAB_DIR=$work/lab
	trap end EXIT
	"$lab" up -n 2 --no-load --kernel "$kernel" >&2 ||
		give_up 'the lab does not come up'
fi
python3 "$here/test_rdma.py" "$lab" "$build"
