#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# run.sh [KERNEL [SCRIPT]] - loop.sh, or sem.sh or set.sh, on one lab node, in a lab
# of its own; TAP output
#
# Wants the modules of that kernel, the kdipc tool, the lab's programs and those
# of selftests/programs to be built.
#
# shellcheck disable=SC2317 # end is called

here=$(dirname "$(readlink -f "$0")")
top=$here/../..
lab=$here/../lab/lab
programs=$here/../programs
kernel=${1:-6.1}
script=${2:-loop.sh}
limit=60
timeout=1200
[ "$kernel" != debug ] || limit=400 timeout=4000
work=$(mktemp -d)
export LAB_DIR=$work/lab

end() {
	"$lab" down 2>/dev/null
	rm -rf "$work"
}
trap end EXIT

die() {
	echo "Bail out! $*"
	exit 1
}

give() {
	"$lab" put 1 "$1" "/loop/$2" || die "$1 is not there"
}

# semrace wants two processors that really run at once.
smp=1
if [ "$script" = set.sh ]; then
	smp=2
	export LAB_TCG=multi
fi

"$lab" up -n 1 --no-load --kernel "$kernel" --smp $smp >&2 || die "the lab does not come up"
"$lab" exec 1 -- mkdir -p /loop/shm || die "the node does not answer"
give "$here/cluster.sh" cluster.sh
give "$here/$script" "$script"
give "$top/build/$kernel/kmod/kdipc.ko" kdipc.ko
give "$top/userspace/tool/kdipc" kdipc
for program in exchange mutex readers hammer rmid litmus excl shmcall; do
	give "$programs/shm/$program" "shm/$program"
done
for program in semcall semrace; do
	give "$programs/sem/$program" "shm/$program"
done
"$lab" exec --timeout $timeout 1 -- sh "/loop/$script" -d /loop/shm -m /loop/kdipc.ko \
	-t /loop/kdipc -l $limit
status=$?
"$lab" check >&2 || status=1
exit $status
