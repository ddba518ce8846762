#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# Run all semaphore tests on this one host and write TAP: first the conformance
# programs, for 64 and for 32 bits, then those made for several nodes, with all
# their members here, each in a process of its own; then the latter with
# --break, when they must fail.
#
# usage: run.sh [-k] [-d DIRECTORY], see tests.sh

# shellcheck source=../ipc/tests.sh
. "$(dirname "$0")/../ipc/tests.sh"

for program in semget semop semtimedop semwait semctl semundo; do
	conformance "$program"
	conformance "$program.32"
done
for check in expect_ok expect_fail; do
	for mode in semop rmid signal timeout undo; do
		$check 3 1 ends --mode "$mode"
	done
	$check 6 2 queue
	$check 12 4 pairs
	$check 3 1 rwlock
done
finish
