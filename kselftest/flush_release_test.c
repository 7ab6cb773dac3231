// SPDX-License-Identifier: GPL-2.0-only
/*
 * flush/release: what it takes out of the list, and what it leaves alone
 */

#include "flushed.h"

FIXTURE(release)
{
	struct env env;
	unsigned long long number; /* of the last segment before the test */
};

FIXTURE_SETUP(release)
{
	self->number = setup_flushed(_metadata, &self->env);
	mount_fs(_metadata, &self->env, "tmpfs", NULL);
}

FIXTURE_TEARDOWN(release)
{
	teardown_flushed(_metadata, &self->env);
}

/* Makes segments of @num_records records each, and some more in memory. */
static void make_segments(struct __test_metadata *const _metadata,
			  struct env *const env, const int num,
			  const int num_records)
{
	char path[PATH_MAX];

	for (int i = 0; i < num; i++) {
		FORMAT(path, "%s/%d", env->fs, i);
		measure_files(_metadata, env, num_records);
		free(expect_flush(_metadata, env, path, path).data);
	}
	measure_files(_metadata, env, 2);
}

/* Fails if it can be read, or is open to others. */
TEST_F(release, access)
{
	const int fd = open(FLUSH_RELEASE, O_RDWR | O_CLOEXEC);
	char byte;
	pid_t pid;

	expect_mode(_metadata, FLUSH_RELEASE, 0200);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);

	pid = fork_child(_metadata);
	if (pid == 0)
		_exit(!drop_cap(CAP_SYS_ADMIN) ||
		      write_request(fd, "0\n", 2) != EPERM ||
		      release(0) != EPERM);
	EXPECT_EQ(0, wait_child(_metadata, pid));
	close(fd);
}

/* Fails if something is released by a wrong request. */
TEST_F(release, refused)
{
	static const struct {
		const char *req;
		int error;
	} cases[] = {
		{ "\n", EINVAL },
		{ "-1\n", EINVAL },
		{ "+1\n", EINVAL },
		{ "0x1\n", EINVAL },
		{ " 1\n", EINVAL },
		{ "1 ", EINVAL },
		{ "1\n\n", EINVAL },
		{ "all\n", EINVAL },
		{ "18446744073709551616\n", ERANGE },
		{ "99999999999999999999\n", ERANGE },
		{ "100000000000000000000\n", EINVAL },
		{ "18446744073709551615\n", ENOENT },
	};
	char req[32];

	make_segments(_metadata, &self->env, 2, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(cases[i].error,
			  write_setting(FLUSH_RELEASE, cases[i].req,
					strlen(cases[i].req)))
		{
			TH_LOG("Request %s", cases[i].req);
		}
	}
	FORMAT(req, "%llu", self->number + 3);
	EXPECT_EQ(ENOENT, write_setting(FLUSH_RELEASE, req, strlen(req)));
	EXPECT_EQ(2, read_status(_metadata).segments);
}

/* Fails if other segments are released, or a file is touched. */
TEST_F(release, some)
{
	struct env *const env = &self->env;
	struct blob whole, rest, first;
	struct status before, after;
	char path[PATH_MAX];

	make_segments(_metadata, env, 3, 5);
	whole = read_file(_metadata, IMA_LIST);
	before = read_status(_metadata);
	FORMAT(path, "%s/0", env->fs);
	first = read_file(_metadata, path);

	EXPECT_EQ(0, release(0));
	EXPECT_EQ(0, release(self->number));
	EXPECT_EQ(3, read_status(_metadata).segments);

	EXPECT_EQ(0, release(self->number + 1));
	after = read_status(_metadata);
	EXPECT_EQ(2, after.segments);
	EXPECT_EQ(before.first_record + count_records(&first, BANK_SHA1),
		  after.first_record);
	EXPECT_EQ(before.records_flushed, after.records_flushed);
	EXPECT_EQ(before.records_removed, after.records_removed);
	EXPECT_EQ(before.flushes, after.flushes);
	EXPECT_TRUE(starts_with(&whole, &first));
	rest = read_file(_metadata, IMA_LIST);
	ASSERT_EQ(whole.size - first.size, rest.size);
	EXPECT_EQ(0, memcmp(whole.data + first.size, rest.data, rest.size));

	EXPECT_EQ(0, release(self->number + 3));
	EXPECT_EQ(0, read_status(_metadata).segments);
	EXPECT_EQ(0, release(self->number + 3));
	EXPECT_EQ(ENOENT, release(self->number + 4));
	free(rest.data);
	rest = read_file(_metadata, path);
	EXPECT_EQ(first.size, rest.size);
	free(whole.data);
	free(rest.data);
	free(first.data);
}

/* Fails if offsets in open files move, or something else is read there. */
TEST_F(release, open_files)
{
	struct env *const env = &self->env;
	struct segments segments;
	struct blob whole, bytes;
	__u8 byte;
	long start;
	int fd;

	make_segments(_metadata, env, 2, 300);
	segments = read_segments(_metadata);
	whole = read_file(_metadata, IMA_LIST);
	fd = open_list(_metadata, IMA_LIST);
	ASSERT_EQ(1, read(fd, &byte, 1));
	start = segments.lines[0].list_bytes;

	ASSERT_EQ(0, release(segments.lines[0].number));
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(EIO, errno);
	ASSERT_EQ(start - 1, lseek(fd, start - 1, SEEK_SET));
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(start - 1, lseek(fd, 0, SEEK_CUR));

	ASSERT_EQ(start, lseek(fd, start, SEEK_SET));
	ASSERT_EQ(0, read_up_to_error(fd, 4096, &bytes));
	ASSERT_EQ(whole.size - start, bytes.size);
	EXPECT_EQ(0, memcmp(whole.data + start, bytes.data, bytes.size));
	close(fd);
	free(bytes.data);
	free(whole.data);
	free_segments(&segments);
}

TEST_HARNESS_MAIN
