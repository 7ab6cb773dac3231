// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nobody who reads a list file notices a flush: each file of each bank has the
 * same bytes before and after, wherever a reader is.
 */

#include <linux/audit.h>
#include <sched.h>

#include "crowd.h"
#include "flushed.h"

/* Flushes while files are measured and lists are read */
#define NUM_FLUSHES 50

#define PIECE_MAX 1048576

FIXTURE(list)
{
	struct env env;
	struct lists lists;
};

FIXTURE_SETUP(list)
{
	setup_flushed(_metadata, &self->env);
	mount_fs(_metadata, &self->env, "tmpfs", NULL);
	self->lists = find_lists(_metadata);
}

FIXTURE_TEARDOWN(list)
{
	teardown_flushed(_metadata, &self->env);
}

static void flush_file(struct __test_metadata *const _metadata,
		       struct env *const env)
{
	char path[PATH_MAX];

	FORMAT(path, "%s/%d", env->fs, env->num_flushed++);
	ASSERT_EQ(0, request(path));
	note_segments(_metadata, env);
}

/* Checks that a list begins with what was read of it before. */
static void expect_list(struct __test_metadata *const _metadata,
			const char *const path, const struct blob *const before)
{
	struct blob after = read_file(_metadata, path);

	EXPECT_TRUE(starts_with(&after, before))
	{
		TH_LOG("%s is another one after a flush", path);
	}
	free(after.data);
}

/* A size of which each order of magnitude is as likely as the others */
static size_t random_size(const size_t max)
{
	size_t size = max;

	while (size > 1 && rand() % 4)
		size /= 4;
	return 1 + rand() % size;
}

/* A reader in the middle of a list, which begins with what is known of it. */
struct reader {
	int fd;
	size_t pos;
};

/* Reads some pieces, and compares them with the list as it was. */
static void read_on(struct __test_metadata *const _metadata,
		    struct reader *const reader, const struct blob *const list)
{
	const size_t max = rand() % 8 ? 4096 : PIECE_MAX;
	__u8 *const piece = malloc(max);
	ssize_t ret;

	for (int i = 0; i < 5 && reader->pos < list->size; i++) {
		ret = read(reader->fd, piece, random_size(max));
		ASSERT_LE(0, ret);
		if (ret > list->size - reader->pos)
			ret = list->size - reader->pos;
		ASSERT_EQ(0, memcmp(piece, list->data + reader->pos, ret));
		reader->pos = lseek(reader->fd, 0, SEEK_CUR);
	}
	free(piece);
}

static void measure_often(struct __test_metadata *const _metadata,
			  const struct env *const env,
			  const struct workers *const workers)
{
	char path[PATH_MAX];

	for (int i = 0; !stopped(workers); i++) {
		crowd_path(env, 0, i, path, sizeof(path));
		ASSERT_TRUE(measure_path(path));
	}
	_exit(0);
}

/* Fails if a byte of any list changes, or a reader is put off its place. */
TEST_F_TIMEOUT(list, fifty_flushes, 1200)
{
	struct env *const env = &self->env;
	struct reader readers[MAX_LISTS] = {};
	struct blob lists[MAX_LISTS];
	struct workers workers = {
		.stop = map_shared(_metadata, sizeof(*workers.stop)),
	};

	measure_files(_metadata, env, 50);
	for (int i = 0; i < self->lists.num; i++) {
		lists[i] = read_file(_metadata, self->lists.paths[i]);
		readers[i].fd = open_list(_metadata, self->lists.paths[i]);
	}
	if (start_worker(_metadata, &workers))
		measure_often(_metadata, env, &workers);

	for (int n = 0; n < NUM_FLUSHES; n++) {
		/* Those that measure may be slower than flushes. */
		measure_files(_metadata, env, 1 + rand() % 10);
		flush_file(_metadata, env);
		for (int i = 0; i < self->lists.num; i++) {
			read_on(_metadata, &readers[i], &lists[i]);
			if (n % 10)
				continue;
			expect_list(_metadata, self->lists.paths[i], &lists[i]);
			free(lists[i].data);
			lists[i] = read_file(_metadata, self->lists.paths[i]);
		}
	}
	stop_workers(_metadata, &workers);

	for (int i = 0; i < self->lists.num; i++) {
		expect_list(_metadata, self->lists.paths[i], &lists[i]);
		while (readers[i].pos < lists[i].size)
			read_on(_metadata, &readers[i], &lists[i]);
		close(readers[i].fd);
		free(lists[i].data);
	}
}

/* Fails if a list depends on how it is read: from any place, in any pieces. */
TEST_F(list, any_place)
{
	struct env *const env = &self->env;
	const int num_lists = self->lists.num;
	__u8 *const piece = malloc(PIECE_MAX);

	/* Segments, one of them of several chunks, and some in memory */
	measure_files(_metadata, env, 3);
	flush_file(_metadata, env);
	measure_bytes(_metadata, env, 150000);
	flush_file(_metadata, env);
	measure_files(_metadata, env, 3);
	flush_file(_metadata, env);
	measure_files(_metadata, env, 20);

	for (int i = 0; i < num_lists; i++) {
		struct blob list = read_file(_metadata, self->lists.paths[i]);
		const int fd = open_list(_metadata, self->lists.paths[i]);

		for (int n = 0; n < 100; n++) {
			const size_t pos = rand() % list.size;
			const size_t rest = list.size - pos;
			const size_t size = random_size(PIECE_MAX);
			ssize_t ret;

			if (n % 2) {
				ret = pread(fd, piece, size, pos);
			} else {
				ASSERT_EQ(pos, lseek(fd, pos, SEEK_SET));
				ret = read(fd, piece, size);
			}
			ASSERT_LT(0, ret);
			/* All that was asked for, unless that is the end. */
			if (size <= rest)
				EXPECT_EQ(size, ret);
			if (ret > rest)
				ret = rest;
			ASSERT_EQ(0, memcmp(piece, list.data + pos, ret))
			{
				TH_LOG("%s is wrong at %zu",
				       self->lists.paths[i], pos);
			}
		}
		EXPECT_EQ(-1, lseek(fd, 0, SEEK_END));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, lseek(fd, -1, SEEK_SET));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, pread(fd, piece, 1, 1L << 40));
		close(fd);
		free(list.data);
	}
	free(piece);
}

/* Fails if the lists of the banks do not belong to the same records. */
TEST_F(list, banks)
{
	struct env *const env = &self->env;
	char path[128];

	measure_bytes(_metadata, env, 70000);
	flush_file(_metadata, env);
	measure_files(_metadata, env, 2);

	for (size_t i = 0; i < ARRAY_SIZE(banks); i++) {
		struct blob list;

		FORMAT(path, IMA_LIST "_%s", banks[i].name);
		if (access(path, F_OK) != 0)
			continue;
		list = read_file(_metadata, path);
		EXPECT_EQ(read_status(_metadata).records_in_memory +
				  read_flushed().records,
			  count_records(&list, &banks[i]));
		free(list.data);
	}
}

static long read_count(struct __test_metadata *const _metadata)
{
	char *const text = read_setting(_metadata, IMA_COUNT);
	const long count = atol(text);

	free(text);
	return count;
}

/* Fails if the counts are not those of what is read. */
TEST_F(list, counts)
{
	struct env *const env = &self->env;
	struct status before, after;
	struct blob list;

	before = read_status(_metadata);
	EXPECT_EQ(before.first_in_memory, before.first_record);
	EXPECT_EQ(before.records_in_memory, read_count(_metadata));

	flush_file(_metadata, env);
	measure_files(_metadata, env, 2);
	flush_file(_metadata, env);
	measure_files(_metadata, env, 3);

	after = read_status(_metadata);
	list = read_file(_metadata, IMA_LIST);
	EXPECT_EQ(2, after.segments);
	EXPECT_EQ(before.first_record, after.first_record);
	EXPECT_EQ(after.records_total - after.first_record,
		  read_count(_metadata));
	EXPECT_EQ(after.records_total - after.first_record,
		  count_records(&list, BANK_SHA1));
	free(list.data);
}

/* Fails if reading flushed records makes records. */
TEST_F(list, not_measured)
{
	struct status before;

	flush_file(_metadata, &self->env);
	before = read_status(_metadata);
	for (int i = 0; i < self->lists.num; i++)
		free(read_file(_metadata, self->lists.paths[i]).data);
	EXPECT_EQ(before.records_total, read_status(_metadata).records_total);
}

/* Fails if a flush makes a reader wait, or shuts one out. */
TEST_F(list, open_all_the_time)
{
	struct env *const env = &self->env;
	int fds[MAX_LISTS];
	char byte;

	for (int i = 0; i < self->lists.num; i++)
		fds[i] = open_list(_metadata, self->lists.paths[i]);
	for (int n = 0; n < 5; n++) {
		measure_files(_metadata, env, 1);
		flush_file(_metadata, env);
		for (int i = 0; i < self->lists.num; i++)
			EXPECT_EQ(1, read(fds[i], &byte, 1));
	}
	for (int i = 0; i < self->lists.num; i++)
		close(fds[i]);
}

/* Whoever cannot see the files of the segments sees the same list. */
struct elsewhere {
	const char *name;
	bool (*go)(const struct env *env);
};

static bool hide_files(const struct env *const env)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", env->fs, "tmpfs", 0, NULL) == 0;
}

static bool change_root(const struct env *const env)
{
	return chroot(env->scratch) == 0 && chdir("/") == 0;
}

static bool lose_rights(const struct env *const env)
{
	return setresuid(UID_NOBODY, UID_NOBODY, UID_NOBODY) == 0;
}

static bool enter_user_namespace(const struct env *const env)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
}

static const struct elsewhere elsewhere[] = {
	{ "another mount namespace", hide_files },
	{ "another root", change_root },
	{ "another user", lose_rights },
	{ "another user namespace", enter_user_namespace },
};

/* Fails if what the reader may do counts for the files of the segments. */
TEST_F(list, readers_elsewhere)
{
	struct env *const env = &self->env;
	struct blob list;

	measure_bytes(_metadata, env, 70000);
	flush_file(_metadata, env);
	ASSERT_EQ(0, chmod(env->fs, 0700));
	list = read_file(_metadata, IMA_LIST);

	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		const int fd = open_list(_metadata, IMA_LIST);
		const pid_t pid = fork_child(_metadata);

		if (pid == 0) {
			struct blob seen;

			if (!elsewhere[i].go(env))
				_exit(2);
			if (!read_fd(fd, &seen))
				_exit(3);
			_exit(!starts_with(&seen, &list));
		}
		EXPECT_EQ(0, wait_child(_metadata, pid))
		{
			TH_LOG("A reader with %s sees another list",
			       elsewhere[i].name);
		}
		close(fd);
	}
	free(list.data);
}

TEST_HARNESS_MAIN
