#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# sem.sh - semaphores of a cluster inside one kernel, over the loop transport
#
#	sem.sh [-n NODES] [-d DIRECTORY] [-m MODULE] [-t TOOL] [-l SECONDS]
#
# The options are those of shm.sh, DIRECTORY is where semcall is.  Operations on
# sets of node 1 by processes on all nodes: sleeping and what ends it, counts of
# sleepers, SEM_UNDO, atomic operations with exact totals; with sets that migrate
# by themselves, never and always; over quiet, slow and broken links.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/cluster.sh"

nsems=3

# sem NODE CALL...: calls for the set with the current key
sem() {
	node=$1
	shift
	on "$node" "$programs/semcall" -k get "$key" "$nsems" : "$@"
}

# later NAME NODE CALL...: the same in the background, output in a file
later() {
	file=$1
	node=$2
	shift 2
	nsenter -t "$(keeper "$node")" -i "$programs/semcall" -k get "$key" "$nsems" : \
		"$@" >"$work/$file" 2>&1 &
	last=$!
}

# create [MODE]: a new set, all zero, homed on node 1
create() {
	key=$((key + 16))
	on 1 "$programs/semcall" -k get "$key" "$nsems" create excl 0600 || return
	[ -z "$1" ] || on 1 "$tool" set mode "$(number)" "$1"
}

number() {
	on 1 "$tool" -j set show key "$key" | grep -o '"set":"0x[0-9a-f]*' | grep -o '0x.*'
}

# is NODE WORD ARGUMENT VALUE: GETVAL, GETNCNT, ... there says so
is() {
	sem "$1" "$2" "$3" | grep -q "^$2 $4\$"
}

# said NAME TEXT: so it ended
said() {
	grep -q "^$2\$" "$work/$1"
}

no_sets() {
	for n in $(seq "$nodes"); do
		[ "$(on "$n" "$tool" -j set show)" = "[]" ] || return
	done
}

released() {
	later b 2 op 0,-1
	eventually 10 is 3 ncnt 0 1 && sem 1 op 0,1 && eventually 10 said b "op ok" &&
		is 2 val 0 0 && is 1 ncnt 0 0
}

removed() {
	later b 2 op 0,-1
	later c 3 op 1,-1
	eventually 10 is 1 ncnt 0 1 && eventually 10 is 1 ncnt 1 1 && sem 3 rm &&
		eventually 10 said b "op EIDRM" && eventually 10 said c "op EIDRM"
}

signalled() {
	sem 2 wait 300 0,-1 >"$work/b"
	said b "wait EINTR" && is 1 ncnt 0 0
}

timed_out() {
	sem 3 within 300 0,-1 >"$work/c"
	said c "within EAGAIN" && is 1 ncnt 0 0
}

at_zero() {
	sem 1 set 1 2 && later b 2 op 1,0 && later c 3 op 1,0 &&
		eventually 10 is 1 zcnt 1 2 && sem 2 op 1,-1 && is 1 zcnt 1 2 &&
		sem 3 op 1,-1 && eventually 10 said b "op ok" && eventually 10 said c "op ok"
}

# The unit that each waits for comes to them one after another.
in_order() {
	for i in 1 2 3 4 5; do
		later "w$i" $((i % nodes + 1)) op 0,-1
		eventually 10 is 2 ncnt 0 "$i" || return
	done
	for i in 1 2 3 4 5; do
		sem $((i % nodes + 1)) op 0,1 && eventually 10 said "w$i" "op ok" &&
			is 1 ncnt 0 $((5 - i)) || return
	done
}

undone() {
	sem 1 set 0 5 && later b 2 op 0,-2,u : op 0,-1,u : say held : hold &&
		eventually 10 said b held && is 1 val 0 2 && kill -9 "$last" &&
		eventually 10 is 1 val 0 5 && is 3 val 0 5
}

# SETVAL clears what others would undo.
not_undone() {
	sem 1 set 0 5 && later b 3 op 0,-2,u : say held : hold &&
		eventually 10 said b held && sem 2 set 0 1 && kill -9 "$last" &&
		sleep 0.5 && is 1 val 0 1 && is 3 val 0 1
}

# Killed while it sleeps: nothing is done for it, and nobody counts it.
killed() {
	sem 1 set 0 0 && later b 2 op 0,-1,u && eventually 10 is 1 ncnt 0 1 &&
		kill -9 "$last" && eventually 10 is 3 ncnt 0 0 && sem 1 op 0,1 && is 2 val 0 1
}

commands() {
	sem 1 setall 7 && sem 3 all | grep -q "^all 7 7 7$" && sem 2 setall 0 &&
		sem 1 all | grep -q "^all 0 0 0$" && refused ERANGE sem 2 set 0 40000 &&
		refused EFBIG sem 2 op 3,1 && refused EAGAIN sem 3 op 0,-1,n &&
		refused ERANGE sem 2 op 0,32767 0,1,n
}

# totals WORKERS COUNT: two operations on two semaphores each, on every node
totals() {
	sem 1 set 0 2 || return
	pids=
	for i in $(seq $(($1 * nodes))); do
		later "t$i" $((i % nodes + 1)) share "$2"
		pids="$pids $last"
	done
	for pid in $pids; do
		wait "$pid" || return
	done
	sum=$(($1 * nodes * $2))
	sem 1 all >"$work/all" && cat "$work/all" && grep -q "^all 2 $sum $sum$" "$work/all"
}

remove() {
	sem 2 rm && eventually 5 no_sets
}

# operations WHAT MODE COUNT
operations() {
	ok "$1: a set" create "$2"
	ok "$1: released by another node" released
	ok "$1: a signal" signalled
	ok "$1: a timeout" timed_out
	ok "$1: wait for zero" at_zero
	ok "$1: commands" commands
	ok "$1: waiters are counted and released in order" in_order
	ok "$1: SEM_UNDO after kill -9" undone
	ok "$1: SETVAL clears adjustments" not_undone
	ok "$1: killed while it sleeps" killed
	ok "$1: a set for totals" create "$2"
	ok "$1: exact totals" totals 4 "$3"
	ok "$1: a set to remove" create "$2"
	ok "$1: IPC_RMID ends sleep" removed
	echo "# $1: $(($(date +%s) - begin)) seconds so far"
}

# values VALUE: every node sees it in all semaphores
values() {
	for n in $(seq "$nodes"); do
		[ "$(sem "$n" all | grep "^all [0-9]" | tr ' ' '\n' | grep -c "^$1\$")" \
			-eq "$nsems" ] || return
	done
}

# Values, and operations that no message has room for.
large() {
	nsems=3000
	create "$1" && values 0 && sem 2 setall 7 && values 7 && sem 3 range 0,1 400 &&
		is 1 val 399 8 && is 2 val 400 7 && sem 1 setall 3 && values 3
	result=$?
	nsems=3
	return $result
}

# The state is longer than a landing: 32000 semaphores, and adjustments of four.
huge() {
	nsems=32000
	held='' result=0
	create migrate && values 0 || result=1
	for i in 1 2 3 4; do
		later "u$i" $((i % nodes + 1)) range $((i * 500)),1,u 500 : say held : hold
		held="$held $last"
		eventually 20 said "u$i" held || result=1
	done
	is 1 val 999 1 && is 2 val 2499 1 && is 3 val 2500 0 || result=1
	# shellcheck disable=SC2086 # several
	kill -9 $held
	eventually 20 values 0 || result=1
	nsems=3
	return $result
}

stays() {
	refused "exist" on "$1" "$tool" cluster stop
}

remove_all() {
	on 2 ipcs -s | awk '$2 ~ /^[0-9]+$/ { print $2 }' >"$work/ids"
	while read -r id; do
		on 2 ipcrm -s "$id" || return
	done <"$work/ids"
	eventually 5 no_sets
}

echo "TAP version 13"
ok "load" load
make_namespaces
ok "nodes are configured" configure_all
ok "all start" start_all
ok "all connect" all_up
operations "quiet" "" 200
operations "shipped" ship 100
operations "migrating" migrate 100
ok "a large set" large
ok "a large set, shipped" large ship
ok "a large set, migrating" large migrate
ok "a state in several parts" huge
ok "stop is refused while sets live" stays 3
ok "unload is refused while sets live" refused "" rmmod kdipc_loop
links 500 0
operations "delays" "" 30
links 200 40
operations "delays and broken links" "" 30
operations "migrating over delays and broken links" migrate 20
links 0 0
ok "all sets are removed" remove_all
ok "unload" unload
echo "1..$count"
echo "$((count - failed)) passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
