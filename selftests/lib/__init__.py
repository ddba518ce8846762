# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""The parts of selftests/run that need no cluster; where things are, for all of selftests."""
