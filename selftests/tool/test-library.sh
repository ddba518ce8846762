# shellcheck shell=bash disable=SC2154 # variables of run and tap.sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# libkdipc: what it says of the kernel's answers, and how it is installed.

library=$here/library-fake
root=$out/root

# says MODE ANSWER WORD...
says()
{
	local mode=$1 wanted=$2

	shift 2
	KDIPC_FAKE=$mode run "$library" "$@"
	is "library, ${mode:-running}: $*" "$stdout" "$wanted"
}

says "" 1 interface
says "" 1 this_node
says "" "running 3 2 1 rdma" cluster
says "" "1 2 local names 10.77.0.1 
2 1 names 10.77.0.2 
3 0 fd77::3 no route to host
3" nodes 255
says "" "1 2 local names 10.77.0.1 
3" nodes 1
says "" 3 nodes 0
says "" "1000000000001 0 1234 1099511627776 2 0 3 4 5 18446744073709551615" segment 0
says "" "1000000000001 0 1234 1099511627776 2 0 3 4 5 18446744073709551615" key 1234
says "" ENOENT segment -1
says "" ENOENT segment 5
says "" ENOENT key 0
says "" ENOENT key -2
says "" "2 3 1" page 0 7
says "" ENOENT page 5 7
says "" "1000000000002 0 1234 250 0 3 0 6 7 8 9 10 18446744073709551615" set 0
says "" "1000000000002 0 1234 250 0 3 0 6 7 8 9 10 18446744073709551615" set_key 1234
says "" "2000000000008 -1 -2 250 2 3 1 6 7 8 9 10 18446744073709551615" set_key -2
says "" ENOENT set -1
says "" ENOENT set_key 0
says "" 12 counter faults_read
says "" ENOENT counter nothing
says empty ENODEV this_node
says empty "stopped 0 0 0 " cluster
says empty 0 nodes 9
says empty ENOENT segment 0
for words in interface this_node cluster "nodes 3" "segment 0" "key 7" "page 0 1" "set 0" \
	"counter frames"; do
	# shellcheck disable=SC2086 # words
	says absent ENOSYS $words
	# shellcheck disable=SC2086 # words
	says version EPROTO $words
done
says error:95 EOPNOTSUPP counter frames
says restless EAGAIN nodes 3
says done:12 ENOMEM nodes 3

for kind in junk short; do
	complaints=$(for ((at = 0; at < 260; at += 4)); do
		for words in "nodes 3" "segment 0" "set 0" cluster "counter bytes"; do
			# shellcheck disable=SC2086 # words
			KDIPC_FAKE=$kind:$at run "$library" $words
			[ "$status" -le 1 ] && [ -z "$stderr" ] || echo "$kind:$at $words"
		done
	done)
	is "library: answers $kind at 0 to 260" "$complaints" ""
done

run make -s -C "$top/userspace/lib" install DESTDIR="$root" PREFIX=/usr
ok "library: installs" [ "$status" -eq 0 ]
is "library: exports what its header has" \
	"$(nm -D --defined-only "$root/usr/lib/libkdipc.so" | sed -n 's/.* T \(.*\)@@.*/\1/p')" \
	"$(grep -o 'kdipc_[a-z_]*(' "$root/usr/include/kdipc.h" | tr -d '(' | sort)"
cat > "$out/program.text" << END
#include <errno.h>
#include <kdipc.h>

int main(void)
{
	return kdipc_interface() == -ENOSYS ? 0 : 1;
}
END
run gcc -Wall -Werror -I"$root/usr/include" -o "$out/program" \
	-x c "$out/program.text" -L"$root/usr/lib" -lkdipc
ok "library: a program links with it" [ "$status" -eq 0 ]
run gcc -Wall -Werror -pedantic -std=gnu99 -I"$root/usr/include" -o "$out/program.static" \
	-x c "$out/program.text" -x none "$root/usr/lib/libkdipc.a" -lmnl
ok "library: a program links it in" [ "$status" -eq 0 ]
if [ ! -d /sys/module/kdipc ]; then
	run env LD_LIBRARY_PATH="$root/usr/lib" "$out/program"
	ok "library: without the module a program learns it" [ "$status" -eq 0 ]
fi
