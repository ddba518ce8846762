# shellcheck shell=bash disable=SC2154 # variables of run.sh and tap.sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# What somebody types who does not know better gives what was meant, or says in
# one sentence why not: options before "run", "run help", the shmid -1 that
# "segment show" prints, --help of every example.

export KDIPC_FAKE=one

run "$fake" run help
expect "kdipc run help" 0 "Usage: kdipc run"
run "$fake" run help me
expect "kdipc run help me" 2 "unexpected word 'me'"
printf '#!/bin/sh\necho "helped $*"\n' > "$out/help"
chmod +x "$out/help"
PATH=$out:$PATH run "$fake" run -- help me
is "kdipc run -- help: the program" "$status:$stdout" "0:helped me"

for options in -j -p "-j -p" -jp --json; do
	# shellcheck disable=SC2086,SC2016 # words; those of the inner shell
	run "$fake" $options run sh -c 'echo "$0 $*"; exit 7' -j --sem --
	is "kdipc $options run: the program and its words are left alone" \
		"$status:$stdout" "7:-j --sem --"
done
run "$fake" -x run true
expect "kdipc -x run" 2 "unknown option '-x'"
run "$fake" -V run false
expect "kdipc -V run" 0 "control interface"

for words in "segment show id -1" "set show id -1" "segment show key -12" \
	"node add -1 10.0.0.1"; do
	# shellcheck disable=SC2086 # words
	run "$fake" $words
	expect "kdipc $words" 2 "is negative"
	ok "... is one sentence" one_sentence
done
unset KDIPC_FAKE

make -s -C "$top/userspace" examples bench > "$out/build.log" 2>&1
ok "examples and kdipc_bench build" [ $? -eq 0 ]
for example in heat matmul producer_consumer readers_writer barrier philosophers \
	plate2png; do
	run "$top/userspace/examples/$example" --help
	expect "$example --help" 0 "usage: $example "
	is "... does not complain" "$stderr" ""
	run "$top/userspace/examples/$example" --frob
	expect "$example --frob" 2 "usage: $example "
done
run "$top/userspace/bench/kdipc_bench" --help
expect "kdipc_bench --help" 0 "usage: kdipc_bench "
