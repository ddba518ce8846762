#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# set.sh - names and identifiers of semaphore sets, over the loop transport
#
#	set.sh [-n NODES] [-d DIRECTORY] [-m MODULE] [-t TOOL] [-l SECONDS]
#
# The options are those of shm.sh, DIRECTORY is where semcall and shmcall are.
# What semget() finds, makes and refuses on each node, what the other nodes see of
# it, who may do what, what IPC_SET and IPC_RMID change everywhere.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/cluster.sh"

# call NODE CALL...: shared sets; plain NODE CALL...: those of the node
call() {
	node=$1
	shift
	on "$node" "$programs/semcall" -k "$@"
}

plain() {
	node=$1
	shift
	on "$node" "$programs/semcall" "$@"
}

# fails WORDS NODE CALL...: the last line says so
fails() {
	words=$1
	shift
	call "$@" >"$work/said" && return 1
	[ "$(tail -n 1 "$work/said")" = "$words" ] || { cat "$work/said" && false; }
}

# create [NSEMS]: a new set of node 1, with a new key
create() {
	key=$((key + 16))
	call 1 get "$key" "${1:-2}" create excl 0600
}

# field NODE NAME: of the set with the current key, as that node shows it
field() {
	on "$1" "$tool" -j set show key "$key" | tr ',{}' '\n' |
		sed -n "s/^\"$2\"://p" | tr -d '"'
}

# native NODE COLUMN[,COLUMN...]: of its line in /proc/sysvipc/sem
native() {
	# shellcheck disable=SC2016 # awk's own
	on "$1" awk -v key="$key" -v columns="$2" '$1 == key {
		n = split(columns, c, ",")
		for (i = 1; i <= n; i++)
			printf "%s%s", $c[i], i < n ? " " : "\n"
	}' /proc/sysvipc/sem
}

gone() {
	for n in $(seq "$nodes"); do
		[ -z "$(field "$n" set)" ] && [ -z "$(native "$n" 1)" ] || return
	done
}

remove() {
	call "$1" get "$key" 0 : rm && gone
}

found() {
	create 2 && call 3 get "$key" 2 && call 2 get "$key" 1 && call 2 get "$key" 0 &&
		[ "$(field 1 set)" = "$(field 3 set)" ] && [ "$(native 3 4)" = 2 ]
}

# Who has not asked for it has no identifier.
anchored() {
	create 2 && call 3 get "$key" 2 && [ "$(field 2 semid)" = -1 ] &&
		[ "$(field 3 semid)" = "$(native 3 2)" ] && [ -z "$(native 2 1)" ]
}

refused_sizes() {
	create 2 && fails "get EINVAL" 2 get "$key" 3 && fails "get EINVAL" 2 get "$key" -1 &&
		fails "get EEXIST" 3 get "$key" 2 create excl &&
		fails "get EINVAL" 2 get $((key + 1)) 0 create &&
		fails "get ENOENT" 2 get $((key + 1)) 1
}

# Of several that create, one wins.
exclusive() {
	for round in $(seq 10); do
		key=$((key + 16))
		pids=
		for i in $(seq $((nodes * 2))); do
			call $((i % nodes + 1)) get "$key" 1 create excl 0600 >"$work/x$i" &
			pids="$pids $!"
		done
		for pid in $pids; do
			wait "$pid"
		done
		[ "$(cat "$work"/x* | grep -c '^get ok$')" -eq 1 ] &&
			[ "$(cat "$work"/x* | grep -c EEXIST)" -eq $((nodes * 2 - 1)) ] || return
	done
	echo "$round rounds"
}

private() {
	before=$(on 2 "$tool" -j set show)
	call 1 get 0 3 create 0600 : op 2,5 : val 2 : rm >"$work/said" && cat "$work/said" &&
		grep -q "^val 5$" "$work/said" && [ "$(on 2 "$tool" -j set show)" = "$before" ]
}

native_key() {
	key=$((key + 16))
	plain 2 get "$key" 1 create 0600 && fails "get EEXIST" 2 get "$key" 1 create 0600 &&
		call 1 get "$key" 1 create 0600 && fails "get EEXIST" 2 get "$key" 1 &&
		plain 2 get "$key" 0 : rm && call 2 get "$key" 1
}

# As for any key that is taken.
held_key() {
	create 1 && plain 1 get "$key" 1 : op 0,4 && call 3 get "$key" 1 : val 0 &&
		! plain 1 get "$key" 1 create excl >"$work/said" &&
		[ "$(cat "$work/said")" = "get EEXIST" ]
}

untouched() {
	plain 2 get 0 2 create 0600 : op 0,5 1,3 : set 1 9 : all : rm >"$work/said" &&
		cat "$work/said" && grep -q "^all 5 9$" "$work/said"
}

two_types() {
	create 1 && on 2 "$programs/shmcall" -k get "$key" 4096 create excl 0600 : at : dt &&
		on 3 "$programs/shmcall" -k get "$key" 4096 : rm && call 3 get "$key" 1
}

strangers() {
	create 1 && call 2 get "$key" 1 && fails "get EACCES" 2 as 1000 : get "$key" 1 0600 &&
		fails "val EACCES" 3 get "$key" 1 : as 1000 : val 0 &&
		fails "op EACCES" 2 get "$key" 1 : as 1000 : op 0,1 &&
		fails "set EACCES" 2 get "$key" 1 : as 1000 : set 0 1 &&
		fails "perm EPERM" 3 get "$key" 1 : as 1000 : perm 1000 1000 666 &&
		fails "rm EPERM" 3 get "$key" 1 : as 1000 : rm && [ "$(native 2 3)" = 600 ]
}

# What IPC_SET says on one node holds on all.
given_away() {
	create 1 && call 3 get "$key" 1 && call 2 get "$key" 1 : perm 1000 1001 640 &&
		[ "$(native 1 3,5,6,7)" = "640 1000 1001 0" ] &&
		[ "$(native 3 3,5,6,7)" = "640 1000 1001 0" ] &&
		call 3 as 1000 : get "$key" 1 0600 : set 0 3 : val 0 &&
		call 1 get "$key" 1 : as 1001 : val 0 &&
		fails "set EACCES" 1 get "$key" 1 : as 1001 : set 0 1 &&
		fails "val EACCES" 1 get "$key" 1 : as 1002 : val 0 &&
		call 1 get "$key" 1 : as 1000 : rm && gone
}

times_on() {
	call "$1" get "$key" 1 : times | grep times
}

same_times() {
	create 1 && times_on 2 | grep -q "^times 0 [1-9]" && call 3 get "$key" 1 : op 0,1 &&
		! times_on 1 | grep -q "^times 0 " && [ "$(times_on 1)" = "$(times_on 2)" ] &&
		[ "$(times_on 1)" = "$(times_on 3)" ]
}

# limits NODE SEMMSL SEMMNS SEMMNI
limits() {
	on "$1" sh -c "echo $2 $3 32 $4 >/proc/sys/kernel/sem"
}

used() {
	on "$1" sh -c 'tail -n +2 /proc/sysvipc/sem | wc -l'
}

limited() {
	create 1 && limits 2 250 32000 "$(used 2)" && fails "get ENOSPC" 2 get "$key" 1 &&
		fails "get ENOSPC" 2 get $((key + 1)) 1 create && limits 2 250 32000 128 &&
		call 2 get "$key" 1 && fails "get EINVAL" 2 get $((key + 1)) 251 create &&
		limits 2 250 1 128 && fails "get ENOSPC" 2 get $((key + 1)) 5 create &&
		limits 2 32000 1024000000 32000 && fails "get ENOENT" 1 get $((key + 1)) 0
}

removed() {
	create 2 && call 2 get "$key" 2 && number=$(field 1 set) && remove 3 &&
		fails "get ENOENT" 2 get "$key" 2 && call 2 get "$key" 5 create 0600 &&
		[ "$(field 1 nsems)" = 5 ] && [ "$(field 1 set)" != "$number" ] && remove 1
}

by_ipcrm() {
	create 1 && call 2 get "$key" 1 && on 2 ipcs -s | grep -q "$(printf '0x%08x' "$key")" &&
		on 2 ipcrm -S "$key" && gone
}

# Two that remove: one does it.
removed_once() {
	for round in $(seq 10); do
		create 1 && call 2 get "$key" 1 && call 3 get "$key" 1 || return
		call 2 get "$key" 0 : rm >"$work/two" &
		two=$!
		call 3 get "$key" 0 : rm >"$work/three"
		wait "$two"
		cat "$work/two" "$work/three" >"$work/both"
		cat "$work/both"
		[ "$(grep -c '^rm ok$' "$work/both")" -eq 1 ] && gone || return
	done
	echo "$round rounds"
}

# A node hears of a mode by its next operation.
moved() {
	create 1 && call 2 get "$key" 1 && on 3 "$tool" set mode "$(field 3 set)" migrate &&
		call 2 get "$key" 1 : op 0,1 : op 0,1 && [ "$(field 2 here)" = true ] &&
		[ "$(field 2 mode)" = migrate ] && [ "$(field 1 here)" = false ] &&
		[ "$(field 1 owner)" = 2 ] && on 1 "$tool" set mode "$(field 1 semid)" ship &&
		call 3 get "$key" 1 : op 0,1 && call 2 get "$key" 1 : op 0,1 &&
		call 3 get "$key" 1 : op 0,1 && [ "$(field 2 here)" = true ] && remove 3 &&
		refused "no such set" on 2 "$tool" set mode 0x1ffffffff ship
}

remove_all() {
	for n in $(seq "$nodes"); do
		on "$n" ipcs -s | awk '$2 ~ /^[0-9]+$/ { print $2 }' >"$work/ids"
		while read -r id; do
			on "$n" ipcrm -s "$id" || return
		done <"$work/ids"
	done
	for n in $(seq "$nodes"); do
		[ "$(on "$n" "$tool" -j set show)" = "[]" ] || return
	done
}

# Native removals that began before there was an anchor are carried out.
removed_early() {
	before=$(number_of_sets)
	on 1 "$programs/semrace" -k 2000 || return
	for _ in $(seq 50); do
		[ "$(number_of_sets)" -eq "$before" ] && return 0
		sleep 0.1
	done
	echo "sets: $before before, $(number_of_sets) now"
	return 1
}

number_of_sets() {
	on 1 "$tool" set show | wc -l
}

echo "TAP version 13"
ok "load" load
make_namespaces
fails "get ENODEV" 1 get 1 1 create >"$work/node" 2>&1
ok "a namespace without a node: ENODEV" [ $? -eq 0 ]
ok "nodes are configured" configure_all
ok "all start" start_all
ok "all connect" all_up
ok "a set is found on other nodes, with its size" found
ok "a node has an identifier for what it has asked for" anchored
ok "sizes and keys are refused as by the native call" refused_sizes
ok "IPC_EXCL: one wins" exclusive
ok "IPC_PRIVATE is private" private
ok "a key of a native set is not taken for a shared one" native_key
ok "a key of a shared set is not free on its nodes" held_key
ok "native sets are as ever" untouched
ok "a segment and a set may have the same key" two_types
ok "another user is refused on every node" strangers
ok "IPC_SET holds on all nodes" given_away
ok "times are the same on all nodes" same_times
ok "limits of a node, with the native errno" limited
ok "IPC_RMID on one node frees key and identifiers on all" removed
ok "ipcs shows a shared set, ipcrm removes it" by_ipcrm
ok "of two that remove a set one does it" removed_once
ok "a set that is removed while it is made is gone" removed_early
ok "modes: the set moves, and stays" moved
ok "stop is refused while sets live" refused "semaphore sets exist" on 1 "$tool" cluster stop
ok "unload is refused while sets live" refused "" rmmod kdipc_loop
links 300 30
ok "slow and broken links: IPC_EXCL" exclusive
ok "slow and broken links: two that remove" removed_once
ok "slow and broken links: IPC_SET" given_away
links 0 0
ok "all is removed" remove_all
ok "unload" unload
echo "1..$count"
echo "$((count - failed)) passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
