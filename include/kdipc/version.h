/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The version of all that is installed: modules, tool, library, dkms sources.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Makefiles read it here, too.
 */
#ifndef _KDIPC_VERSION_H
#define _KDIPC_VERSION_H

#define KDIPC_VERSION "0.1"

#endif
