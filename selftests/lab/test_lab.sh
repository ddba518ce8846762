#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# test_lab.sh [KERNEL] - tests the lab itself, in a lab of its own; TAP output
#
# shellcheck disable=SC2016 # what stands in single quotes is for the nodes

here=$(dirname "$(readlink -f "$0")")
lab=$here/lab
kernel=${1:-6.1}
work=$(mktemp -d)
export LAB_DIR=$work/lab LAB_HANG=5
count=0
failed=0

end() {
	"$lab" down 2>/dev/null
	rm -rf "$work"
}
trap end EXIT

# ok NAME COMMAND...: one test, passed if the command succeeds
ok() {
	local name=$1 output status

	shift
	count=$((count + 1))
	output=$("$@" 2>&1)
	status=$?
	if [ $status = 0 ]; then
		echo "ok $count - $name"
	else
		failed=$((failed + 1))
		echo "not ok $count - $name"
		printf '%s\n' "$output" | tail -n 15 | sed 's/^/# /'
	fi
	return $status
}

gives() {
	local wanted=$1 status

	shift
	"$@"
	status=$?
	[ $status = "$wanted" ] || {
		echo "exit status $status, not $wanted"
		return 1
	}
}

says() {
	local pattern=$1 output

	shift
	output=$("$@" 2>&1)
	printf '%s\n' "$output" | grep -Eq "$pattern" || {
		echo "no line matches $pattern:"
		printf '%s\n' "$output"
		return 1
	}
}

keeps_streams_apart() {
	[ "$("$lab" exec 1 -- sh -c 'echo out; echo err >&2' 2>/dev/null)" = out ] &&
		[ "$("$lab" exec 1 -- sh -c 'echo out; echo err >&2' 2>&1 >/dev/null)" = err ]
}

prefixes() {
	[ "$("$lab" exec all -- sh -c 'printf "a\nb"' | sort | tr '\n' ,)" = "1: a,1: b,2: a,2: b," ]
}

input_arrives() {
	[ "$(head -c 1000000 /dev/zero | "$lab" exec -i 1 -- wc -c)" = 1000000 ]
}

long_output_is_whole() {
	[ "$("$lab" exec 1 -- sh -c 'head -c 3000000 /dev/zero' | wc -c)" = 3000000 ]
}

# Eight commands of one second each must not take eight seconds.
runs_in_parallel() {
	local i pids=() begin=$SECONDS

	for i in 1 2 3 4 5 6 7 8; do
		"$lab" exec 1 -- sh -c "sleep 1; exit $i" &
		pids+=($!)
	done
	for i in 1 2 3 4 5 6 7 8; do
		wait "${pids[i - 1]}"
		[ $? = $i ] || return 1
	done
	[ $((SECONDS - begin)) -lt 6 ]
}

leaves_background_alone() {
	"$lab" exec --timeout 10 1 -- sh -c 'sleep 30 & echo $! >/tmp/pid' &&
		"$lab" exec 1 -- sh -c 'kill "$(cat /tmp/pid)"'
}

interrupt_ends_command() {
	timeout -s INT 1 "$lab" exec 1 -- sh -c 'exec sleep 4711'
	sleep 0.5
	gives 1 "$lab" exec 1 -- sh -c 'grep -q "sleep.471[1]" /proc/[0-9]*/cmdline'
}

copies_file() {
	head -c 4194304 /dev/urandom >"$work/blob"
	"$lab" put all "$work/blob" /tmp/ && "$lab" get 2 /tmp/blob "$work/back" &&
		cmp "$work/blob" "$work/back"
}

copies_directory() {
	mkdir -p "$work/d/inner" && echo x >"$work/d/inner/file" && chmod 755 "$work/d/inner/file"
	"$lab" put 1 "$work/d" /tmp/there && "$lab" get 1 /tmp/there "$work/d2" &&
		diff -r "$work/d" "$work/d2" && [ -x "$work/d2/inner/file" ]
}

runs_kernel() {
	local cache=${KDIPC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kdipc}

	[ "$("$lab" exec 1 -- uname -r)" = "$(cat "$cache/kernel/$kernel/release")" ]
}

pings() {
	"$lab" exec --timeout 20 1 -- ping -c 1 -W 3 node2
}

cut_separates() {
	"$lab" cut 1 2 && ! pings
}

heal_joins() {
	"$lab" heal 1 2 && pings
}

delays() {
	"$lab" delay 1 2 60000 &&
		says 'round-trip min.* = 1[2-9][0-9]\.' "$lab" exec 1 -- ping -c 2 -W 3 node2 &&
		"$lab" heal 1 2
}

loses() {
	"$lab" loss 1 2 1000 && ! pings && "$lab" heal 1 2 && pings
}

# The server listens when its connection identifier is there to be seen.
rpings() {
	"$lab" exec 1 -- sh -c 'rping -s -a 10.77.0.1 -C 10 >/dev/null 2>&1 &
		for i in $(seq 50); do
			rdma resource show cm_id | grep -q LISTEN && exit 0
			sleep 0.2
		done
		exit 1' &&
		says 'ping data: rdma-ping-9' \
			"$lab" exec --timeout 60 2 -- rping -c -v -a 10.77.0.1 -C 10
}

survives_pause() {
	"$lab" pause 2 && says 'node 2 is paused' "$lab" exec 2 -- true &&
		"$lab" resume 2 && gives 3 "$lab" exec --timeout 20 2 -- sh -c 'exit 3'
}

killed_node_starts() {
	"$lab" kill 2 && says 'node 2 is powered off' "$lab" exec 2 -- true &&
		says '"state": "off"' "$lab" status -j &&
		"$lab" start 2 && pings
}

kill_ends_command() {
	(sleep 1; "$lab" kill 2) &
	gives 255 "$lab" exec --timeout 30 2 -- sleep 60 && wait && "$lab" start 2
}

panic_is_reported() {
	says 'node 2 died: Kernel panic.*sysrq' \
		"$lab" exec 2 -- sh -c 'echo c >/proc/sysrq-trigger' &&
		says 'node 2: .*sysrq_handle_crash' "$lab" check && ! "$lab" check
}

pid_of() {
	"$lab" status -j | sed "s/.*\"node\": $1,[^}]*\"pid\": \([0-9]*\).*/\1/"
}

hang_is_reported() {
	local pid

	pid=$(pid_of 1)
	kill -STOP "$pid"
	says 'node 1 hangs: no answer' "$lab" exec --timeout 60 1 -- true &&
		says '"state": "hung"' "$lab" status -j && gives 1 "$lab" check
}

second_up_is_refused() {
	says 'up in .* already' "$lab" up --no-load
}

crash_is_cleaned_up() {
	kill -9 "$(sed -n 1p "$LAB_DIR/lock")" && sleep 1 && ! children_live &&
		says 'run lab up' "$lab" exec 1 -- true &&
		"$lab" up -n 1 --no-load --kernel "$kernel" && "$lab" exec 1 -- true
}

children_live() {
	pgrep -f "mac=52:54:00:77:00.*" -a | while read -r pid _; do
		[ "$(readlink "/proc/$pid/cwd")" != "$LAB_DIR" ] || echo "$pid"
	done | grep -q .
}

down_leaves_nothing() {
	"$lab" down && ! children_live && [ ! -e "$LAB_DIR" ]
}

echo "TAP version 13"
ok "up: two nodes" "$lab" up -n 2 --no-load --kernel "$kernel" || {
	echo "Bail out! no lab"
	exit 1
}
ok "exec: exit status 7" gives 7 "$lab" exec 1 -- sh -c 'exit 7'
ok "exec: killed by signal 9 is 137" gives 137 "$lab" exec 1 -- sh -c 'kill -9 $$'
ok "exec: no such program is 127" gives 127 "$lab" exec 1 -- no-such-program
ok "exec: time out is 124" gives 124 "$lab" exec --timeout 1 1 -- sleep 60
ok "exec: no such node is 255" gives 255 "$lab" exec 3 -- true
ok "exec: output and error apart" keeps_streams_apart
ok "exec: all, with prefixes" prefixes
ok "exec: all, largest status" gives 2 "$lab" exec all -- sh -c 'exit $(hostname | tr -d a-z)'
ok "exec: as another user" says '^uid=1000' "$lab" exec -u user 1 -- id
ok "exec: standard input" input_arrives
ok "exec: 3 MB of output" long_output_is_whole
ok "exec: eight at once" runs_in_parallel
ok "exec: background processes live on" leaves_background_alone
ok "exec: interrupted, the command ends" interrupt_ends_command
ok "put and get: 4 MiB" copies_file
ok "put and get: a directory" copies_directory
ok "the kernel asked for" runs_kernel
ok "RDMA device is active" says 'PORT_ACTIVE' "$lab" exec 2 -- ibv_devinfo
ok "ping" pings
ok "cut: ping fails" cut_separates
ok "heal: ping works" heal_joins
ok "delay" delays
ok "loss" loses
ok "rping" rpings
ok "pause and resume" survives_pause
ok "kill and start" killed_node_starts
ok "kill under a command" kill_ends_command
ok "consoles are clean so far" "$lab" check
ok "a panic is reported by name" panic_is_reported
ok "a panicked node starts" "$lab" start 2
ok "a hang is reported by name" hang_is_reported
ok "a second up is refused" second_up_is_refused
ok "a crashed supervisor's lab is recognised" crash_is_cleaned_up
ok "down leaves nothing" down_leaves_nothing
echo "1..$count"
echo "# $((count - failed)) passed, $failed failed, 0 skipped"
[ $failed = 0 ]
