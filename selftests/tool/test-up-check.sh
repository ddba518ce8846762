# shellcheck shell=bash disable=SC2154 # variables of run and tap.sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# kdipc-up --check: which configuration files are right, and what is said of
# the others, with the number of the line.

up=$top/rdma/kdipc-up
conf=$out/kdipc.conf

# accepts NAME: the file, on stdin, is right
accepts()
{
	cat > "$conf"
	run "$up" -c "$conf" --check
	expect "check: $1" 0 "is correct"
}

# rejects WHERE TEXT: the file, on stdin, is wrong; WHERE is a line or "-"
rejects()
{
	local where=$1 text=$2

	cat > "$conf"
	run "$up" -c "$conf" --check
	[ "$where" = - ] && text=": $text" || text=":$where: $text"
	expect "check: $text" 2 "$conf$text"
}

run "$up" -c "$top/rdma/kdipc.conf.example" --check
expect "check: the example" 0 "is correct: 3 nodes"
accepts "the example with all its choices" \
	< <(sed 's/^#\([a-z]* [a-z0-9]*\)$/\1/' "$top/rdma/kdipc.conf.example")

accepts "one node" <<< "node 1 10.0.0.1 names"
accepts "IPv6" << EOF
node 1 fd77::1 names
node 2 fd77:0:0:0:1:2:3:4
node 255 ::1
EOF
accepts "comments, empty lines, CRLF, no last newline" \
	< <(printf 'node 1 10.0.0.1 names # here\r\n\t\r\n# all\r\nlocal 1')
accepts "software link" << EOF
node 1 10.0.0.1 names
link rxe
netdev enp1s0.5
wait 0
EOF

rejects - "no node is configured" < /dev/null
rejects 2 "unknown link 'siw'" <<< $'node 1 10.0.0.1 names\nlink siw'
rejects - "no node is a name server" <<< "node 1 10.0.0.1"
for id in 0 256 x 01 -1 '*'; do
	rejects 1 "'$id' is not a node number" <<< "node $id 10.0.0.1 names"
done
for address in 10.0.0 10.0.0.1.2 10.0.0.256 10.0.0.01 0.0.0.0 224.0.0.1 host \
	:: fd77:::1 fd77::1::2 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 ff02::1 fe80::1 \
	12345::1 :1 1:; do
	rejects 1 "'$address' is not the IPv4 or IPv6 address" \
		<<< "node 1 $address names"
done
rejects 1 "expected: node NUMBER ADDRESS [names]" <<< "node 1"
rejects 1 "expected: node NUMBER ADDRESS [names]" <<< "node 1 10.0.0.1 names x"
rejects 1 "unknown word 'name'" <<< "node 1 10.0.0.1 name"
rejects 3 "node 1 stands here a second time" << EOF
node 1 10.0.0.1 names

node 1 10.0.0.2
EOF
rejects 2 "address fd77::a stands here a second time" << EOF
node 1 fd77::a names
node 2 FD77::A
EOF
rejects 2 "unknown statement 'nodes'" << EOF
node 1 10.0.0.1 names
nodes 2 10.0.0.2
EOF
rejects 1 "unknown transport 'tcp'" <<< "transport tcp"
rejects 1 "unknown link 'veth'" <<< "link veth"
rejects 1 "'a/b' is not the name of a network interface" <<< "netdev a/b"
rejects 1 "'wait' needs one word, not 0" <<< "wait"
rejects 1 "'wait' needs one word, not 2" <<< "wait 1 2"
rejects 1 "'3601' is not a number of seconds" <<< "wait 3601"
rejects 2 "'wait' stands here a second time" << EOF
wait 1
wait 1
EOF
rejects 1 "'300' is not a node number" <<< "local 300"
rejects - "there is no node 2 for 'local 2'" << EOF
node 1 10.0.0.1 names
local 2
EOF
rejects - "'link' needs a 'netdev'" << EOF
node 1 10.0.0.1 names
link rxe
EOF
rejects - "'netdev' needs a 'link'" << EOF
node 1 10.0.0.1 names
netdev eth0
EOF

printf 'frob\nnode 1 10.0.0.1 names\nwait x\n' > "$conf"
run "$up" -c "$conf" --check
is "check: all mistakes are told, each in a line" "$stderr" \
"$conf:1: unknown statement 'frob'
$conf:3: 'x' is not a number of seconds (0 to 3600)"

run "$up" -c "$out/absent" --check
expect "check: no file" 2 "cannot read $out/absent"
run "$up" -c "$out" --check
expect "check: a folder" 2 "cannot read $out"
run "$up" frob
expect "kdipc-up: unknown word" 2 "unknown word 'frob'"
run "$up" up down
expect "kdipc-up: two actions" 2 "unexpected word 'down'"
run "$up" -c
expect "kdipc-up: -c without a file" 2 "-c needs a file"
run "$up" --help
expect "kdipc-up: help" 0 "Usage: kdipc-up"
