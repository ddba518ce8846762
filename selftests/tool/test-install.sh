# shellcheck shell=bash disable=SC2154 # variables of run.sh and tap.sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# make install, make dkms and make uninstall: what they say is missing, what they
# write, and that all of it can be taken away.  Nothing is done to this machine:
# files go below out/, and dkms, apt and who we are have stand-ins.

unset MAKEFLAGS MAKEOVERRIDES DESTDIR PREFIX CC KERNELRELEASE
root=$out/install
export STANDIN=$out/standin KDIPC_LIB_MODULES=$root/modules
kernel=6.1.0-999-amd64
path=$PATH
version=$(sed -n 's/.*KDIPC_VERSION "\(.*\)"/\1/p' "$top/include/kdipc/version.h")

# fresh: nothing is installed, and no headers but those of libc and libmnl are there
fresh()
{
	rm -rf "$root" "$STANDIN"
	mkdir -p "$root/few" "$root/headers/libmnl" "$STANDIN/bin" "$STANDIN/modules"
	for program in sh make sed grep uname id dirname; do
		ln -s "$(command -v "$program")" "$root/few/"
	done
	for program in apt apt-get sudo id dkms rst2man modprobe rdma; do
		ln -s "$here/standin.sh" "$STANDIN/bin/$program"
	done
}

# With a folder in few, make finds no other programs than those in it.
do_make()
{
	limit=300 run env PATH="${few-$PATH}" make -s --no-print-directory -C "$top" "$@"
}

calls()
{
	cat "$STANDIN/calls" 2> /dev/null
	rm -f "$STANDIN/calls"
}

# below FOLDER: the files in it
below()
{
	(cd "$1" && find . ! -type d | sort)
}

untouched()
{
	[ ! -e "$root/dest" ] && [ ! -e "$root/opt" ] && [ -z "$(calls)" ]
}

# refuses NAME SENTENCE WORD...: make says it, and nothing was written or called
refuses()
{
	local name=$1 sentence=$2

	shift 2
	do_make "$@"
	ok "$name" [ "$status" -ne 0 ]
	is "... says so" "${stderr%%$'\n'*}" "kdipc: $sentence"
	ok "... and does nothing" untouched
}

fresh
dest=(DESTDIR="$root/dest" PREFIX=/usr/local)
real=$(command -v cc)
few=$root/few refuses "install: no compiler, no rst2man" \
	"packages are missing: apt install gcc python3-docutils" install "${dest[@]}"
few=$root/few refuses "install: no rst2man" \
	"packages are missing: apt install python3-docutils" install "${dest[@]}" CC="$real"
few=$root/few refuses "dkms: the same, and no dkms, no headers" \
	"packages are missing: apt install python3-docutils dkms linux-headers-$kernel" \
	dkms PREFIX="$root/opt" CC="$real" KERNELRELEASE=$kernel
PATH=$STANDIN/bin:$path
bare="cc -nostdinc -isystem $root/headers"
refuses "install: no headers" "packages are missing: apt install libc6-dev libmnl-dev" \
	install "${dest[@]}" CC="$bare"
touch "$root/headers/stdio.h"
refuses "install: no headers of libmnl" "packages are missing: apt install libmnl-dev" \
	install "${dest[@]}" CC="$bare"
mv "$root/headers/stdio.h" "$root/headers/libmnl/libmnl.h"
refuses "install: no headers of libc" "packages are missing: apt install libc6-dev" \
	install "${dest[@]}" CC="$bare"

for release in 5.10.0-30-amd64 6.2.0-1-amd64 6.13.1-amd64 6.1.0-56-686-pae 6.12.9 \
	6.1.0-1034-oem; do
	refuses "dkms: Linux $release" \
		"Linux $release is not supported: KDIPC is for Debian's kernels 6.1 and 6.12 for amd64 (KERNELRELEASE=... for another than the one that runs)" \
		dkms PREFIX="$root/opt" KERNELRELEASE=$release
done
for release in 6.1.0-56-amd64 6.1.0-56-cloud-amd64 6.12.117+deb12-amd64; do
	refuses "dkms: Linux $release needs only headers" \
		"packages are missing: apt install linux-headers-$release" \
		dkms PREFIX="$root/opt" KERNELRELEASE=$release
done
mkdir -p "$root/modules/$kernel/build"
STANDIN_UID=1000 refuses "dkms: not root" "make dkms changes this machine: run it as root" \
	dkms PREFIX="$root/opt" KERNELRELEASE=$kernel
refuses "dkms: with DESTDIR" \
	"make dkms is for this machine, DESTDIR is for make install alone" \
	dkms "${dest[@]}" KERNELRELEASE=$kernel

PATH=$path
do_make -n install "${dest[@]}"
is "install builds no examples and no benchmarks" \
	"$status:$(grep -E 'examples|bench' <<< "$stdout")" 0:
mkdir -p "$root/dest/etc"
touch "$root/dest/etc/kdipc.conf"
mask=$(umask)
umask 077
do_make install "${dest[@]}"
umask "$mask"
expect "install below DESTDIR, with a PREFIX" 0 ""
is "... does not care for the kernel that runs here" "$stderr" ""
is "... writes these files" "$(below "$root/dest/usr/local" | grep -v ^./src/)" \
"./include/kdipc.h
./include/linux/kdipc.h
./lib/libkdipc.a
./lib/libkdipc.so
./lib/libkdipc.so.0
./lib/pkgconfig/libkdipc.pc
./lib/systemd/system/kdipc.service
./sbin/kdipc
./sbin/kdipc-up
./share/doc/kdipc/kdipc.conf.example
./share/man/man3/libkdipc.3
./share/man/man8/kdipc-up.8
./share/man/man8/kdipc.8"
is "... for all to read, whatever the umask" \
	"$(cd "$root/dest/usr/local" && find . -path ./src -prune -o ! -type l ! -perm -044 -print)" ""
is "... the unit names the script" \
	"$(sed -n 's/^ExecSt.*=//p' "$root/dest/usr/local/lib/systemd/system/kdipc.service")" \
	"/usr/local/sbin/kdipc-up up
/usr/local/sbin/kdipc-up down"
run "$root/dest/usr/local/sbin/kdipc" -V
expect "... the tool has the version" 0 "kdipc $version,"
src=$root/dest/usr/local/src/kdipc-$version
is "... dkms gets it, too" "$(grep -c "^PACKAGE_VERSION=\"$version\"" "$src/dkms.conf")" 1
is "... with all sources, and the licence" \
	"$(for name in COPYING include kmod rdma; do diff -r "$top/$name" "$src/$name"; done)" ""
do_make uninstall "${dest[@]}"
expect "uninstall" 0 ""
is "... leaves the configuration alone, and nothing else" "$(below "$root/dest")" \
	./etc/kdipc.conf

PATH=$STANDIN/bin:$path
do_make install DESTDIR="$root/dest"
expect "install without a PREFIX" 0 ""
is "... in Debian's places" "$(below "$root/dest" | grep -E 'service$|\.so\.|/sbin/kdipc$')" \
"./lib/systemd/system/kdipc.service
./usr/lib/x86_64-linux-gnu/libkdipc.so.0
./usr/sbin/kdipc"
is "... calls neither apt nor dkms" "$(calls)" ""
do_make uninstall DESTDIR="$root/dest"
is "... and back" "$(below "$root/dest"):$(calls)" ./etc/kdipc.conf:

do_make install PREFIX="$root/opt" KERNELRELEASE=6.18.0
expect "install on a kernel that KDIPC is not for" 0 ""
is "... says so" "$stderr" \
	"kdipc: note: the modules cannot be built for the kernel that runs, Linux 6.18.0"
do_make dkms PREFIX="$root/opt" KERNELRELEASE=$kernel
expect "dkms" 0 ""
into="dkms install --sourcetree $root/opt/src kdipc/$version -k $kernel"
is "... installs from below PREFIX" "$(calls)" "$into"
KDIPC_SYS_MODULE=$STANDIN/modules run "$root/opt/sbin/kdipc-up" down
expect "... kdipc-up finds the tool beside itself" 0 "stopped"
do_make dkms PREFIX="$root/opt" KERNELRELEASE=$kernel
is "dkms again: what was built before goes" "$(calls)" "dkms remove kdipc/$version -k $kernel
$into"
do_make uninstall PREFIX="$root/opt"
is "uninstall: the modules go, too" "$status:$(calls):$(below "$root/opt")" \
	"0:dkms remove kdipc/$version --all:"
do_make uninstall PREFIX="$root/opt"
is "uninstall again: nothing to do" "$status:$(calls)" "0:"
PATH=$path
