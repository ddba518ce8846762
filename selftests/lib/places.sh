# shellcheck shell=bash disable=SC2034 # for who reads this
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# Where things are, for scripts of bash; places.py says it to Python.

tree=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
cache=${KDIPC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kdipc}
lab=$tree/selftests/lab/lab
