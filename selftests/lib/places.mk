# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# Where the cache is, for Makefiles; places.py says it to Python, places.sh to the shell.

KDIPC_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kdipc
