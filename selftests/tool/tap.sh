# shellcheck shell=bash disable=SC2154 # variables of run
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# TAP for shell tests: run a command, then say what it should have done.
#
#   run COMMAND...            sets $status, $stdout and $stderr; ended after 20 s,
#                             or $limit
#   ok NAME TEST...           TEST is a command that should succeed
#   is NAME GOT WANTED        equal texts
#   expect NAME STATUS TEXT   the last run: exit status, and text in $stderr
#                             (in $stdout when STATUS is 0)
#   json EXPRESSION           its value, of the JSON (d) that the last run printed

tests=0
failed=0
status=0
stdout=
stderr=

run()
{
	timeout "${limit:-20}" "$@" > "$out/stdout" 2> "$out/stderr" < /dev/null
	status=$?
	stdout=$(< "$out/stdout")
	stderr=$(< "$out/stderr")
}

# One interpreter answers all questions: to start one takes longer than a test.
coproc ANSWERS { exec python3 -u "$here/answer.py"; }
exec {questions}>&"${ANSWERS[1]}" {answers}<&"${ANSWERS[0]}"

json()
{
	local answer='no answer'

	printf '%s\t%s\n' "$out/stdout" "$1" >&"$questions"
	read -r -t 20 -u "$answers" answer
	printf '%s\n' "$answer"
}

report()
{
	local verdict=$1 name=$2

	tests=$((tests + 1))
	[ "$verdict" = ok ] || failed=$((failed + 1))
	echo "$verdict $tests - $name"
}

show_last()
{
	printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$stdout" \
		"$stderr" | sed 's/^/#   /'
}

ok()
{
	local name=$1

	shift
	if "$@"; then
		report ok "$name"
	else
		report "not ok" "$name"
		show_last
	fi
}

is()
{
	if [ "$2" = "$3" ]; then
		report ok "$1"
	else
		report "not ok" "$1"
		printf 'got:    %s\nwanted: %s\n' "$2" "$3" | sed 's/^/#   /'
	fi
}

as_expected()
{
	local wanted=$1 text=$2 where=$stderr

	[ "$wanted" -ne 0 ] || where=$stdout
	[ "$status" -eq "$wanted" ] && [[ $where == *"$text"* ]]
}

expect()
{
	ok "$1" as_expected "$2" "$3"
}

# One sentence: one line, on stderr, and nothing that was half printed.
one_sentence()
{
	[ "$(wc -l < "$out/stderr")" -eq 1 ] && [ -z "$stdout" ]
}

tap_end()
{
	echo "1..$tests"
	echo "# $((tests - failed)) passed, $failed failed"
	[ "$failed" -eq 0 ] || exit 1
}
