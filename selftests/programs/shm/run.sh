#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# Run all shared memory tests on this one host and write TAP: first the
# conformance programs, then those made for several nodes, with all their
# members here, each in a process of its own; then the latter with --break,
# when they must fail.
#
# usage: run.sh [-k] [-d DIRECTORY], see tests.sh

# shellcheck source=../ipc/tests.sh
. "$(dirname "$0")/../ipc/tests.sh"

for program in shmget shmat shmdt shmctl shm_life shm_access shm_peers; do
	conformance "$program"
done
for check in expect_ok expect_fail; do
	$check 2 1 exchange
	$check 3 1 exchange --mode same
	$check 2 1 mutex --mode dekker
	$check 2 1 mutex --mode peterson-packed
	$check 3 1 mutex --mode bakery
	$check 3 1 mutex --mode bakery-packed
	$check 3 1 readers
	$check 3 1 hammer
	$check 6 2 hammer --seed 7
	$check 3 1 rmid
	$check 2 1 litmus
	$check 4 2 litmus
	$check 3 1 excl
done
finish
