#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# Tests of the kdipc tool, of libkdipc and of kdipc-up, without a kernel module: TAP on
# stdout, exit status 1 if a test failed.
#
# The tool is built with a kernel of our own behind it (fakekernel.c) and with
# the sanitizers; kdipc-up runs with stand-ins for the programs that it calls
# (standin.sh).  Scratch files are in out/, beside this file.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
export top=$here/../.. out=$here/out fake=$here/kdipc-fake

rm -rf "$out" && mkdir -p "$out" || exit 1
export marked=$here/../programs/ipc/marked
if ! make -s -C "$here" > "$out/build.log" 2>&1 ||
	! make -s -C "$here/../programs/ipc" marked >> "$out/build.log" 2>&1; then
	sed 's/^/# /' "$out/build.log"
	echo "Bail out! the kdipc tool or libkdipc does not build"
	exit 1
fi

# shellcheck source=tap.sh
. "$here/tap.sh"
for part in output usage errors malformed library up-check up-run; do
	echo "# $part"
	# shellcheck disable=SC1090 # one of the files beside this one
	. "$here/test-$part.sh"
done
tap_end
