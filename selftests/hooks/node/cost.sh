#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# What the hooks cost calls without IPC_KDIPC, on one node, and what a semop costs
# on a shared set that is on this node, as root; writes TAP.
# Meant for a machine whose clock counts instructions, see run.
#
# usage: cost.sh MODULE TOOL
#	MODULE	kdipc.ko, not loaded, with kdipc_loop.ko beside it
#	TOOL	the kdipc program

module=$1
tool=$2
if ! [ -f "$module" ] || ! [ -x "$tool" ]; then
	echo "usage: $0 MODULE TOOL" >&2
	exit 2
fi
cd "$(dirname "$0")" || exit 2
number=0
failed=0

# limit CALL: the most that it may cost, in percent of what it costs natively
limit() {
	case $1 in
	getppid | shmget | semop) echo 105 ;;
	owned) echo 125 ;;
	*) echo 110 ;;
	esac
}

measure() {
	./cost "$1" 1000 5
}

# compare CALL NATIVE WHEN
compare() {
	number=$((number + 1))
	now=$(measure "$1")
	percent=$(awk "BEGIN { printf \"%.1f\", $now / $2 * 100 }")
	text="$1 $3: $2 natively, $now hooked, $percent %"
	if awk "BEGIN { exit $percent > $(limit "$1") }"; then
		echo "ok $number - $text"
	else
		echo "not ok $number - $text"
		failed=$((failed + 1))
	fi
}

compare_all() {
	compare getppid "$getppid" "$1"
	compare shmget "$shmget" "$1"
	compare semop "$semop" "$1"
	compare shmat "$shmat" "$1"
	compare shmctl "$shmctl" "$1"
}

echo "TAP version 13"
getppid=$(measure getppid)
shmget=$(measure shmget)
semop=$(measure semop)
altering=$(measure altering)
shmat=$(measure shmat)
shmctl=$(measure shmctl)
if ! insmod "$module" || ! insmod "$(dirname "$module")/kdipc_loop.ko" ||
	! "$tool" node add 1 127.0.0.1 local names ||
	! "$tool" cluster start transport loop; then
	echo "Bail out! no node"
	exit 1
fi
compare_all "with a node"
compare owned "$altering" "on a shared set of this node"
./flagged keep >/dev/null &
keep=$!
sleep 1
compare_all "while a shared segment is attached"
kill "$keep"
wait "$keep"
sleep 1
rmmod kdipc_loop
rmmod kdipc
echo "1..$number"
exit "$((failed > 0))"
