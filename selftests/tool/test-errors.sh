# shellcheck shell=bash disable=SC2154 # variables of run and tap.sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# What the kernel refuses: exit status 1 and one sentence with the remedy.

# refused MODE TEXT WORD...
refused()
{
	local text=$2 mode=$1 verdict

	shift 2
	KDIPC_FAKE=$mode run "$fake" "$@"
	[ "$status" -eq 1 ] && [[ $stderr == *"$text"* ]] && one_sentence
	verdict=$?
	ok "$mode: kdipc $*" [ "$verdict" -eq 0 ]
}

EPERM=1 ENOENT=2 ENOMEM=12 EBUSY=16 EEXIST=17 ENODEV=19 EINVAL=22 ENOSPC=28
EOPNOTSUPP=95
EADDRNOTAVAIL=99

for words in "node show" "node add 1 10.0.0.1" "node del 1" "cluster" \
	"cluster start" "cluster stop" "segment" "set" "set mode 0 ship" "stat" "-j node" "rule" \
	"rule del 1" "run true"; do
	# shellcheck disable=SC2086 # words
	refused absent \
		"kdipc: the kdipc module is not loaded (modprobe kdipc_rdma)" $words
	# shellcheck disable=SC2086 # words
	refused version "another version of the interface" $words
	# shellcheck disable=SC2086 # words
	refused error:$EPERM "run it as root" $words
done

refused error:$EEXIST "cannot add node 2: its number, address" node add 2 10.0.0.2
refused error:$EBUSY "kdipc cluster stop" node add 2 10.0.0.2
refused error:$ENOENT "cannot delete node 2: there is no such node" node del 2
refused error:$EBUSY "kdipc cluster stop" node del 2
refused error:$EINVAL "no local node or no name server" cluster start
refused error:$ENOENT "modprobe kdipc_rdma" cluster start
refused error:$EADDRNOTAVAIL "not on an RDMA device" cluster start
refused error:$EBUSY "running already" cluster start
refused error:$EBUSY "segments live" cluster stop
refused error:$ENODEV "cannot look for" set mode 0 ship
for words in "rule add" "rule add keys 7"; do
	# shellcheck disable=SC2086 # words
	refused absent "kdipc module is not loaded" $words
	# shellcheck disable=SC2086 # words
	refused error:$EPERM "only root" $words
done
refused error:$ENOSPC "all numbers of rules are taken" rule add
refused error:$ENODEV "no node is configured" rule add
refused error:$ENOENT "there is no such rule" rule del 3
refused error:$ENODEV "no node is configured" rule del 3
refused error:$EOPNOTSUPP "does not know this command" run true
refused error:$ENOMEM "out of memory" stat
refused error:$EOPNOTSUPP "does not know this command" segment
refused error:71 "another version" stat
refused error:5 "Input/output error" stat

refused "error:$EINVAL:node 2 has no address" \
	"(kernel: node 2 has no address)" node add 2 10.0.0.2
refused "capped:$EINVAL:the transport is deaf" \
	"(kernel: the transport is deaf)" cluster start
refused "done:$ENOMEM:no pages" "out of memory (kernel: no pages)" node show
refused restless "try again" node show
