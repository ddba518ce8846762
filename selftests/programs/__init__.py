# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Programs that tests of several groups run, and group native, which tests them."""
