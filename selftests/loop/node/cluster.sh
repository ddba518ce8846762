# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
# shellcheck shell=sh disable=SC2034
#
# cluster.sh - a cluster inside one kernel, over the loop transport
#
# For scripts to include, which get the options -n NODES, -d DIRECTORY of
# programs, -m MODULE (kdipc.ko, with kdipc_loop.ko beside it), -t TOOL and -l SECONDS.  Each node is an IPC namespace with
# a process that keeps it.  Needs root.

nodes=3
programs=$(dirname "$0")
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
		insmod "$module" && insmod "$(dirname "$module")/kdipc_loop.ko"
	else
		modprobe kdipc_loop
	fi
}

unload() {
	rmmod kdipc_loop && rmmod kdipc && ! grep -q '^kdipc' /proc/modules
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

# links DELAY_US DROP_ONE_IN
links() {
	echo "$1" >$faults/delay_us
	echo "$2" >$faults/drop_one_in
}
