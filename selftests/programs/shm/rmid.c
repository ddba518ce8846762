// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * IPC_RMID on one node while the segment is attached on others.
 *
 *  1. All members attach the segment.  IPC_STAT counts every attachment.
 *  2. Member 0 removes it.  At once its key is free everywhere: shmget()
 *     without IPC_CREAT says ENOENT.  IPC_STAT shows SHM_DEST.
 *  3. The segment goes on: each member writes, and reads what the others
 *     wrote, and the old contents are there.
 *  4. Member 1 makes a new segment with the same key.  All find that one,
 *     zero-filled, and what is written there does not show in the old one.
 *  5. All but member 0 detach the old one; it is still there for member 0.
 *     When that detaches too, its identifier is gone.
 *
 *	rmid --members 3 --id I			on three nodes
 *
 * Attachment counts of other nodes may lag by the time of a message, so a
 * wrong count is looked at again for a while before it is called wrong.
 * With --break nobody removes the segment.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include "party.h"

#define PAGES		4
#define OLD_MARK	0x01d0
#define NEW_MARK	0x0e00

struct words {
	alignas(PARTY_PAGE) atomic_ulong mark[PARTY_MAX];
};

static key_t key_of(struct party *party)
{
	return party->key + 0x1000;
}

static struct words *attach(struct party *party, int create, int *id)
{
	void *at;

	*id = shmget(key_of(party), PAGES * PARTY_PAGE, create | party->flags);
	if (*id < 0)
		party_fail(party, "shmget: %s", strerror(errno));
	at = shmat(*id, NULL, 0);
	if (at == (void *)-1)
		party_fail(party, "shmat: %s", strerror(errno));
	return at;
}

static void expect_attached(struct party *party, int id, unsigned long want)
{
	struct shmid_ds status;

	for (int i = 0; i < 200; i++) {
		if (shmctl(id, IPC_STAT, &status))
			party_fail(party, "IPC_STAT: %s", strerror(errno));
		if (status.shm_nattch == want)
			return;
		usleep(10000);
	}
	party_fail(party, "%lu attachments, not %lu",
		   (unsigned long)status.shm_nattch, want);
}

static void expect_removed(struct party *party, int id)
{
	struct shmid_ds status;

	if (shmget(key_of(party), 0, party->flags) >= 0)
		party_fail(party, "the key still has a segment");
	if (errno != ENOENT)
		party_fail(party, "shmget: %s", strerror(errno));
	if (shmctl(id, IPC_STAT, &status))
		party_fail(party, "IPC_STAT: %s", strerror(errno));
	if (!(status.shm_perm.mode & SHM_DEST))
		party_fail(party, "SHM_DEST is not set");
}

/* Each writes its mark to the segment; then each must see those of all. */
static void expect_shared(struct party *party, struct words *words,
			  unsigned long mark)
{
	words->mark[party->id] = mark + party->id;
	party_meet(party);
	for (int i = 0; i < party->members; i++) {
		if (words->mark[i] != mark + i)
			party_fail(party, "mark of member %d is %#lx, not %#lx",
				   i, words->mark[i], mark + i);
	}
	party_meet(party);
}

static void expect_zero(struct party *party, struct words *words)
{
	for (int i = 0; i < PARTY_MAX; i++) {
		if (words->mark[i])
			party_fail(party, "the new segment is not empty");
	}
}

static void expect_gone(struct party *party, int id)
{
	struct shmid_ds status;

	for (int i = 0; i < 200; i++) {
		if (shmctl(id, IPC_STAT, &status))
			break;
		usleep(10000);
	}
	if (!shmctl(id, IPC_STAT, &status))
		party_fail(party, "the removed segment is still there");
	if (errno != EINVAL && errno != EIDRM)
		party_fail(party, "IPC_STAT: %s", strerror(errno));
}

static void remove_segment(struct party *party, int id)
{
	party_meet(party);
	if (party->id == 0 && !party->broken && shmctl(id, IPC_RMID, NULL))
		party_fail(party, "IPC_RMID: %s", strerror(errno));
	party_meet(party);
}

/* Steps 2 and 3; with --break the test must end here. */
static void live_on(struct party *party, struct words *old, int id)
{
	remove_segment(party, id);
	if (party->broken) {
		party_meet(party);
		shmctl(id, IPC_RMID, NULL);
		party_fail(party, "nobody removed the segment");
	}
	expect_removed(party, id);
	for (int i = 1; i < 10; i++)
		expect_shared(party, old, OLD_MARK + 0x1000 * i);
}

/* Step 4. */
static struct words *start_anew(struct party *party, struct words *old,
				int *id)
{
	struct words *new = NULL;

	if (party->id == 1)
		new = attach(party, IPC_CREAT | IPC_EXCL, id);
	party_meet(party);
	if (party->id != 1)
		new = attach(party, 0, id);
	expect_zero(party, new);
	party_meet(party);
	expect_shared(party, new, NEW_MARK);
	expect_shared(party, old, OLD_MARK);
	return new;
}

/* Step 5. */
static void detach(struct party *party, struct words *old, int id)
{
	if (party->id != 0)
		shmdt(old);
	party_meet(party);
	if (party->id == 0) {
		expect_attached(party, id, 1);
		for (int i = 0; i < party->members; i++) {
			if (old->mark[i] != (unsigned long)OLD_MARK + i)
				party_fail(party, "mark %d was lost", i);
		}
		shmdt(old);
	}
	party_meet(party);
	expect_gone(party, id);
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440700, .members = 3, .rounds = 1,
			       .pages = 1 };
	struct words *old, *new;
	int old_id, new_id;

	party_start(&party, argc, argv);
	if (party.members < 2)
		party_fail(&party, "this takes at least two members");
	old = attach(&party, IPC_CREAT, &old_id);
	party_meet(&party);
	expect_attached(&party, old_id, party.members);
	expect_shared(&party, old, OLD_MARK);
	live_on(&party, old, old_id);
	new = start_anew(&party, old, &new_id);
	detach(&party, old, old_id);
	expect_shared(&party, new, NEW_MARK + 0x1000);
	remove_segment(&party, new_id);
	shmdt(new);
	party_meet(&party);
	expect_gone(&party, new_id);
	return party_done(&party);
}
