# shellcheck shell=bash disable=SC2154 # variables of run and tap.sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# kdipc-up up and down, with stand-ins for the programs that it calls: what is
# called and in which order, what is undone, and that a mistake changes nothing.

up=$top/rdma/kdipc-up
conf=$out/kdipc.conf
export STANDIN=$out/standin

# fresh: a host with the address of node 2 and no module but rdma_ucm
fresh()
{
	rm -rf "$STANDIN"
	mkdir -p "$STANDIN/modules/rdma_ucm" "$STANDIN/bin"
	for program in kdipc modprobe rdma ip id sleep; do
		ln -s "$here/standin.sh" "$STANDIN/bin/$program"
	done
	echo 10.0.0.2 > "$STANDIN/addresses"
	: > "$STANDIN/nodes"
	cat > "$conf" << EOF
node 1 10.0.0.1 names
node 2 10.0.0.2 names
node 3 10.0.0.3
netdev eth0
link rxe
wait 3
EOF
}

go()
{
	KDIPC_SYS_MODULE=$STANDIN/modules PATH=$STANDIN/bin:$PATH \
		run "$up" -c "$conf" "$@"
}

calls()
{
	cat "$STANDIN/calls" 2> /dev/null
	rm -f "$STANDIN/calls"
}

# untouched NAME TEXT: the last run failed with TEXT and called nothing
untouched()
{
	expect "$1" 1 "$2"
	is "... and nothing was changed" "$(calls)" ""
}

fresh
go up
expect "up" 0 "3 of 3 nodes are up"
is "up: the calls" "$(calls)" "modprobe rdma_rxe
rdma link add kdipc0 type rxe netdev eth0
modprobe kdipc_rdma
kdipc node add 1 10.0.0.1 names
kdipc node add 2 10.0.0.2 local names
kdipc node add 3 10.0.0.3
kdipc cluster start transport rdma"
go up
untouched "up again" "nodes are configured already"
go down
expect "down" 0 "stopped"
is "down: the calls" "$(calls)" "kdipc cluster stop
kdipc node del 1
kdipc node del 2
kdipc node del 3
modprobe -r kdipc_rdma
rdma link delete kdipc0"
is "down: not a word of modules in use" "$stderr" ""
go down
expect "down again" 0 "stopped"
is "... has nothing to do" "$(calls)" ""

fresh
echo "link mlx5_0/1 state ACTIVE physical_state LINK_UP netdev eth0 " \
	> "$STANDIN/link"
go
expect "up with an RDMA device there" 0 "eth0 has an RDMA device"
ok "... makes none" [ "$(calls | grep -c 'link add')" -eq 0 ]
go down
ok "down leaves a device that is not ours" [ "$(calls | grep -c delete)" -eq 0 ]

fresh
echo "local 3" >> "$conf"
go
ok "'local' decides which node this is" \
	[ "$(calls | grep -c 'node add 3 10.0.0.3 local')" -eq 1 ]

fresh
echo 1 > "$STANDIN/up"
go
expect "peers that do not come: status 3" 3 ""
ok "... and they are named" [ "$(grep -c 'not up: node' "$out/stdout")" -eq 3 ]
ok "... and the cluster runs" [ -f "$STANDIN/running" ]

fresh
echo "node 4 10.0.0.4 frob" >> "$conf"
go
expect "a mistake in the file" 2 "unknown word 'frob'"
is "... and nothing was changed" "$(calls)" ""
fresh
echo 10.9.9.9 > "$STANDIN/addresses"
go
untouched "no address of the file is on this host" "none of the addresses"
fresh
echo 10.0.0.3 >> "$STANDIN/addresses"
go
untouched "two addresses of the file are on this host" "node 2 and node 3"
fresh
sed -i 's/eth0/eth7/' "$conf"
go
untouched "no such interface" "no network interface 'eth7'"
fresh
STANDIN_UID=1000 go
untouched "not root" "run it as root"

fresh
echo "kdipc cluster start transport rdma" > "$STANDIN/refuse"
go
expect "the start fails" 1 "this node was not started"
is "... and all is undone" "$(calls | tail -5)" "kdipc node del 3
kdipc node del 2
kdipc node del 1
modprobe -r kdipc_rdma
rdma link delete kdipc0"
fresh
mkdir -p "$STANDIN/modules/kdipc" "$STANDIN/modules/kdipc_rdma"
echo "kdipc node add 2 10.0.0.2 local names" > "$STANDIN/refuse"
go
expect "a node is refused" 1 "node 2 of $conf was refused"
is "... and a module that was loaded before stays" "$(calls | tail -2)" \
	"kdipc node del 1
rdma link delete kdipc0"
fresh
echo "modprobe rdma_rxe" > "$STANDIN/refuse"
go
expect "no driver" 1 "cannot load rdma_rxe"
fresh
go > /dev/null
echo "kdipc cluster stop" > "$STANDIN/refuse"
calls > /dev/null
go down
expect "segments live: down fails" 1 "this node was not stopped"
is "... and nothing else is taken away" "$(calls)" "kdipc cluster stop"
fresh
go > /dev/null
echo "modprobe -r kdipc_rdma" > "$STANDIN/refuse"
go down
expect "a module that stays loaded: down fails" 1 \
	"cannot unload kdipc_rdma: modprobe: refused"
