# shellcheck shell=bash disable=SC2154 # variables of run and tap.sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# A wrong command line: exit status 2, one sentence that names the word, and
# nothing is asked of the kernel.

export KDIPC_FAKE_LOG=$out/log
unset KDIPC_FAKE

# refuse TEXT WORD...: the words are refused with TEXT
refuse()
{
	local text=$1 verdict

	shift
	run "$fake" "$@"
	[ "$status" -eq 2 ] && [[ $stderr == *"$text"* ]] && one_sentence &&
		[ ! -e "$KDIPC_FAKE_LOG" ]
	verdict=$?
	rm -f "$KDIPC_FAKE_LOG"
	ok "refused: kdipc $*" [ "$verdict" -eq 0 ]
}

refuse "'frob'" frob
refuse "''" ""
refuse "'nodes'" nodes
refuse "'-x'" -x
refuse "'-x'" -jx node
refuse "'--frob'" --frob node
refuse "'frob'" node frob
refuse "'frob'" cluster frob
refuse "'frob'" segment frob
refuse "'frob'" stat frob
refuse "'frob'" help frob
refuse "'frob'" node help frob
refuse "'frob'" node show 1 frob
refuse "'frob'" cluster show frob
refuse "'frob'" stat show frob
for id in 0 256 1x x 0x +1 " 1" 1.0 99999999999999999999999 ""; do
	refuse "'$id' is not a node number" node show "$id"
	refuse "'$id' is not a node number" node del "$id"
	refuse "'$id' is not a node number" node add "$id" 10.0.0.1
done
refuse "'-1'" node del -1
refuse "node del needs" node del
refuse "'2'" node del 1 2
refuse "node add needs" node add
refuse "node add needs" node add 1
for address in 10.0.0 10.0.0.256 10.0.0.1/24 localhost 0.0.0.0 224.0.0.1 \
	255.255.255.255 :: ff02::1 fe80::1 fe80::1%eth0 ::ffff:10.0.0.1 g::1 \
	"10.0.0.1 " ""; do
	refuse "'$address' is" node add 1 "$address"
done
refuse "'lokal'" node add 1 10.0.0.1 lokal
refuse "'up'" node add 1 10.0.0.1 names up
refuse "'loop'" cluster start loop
refuse "transport needs" cluster start transport
refuse "'frob'" cluster start transport rdma frob
refuse "'' is not" cluster start transport ""
refuse "is not the name" cluster start transport \
	abcdefghijklmnopqrstuvwxyz123456
refuse "'now'" cluster stop now
refuse "'1234'" segment show 1234
refuse "key needs" segment show key
refuse "'x' is not" segment show key x
refuse "'0x100000000' is not" segment show key 0x100000000
refuse "'18446744073709551616' is not" segment show id 18446744073709551616
refuse "'0x' is not" segment show id 0x
refuse "'frob'" segment show id 1 frob
refuse "'frob'" set frob
refuse "'1234'" set show 1234
refuse "key needs" set show key
refuse "'x' is not the number of a semaphore set" set show id x
refuse "set mode needs" set mode 1
refuse "'x' is not" set mode x ship
refuse "'fast'" set mode 1 fast
refuse "'frob'" set mode 1 ship frob
refuse "'frob'" rule frob
refuse "'frob'" rule show frob
refuse "'shmem'" rule add shmem
refuse "keys needs" rule add keys
for keys in x 1- 1-2-3 2-1 0x100000000 "," "1," "" "1 2" alles; do
	refuse "is not a key or a range" rule add keys "$keys"
	refuse "is not a key or a range" run --keys "$keys" true
done
refuse "at most 8" rule add keys 1,3,5,7,9,11,13,15,17
for id in 0 16 x; do
	refuse "'$id' is not the number of a rule" rule del "$id"
done
refuse "rule del needs" rule del
refuse "run needs a program" run
refuse "run needs a program" run --shm --
refuse "'--keys' needs" run --keys
refuse "'--frob'" run --frob true

run "$fake"
expect "no words: usage, status 2" 2 "Usage: kdipc [ OPTIONS ] OBJECT"
for words in help -h --help "node help" "cluster help" "segment help" \
	"stat help" "node h" "rule help" "run --help" "run -h"; do
	# shellcheck disable=SC2086 # words
	run "$fake" $words
	expect "kdipc $words" 0 "Usage: kdipc"
done
for word in -V --version -version; do
	run "$fake" "$word"
	expect "kdipc $word" 0 "control interface 1"
done
ok "help asks nothing of the kernel" [ ! -e "$KDIPC_FAKE_LOG" ]
