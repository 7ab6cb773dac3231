// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that was measured is not measured again, as long as it is the same,
 * whatever has become of its record.
 */

#include "crowd.h"

/* Enough digests for the kernel to have them in many places */
#define NUM_FILES 600

/* Files that are read again and again while others are flushed */
#define NUM_KNOWN 20

struct shared {
	bool stop;
	int num_rounds; /* times that all known files were read again */
};

FIXTURE(duplicate)
{
	struct env env;
};

/* Whether the kernel was told to forget the digests of removed records */
static bool is_forgetful(struct __test_metadata *const _metadata)
{
	struct blob cmdline = read_file(_metadata, "/proc/cmdline");
	bool found;

	append(&cmdline, &(struct blob){ (__u8 *)"", 1 });
	found = strstr((const char *)cmdline.data, "ima_flush_htable");
	free(cmdline.data);
	return found;
}

FIXTURE_SETUP(duplicate)
{
	if (is_forgetful(_metadata))
		SKIP(return, "the kernel was booted with ima_flush_htable");

	setup_env(_metadata, &self->env);
}

FIXTURE_TEARDOWN(duplicate)
{
	teardown_env(_metadata, &self->env);
}

static void file_path(const struct env *const env, const int number,
		      char *const path, const size_t size)
{
	format(path, size, "%s/file-%d", env->dir, number);
}

/* Gives a file this content, so that it is to be measured when read. */
static bool change_file(const char *const path, const char content)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, &content, 1) == 1 && close(fd) == 0;
}

static bool open_file(const char *const path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

/* Changes a file, or not, and has it measured, or not. */
static void read_again(struct __test_metadata *const _metadata,
		       const struct env *const env, const int number,
		       const char content)
{
	char path[PATH_MAX];

	file_path(env, number, path, sizeof(path));
	ASSERT_TRUE(change_file(path, content) && open_file(path))
	{
		TH_LOG("Failed to read %s: %s", path, strerror(errno));
	}
}

/* The number of records that a list has of a file */
static int count_file(const struct env *const env,
		      const struct blob *const list, const int number)
{
	char path[PATH_MAX];

	file_path(env, number, path, sizeof(path));
	return count_path(list, path);
}

/* As it is in memory now */
static int count_in_memory(struct __test_metadata *const _metadata,
			   const struct env *const env, const int number)
{
	struct blob list = read_list(_metadata);
	const int num = count_file(env, &list, number);

	free(list.data);
	return num;
}

TEST_F(duplicate, same)
{
	read_again(_metadata, &self->env, 0, 'a');
	ASSERT_EQ(1, count_in_memory(_metadata, &self->env, 0));
	flush_all_records(_metadata, &self->env);

	read_again(_metadata, &self->env, 0, 'a');
	EXPECT_EQ(0, count_in_memory(_metadata, &self->env, 0));
}

TEST_F(duplicate, changed)
{
	read_again(_metadata, &self->env, 0, 'a');
	flush_all_records(_metadata, &self->env);

	read_again(_metadata, &self->env, 0, 'b');
	EXPECT_EQ(1, count_in_memory(_metadata, &self->env, 0));
	read_again(_metadata, &self->env, 0, 'a');
	EXPECT_EQ(1, count_in_memory(_metadata, &self->env, 0));
	flush_all_records(_metadata, &self->env);

	read_again(_metadata, &self->env, 0, 'b');
	EXPECT_EQ(0, count_in_memory(_metadata, &self->env, 0));
}

/* The record tells the path, too. */
TEST_F(duplicate, other_path)
{
	read_again(_metadata, &self->env, 0, 'a');
	flush_all_records(_metadata, &self->env);

	read_again(_metadata, &self->env, 1, 'a');
	EXPECT_EQ(1, count_in_memory(_metadata, &self->env, 1));
}

TEST_F(duplicate, many)
{
	struct status before, after;
	struct blob list;

	for (int i = 0; i < NUM_FILES; i++)
		read_again(_metadata, &self->env, i, 'a');
	flush_all_records(_metadata, &self->env);

	before = read_status(_metadata);
	for (int i = 0; i < NUM_FILES; i++)
		read_again(_metadata, &self->env, i, i % 100 ? 'a' : 'b');
	after = read_status(_metadata);
	list = read_list(_metadata);

	/* Others may have been measured meanwhile. */
	EXPECT_LE(before.records_total + NUM_FILES / 100, after.records_total);
	for (int i = 0; i < NUM_FILES; i++)
		EXPECT_EQ(i % 100 == 0, count_file(&self->env, &list, i));

	free(list.data);
}

TEST_F(duplicate, failed_flush)
{
	char path[PATH_MAX];

	mount_fs(_metadata, &self->env, "tmpfs", "size=4k");
	FORMAT(path, "%s/full", self->env.fs);
	read_again(_metadata, &self->env, 0, 'a');
	measure_bytes(_metadata, &self->env, 10000);
	ASSERT_EQ(ENOSPC, request(path));

	read_again(_metadata, &self->env, 0, 'a');
	EXPECT_EQ(1, count_in_memory(_metadata, &self->env, 0));
	flush_all_records(_metadata, &self->env);
	read_again(_metadata, &self->env, 0, 'a');
	EXPECT_EQ(0, count_in_memory(_metadata, &self->env, 0));
}

/* Staging keeps digests in its own way: both together. */
TEST_F(duplicate, deleted)
{
	struct blob staged;

	if (access(IMA_STAGED, F_OK) != 0)
		SKIP(return, "CONFIG_IMA_STAGING is not enabled");

	read_again(_metadata, &self->env, 0, 'a');
	flush_all_records(_metadata, &self->env);
	read_again(_metadata, &self->env, 1, 'a');
	ASSERT_EQ(0, request_staging("A\n"));
	read_again(_metadata, &self->env, 2, 'a');

	staged = read_file(_metadata, IMA_STAGED);
	ASSERT_EQ(0, request_staging("D\n"));
	note_records_gone(_metadata, &staged);
	free(staged.data);
	flush_all_records(_metadata, &self->env);

	for (int i = 0; i < 3; i++) {
		read_again(_metadata, &self->env, i, 'a');
		EXPECT_EQ(0, count_in_memory(_metadata, &self->env, i));
	}
}

/* Reads the known files again until it is stopped. Does not return. */
static void keep_reading(struct __test_metadata *const _metadata,
			 const struct env *const env,
			 const struct workers *const workers,
			 struct shared *const shared)
{
	while (!stopped(workers)) {
		for (int i = 0; i < NUM_KNOWN; i++)
			read_again(_metadata, env, i, 'a');
		count_one(&shared->num_rounds);
	}
	_exit(KSFT_PASS);
}

/* Each moment of a flush, and of freeing what was flushed */
TEST_F(duplicate, during_flushes)
{
	struct shared *const shared = map_shared(_metadata, sizeof(*shared));
	struct workers workers = { .stop = &shared->stop };
	struct blob all = {}, list;
	char path[PATH_MAX];

	for (int i = 0; i < NUM_KNOWN; i++)
		read_again(_metadata, &self->env, i, 'a');
	if (start_worker(_metadata, &workers))
		keep_reading(_metadata, &self->env, &workers, shared);

	for (int i = 0; i < 10 || read_counter(&shared->num_rounds) < 10; i++) {
		measure_files(_metadata, &self->env, 50);
		FORMAT(path, "%s/segment-%d", self->env.scratch, i);
		list = expect_flush(_metadata, &self->env, path, path);
		append(&all, &list);
		free(list.data);
	}
	stop_workers(_metadata, &workers);

	list = read_list(_metadata);
	append(&all, &list);
	for (int i = 0; i < NUM_KNOWN; i++)
		EXPECT_EQ(1, count_file(&self->env, &all, i));

	free(list.data);
	free(all.data);
}

TEST_HARNESS_MAIN
