# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""The lab's parts: see lab, the program beside this directory."""
