// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * shmctl(2), promise by promise: every field of IPC_STAT, IPC_SET and who
 * may, IPC_RMID now and deferred, the Linux commands SHM_STAT, SHM_STAT_ANY,
 * SHM_INFO, IPC_INFO, SHM_LOCK, and the line in /proc/sysvipc/shm.
 */
#include <sys/resource.h>
#include <time.h>

#include "shmtest.h"

TEST_F(segment, IPC_STAT_size)
{
	EXPECT_EQ(SIZE, stat_of(self->id).shm_segsz);
}

TEST_F(segment, IPC_STAT_key)
{
	EXPECT_EQ(self->key, stat_of(self->id).shm_perm.__key);
}

TEST_F(segment, IPC_STAT_owner_and_creator)
{
	struct shmid_ds status = stat_of(self->id);

	EXPECT_EQ(geteuid(), status.shm_perm.uid);
	EXPECT_EQ(getegid(), status.shm_perm.gid);
	EXPECT_EQ(geteuid(), status.shm_perm.cuid);
	EXPECT_EQ(getegid(), status.shm_perm.cgid);
}

TEST(IPC_STAT_owner_is_the_effective_user)
{
	key_t key = new_key();
	struct shmid_ds status;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, AS_USER(USER, _exit(create(key, PAGE, 0600) < 0)));
	status = stat_of(find(key));
	EXPECT_EQ(USER, status.shm_perm.uid);
	EXPECT_EQ(USER, status.shm_perm.gid);
	EXPECT_EQ(USER, status.shm_perm.cuid);
	EXPECT_EQ(USER, status.shm_perm.cgid);
	remove_segment(find(key));
}

TEST_F(segment, IPC_STAT_mode)
{
	EXPECT_EQ(0600, stat_of(self->id).shm_perm.mode);
}

TEST_F(segment, IPC_STAT_cpid_is_the_creator)
{
	key_t key = new_key();
	pid_t child = fork();

	if (!child)
		_exit(create(key, PAGE, 0600) < 0);
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(getpid(), stat_of(self->id).shm_cpid);
	EXPECT_EQ(child, stat_of(find(key)).shm_cpid);
	remove_segment(find(key));
}

TEST(IPC_STAT_of_a_new_segment)
{
	time_t before = time(NULL);
	int id = create(new_key(), PAGE, 0600);
	struct shmid_ds status = stat_of(id);

	EXPECT_EQ(0, status.shm_nattch);
	EXPECT_EQ(0, status.shm_lpid);
	EXPECT_EQ(0, status.shm_atime);
	EXPECT_EQ(0, status.shm_dtime);
	EXPECT_LE(before, status.shm_ctime);
	EXPECT_GE(time(NULL), status.shm_ctime);
	remove_segment(id);
}

TEST_F(segment, IPC_STAT_times_of_attach_and_detach)
{
	struct shmid_ds status = stat_of(self->id);

	EXPECT_LE(status.shm_ctime, status.shm_atime);
	EXPECT_EQ(0, status.shm_dtime);
	shmdt(self->at);
	status = stat_of(self->id);
	EXPECT_LE(status.shm_atime, status.shm_dtime);
	EXPECT_EQ(getpid(), status.shm_lpid);
}

TEST_F(segment, IPC_STAT_without_permission_is_EACCES)
{
	struct shmid_ds status;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmctl(self->id, IPC_STAT,
							   &status)))));
}

TEST_F(segment, IPC_STAT_to_nowhere_is_EFAULT)
{
	EXPECT_EQ(EFAULT, ERROR(shmctl(self->id, IPC_STAT, (void *)1)));
}

TEST(no_identifier_is_EINVAL)
{
	struct shmid_ds status;

	EXPECT_EQ(EINVAL, ERROR(shmctl(-1, IPC_STAT, &status)));
	EXPECT_EQ(EINVAL, ERROR(shmctl(-1, IPC_RMID, NULL)));
	EXPECT_EQ(EINVAL, ERROR(shmctl(0x7ffffff, IPC_STAT, &status)));
}

TEST_F(segment, unknown_command_is_EINVAL)
{
	struct shmid_ds status;

	EXPECT_EQ(EINVAL, ERROR(shmctl(self->id, 99, &status)));
}

static int set(int id, uid_t uid, gid_t gid, int mode)
{
	struct shmid_ds status = stat_of(id);

	status.shm_perm.uid = uid;
	status.shm_perm.gid = gid;
	status.shm_perm.mode = mode;
	return shmctl(id, IPC_SET, &status);
}

TEST_F(segment, IPC_SET_changes_the_mode)
{
	EXPECT_EQ(0, set(self->id, geteuid(), getegid(), 0644));
	EXPECT_EQ(0644, stat_of(self->id).shm_perm.mode);
}

TEST_F(segment, IPC_SET_takes_nine_bits_of_the_mode)
{
	EXPECT_EQ(0, set(self->id, geteuid(), getegid(), 0177777));
	EXPECT_EQ(0777, stat_of(self->id).shm_perm.mode);
}

TEST_F(segment, IPC_SET_changes_owner_not_creator)
{
	struct shmid_ds status;

	if (!is_root())
		SKIP(return, "needs root to give a segment away");
	EXPECT_EQ(0, set(self->id, USER, OTHER, 0600));
	status = stat_of(self->id);
	EXPECT_EQ(USER, status.shm_perm.uid);
	EXPECT_EQ(OTHER, status.shm_perm.gid);
	EXPECT_EQ(0, status.shm_perm.cuid);
	EXPECT_EQ(0, status.shm_perm.cgid);
}

TEST_F(segment, IPC_SET_changes_nothing_else)
{
	struct shmid_ds before = stat_of(self->id), after = before;

	after.shm_segsz = 1;
	after.shm_nattch = 99;
	after.shm_cpid = 1;
	after.shm_atime = 1;
	EXPECT_EQ(0, shmctl(self->id, IPC_SET, &after));
	after = stat_of(self->id);
	EXPECT_EQ(before.shm_segsz, after.shm_segsz);
	EXPECT_EQ(before.shm_nattch, after.shm_nattch);
	EXPECT_EQ(before.shm_cpid, after.shm_cpid);
	EXPECT_EQ(before.shm_atime, after.shm_atime);
}

TEST_F(segment, IPC_SET_sets_ctime)
{
	time_t created = stat_of(self->id).shm_ctime;

	usleep(1100000);
	EXPECT_EQ(0, set(self->id, geteuid(), getegid(), 0600));
	EXPECT_LT(created, stat_of(self->id).shm_ctime);
}

TEST_F(segment, IPC_SET_rules_the_next_attach)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmat(self->id, NULL,
							  0)))));
	EXPECT_EQ(0, set(self->id, 0, 0, 0666));
	EXPECT_EQ(0, AS_USER(USER, _exit(ERROR(shmat(self->id, NULL, 0)))));
}

TEST_F(segment, IPC_SET_by_a_stranger_is_EPERM)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, set(self->id, 0, 0, 0666));
	EXPECT_EQ(EPERM, AS_USER(USER, _exit(ERROR(set(self->id, USER, USER,
						       0666)))));
}

TEST_F(segment, IPC_SET_from_nowhere_is_EFAULT)
{
	EXPECT_EQ(EFAULT, ERROR(shmctl(self->id, IPC_SET, (void *)1)));
}

TEST_F(segment, IPC_SET_to_no_user_is_EINVAL)
{
	EXPECT_EQ(EINVAL, ERROR(set(self->id, -1, getegid(), 0600)));
}

TEST_F(segment, new_owner_may_set_and_remove)
{
	if (!is_root())
		SKIP(return, "needs root to give a segment away");
	EXPECT_EQ(0, set(self->id, USER, USER, 0600));
	EXPECT_EQ(0, AS_USER(USER, _exit(ERROR(set(self->id, USER, USER,
						   0640)))));
	EXPECT_EQ(0, AS_USER(USER, _exit(ERROR(shmctl(self->id, IPC_RMID,
						      NULL)))));
}

TEST(creator_may_remove_what_it_gave_away)
{
	key_t key = new_key();

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, AS_USER(USER, {
		int id = create(key, PAGE, 0600);

		if (set(id, OTHER, OTHER, 0600))
			_exit(1);
		_exit(ERROR(shmctl(id, IPC_RMID, NULL)));
	}));
	EXPECT_EQ(ENOENT, ERROR(find(key)));
}

TEST_F(segment, IPC_RMID_by_a_stranger_is_EPERM)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, set(self->id, 0, 0, 0666));
	EXPECT_EQ(EPERM, AS_USER(USER, _exit(ERROR(shmctl(self->id, IPC_RMID,
							  NULL)))));
	EXPECT_EQ(self->id, find(self->key));
}

TEST(IPC_RMID_of_an_unattached_segment_is_at_once)
{
	int id = create(new_key(), PAGE, 0600);
	struct shmid_ds status;

	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
	EXPECT_TRUE(is_gone(ERROR(shmctl(id, IPC_STAT, &status))));
	EXPECT_TRUE(is_gone(ERROR(shmctl(id, IPC_SET, &status))));
	EXPECT_TRUE(is_gone(ERROR(shmctl(id, IPC_RMID, NULL))));
	EXPECT_TRUE(is_gone(ERROR(shmat(id, NULL, 0))));
}

TEST_F(segment, IPC_RMID_of_an_attached_segment_waits)
{
	struct shmid_ds status;

	EXPECT_EQ(0, stat_of(self->id).shm_perm.mode & SHM_DEST);
	EXPECT_EQ(0, shmctl(self->id, IPC_RMID, NULL));
	status = stat_of(self->id);
	EXPECT_EQ(0600 | SHM_DEST, status.shm_perm.mode);
	EXPECT_EQ(IPC_PRIVATE, status.shm_perm.__key);
	EXPECT_EQ(1, status.shm_nattch);
	EXPECT_EQ(SIZE, status.shm_segsz);
}

TEST_F(segment, memory_lives_on_after_IPC_RMID)
{
	self->at[0] = 1;
	EXPECT_EQ(0, shmctl(self->id, IPC_RMID, NULL));
	EXPECT_EQ(1, self->at[0]);
	for (int i = 0; i < SIZE; i++)
		self->at[i] = i;
	EXPECT_EQ(0, IN_CHILD(_exit(self->at[SIZE - 1] != (char)(SIZE - 1))));
}

static int highest_index(void)
{
	struct shm_info info;

	return shmctl(0, SHM_INFO, (struct shmid_ds *)&info);
}

/* The kernel's table has an index for each segment. */
static int index_of(int id)
{
	struct shmid_ds status;
	int last = highest_index();

	for (int i = 0; i <= last; i++) {
		if (shmctl(i, SHM_STAT, &status) == id)
			return i;
	}
	return -1;
}

TEST_F(segment, SHM_STAT_finds_by_index)
{
	struct shmid_ds by_index, by_id = stat_of(self->id);
	int index = index_of(self->id);

	ASSERT_LE(0, index);
	EXPECT_EQ(self->id, shmctl(index, SHM_STAT, &by_index));
	EXPECT_EQ(by_id.shm_perm.__key, by_index.shm_perm.__key);
	EXPECT_EQ(by_id.shm_segsz, by_index.shm_segsz);
	EXPECT_EQ(by_id.shm_nattch, by_index.shm_nattch);
	EXPECT_EQ(by_id.shm_cpid, by_index.shm_cpid);
	EXPECT_EQ(by_id.shm_ctime, by_index.shm_ctime);
	EXPECT_EQ(by_id.shm_perm.mode, by_index.shm_perm.mode);
}

TEST_F(segment, SHM_STAT_without_permission_is_EACCES)
{
	struct shmid_ds status;
	int index = index_of(self->id);

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmctl(index, SHM_STAT,
							   &status)))));
}

TEST_F(segment, SHM_STAT_ANY_needs_no_permission)
{
	struct shmid_ds status;
	int index = index_of(self->id);

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, AS_USER(USER, {
		int id = shmctl(index, SHM_STAT_ANY, &status);

		_exit(id != self->id || status.shm_segsz != SIZE);
	}));
}

TEST(SHM_STAT_of_no_index_is_EINVAL)
{
	struct shmid_ds status;

	EXPECT_EQ(EINVAL, ERROR(shmctl(32000, SHM_STAT, &status)));
	EXPECT_EQ(EINVAL, ERROR(shmctl(32000, SHM_STAT_ANY, &status)));
}

TEST(SHM_INFO_counts_segments_and_pages)
{
	struct shm_info before, after;
	int id;

	EXPECT_LE(-1, shmctl(0, SHM_INFO, (struct shmid_ds *)&before));
	id = create(new_key(), 3 * PAGE + 1, 0600);
	EXPECT_LE(0, shmctl(0, SHM_INFO, (struct shmid_ds *)&after));
	EXPECT_EQ(before.used_ids + 1, after.used_ids);
	EXPECT_EQ(before.shm_tot + 4, after.shm_tot);
	remove_segment(id);
	EXPECT_LE(-1, shmctl(0, SHM_INFO, (struct shmid_ds *)&after));
	EXPECT_EQ(before.used_ids, after.used_ids);
	EXPECT_EQ(before.shm_tot, after.shm_tot);
}

static unsigned long limit(const char *name)
{
	char path[64];
	unsigned long value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%lu", &value) != 1)
			value = 0;
		fclose(file);
	}
	return value;
}

TEST(IPC_INFO_shows_the_limits)
{
	struct shminfo info;

	EXPECT_LE(0, shmctl(0, IPC_INFO, (struct shmid_ds *)&info));
	EXPECT_EQ(limit("shmmax"), info.shmmax);
	EXPECT_EQ(limit("shmmni"), info.shmmni);
	EXPECT_EQ(limit("shmall"), info.shmall);
	EXPECT_EQ(1, info.shmmin);
}

TEST_F(segment, SHM_LOCK_and_SHM_UNLOCK)
{
	int lock = shmctl(self->id, SHM_LOCK, NULL);

	if (lock && !is_root())
		SKIP(return, "not allowed to lock memory");
	EXPECT_EQ(0, lock);
	EXPECT_EQ(0600 | SHM_LOCKED, stat_of(self->id).shm_perm.mode);
	self->at[0] = 1;
	EXPECT_EQ(0, shmctl(self->id, SHM_UNLOCK, NULL));
	EXPECT_EQ(0600, stat_of(self->id).shm_perm.mode);
	EXPECT_EQ(1, self->at[0]);
}

TEST_F(segment, SHM_LOCK_twice_and_remove)
{
	if (shmctl(self->id, SHM_LOCK, NULL) && !is_root())
		SKIP(return, "not allowed to lock memory");
	EXPECT_EQ(0, shmctl(self->id, SHM_LOCK, NULL));
	EXPECT_EQ(0, shmctl(self->id, IPC_RMID, NULL));
	self->at[0] = 1;
	EXPECT_EQ(0, shmdt(self->at));
}

TEST_F(segment, SHM_LOCK_by_a_stranger_is_EPERM)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(EPERM, AS_USER(USER, _exit(ERROR(shmctl(self->id, SHM_LOCK,
							  NULL)))));
}

TEST_F(segment, SHM_LOCK_without_a_limit_is_EPERM)
{
	struct rlimit none = { 0, 0 };

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, set(self->id, USER, USER, 0600));
	EXPECT_EQ(EPERM, AS_USER(USER, {
		setrlimit(RLIMIT_MEMLOCK, &none);
		_exit(ERROR(shmctl(self->id, SHM_LOCK, NULL)));
	}));
}

struct proc_line {
	int key, id;
	unsigned int mode;
	unsigned long size;
	int cpid, lpid;
	unsigned long nattch;
	unsigned int uid, gid, cuid, cgid;
	unsigned long atime, dtime, ctime;
};

static bool find_line(int id, struct proc_line *l)
{
	FILE *file = fopen("/proc/sysvipc/shm", "r");
	char text[256];
	bool found = false;

	while (file && !found && fgets(text, sizeof(text), file)) {
		int count = sscanf(text, "%d %d %o %lu %d %d %lu %u %u %u %u %lu %lu %lu",
				   &l->key, &l->id, &l->mode, &l->size,
				   &l->cpid, &l->lpid, &l->nattch, &l->uid,
				   &l->gid, &l->cuid, &l->cgid, &l->atime,
				   &l->dtime, &l->ctime);

		found = count == 14 && l->id == id;
	}
	if (file)
		fclose(file);
	return found;
}

TEST_F(segment, line_in_proc)
{
	struct shmid_ds status = stat_of(self->id);
	struct proc_line line;

	ASSERT_TRUE(find_line(self->id, &line));
	EXPECT_EQ(self->key, line.key);
	EXPECT_EQ(0600, line.mode);
	EXPECT_EQ(SIZE, line.size);
	EXPECT_EQ(getpid(), line.cpid);
	EXPECT_EQ(getpid(), line.lpid);
	EXPECT_EQ(1, line.nattch);
	EXPECT_EQ(geteuid(), line.uid);
	EXPECT_EQ(geteuid(), line.cuid);
	EXPECT_EQ(status.shm_atime, line.atime);
	EXPECT_EQ(status.shm_ctime, line.ctime);
}

TEST(removed_segment_has_no_line_in_proc)
{
	int id = create(new_key(), PAGE, 0600);
	struct proc_line line;

	EXPECT_TRUE(find_line(id, &line));
	remove_segment(id);
	EXPECT_FALSE(find_line(id, &line));
}

TEST_HARNESS_MAIN
