// SPDX-License-Identifier: GPL-2.0
/*
 * Records: what the cluster knows of an object, in the host's order.
 * Copyright (C) 2026 The KDIPC authors
 */
#include <linux/cred.h>

#include "record.h"

/**
 * kdipc_record_to_wire() - convert a record
 * @wire: destination
 * @record: source
 */
void kdipc_record_to_wire(struct kdipc_wire_record *wire, const struct kdipc_record *record)
{
	*wire = (struct kdipc_wire_record){
		.object = cpu_to_le64(record->object),
		.size = cpu_to_le64(record->size),
		.ctime = cpu_to_le64(record->ctime),
		.key = cpu_to_le32(record->key),
		.mode = cpu_to_le32(record->mode),
		.uid = cpu_to_le32(record->uid),
		.gid = cpu_to_le32(record->gid),
		.cuid = cpu_to_le32(record->cuid),
		.cgid = cpu_to_le32(record->cgid),
		.cpid = cpu_to_le32(record->cpid),
		.creator = cpu_to_le16(record->creator),
		.policy = record->policy,
		.type = record->type,
	};
}

/**
 * kdipc_record_from_wire() - convert a record
 * @record: destination
 * @wire: source
 */
void kdipc_record_from_wire(struct kdipc_record *record, const struct kdipc_wire_record *wire)
{
	*record = (struct kdipc_record){
		.object = le64_to_cpu(wire->object),
		.size = le64_to_cpu(wire->size),
		.ctime = le64_to_cpu(wire->ctime),
		.key = le32_to_cpu(wire->key),
		.mode = le32_to_cpu(wire->mode),
		.uid = le32_to_cpu(wire->uid),
		.gid = le32_to_cpu(wire->gid),
		.cuid = le32_to_cpu(wire->cuid),
		.cgid = le32_to_cpu(wire->cgid),
		.cpid = le32_to_cpu(wire->cpid),
		.creator = le16_to_cpu(wire->creator),
		.policy = wire->policy,
		.type = wire->type,
	};
}

/**
 * kdipc_record_update() - take over what IPC_SET may change
 * @record: to be changed; the caller holds its lock
 * @update: the record as it is now
 */
void kdipc_record_update(struct kdipc_record *record, const struct kdipc_record *update)
{
	record->uid = update->uid;
	record->gid = update->gid;
	record->mode = update->mode;
	record->ctime = update->ctime;
}

/**
 * kdipc_record_to_perm() - give a native object the owner and mode of a record
 * @perm: the native object; its lock is held
 * @record: source; the caller holds its lock
 */
void kdipc_record_to_perm(struct kern_ipc_perm *perm, const struct kdipc_record *record)
{
	lockdep_assert_held(&perm->lock);
	perm->uid = make_kuid(&init_user_ns, record->uid);
	perm->gid = make_kgid(&init_user_ns, record->gid);
	perm->cuid = make_kuid(&init_user_ns, record->cuid);
	perm->cgid = make_kgid(&init_user_ns, record->cgid);
	perm->mode = (perm->mode & ~0777) | (record->mode & 0777);
}

/**
 * kdipc_record_from_perm() - read what IPC_SET has changed
 * @record: owner, group and mode are set
 * @perm: the native object; its lock is held
 */
void kdipc_record_from_perm(struct kdipc_record *record, const struct kern_ipc_perm *perm)
{
	lockdep_assert_held(&perm->lock);
	record->uid = from_kuid(&init_user_ns, perm->uid);
	record->gid = from_kgid(&init_user_ns, perm->gid);
	record->mode = perm->mode & 0777;
}
