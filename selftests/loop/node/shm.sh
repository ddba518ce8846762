#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# shm.sh - a cluster inside one kernel, over the loop transport; TAP output
#
#	shm.sh [-n NODES] [-d DIRECTORY] [-m MODULE] [-t TOOL] [-l SECONDS]
#
# Each node is an IPC namespace with a process that keeps it.  The programs of
# programs/shm run as members on different nodes: over quiet links, over links
# that delay each item by a random time, so that pairs of nodes overtake each
# other, and over links that break again and again.  Needs root.
#
#	-n	how many nodes, 3 to 9
#	-d	where the programs are; otherwise beside this script
#	-m	kdipc.ko, beside kdipc_loop.ko; otherwise modprobe finds them
#	-t	the kdipc tool
#	-l	time limit of a test

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/cluster.sh"

# party MEMBERS PROGRAM ARGUMENTS: member I runs on node I + 1
party() {
	members=$1
	program=$2
	shift 2
	key=$((key + 16))
	pids=
	for id in $(seq 0 $((members - 1))); do
		on $((id % nodes + 1)) "$programs/$program" --kdipc --key "$key" \
			--members "$members" --id "$id" --timeout "$limit" "$@" &
		pids="$pids $!"
	done
	result=0
	for pid in $pids; do
		wait "$pid" || result=1
	done
	return $result
}

parties() {
	ok "$1: exchange" party 2 exchange --rounds 60
	ok "$1: exchange in one word" party "$nodes" exchange --mode same --rounds 40
	ok "$1: Dekker" party 2 mutex --mode dekker --rounds 60
	ok "$1: bakery" party 3 mutex --mode bakery --rounds 30
	ok "$1: readers" party 3 readers --pages 16
	ok "$1: hammer" party "$nodes" hammer --seed 11 --rounds 1000
	ok "$1: IPC_RMID while attached" party 3 rmid
	ok "$1: litmus" party 4 litmus --rounds 4
	ok "$1: IPC_EXCL" party "$nodes" excl
	ok "$1: no segment is left" eventually 5 no_segments
	echo "# $1: $(($(date +%s) - begin)) seconds so far"
}

# shared NODE CALL...: System V calls for the segment with the current key
shared() {
	node=$1
	shift
	on "$node" "$programs/shmcall" -k get "$key" 4096 "$@"
}

# Attached on node 1, by a process that waits to be killed.
hold() {
	nsenter -t "$(keeper 1)" -i "$programs/shmcall" -k get "$key" 4096 create 0600 : \
		at : poke 8 0x2a : hold >/dev/null 2>&1 &
	holder=$!
}

has_value() {
	shared 2 : at : peek 8 | grep -q 2a
}

kill_holder() {
	kill -9 "$holder"
	wait "$holder" 2>/dev/null
	has_value
}

stays() {
	refused "segments exist" on "$1" "$tool" cluster stop
}

in_use() {
	key=$((key + 16))
	hold
	ok "a segment is there" eventually 10 has_value
	ok "stop is refused while it lives" stays 1
	ok "stop is refused on the other nodes" stays 2
	ok "unload is refused while it lives" refused "" rmmod kdipc_loop
	ok "it outlives its user" kill_holder
	ok "stop is still refused" stays 3
	ok "it can be removed" shared 3 : rm
	ok "it is gone everywhere" eventually 5 no_segments
}

# lost NODE: how many links have broken there
lost() {
	on "$1" "$tool" -j stat | grep -o '"links_lost":[0-9]*' | grep -o '[0-9]*$'
}

# A node that is stopped is no broken link.
restart() {
	before="$(lost 1) $(lost 2)"
	on 3 "$tool" cluster stop && eventually 10 up_is 1 $((nodes - 1)) &&
		start 3 && all_up && [ "$(lost 1) $(lost 2)" = "$before" ]
}

# Node 3 believes that node 2 is no name server: nobody may talk to it.
other_list() {
	on 3 "$tool" cluster stop && on 3 "$tool" node del 2 &&
		on 3 "$tool" node add 2 10.99.0.2 && start 3 && sleep 1 &&
		up_is 3 1 && up_is 1 $((nodes - 1)) &&
		on 3 "$tool" cluster stop && on 3 "$tool" node del 2 &&
		on 3 "$tool" node add 2 10.99.0.2 names && start 3 && all_up
}

# Counted by both ends, and by nobody else.
cut() {
	before="$(lost 1) $(lost 2) $(lost 3)"
	echo "1 2 4000" >$faults/cut && eventually 5 up_is 1 $((nodes - 1)) && all_up || return
	# shellcheck disable=SC2086 # three numbers
	set -- $before
	[ "$(lost 1) $(lost 2) $(lost 3)" = "$(($1 + 1)) $(($2 + 1)) $3" ]
}

configuration() {
	ok "no start without nodes" refused "" "$tool" cluster start transport loop
	ok "nodes are configured" configure_all
	ok "a number is taken" refused "number" on 1 "$tool" node add 2 10.99.0.99
	ok "an address is taken" refused "address" on 1 "$tool" node add 99 10.99.0.2
	ok "one node is local" refused "local" on 1 "$tool" node add 99 10.99.0.99 local
	ok "an unknown node" refused "" on 1 "$tool" node del 99
	ok "an unknown transport" refused "transport" on 1 "$tool" cluster start transport pigeon
	ok "all start" start_all
	ok "all connect" all_up
	ok "a second start" refused "running" start 1
	ok "no change while it runs" refused "running" on 1 "$tool" node del 2
}

echo "TAP version 13"
ok "load" load
make_namespaces
configuration
ok "a node restarts, and no link counts as broken" restart
ok "a node with another list stays alone" other_list
ok "a cut link counts at both ends, and connects again" cut
parties "quiet"
in_use
links 500 0
parties "delays"
links 200 40
parties "delays and broken links"
links 0 0
ok "all are up again" all_up
ok "unload stops the nodes" unload
echo "1..$count"
echo "$((count - failed)) passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
