# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# Read by run.sh of shm and sem: their options, and functions that run one
# program and write a line of TAP.
#
# usage: run.sh [-k] [-d DIRECTORY]
#	-k	use objects shared by the cluster (IPC_KDIPC)
#	-d	where the programs are; otherwise beside the script

kdipc=
dir=$(dirname "$0")
while getopts kd: option; do
	case $option in
	k) kdipc=-k; KDIPC=1; export KDIPC ;;
	d) dir=$OPTARG ;;
	*) echo "usage: $0 [-k] [-d DIRECTORY]" >&2; exit 2 ;;
	esac
done
cd "$dir" || exit 2
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT

number=0
passed=0
failed=0
skipped=0
key=$((0x4c000000 + ($$ % 4096) * 0x1000))

# report STATUS TEXT: one line of TAP, and what was printed if it is bad
report() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
		return
	fi
	echo "not ok $number - $2"
	grep -v -e ' RUN  ' -e '  OK  ' -e '^ok [0-9]' "$out" | sed 's/^/# /'
}

total() {
	sed -n "s/^# Totals:.* $1:\([0-9]*\).*/\1/p" "$out"
}

# Whether the last program, which env could not start, is a 32-bit one that is
# intact: then this kernel runs none.
foreign() {
	[ "$status" -eq 126 ] && grep -q 'Exec format error' "$out" &&
		[ "$(od -An -tx1 -N5 "$1" | tr -d ' ')" = 7f454c4601 ]
}

# conformance PROGRAM: its own tests count one by one
conformance() {
	env "./$1" >"$out" 2>&1
	status=$?
	if foreign "$1"; then
		number=$((number + 1))
		skipped=$((skipped + 1))
		echo "ok $number - $1 # SKIP this kernel runs no 32-bit programs"
		return
	fi
	good=$(total pass)
	bad=$(total fail)
	skips=$(total skip)
	[ -n "$good" ] || bad=1
	report "$status" "$1: ${good:-0} passed, $bad failed, ${skips:-0} skipped"
	passed=$((passed + ${good:-0}))
	failed=$((failed + bad))
	skipped=$((skipped + ${skips:-0}))
}

# party MEMBERS STEP PROGRAM ARGUMENTS: the status is 0 if all members say ok
party() {
	members=$1
	step=$2
	program=$3
	shift 3
	key=$((key + 16))
	pids=
	id=0
	while [ "$id" -lt "$members" ]; do
		"./$program" $kdipc --key "$key" --members "$members" \
			--id "$id" --procs "$step" "$@" >>"$out" 2>&1 &
		pids="$pids $!"
		id=$((id + step))
	done
	result=0
	for pid in $pids; do
		wait "$pid" || result=1
	done
	return $result
}

count() {
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	report "$1" "$2"
}

expect_ok() {
	: >"$out"
	party "$@"
	count $? "members $1: $3 $4 $5"
}

# Both must be: a failure, and a reason given for it that is not the clock.
expect_fail() {
	: >"$out"
	! party "$@" --break && grep -q '^FAIL member' "$out"
	count $? "members $1: $3 $4 $5 --break is noticed"
}

finish() {
	echo "1..$number"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
}

echo "TAP version 13"
