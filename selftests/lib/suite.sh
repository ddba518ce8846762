# shellcheck shell=bash disable=SC2034,SC2154 # for, and of, who reads this
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# suite.sh - how the run of a folder begins whose tests have labs of their own
#
#	run [--kernel KERNEL] [PART...]
#
# Who reads this has the parts there are in $parts, if any.  Then $kernel, $parts and
# $chosen (the same, empty if all are to be run) are what the command line says.
# LAB_DIR is in $work: both are gone when the script ends.

# shellcheck source=../lib/places.sh
. "$(dirname "${BASH_SOURCE[0]}")/places.sh"

kernel=6.1
chosen=()

usage() {
	echo "usage: $0 [--kernel KERNEL]${parts[*]:+ [PART...], of ${parts[*]}}" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	if [ "$1" = --kernel ] && [ $# -gt 1 ]; then
		kernel=$2
		shift
	elif [[ $1 == [a-z]* && " ${parts[*]} " == *" $1 "* ]]; then
		chosen+=("$1")
	else
		usage
	fi
	shift
done
[ ${#chosen[@]} = 0 ] || parts=("${chosen[@]}")

work=$(mktemp -d) || exit 1
export LAB_DIR=$work/lab

end() {
	[ ! -d "$work/lab" ] || LAB_DIR=$work/lab "$lab" down >/dev/null 2>&1
	rm -rf "$work"
}
trap end EXIT

give_up() {
	echo "Bail out! $*"
	exit 1
}

# The TAP of several parts as one.
renumber() {
	awk '/^TAP version|^1\.\./ { next }
	     /^(not )?ok / { sub(/ok [0-9]+/, "ok " ++n) }
	     { print; fflush() }
	     END { print "1.." n + 0 }'
}
