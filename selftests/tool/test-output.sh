# shellcheck shell=bash disable=SC2154 # variables of run and tap.sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# What the tool prints, as text and as JSON, and what it asks the kernel for.

export KDIPC_FAKE_LOG=$out/log
unset KDIPC_FAKE

# Numbers of attributes of rules.
number=28 calls=29 keys=30

requests()
{
	cat "$KDIPC_FAKE_LOG" 2> /dev/null
	rm -f "$KDIPC_FAKE_LOG"
}

run "$fake" node show
is "node show, text" "$stdout" \
'node 1 address 10.77.0.1 local names state up
node 2 address 10.77.0.2 names state connecting
node 3 address fd77::3 state down reason "no route to host"'
is "node show asks for a dump" "$(requests)" "3 flags=301 version=1"

run "$fake" -j node show
is "node show, JSON: local node" "$(json 'd[0]')" \
	"{'node': 1, 'address': '10.77.0.1', 'local': True, 'names': True, 'state': 'up', 'reason': ''}"
is "node show, JSON: remote node" "$(json 'd[2]')" \
	"{'node': 3, 'address': 'fd77::3', 'local': False, 'names': False, 'state': 'down', 'reason': 'no route to host'}"
run "$fake" -j node show 2
is "node show ID selects" "$(json '[n["node"] for n in d]')" "[2]"
run "$fake" -j node show 9
ok "node show of an unknown node fails" [ "$status" -eq 1 ]
is "... and is still JSON" "$stdout" "[]"
is "... and is said" "$stderr" "kdipc: there is no node 9 (kdipc node show)"

run "$fake" -p -j node show
is "pretty JSON is indented" "$(head -3 "$out/stdout")" '[
    {
        "node": 1,'
is "pretty JSON is the same JSON" "$(json 'len(d)')" 3

run "$fake" cluster show
is "cluster show, text" "$stdout" \
	"cluster running transport rdma epoch 1 nodes 3 up 2"
run "$fake" -j cluster show
is "cluster show, JSON" "$(json 'd')" \
	"[{'running': True, 'transport': 'rdma', 'epoch': 1, 'nodes': 3, 'up': 2}]"

run "$fake" segment show
is "segment show, text" "$(sed -n 2p "$out/stdout")" \
	"segment 0x2000000000007 shmid -1 key 0xfffffffe size 4096 nattch 2 owned 3 copies 4 homed 5 dest faults 18446744073709551615"
run "$fake" -j segment show
is "segment show, JSON" "$(json 'd[0]')" \
	"{'segment': '0x1000000000001', 'shmid': 0, 'key': '0x000004d2', 'size': 1099511627776, 'nattch': 2, 'owned': 3, 'copies': 4, 'homed': 5, 'dest': False, 'faults': 18446744073709551615}"
for words in "key 1234" "key 0x4d2" "id 0" "id 0x1000000000001" "k 0x4D2"; do
	# shellcheck disable=SC2086 # words
	run "$fake" -j segment show $words
	is "segment show $words selects" "$(json '[s["shmid"] for s in d]')" "[0]"
done
run "$fake" -j segment show id 4294967295
is "no identifier is no identifier's match" "$stdout" "[]"
run "$fake" segment show key 77
is "no such key: an empty list" "$status:$stdout:$stderr" "0::"

run "$fake" set show
is "set show, text" "$(sed -n 2p "$out/stdout")" \
	"set 0x2000000000008 semid -1 key 0xfffffffe nsems 250 mode migrate owner 3 here sleepers 6 local 7 shipped 8 served 9 moved_in 10 moved_out 18446744073709551615"
run "$fake" -j set show
is "set show, JSON" "$(json 'd[0]')" \
	"{'set': '0x1000000000002', 'semid': 0, 'key': '0x000004d2', 'nsems': 250, 'mode': 'adapt', 'owner': 3, 'here': False, 'sleepers': 6, 'local': 7, 'shipped': 8, 'served': 9, 'moved_in': 10, 'moved_out': 18446744073709551615}"
for words in "key 1234" "id 0" "id 0x1000000000002"; do
	# shellcheck disable=SC2086 # words
	run "$fake" -j set show $words
	is "set show $words selects" "$(json '[s["semid"] for s in d]')" "[0]"
done

run "$fake" stat
is "stat, text" "$(head -3 "$out/stdout")" 'faults_read 12
bytes 18446744073709551615
fault_read <2us 1 <16us 7 <32us 2'
run "$fake" stat -j
is "stat, JSON: counters" "$(json 'd[0]["counters"]')" \
	"{'faults_read': 12, 'bytes': 18446744073709551615}"
is "stat, JSON: histograms" \
	"$(json '[(k, len(v), sum(v)) for k, v in d[0]["histograms"].items()]')" \
	"[('fault_read', 5, 10), ('widest', 64, 5), ('none', 0, 0)]"

run "$fake" rule
is "rule show, text" "$stdout" \
"rule 1 keys 0x00000001-0xffffffff shm sem
rule 15 keys 0x00000000-0x00000000,0x00000010-0x0000001f sem"
run "$fake" -j rule show
is "rule show, JSON" "$(json 'd[1]')" \
	"{'rule': 15, 'keys': '0x00000000-0x00000000,0x00000010-0x0000001f', 'shm': False, 'sem': True}"

export KDIPC_FAKE=empty
for object in node segment set rule; do
	run "$fake" "$object"
	is "no $object, text" "$status:$stdout:$stderr" "0::"
	run "$fake" -j "$object"
	is "no $object, JSON" "$stdout" "[]"
done
run "$fake" -j cluster
is "stopped cluster" "$stdout" \
	'[{"running":false,"transport":"","epoch":0,"nodes":0,"up":0}]'
run "$fake" -j stat
is "no statistics" "$stdout" '[{"counters":{},"histograms":{}}]'

export KDIPC_FAKE=nasty
run "$fake" -j node
is "escapes: JSON gives the text back" "$(json 'ascii(d[2]["reason"])')" \
	"'a \"quote\"\\\\\\n\\t\\x1b[31m caf\\xe9 \\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd'"
run "$fake" -j stat
is "escapes: a name in JSON" "$(json 'ascii(list(d[0]["counters"])[1])')" \
	"'\"\\n'"
run "$fake" -j set
is "a mode that is not known" "$(json 'd[1]["mode"]')" "unknown"
run "$fake" node
ok "text has no control characters" \
	[ -z "$(LC_ALL=C tr -d '\n -~\200-\377' < "$out/stdout")" ]

export KDIPC_FAKE=torn
run "$fake" -j node
is "an inconsistent dump is asked for again" \
	"$(json '[n["node"] for n in d]')" "[1, 2, 3]"
unset KDIPC_FAKE
requests > /dev/null

run "$fake" node add 2 10.77.0.2
is "node add sends number and address" "$status:$(requests)" \
	"0:1 flags=5 version=1 2=0200 3=0a4d0002"
run "$fake" node add 255 fd77::3 names local
is "node add sends IPv6 and the flags" "$status:$(requests)" \
	"0:1 flags=5 version=1 2=ff00 3=fd770000000000000000000000000003 4= 5="
run "$fake" n a 7 10.0.0.7 l
is "prefixes do for words" "$status:$(requests)" \
	"0:1 flags=5 version=1 2=0700 3=0a000007 4="
run "$fake" node del 7
is "node del" "$status:$(requests)" "0:2 flags=5 version=1 2=0700"
run "$fake" set mode 0 ship
is "set mode finds the number, and sends it" "$status:$(requests)" \
"0:12 flags=301 version=1
13 flags=5 version=1 35=0200000000000100 39=01"
run "$fake" set mode 0x2000000000008 m
is "set mode by number" "$status:$(requests | tail -n 1)" \
	"0:13 flags=5 version=1 35=0800000000000200 39=02"
run "$fake" cluster start
is "cluster start" "$status:$(requests)" "0:4 flags=5 version=1 8=01"
run "$fake" cluster start transport loop
is "cluster start transport" "$status:$(requests)" \
	"0:4 flags=5 version=1 8=01 9=6c6f6f7000"
run "$fake" cluster stop
is "cluster stop" "$status:$(requests)" "0:4 flags=5 version=1 8=00"
run "$fake" rule add
is "rule add: all keys and calls" "$status:$stdout:$(requests)" \
	"0:rule 3:8 flags=5 version=1 $calls=03 $keys=01000000ffffffff"
run "$fake" rule add shm keys 0x30-0x3f,1,private,0x10-0x2f,2
is "rule add puts ranges in order, and joins them" "$(requests)" \
	"8 flags=5 version=1 $calls=01 $keys=0000000002000000100000003f000000"
run "$fake" rule add keys all,private sem
is "rule add: every key" "$(requests)" \
	"8 flags=5 version=1 $calls=02 $keys=00000000ffffffff"
run "$fake" rule del 15
is "rule del" "$status:$(requests)" "0:9 flags=5 version=1 $number=0f"
run "$fake" run --sem --keys 7 "$marked" mark
is "run marks the process, and asks first" "$status:$stdout:$(requests)" \
	"0:3:5 flags=5 version=1
8 flags=5 version=1 $calls=02 $keys=0700000007000000"
run "$fake" run -- "$marked" set 5 mark
is "run: a mark can be changed later" "$stdout" 5
# shellcheck disable=SC2016 # the words of the inner shell
run "$fake" run sh -c 'echo "$0 $*"; exit 7' -j --sem --
is "run leaves the program's words and status alone" "$status:$stdout" "7:-j --sem --"
run "$fake" run nosuchprogram
expect "run: no such program" 127 "cannot run nosuchprogram"
run "$fake" run /
expect "run: no program" 126 "cannot run /"
KDIPC_FAKE=empty run "$fake" run "$marked" mark
expect "run: no cluster runs" 1 "no cluster runs on this node"
requests > /dev/null
run "$fake" -j node del 7
is "a change prints nothing" "$status:$stdout:$stderr" "0::"
requests > /dev/null

ok "an output that cannot be written is an error" \
	sh -c "! '$fake' node show > /dev/full 2> /dev/null"
rm -f "$KDIPC_FAKE_LOG"
