# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Tests with several nodes: processes of this host, or machines of a lab."""
