#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# test_hooks.sh [KERNEL [SCRIPT...]] - tests the hooks in System V IPC on one
# node of a lab of its own; TAP output.
#
#	KERNEL	6.1 (the default), 6.12 or debug
#	SCRIPT	run.sh, cost.sh (both are the default, but for the debug kernel)
#
# Module and kdipc tool are built already.  cost.sh gets a machine whose clock
# counts instructions, so that what a call costs is exact on a busy host, too.
# One processor: QEMU 7.2 emulating several can trip over kernel text that is
# changed.

set -u -o pipefail
kernel=${1:-${KERNEL:-6.1}}
[ $# -gt 0 ] && shift
here=$(dirname "$(readlink -f "$0")")
tree=$(readlink -f "$here/../..")
lab=$tree/selftests/lab/lab
module=$tree/build/$kernel/kmod/kdipc.ko
tool=$tree/userspace/tool/kdipc
work=$(mktemp -d) || exit 1
plain_path=$PATH
export LAB_DIR=$work/lab

end() {
	[ -d "$LAB_DIR" ] && "$lab" down >/dev/null 2>&1
	rm -rf "$work"
}
trap end EXIT

give_up() {
	echo "Bail out! $1"
	exit 1
}

# A qemu that counts instructions, for the lab to find in PATH.
make_wrapper() {
	mkdir -p "$work/bin"
	cat >"$work/bin/qemu-system-x86_64" <<-END
		#!/bin/bash
		qemu=$(type -P qemu-system-x86_64)
		[ "\$1" = -version ] && exec "\$qemu" -version
		for word; do
			[[ \$word = tcg,* ]] && word=tcg,thread=single
			words+=("\$word")
		done
		exec "\$qemu" "\${words[@]}" -icount shift=0,sleep=off
	END
	chmod +x "$work/bin/qemu-system-x86_64"
}

# in_lab SCRIPT [OPTION...]: boot, run the script, look at the console, end
in_lab() {
	local script=$1 status file

	shift
	"$lab" up -n 1 --kernel "$kernel" --no-load "$@" >&2 || give_up 'the lab does not come up'
	"$lab" exec 1 -- mkdir /hooks || give_up 'the node does not answer'
	for file in "$here"/{storm,race,cost,flagged,misname,compat,run.sh,rules.sh,cost.sh} \
		"$tree/selftests/programs/ipc/marked" "$module" "$tool"; do
		"$lab" put 1 "$file" "/hooks/$(basename "$file")" || give_up "no $file"
	done
	"$lab" exec --timeout 400 1 -- "/hooks/$script" /hooks/kdipc.ko /hooks/kdipc
	status=$?
	"$lab" check >&2 || status=1
	"$lab" down >&2
	return $status
}

# All scripts' TAP as one.
renumber() {
	awk '/^TAP version|^1\.\./ { next }
	     /^(not )?ok / { sub(/ok [0-9]+/, "ok " ++n) }
	     { print; fflush() }
	     END { print "1.." n + 0 }'
}

run_all() {
	local script status=0

	for script; do
		PATH=$plain_path
		if [ "$script" = cost.sh ]; then
			PATH=$work/bin:$PATH
			in_lab "$script" --fast || status=1
		else
			in_lab "$script" || status=1
		fi
	done
	return $status
}

make -s -C "$here" >&2 || give_up 'the test programs do not build'
make -s -C "$tree/selftests/programs/ipc" marked >&2 || give_up 'marked does not build'
[ -f "$module" ] || give_up "no $module: make modules KERNEL=$kernel"
[ -x "$tool" ] || give_up "no $tool: make tools"
make_wrapper
if [ $# -eq 0 ] && [ "$kernel" = debug ]; then
	set -- run.sh
elif [ $# -eq 0 ]; then
	set -- run.sh cost.sh
fi
echo "TAP version 13"
run_all "$@" | renumber
