# shellcheck shell=sh disable=SC2154 # variables of hooks.sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# Programs that know nothing of KDIPC: kdipc run, its rules, and DIPC's flag.
# Part of hooks.sh.

alias=/sys/module/kdipc/parameters/dipc_alias

# shared KEY / native KEY: there is one such segment; it is removed
shared() {
	"$tool" -j segment show key "$1" | grep -q '"segment"' && ./marked rm "$1" >/dev/null
}

native() {
	[ "$("$tool" -j segment show key "$1")" = "[]" ] && ./marked rm "$1" >/dev/null
}

# marked "WORDS" ANSWER [OPTION...]: what a program says under kdipc run
marked() {
	words=$1
	wanted=$2
	shift 2
	# shellcheck disable=SC2086 # words
	answer=$("$tool" run "$@" -- ./marked $words 2>&1)
	[ "$answer" = "$wanted" ] && return
	echo "# kdipc run $* marked $words: $answer"
	return 1
}

refused() {
	pattern=$1
	shift
	if said=$("$@" 2>&1); then
		return 1
	fi
	case $said in
	*$pattern*) return 0 ;;
	esac
	echo "# $said"
	return 1
}

rules_without_node() {
	refused "no cluster runs" "$tool" run true
	result $? "kdipc run without a running node says so"
	refused "no node is configured" "$tool" rule add
	result $? "there are no rules without a node"
	[ "$(./marked set 3 shm 0x57005000)" = ok ] && native 0x57005000
	result $? "a mark without a node has no effect"
	echo 1 >$alias && [ "$(./marked dipc 0x57005000)" = "No such device" ]
	result $? "DIPC's flag as an alias, without a node: ENODEV"
	echo 0 >$alias && [ "$(./marked dipc 0x57005000)" = ok ] && native 0x57005000
	result $? "DIPC's flag means nothing when the alias is off"
}

inherited() {
	cp marked marked-root && chmod u+s marked-root && chmod 755 . &&
		marked "shm 0x57005001" ok && shared 0x57005001 &&
		marked "fork shm 0x57005001" ok && shared 0x57005001 &&
		marked "thread shm 0x57005001" ok && shared 0x57005001 &&
		marked "fork exec ./marked thread shm 0x57005001" ok && shared 0x57005001 &&
		marked "exec ./marked-root shm 0x57005001" ok && shared 0x57005001 &&
		"$tool" run sh -c 'sh -c "./marked shm 0x57005001; :"; :' >/dev/null &&
		shared 0x57005001
}

keys_decide() {
	range=--keys=0x57005010-0x5700501f,0x57005030
	for key in 0x57005010 0x5700501f 0x57005030; do
		marked "shm $key" ok $range && shared $key || return
	done
	for key in 0x5700500f 0x57005020 0x57005031 1; do
		marked "shm $key" ok $range && native $key || return
	done
}

private_too() {
	marked "shm 0" ok && [ "$("$tool" -j segment show)" = "[]" ] &&
		marked "shm 0" ok --keys private &&
		[ "$("$tool" -j segment show)" != "[]" ]
	status=$?
	./marked rmall >/dev/null && return $status
}

calls_decide() {
	marked "shm 0x57005040" ok --sem && native 0x57005040 &&
		marked "sem 0x57005040" ok --shm && [ "$("$tool" -j set show)" = "[]" ] &&
		./marked rm 0x57005040 >/dev/null &&
		marked "sem 0x57005040" ok --sem && [ "$("$tool" -j set show)" != "[]" ] &&
		./marked rm 0x57005040 >/dev/null
}

numbers() {
	first=$("$tool" rule add keys 5 shm) || return
	[ "$("$tool" rule add shm keys 0x5-5)" = "$first" ] &&
		[ "$("$tool" rule show | grep -c "$first keys 0x00000005-0x00000005 shm\$")" -eq 1 ] &&
		"$tool" rule del "${first#rule }" &&
		refused "no such rule" "$tool" rule del "${first#rule }" &&
		[ "$("$tool" rule add keys 6)" != "$first" ]
}

deleted_is_native() {
	rule=$("$tool" rule add keys 0x57005050) && rule=${rule#rule }
	[ "$(./marked set "$rule" shm 0x57005050)" = ok ] && shared 0x57005050 &&
		"$tool" rule del "$rule" &&
		[ "$(./marked set "$rule" shm 0x57005050)" = ok ] && native 0x57005050
}

full_table() {
	for key in $(seq 100 120); do
		"$tool" rule add keys "$key" >/dev/null 2>&1
	done
	[ "$("$tool" -j rule show | grep -o '"rule"' | wc -l)" -eq 15 ] &&
		refused "all numbers of rules are taken" "$tool" rule add keys 9
	status=$?
	for rule in $(seq 15); do
		"$tool" rule del "$rule" 2>/dev/null
	done
	[ "$("$tool" -j rule show)" = "[]" ] && return $status
}

by_users() {
	chmod 755 . "$tool" marked
	"$tool" rule add keys 0x57005060 >/dev/null &&
		[ "$(./marked exec "$tool" run --keys 0x57005060 ./marked shm 0x57005060)" = ok ] &&
		shared 0x57005060 &&
		refused "only root" ./marked exec "$tool" run --keys 0x57005061 ./marked mark &&
		refused "run it as root" ./marked exec "$tool" rule del 1
}

stopped_node() {
	rule=$("$tool" rule add) && rule=${rule#rule }
	"$tool" cluster stop &&
		refused "no cluster runs" "$tool" run ./marked mark &&
		[ "$(./marked set "$rule" shm 0x57005070)" = "No such device" ]
	status=$?
	"$tool" cluster start transport loop && return $status
}

aliased() {
	echo 1 >$alias && [ "$(./marked dipc 0x57005080)" = ok ] && shared 0x57005080 &&
		[ "$(./marked shm 0x57005080)" = ok ] && native 0x57005080
	status=$?
	echo 0 >$alias
	return $status
}

rules() {
	inherited
	result $? "kdipc run reaches children, threads, what they execute, set-user-ID programs"
	keys_decide
	result $? "a rule is for its ranges of keys alone"
	private_too
	result $? "IPC_PRIVATE only when asked"
	calls_decide
	result $? "a rule is for its calls alone"
	answer=$(./marked huge 0x57005090)
	marked "huge 0x57005090" "$answer"
	result $? "segments of huge pages stay native"
	marked "lose shm 0x57005091" ok && native 0x57005091
	result $? "personality(2) by an absolute value loses the mark"
	numbers
	result $? "equal rules have one number, and numbers are not reused at once"
	deleted_is_native
	result $? "calls are native again when their rule is deleted"
	full_table
	result $? "there are 15 rules"
	by_users
	result $? "users run programs by rules that are there, and make none"
	stopped_node
	result $? "a stopped node: kdipc run refuses, marked calls give ENODEV"
	aliased
	result $? "DIPC's flag as an alias"
}
