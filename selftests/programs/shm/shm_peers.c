// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What one process sees of another that uses the same segment, where the
 * other is an actor: here or, with the same binary, on another node.  See
 * actor.h.
 */
#include "actor.h"
#include "shmtest.h"

#define PEERS	3

FIXTURE(peers)
{
	key_t key;
	int id;
	char *at;
	struct actor actors[PEERS];
};

/* By the test itself, or by an actor on another node. */
static int create_for_peers(key_t key, size_t size, int mode)
{
	struct actor_call call = {
		.deed = ACTOR_SHMGET,
		.key = key,
		.value = size,
		.flags = IPC_CREAT | IPC_EXCL | mode | flag(),
	};
	long result;

	if (!actor_creates())
		return create(key, size, mode);
	result = actor_create(call);
	if (result >= 0)
		return find(key);
	errno = -result;
	return -1;
}

/* Actors first: what a process has attached, its children have too. */
FIXTURE_SETUP(peers)
{
	for (int i = 0; i < PEERS; i++)
		actor_start(&self->actors[i]);
	self->key = new_key();
	self->id = create_for_peers(self->key, SIZE, 0600);
	ASSERT_LE(0, self->id);
	self->at = shmat(self->id, NULL, 0);
	ASSERT_NE(BAD, self->at);
}

FIXTURE_TEARDOWN(peers)
{
	for (int i = 0; i < PEERS; i++) {
		if (self->actors[i].box)
			actor_kill(&self->actors[i]);
	}
	shmdt(self->at);
	remove_segment(self->id);
}

#define A(i) (&self->actors[i])

static long attach(struct actor *actor, key_t key, int flags)
{
	return actor_do(actor, (struct actor_call){
		.deed = ACTOR_SHMAT, .key = key, .flags = flags });
}

static long detach(struct actor *actor)
{
	return actor_do(actor, (struct actor_call){ .deed = ACTOR_SHMDT });
}

static long peek(struct actor *actor, int offset)
{
	return actor_do(actor, (struct actor_call){
		.deed = ACTOR_PEEK, .number = offset });
}

static long poke(struct actor *actor, int offset, int value)
{
	return actor_do(actor, (struct actor_call){
		.deed = ACTOR_POKE, .number = offset, .value = value });
}

static long get(struct actor *actor, key_t key, size_t size, int flags)
{
	return actor_do(actor, (struct actor_call){
		.deed = ACTOR_SHMGET, .key = key, .value = size,
		.flags = flags | flag() });
}

/* Detached by another's death: it may take a moment, on another node. */
static long wait_until_attached(int id, long wanted)
{
	unsigned int tries = 0;
	long seen;

	while ((seen = attached(id)) != wanted && tries < 3000)
		actor_pause(&tries);
	return seen;
}

#define EXPECT_ATTACHED(wanted, id) \
	EXPECT_EQ(wanted, wait_until_attached(id, wanted))

TEST_F(peers, find_it_by_its_key)
{
	for (int i = 0; i < PEERS; i++) {
		EXPECT_LE(0, get(A(i), self->key, SIZE, 0600));
		EXPECT_EQ(-EINVAL, get(A(i), self->key, SIZE + 1, 0600));
		EXPECT_EQ(-EEXIST, get(A(i), self->key, SIZE,
				       IPC_CREAT | IPC_EXCL | 0600));
	}
}

TEST_F(peers, missing_key_is_missing_for_them)
{
	EXPECT_EQ(-ENOENT, get(A(0), new_key(), SIZE, 0600));
}

TEST_F(peers, see_what_the_test_writes)
{
	self->at[5] = 55;
	self->at[PAGE] = 66;
	EXPECT_EQ(0, attach(A(0), self->key, 0));
	EXPECT_EQ(55, peek(A(0), 5));
	EXPECT_EQ(66, peek(A(0), PAGE));
	self->at[5] = 56;
	EXPECT_EQ(56, peek(A(0), 5));
}

TEST_F(peers, write_what_the_test_sees)
{
	EXPECT_EQ(0, attach(A(0), self->key, 0));
	EXPECT_EQ(0, poke(A(0), 2 * PAGE + 9, 99));
	EXPECT_EQ(99, self->at[2 * PAGE + 9]);
	EXPECT_EQ(0, self->at[0]);
}

TEST_F(peers, see_each_others_writes)
{
	for (int i = 0; i < PEERS; i++)
		EXPECT_EQ(0, attach(A(i), self->key, 0));
	for (int round = 1; round < 4; round++) {
		for (int i = 0; i < PEERS; i++) {
			EXPECT_EQ(0, poke(A(i), i, 10 * round + i));
			for (int j = 0; j < PEERS; j++)
				EXPECT_EQ(10 * round + i, peek(A(j), i));
		}
	}
	for (int i = 0; i < PEERS; i++)
		EXPECT_EQ(30 + i, self->at[i]);
}

TEST_F(peers, write_to_different_bytes_of_a_page)
{
	for (int i = 0; i < PEERS; i++)
		EXPECT_EQ(0, attach(A(i), self->key, 0));
	for (int byte = 0; byte < 30; byte++)
		EXPECT_EQ(0, poke(A(byte % PEERS), byte, byte + 1));
	for (int byte = 0; byte < 30; byte++)
		EXPECT_EQ(byte + 1, self->at[byte]);
}

TEST_F(peers, last_page_is_shared_too)
{
	EXPECT_EQ(0, attach(A(0), self->key, 0));
	EXPECT_EQ(0, poke(A(0), SIZE - 1, 77));
	EXPECT_EQ(77, self->at[SIZE - 1]);
}

TEST_F(peers, are_counted_when_attached)
{
	for (int i = 0; i < PEERS; i++) {
		EXPECT_EQ(0, attach(A(i), self->key, 0));
		EXPECT_ATTACHED(i + 2, self->id);
	}
	for (int i = 0; i < PEERS; i++) {
		EXPECT_EQ(0, detach(A(i)));
		EXPECT_ATTACHED(PEERS - i, self->id);
	}
}

TEST_F(peers, set_atime_and_dtime)
{
	time_t before = stat_of(self->id).shm_atime;

	pass_a_second();
	EXPECT_EQ(0, attach(A(0), self->key, 0));
	EXPECT_ATTACHED(2, self->id);
	EXPECT_LT(before, stat_of(self->id).shm_atime);
	EXPECT_EQ(0, stat_of(self->id).shm_dtime);
	EXPECT_EQ(0, detach(A(0)));
	EXPECT_ATTACHED(1, self->id);
	EXPECT_LT(0, stat_of(self->id).shm_dtime);
}

TEST_F(peers, that_attach_are_the_last_process)
{
	EXPECT_EQ(getpid(), stat_of(self->id).shm_lpid);
	/* Which was later, over nodes, is told by the second. */
	pass_a_second();
	EXPECT_EQ(0, attach(A(0), self->key, 0));
	EXPECT_ATTACHED(2, self->id);
	EXPECT_EQ(A(0)->box->pid, stat_of(self->id).shm_lpid);
}

TEST_F(peers, that_exit_are_detached)
{
	EXPECT_EQ(0, attach(A(0), self->key, 0));
	EXPECT_EQ(0, poke(A(0), 0, 1));
	EXPECT_ATTACHED(2, self->id);
	EXPECT_EQ(0, actor_end(A(0)));
	EXPECT_ATTACHED(1, self->id);
	EXPECT_EQ(1, self->at[0]);
}

TEST_F(peers, that_are_killed_are_detached)
{
	EXPECT_EQ(0, attach(A(0), self->key, 0));
	EXPECT_EQ(0, poke(A(0), 0, 2));
	EXPECT_EQ(128 + SIGKILL, actor_kill(A(0)));
	EXPECT_ATTACHED(1, self->id);
	EXPECT_EQ(2, self->at[0]);
}

TEST_F(peers, with_SHM_RDONLY_read_and_die_when_they_write)
{
	struct actor_call call = { .deed = ACTOR_POKE, .value = 1 };

	self->at[0] = 3;
	EXPECT_EQ(0, attach(A(0), self->key, SHM_RDONLY));
	EXPECT_EQ(3, peek(A(0), 0));
	actor_begin(A(0), call);
	EXPECT_EQ(128 + SIGSEGV, actor_wait(A(0)));
	EXPECT_EQ(3, self->at[0]);
}

TEST_F(peers, of_another_user_are_EACCES)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	A(0)->uid = USER;
	A(0)->gid = USER;
	EXPECT_EQ(-EACCES, get(A(0), self->key, 0, 0400));
	EXPECT_EQ(-EACCES, attach(A(0), self->key, 0));
	EXPECT_EQ(-EACCES, attach(A(0), self->key, SHM_RDONLY));
}

TEST_F(peers, are_let_in_by_IPC_SET)
{
	struct shmid_ds status = stat_of(self->id);

	if (!is_root())
		SKIP(return, "needs root to change its user");
	A(0)->uid = USER;
	A(0)->gid = USER;
	status.shm_perm.mode = 0604;
	EXPECT_EQ(0, shmctl(self->id, IPC_SET, &status));
	EXPECT_EQ(-EACCES, attach(A(0), self->key, 0));
	EXPECT_EQ(0, attach(A(0), self->key, SHM_RDONLY));
	EXPECT_EQ(0, peek(A(0), 0));
}

TEST_F(peers, keep_a_removed_segment)
{
	EXPECT_EQ(0, attach(A(0), self->key, 0));
	self->at[0] = 4;
	remove_segment(self->id);
	EXPECT_EQ(-ENOENT, get(A(1), self->key, 0, 0));
	EXPECT_EQ(4, peek(A(0), 0));
	EXPECT_EQ(0, poke(A(0), 1, 5));
	EXPECT_EQ(5, self->at[1]);
}

TEST_F(peers, remove_a_segment_that_the_test_keeps)
{
	EXPECT_EQ(0, actor_do(A(0), (struct actor_call){
		.deed = ACTOR_SHMRM, .key = self->key }));
	EXPECT_EQ(ENOENT, ERROR(find(self->key)));
	self->at[0] = 6;
	EXPECT_EQ(6, self->at[0]);
	EXPECT_EQ(1, attached(self->id));
	EXPECT_NE(0, stat_of(self->id).shm_perm.mode & SHM_DEST);
}

TEST_F(peers, destroy_a_removed_segment_when_they_exit)
{
	struct shmid_ds status;
	unsigned int tries = 0;

	EXPECT_EQ(0, attach(A(0), self->key, 0));
	remove_segment(self->id);
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(0, shmctl(self->id, IPC_STAT, &status));
	EXPECT_EQ(0, actor_end(A(0)));
	while (!shmctl(self->id, IPC_STAT, &status) && tries < 3000)
		actor_pause(&tries);
	EXPECT_TRUE(is_gone(ERROR(shmctl(self->id, IPC_STAT, &status))));
}

TEST_F(peers, may_not_remove_what_is_not_theirs)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	A(0)->uid = USER;
	A(0)->gid = USER;
	EXPECT_EQ(-EPERM, actor_do(A(0), (struct actor_call){
		.deed = ACTOR_SHMRM, .key = self->key }));
	EXPECT_EQ(self->id, find(self->key));
}

TEST_F(peers, one_wins_with_excl)
{
	key_t key = new_key();
	struct actor_call call = {
		.deed = ACTOR_SHMGET,
		.key = key,
		.value = PAGE,
		.flags = IPC_CREAT | IPC_EXCL | 0600 | flag(),
	};
	int winners = 0;

	for (int i = 0; i < PEERS; i++)
		actor_begin(A(i), call);
	for (int i = 0; i < PEERS; i++) {
		long result = actor_finish(A(i));

		winners += result >= 0;
		EXPECT_TRUE(result >= 0 || result == -EEXIST);
	}
	EXPECT_EQ(1, winners);
	remove_segment(find(key));
}

TEST_HARNESS_MAIN
