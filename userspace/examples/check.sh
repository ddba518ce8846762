#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# The examples on this machine: the result must be the same, bit by bit, for
# any number of workers, started together or one by one; and those with
# semaphores, which check their own results, must say that they are right.
# Writes TAP.

cd "$(dirname "$0")" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
number=0
failed=0
key=$((0x4d000000 + ($$ % 4096) * 0x1000))

report() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=$((failed + 1))
	fi
}

# one_by_one PROGRAM WORKERS [OPTION...]: the last worker first
one_by_one() {
	worker=./$1
	id=$2
	count=$2
	shift 2
	pids=
	while [ "$id" -gt 0 ]; do
		id=$((id - 1))
		"$worker" --key "$key" --workers "$count" --id "$id" "$@" \
			>>"$work/log" &
		pids="$pids $!"
	done
	result=0
	for pid in $pids; do
		wait "$pid" || result=1
	done
	return $result
}

echo "TAP version 13"
for program in heat matmul; do
	./$program --key $key --workers 1 --all --out "$work/1" >>"$work/log"
	report $? "$program: 1 worker"
	for workers in 2 3 7; do
		key=$((key + 16))
		./$program --key $key --workers $workers --all \
			--out "$work/n" >>"$work/log" &&
			cmp "$work/1" "$work/n"
		report $? "$program: $workers workers, started together"
		rm -f "$work/n"
		one_by_one $program $workers --out "$work/n" &&
			cmp "$work/1" "$work/n"
		report $? "$program: $workers workers, one by one"
	done
	sums=$(sed -n 's/.*"checksum":"\([0-9a-f]*\)".*/\1/p' "$work/log" |
		sort -u | wc -l)
	[ "$sums" -eq 1 ]
	report $? "$program: one checksum"
	! ./$program --key $key --workers 2 --id 1 --timeout 1 2>"$work/err" &&
		grep -q 'timed out' "$work/err"
	report $? "$program: a missing worker is noticed in time"
	: >"$work/log"
	[ $program = heat ] && mv "$work/1" "$work/plate"
done
: >"$work/log"
for program in producer_consumer readers_writer barrier philosophers; do
	for workers in 2 3 7; do
		key=$((key + 16))
		./$program --key $key --workers $workers --all >>"$work/log"
		report $? "$program: $workers workers, started together"
		one_by_one $program $workers
		report $? "$program: $workers workers, one by one"
	done
	[ "$(grep -c '^ok: ' "$work/log")" -eq 6 ]
	report $? "$program: right each time"
	! ./$program --key $key --workers 2 --id 0 --timeout 1 2>"$work/err" &&
		grep -q 'timed out' "$work/err"
	report $? "$program: a missing worker is noticed in time"
	: >"$work/log"
done
./plate2png "$work/plate" "$work/plate.png" >>"$work/log" &&
	head -c 4 "$work/plate.png" | grep -q PNG
report $? "plate2png: draws it"
echo "1..$number"
echo "$((number - failed)) passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
