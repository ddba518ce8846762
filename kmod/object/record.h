/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records: what the cluster knows of an object, in the host's order.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A record has three forms: on the wire (struct kdipc_wire_record, which says
 * what the fields are), here, and in part in the permissions of the native
 * object that stands for it.
 */
#ifndef _KDIPC_RECORD_H
#define _KDIPC_RECORD_H

#include <linux/ipc.h>

#include <kdipc/wire.h>

struct kdipc_record {
	u64 object;
	u64 size;
	s64 ctime;
	s32 key;
	u32 mode;
	u32 uid;
	u32 gid;
	u32 cuid;
	u32 cgid;
	s32 cpid;
	u16 creator;
	u8 policy;
	u8 type;
};

void kdipc_record_to_wire(struct kdipc_wire_record *wire, const struct kdipc_record *record);
void kdipc_record_from_wire(struct kdipc_record *record, const struct kdipc_wire_record *wire);
void kdipc_record_update(struct kdipc_record *record, const struct kdipc_record *update);
void kdipc_record_to_perm(struct kern_ipc_perm *perm, const struct kdipc_record *record);
void kdipc_record_from_perm(struct kdipc_record *record, const struct kern_ipc_perm *perm);

#endif /* _KDIPC_RECORD_H */
