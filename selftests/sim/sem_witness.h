/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the engine's semaphore sets tell the simulator: included before all else.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _SEM_WITNESS_H
#define _SEM_WITNESS_H

#include <stdint.h>

struct kdipc_sem_request;
struct kdipc_sem_message;

void sim_witness(void *event, int op, const struct kdipc_sem_request *request,
		 const struct kdipc_sem_message *message, const uint16_t *values);

#define kdipc_sem_witness(event, op, request, message, values)	\
	sim_witness(event, op, request, message, values)

#endif /* _SEM_WITNESS_H */
