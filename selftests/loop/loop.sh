#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# loop.sh - a cluster inside one kernel, over the loop transport; TAP output
#
#	loop.sh [-n NODES] [-d DIRECTORY] [-m MODULE] [-t TOOL] [-l SECONDS]
#
# Each node is an IPC namespace with a process that keeps it.  The programs of
# selftests/shm run as members on different nodes: over quiet links, over links
# that delay each item by a random time, so that pairs of nodes overtake each
# other, and over links that break again and again.  Needs root.
#
#	-n	how many nodes, 3 to 9
#	-d	where the programs of selftests/shm are
#	-m	kdipc.ko; otherwise modprobe finds it
#	-t	the kdipc tool
#	-l	time limit of a test

nodes=3
programs=$(dirname "$0")/../shm
module=
tool=kdipc
limit=60
while getopts n:d:m:t:l: option; do
	case $option in
	n) nodes=$OPTARG ;;
	d) programs=$OPTARG ;;
	m) module=$OPTARG ;;
	t) tool=$OPTARG ;;
	l) limit=$OPTARG ;;
	*) exit 2 ;;
	esac
done

faults=/sys/kernel/debug/kdipc/loop
work=$(mktemp -d)
key=$((0x4d000000))
count=0
failed=0
keepers=
begin=$(date +%s)

end() {
	for pid in $keepers; do
		kill "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap end EXIT

# ok NAME COMMAND...: one test, passed if the command succeeds
ok() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $count - $name"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $count - $name"
	tail -n 15 "$work/out" | sed 's/^/# /'
}

# refused PATTERN COMMAND...: it fails, and says why
refused() {
	pattern=$1
	shift
	if said=$("$@" 2>&1); then
		echo "succeeded: $said"
		return 1
	fi
	case $said in
	*$pattern*) return 0 ;;
	esac
	echo "failed with: $said"
	return 1
}

keeper() {
	eval "echo \$keeper_$1"
}

# on NODE COMMAND...
on() {
	node=$1
	shift
	nsenter -t "$(keeper "$node")" -i "$@"
}

# eventually SECONDS COMMAND...
eventually() {
	tries=$(($1 * 10))
	shift
	while [ "$tries" -gt 0 ]; do
		"$@" && return
		tries=$((tries - 1))
		sleep 0.1
	done
	echo "not within the time: $*"
	return 1
}

load() {
	if [ -n "$module" ]; then
		insmod "$module"
	else
		modprobe kdipc
	fi
}

unload() {
	rmmod kdipc && ! grep -q '^kdipc ' /proc/modules
}

make_namespaces() {
	for n in $(seq "$nodes"); do
		unshare -i sleep 100000 &
		eval "keeper_$n=$!"
		keepers="$keepers $!"
	done
	sleep 0.3
}

# configure NODE: tell it of all; the first two are name servers
configure() {
	for i in $(seq "$nodes"); do
		flags=
		[ "$i" -eq "$1" ] && flags=local
		[ "$i" -le 2 ] && flags="$flags names"
		# shellcheck disable=SC2086 # no word, one or two
		on "$1" "$tool" node add "$i" "10.99.0.$i" $flags || return
	done
}

configure_all() {
	for n in $(seq "$nodes"); do
		configure "$n" || return
	done
}

start() {
	on "$1" "$tool" cluster start transport loop
}

start_all() {
	for n in $(seq "$nodes"); do
		start "$n" || return
	done
}

up_is() {
	on "$1" "$tool" -j cluster show | grep -q "\"up\":$2\\b"
}

all_up() {
	for n in $(seq "$nodes"); do
		eventually 10 up_is "$n" "$nodes" || return
	done
}

no_segments() {
	for n in $(seq "$nodes"); do
		[ "$(on "$n" "$tool" -j segment show)" = "[]" ] || return
	done
}

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

# links DELAY_US DROP_ONE_IN
links() {
	echo "$1" >$faults/delay_us
	echo "$2" >$faults/drop_one_in
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
	ok "unload is refused while it lives" refused "" rmmod kdipc
	ok "it outlives its user" kill_holder
	ok "stop is still refused" stays 3
	ok "it can be removed" shared 3 : rm
	ok "it is gone everywhere" eventually 5 no_segments
}

restart() {
	on 3 "$tool" cluster stop && eventually 10 up_is 1 $((nodes - 1)) &&
		start 3 && all_up
}

# Node 3 believes that node 2 is no name server: nobody may talk to it.
other_list() {
	on 3 "$tool" cluster stop && on 3 "$tool" node del 2 &&
		on 3 "$tool" node add 2 10.99.0.2 && start 3 && sleep 1 &&
		up_is 3 1 && up_is 1 $((nodes - 1)) &&
		on 3 "$tool" cluster stop && on 3 "$tool" node del 2 &&
		on 3 "$tool" node add 2 10.99.0.2 names && start 3 && all_up
}

cut() {
	echo "1 2 4000" >$faults/cut && eventually 5 up_is 1 $((nodes - 1)) && all_up
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
ok "a node restarts" restart
ok "a node with another list stays alone" other_list
ok "a cut link connects again" cut
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
