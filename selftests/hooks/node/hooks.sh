#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# The hooks in System V IPC, on one node, as root; writes TAP.
#
# usage: hooks.sh [-s SECONDS] MODULE TOOL
#	MODULE	kdipc.ko, not loaded, with kdipc_loop.ko beside it
#	TOOL	the kdipc program
#	-s	how long each stress lasts (10)
#
# The node that some of these tests need is a cluster of its own: one node, with
# the loop transport.

seconds=10
while getopts s: option; do
	case $option in
	s) seconds=$OPTARG ;;
	*) echo "usage: $0 [-s SECONDS] MODULE TOOL" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
module=$1
tool=$2
if ! [ -f "$module" ] || ! [ -x "$tool" ]; then
	echo "usage: $0 [-s SECONDS] MODULE TOOL" >&2
	exit 2
fi
cd "$(dirname "$0")" || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
tracing=/sys/kernel/tracing
hooked='ipcget do_shmat ksys_shmdt shm_mmap shmctl_stat shmctl_down
	__do_semtimedop exit_sem semctl_stat semctl_down semctl_main semctl_setval'
number=0
failed=0

# result STATUS TEXT: one line of TAP
result() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=$((failed + 1))
	fi
}

loaded() {
	grep -q '^kdipc ' /proc/modules
}

# The module may be in use for an instant by a call that is being refused.
unload() {
	for try in 1 2 3 4 5 6 7 8 9 10; do
		rmmod kdipc_loop 2>/dev/null
		rmmod kdipc 2>/dev/null && return 0
		sleep "0.0$try"
	done
	rmmod kdipc
}

start_node() {
	insmod "$module" && insmod "$(dirname "$module")/kdipc_loop.ko" &&
		"$tool" node add 1 127.0.0.1 local names &&
		"$tool" cluster start transport loop
}

hooks_in_place() {
	for function in $hooked; do
		grep -q "^$function " "$tracing/enabled_functions" || return 1
	done
}

no_hooks() {
	! grep -q -e '^ipcget ' -e '^shm_mmap ' -e '^__do_semtimedop ' "$tracing/enabled_functions"
}

# refused_without SYMBOL: a module that does not find it is not loaded, and says so
refused_without() {
	./misname "$1" <"$module" >"$scratch/other.ko" || return 1
	dmesg -c >/dev/null
	insmod "$scratch/other.ko" 2>/dev/null && { rmmod kdipc; return 1; }
	dmesg | grep -q "kdipc: cannot load: this kernel has no symbol ${1%?}_" && no_hooks
}

storm_while_loading() {
	./storm "$seconds" 6 >"$scratch/storm" &
	storm=$!
	end=$(($(date +%s) + seconds))
	loads=0
	while [ "$(date +%s)" -lt "$end" ]; do
		if ! insmod "$module" || ! unload; then
			break
		fi
		loads=$((loads + 1))
	done
	wait "$storm" && [ "$loads" -gt 0 ] && ! loaded
	status=$?
	sed 's/^/# /' "$scratch/storm"
	echo "# loaded and unloaded $loads times"
	return $status
}

# traced TRACER COMMAND...: while this tracer watches the hooked functions, and sees them
traced() {
	tracer=$1
	shift
	for function in $hooked; do
		echo "$function"
	done | tee "$tracing/set_ftrace_filter" >"$tracing/set_graph_function"
	echo "$tracer" >"$tracing/current_tracer"
	"$@"
	status=$?
	for function in ipcget shm_mmap; do
		grep -q "$function" "$tracing/trace" || status=1
	done
	echo nop >"$tracing/current_tracer"
	: >"$tracing/set_ftrace_filter"
	: >"$tracing/set_graph_function"
	return $status
}

storm_while_traced() {
	traced "$1" ./storm 3 4 >"$scratch/storm"
}

race_while_traced() {
	traced "$1" ./race -k 3 4 3 >"$scratch/race"
}

refused_while_used() {
	./flagged keep >"$scratch/keep" &
	keep=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -s "$scratch/keep" ] && break
		sleep 0.2
	done
	grep -q ok "$scratch/keep" && ! rmmod kdipc_loop 2>/dev/null && loaded
	status=$?
	kill "$keep"
	wait "$keep" || status=1
	return $status
}

clean_log() {
	! dmesg | grep -E 'WARNING|BUG|Oops|INFO: |kdipc: the kernel'
}

echo "TAP version 13"
[ "$(./flagged shmget)" = "Invalid argument" ]
result $? "without the module IPC_KDIPC is refused (EINVAL)"

for symbol in ipcget shm_mmap do_munmap shm_vm_ops; do
	refused_without $symbol
	result $? "a kernel without $symbol is refused, by name, and left alone"
done

insmod "$module" && hooks_in_place
result $? "loaded, all hooks are in place"
[ "$(./flagged shmget)" = "No such device" ]
result $? "without a node IPC_KDIPC is refused (ENODEV)"
[ "$(./flagged semget)" = "No such device" ]
result $? "without a node semget with IPC_KDIPC is refused (ENODEV)"
[ "$(./flagged msgget)" = "Operation not supported" ]
result $? "msgget with IPC_KDIPC is refused (EOPNOTSUPP)"
# shellcheck source=rules.sh
. ./rules.sh
rules_without_node
! echo 0 2>/dev/null >/proc/sys/kernel/ftrace_enabled && hooks_in_place
result $? "ftrace cannot be disabled under the hooks"
for tracer in function function_graph; do
	storm_while_traced $tracer
	result $? "plain calls while the same functions are traced ($tracer)"
done
unload && no_hooks
result $? "unloaded, no hook is left"

storm_while_loading
result $? "plain calls while the module is loaded and unloaded"

start_node
result $? "a node of its own is started"
rules
for tracer in function function_graph; do
	race_while_traced $tracer
	result $? "calls of the cluster's while the same functions are traced ($tracer)"
done
refused_while_used
result $? "a module with a living segment is not unloaded"
for way in direct ipc; do
	answer=$(./compat $way)
	if [ "$answer" = skip ]; then
		result 0 "32-bit calls, $way # SKIP this kernel has none"
	else
		[ "$answer" = ok ]
		result $? "32-bit calls, $way"
	fi
done
./race "$seconds" 6 1 >"$scratch/race"
result $? "processes race for the same native segments"
./race -k "$seconds" 6 2 >"$scratch/race"
result $? "processes race for the same segments of the cluster"
sed 's/^/# /' "$scratch/race"
[ "$(wc -l </proc/sysvipc/shm)" -eq 1 ] && [ "$("$tool" -j segment show)" = "[]" ]
result $? "no segment is left"
unload && no_hooks
result $? "unloaded with the node running"
clean_log
result $? "the kernel's log is clean"
echo "1..$number"
exit "$((failed > 0))"
