#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# A stand-in for the programs that kdipc-up, make install and make dkms call; which
# one is its own name.
#
# State is in the folder STANDIN: modules/ (loaded ones), nodes, running, link, dkms.
# Each call that changes something is appended to the file "calls".  The file
# "refuse" may hold the words of a call that fails.

program=${0##*/}
call="$program $*"

refuse()
{
	[ -f "$STANDIN/refuse" ] && grep -qxF "$call" "$STANDIN/refuse"
}

change()
{
	echo "$call" >> "$STANDIN/calls"
	if refuse; then
		echo "$program: refused" >&2
		exit 1
	fi
}

kdipc()
{
	case "$1 $2" in
	"node show") cat "$STANDIN/nodes" 2> /dev/null ;;
	"node add") change; echo "node $3 address $4 state down" >> "$STANDIN/nodes" ;;
	"node del") change; sed -i "/^node $3 /d" "$STANDIN/nodes" ;;
	"cluster start") change; : > "$STANDIN/running" ;;
	"cluster stop") change; rm -f "$STANDIN/running" ;;
	"cluster show") cluster_show ;;
	esac
}

cluster_show()
{
	state=stopped
	[ ! -f "$STANDIN/running" ] || state=running
	all=$(grep -c . "$STANDIN/nodes")
	up=$(cat "$STANDIN/up" 2> /dev/null || echo "$all")
	echo "cluster $state transport rdma epoch 1 nodes $all up $up"
}

# As the real one, -r also unloads what the module needed, and fails in the end if
# that is in use: by rdma_ucm, which is loaded on most hosts with RDMA.
modprobe()
{
	change
	if [ "$1" = -r ]; then
		rm -rf "$STANDIN/modules/$2"
		[ "$2" != kdipc_rdma ] || rm -rf "$STANDIN/modules/kdipc"
		if [ -d "$STANDIN/modules/rdma_ucm" ]; then
			echo "modprobe: FATAL: Module rdma_cm is in use." >&2
			exit 1
		fi
	else
		mkdir -p "$STANDIN/modules/$1"
		[ "$1" != kdipc_rdma ] || mkdir -p "$STANDIN/modules/kdipc"
	fi
}

rdma()
{
	case "$1 $2" in
	"link show") cat "$STANDIN/link" 2> /dev/null ;;
	"link add")
		change
		echo "link $3/1 state ACTIVE physical_state LINK_UP netdev $7 " \
			>> "$STANDIN/link"
		;;
	"link delete") change; rm -f "$STANDIN/link" ;;
	esac
}

ip()
{
	case $1 in
	-o) grep -qxF "$5" "$STANDIN/addresses" && echo "2: eth0 inet $5/24" ;;
	link) [ "$4" = eth0 ] ;;
	esac
}

dkms()
{
	case $1 in
	status) [ ! -f "$STANDIN/dkms" ] || cat "$STANDIN/dkms" ;;
	install) change; echo "$4, $6, x86_64: installed" > "$STANDIN/dkms" ;;
	remove) change; rm -f "$STANDIN/dkms" ;;
	esac
}

case $program in
id) echo "${STANDIN_UID:-0}" ;;
sleep) ;;
apt | apt-get | sudo) change ;;
rst2man) cp "$1" "$2" ;;
kdipc | modprobe | rdma | ip | dkms) "$program" "$@" ;;
esac
