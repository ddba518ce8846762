# shellcheck shell=bash disable=SC2154 # variables of run and tap.sh
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# Answers that no kernel sends: with any byte inverted, or cut at any place,
# the tool prints its list or one sentence, never half of a list, and the
# sanitizers find nothing.

# One run with a mode; say so if it did something it should not.
survives()
{
	local mode=$1

	shift
	KDIPC_FAKE=$mode run "$fake" -j "$@"
	case $status in
	0) [ "$(json 'type(d).__name__')" = list ] || echo "$mode: not JSON" ;;
	1) one_sentence || echo "$mode: half printed, or more than a sentence" ;;
	*) echo "$mode: status $status" ;;
	esac
}

# survey KIND LIMIT STEP OBJECT
survey()
{
	local kind=$1 limit=$2 step=$3 object=$4 at complaints

	complaints=$(for ((at = 0; at < limit; at += step)); do
		survives "$kind:$at" "$object"
	done)
	is "$object: answers $kind at 0 to $limit" "$complaints" ""
}

survey junk 96 1 node
survey junk 96 1 stat
survey junk 64 1 segment
survey junk 64 1 set
survey junk 48 1 cluster
survey junk 96 1 rule
survey short 240 3 node
survey short 240 3 stat
survey short 160 4 segment
survey short 200 4 set
survey short 120 3 rule
survey short 88 4 cluster
