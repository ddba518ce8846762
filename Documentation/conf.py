# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""How Sphinx makes HTML and man pages of these documents: make docs."""

project = "KDIPC"
author = "The KDIPC authors"
project_copyright = "2026 The KDIPC authors"
master_doc = "index"
language = "en"
html_theme = "alabaster"
html_show_sourcelink = False
smartquotes = False
highlight_language = "none"
man_pages = [
    ("man/kdipc.8", "kdipc", "show and control the KDIPC cluster", author, 8),
    ("man/kdipc-up.8", "kdipc-up", "make this host a node of a KDIPC cluster", author, 8),
]
