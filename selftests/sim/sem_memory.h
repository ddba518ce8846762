/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory for a semaphore set of the engine: as much as there is.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _SEM_MEMORY_H
#define _SEM_MEMORY_H

#include <stdlib.h>

#include "../../kmod/engine/sem_set.h"

static inline void *sem_take(const struct kdipc_sem_host *host, size_t size, bool atomic)
{
	(void)host;
	(void)atomic;
	return calloc(1, size);
}

static inline void sem_give(const struct kdipc_sem_host *host, void *memory)
{
	(void)host;
	free(memory);
}

#endif
