// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of the list when something happens to the file of a segment, or
 * to its filesystem: what was measured is shown, or an error.
 */

#include "flushed.h"

/* Records of which a segment has several chunks */
#define SEGMENT_SIZE 200000

/* The last chunk begins after so many bytes, at least. */
#define CHUNK_SIZE 65536

/* What there was before anything happened */
struct before {
	struct blob segment;
	struct blob list;
	struct blob ascii;
};

FIXTURE(storage)
{
	struct env env;
	char path[PATH_MAX]; /* of the segment, the only one */
	struct before before;
};

FIXTURE_VARIANT(storage)
{
	const char *type;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(storage, tmpfs) {
	/* clang-format on */
	.type = "tmpfs",
};

/* clang-format off */
FIXTURE_VARIANT_ADD(storage, ext4) {
	/* clang-format on */
	.type = "ext4",
};

#define IMA_ASCII_LIST IMA_DIR "ascii_runtime_measurements"

/* A segment, and a few records in memory after it */
FIXTURE_SETUP(storage)
{
	struct env *const env = &self->env;

	setup_flushed(_metadata, env);
	mount_fs(_metadata, env, variant->type, NULL);
	measure_bytes(_metadata, env, SEGMENT_SIZE);
	FORMAT(self->path, "%s/segment", env->fs);
	self->before.segment =
		expect_flush(_metadata, env, self->path, self->path);
	measure_files(_metadata, env, 3);
	self->before.list = read_file(_metadata, IMA_LIST);
	self->before.ascii = read_file(_metadata, IMA_ASCII_LIST);
	ASSERT_TRUE(starts_with(&self->before.list, &self->before.segment));
}

FIXTURE_TEARDOWN(storage)
{
	free(self->before.segment.data);
	free(self->before.list.data);
	free(self->before.ascii.data);
	teardown_flushed(_metadata, &self->env);
}

/* Checks that both lists are as they were, up to what was added since. */
static void expect_lists(struct __test_metadata *const _metadata,
			 const struct before *const before)
{
	struct blob list = read_file(_metadata, IMA_LIST);
	struct blob ascii = read_file(_metadata, IMA_ASCII_LIST);

	EXPECT_TRUE(starts_with(&list, &before->list));
	EXPECT_TRUE(starts_with(&ascii, &before->ascii));
	free(list.data);
	free(ascii.data);
}

/*
 * Checks that the list has nothing but what was measured, up to an EIO not
 * after the byte at @offset nor more than a chunk before it, at which the
 * position stays; and that measuring goes on, and a release helps.
 */
static void expect_error(struct __test_metadata *const _metadata,
			 const struct before *const before, const size_t offset)
{
	const int fd = open_list(_metadata, IMA_LIST);
	const int ascii_fd = open_list(_metadata, IMA_ASCII_LIST);
	struct blob blob;
	char byte;

	EXPECT_EQ(EIO, read_up_to_error(fd, 4096, &blob));
	EXPECT_TRUE(starts_with(&before->list, &blob));
	EXPECT_GE(offset, blob.size);
	/* A chunk ends with a record. */
	EXPECT_LE(offset, blob.size + CHUNK_SIZE + 4096);
	EXPECT_EQ(blob.size, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(blob.size, lseek(fd, 0, SEEK_CUR));
	free(blob.data);

	EXPECT_EQ(EIO, read_up_to_error(ascii_fd, 4096, &blob));
	EXPECT_TRUE(starts_with(&before->ascii, &blob));
	free(blob.data);

	/* What comes after the segment can still be read. */
	EXPECT_EQ(1, pread(fd, &byte, 1, before->segment.size));
	EXPECT_EQ((char)before->list.data[before->segment.size], byte);
	close(fd);
	close(ascii_fd);
}

static void expect_release_helps(struct __test_metadata *const _metadata,
				 struct env *const env,
				 const struct before *const before)
{
	const size_t size = before->segment.size;
	const struct blob rest = { before->list.data + size,
				   before->list.size - size };
	struct blob list;

	measure_files(_metadata, env, 2);
	release_all(_metadata);
	list = read_file(_metadata, IMA_LIST);
	EXPECT_TRUE(starts_with(&list, &rest));
	EXPECT_EQ(read_status(_metadata).records_in_memory,
		  count_records(&list, BANK_SHA1));
	free(list.data);
}

/* --- The file --- */

/* Fails if the kernel looks for the file by its name. */
TEST_F(storage, renamed)
{
	char moved[PATH_MAX];
	int fd;

	FORMAT(moved, "%s/moved", self->env.fs);
	ASSERT_EQ(0, rename(self->path, moved));
	/* Something else by that name */
	fd = open(self->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	ASSERT_LE(0, fd);
	close(fd);
	expect_lists(_metadata, &self->before);
	expect_state(_metadata, "ok");
	EXPECT_STREQ(self->path, last_segment(_metadata).path);
}

TEST_F(storage, unlinked)
{
	ASSERT_EQ(0, unlink(self->path));
	expect_lists(_metadata, &self->before);
	expect_state(_metadata, "ok");
}

static void write_at(struct __test_metadata *const _metadata,
		     const char *const path, const size_t offset,
		     const void *const data, const size_t size)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)size, pwrite(fd, data, size, offset));
	ASSERT_EQ(0, close(fd));
}

/* Fails if a changed bit is shown, wherever it is, or forgotten. */
TEST_F(storage, bit_flipped)
{
	const size_t size = self->before.segment.size;
	const size_t offsets[] = { 0, 4, 100, size / 2, size - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		const size_t offset = offsets[i];
		__u8 byte = self->before.segment.data[offset] ^ 1;

		write_at(_metadata, self->path, offset, &byte, 1);
		expect_error(_metadata, &self->before, offset);
		expect_state(_metadata, "changed");

		byte ^= 1;
		write_at(_metadata, self->path, offset, &byte, 1);
		/* Nobody has read it again yet. */
		expect_state(_metadata, "changed");
		expect_lists(_metadata, &self->before);
		expect_state(_metadata, "ok");
	}

	write_at(_metadata, self->path, size / 2, "changed", 7);
	expect_error(_metadata, &self->before, size / 2);
	expect_release_helps(_metadata, &self->env, &self->before);
}

TEST_F(storage, truncated)
{
	const size_t sizes[] = { self->before.segment.size - 1,
				 self->before.segment.size / 2, 1, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, truncate(self->path, sizes[i]));
		expect_state(_metadata, "changed");
		expect_error(_metadata, &self->before, sizes[i]);
	}
	expect_release_helps(_metadata, &self->env, &self->before);
}

/* What was written is still there. */
TEST_F(storage, appended)
{
	write_at(_metadata, self->path, self->before.segment.size, "more", 4);
	expect_state(_metadata, "changed");
	expect_lists(_metadata, &self->before);
	ASSERT_EQ(0, truncate(self->path, self->before.segment.size));
	expect_state(_metadata, "ok");
}

/* Fails if another file of the same size is taken for it. */
TEST_F(storage, overwritten)
{
	__u8 *const zeros = calloc(1, self->before.segment.size);

	write_at(_metadata, self->path, 0, zeros, self->before.segment.size);
	expect_state(_metadata, "ok");
	expect_error(_metadata, &self->before, 0);
	expect_state(_metadata, "changed");
	expect_release_helps(_metadata, &self->env, &self->before);
	free(zeros);
}

static struct timespec access_time(struct __test_metadata *const _metadata,
				   const char *const path)
{
	struct stat st;

	ASSERT_EQ(0, stat(path, &st));
	return st.st_atim;
}

/* Fails if whoever looks at the file can tell that the list was read. */
TEST_F(storage, not_touched)
{
	struct timespec before, after;

	ASSERT_EQ(0, mount(NULL, self->env.fs, NULL,
			   MS_REMOUNT | MS_BIND | MS_STRICTATIME, NULL));
	before = access_time(_metadata, self->path);
	usleep(50000);
	expect_lists(_metadata, &self->before);
	after = access_time(_metadata, self->path);
	EXPECT_EQ(before.tv_sec, after.tv_sec);
	EXPECT_EQ(before.tv_nsec, after.tv_nsec);
}

/* --- The filesystem --- */

/* Fails if a segment keeps its filesystem busy, or is found again by name. */
TEST_F(storage, unmounted)
{
	struct env *const env = &self->env;

	ASSERT_EQ(0, umount(env->fs))
	{
		TH_LOG("A segment keeps its filesystem busy: %s",
		       strerror(errno));
	}
	expect_state(_metadata, "missing");
	expect_error(_metadata, &self->before, 0);
	expect_state(_metadata, "missing");
	expect_release_helps(_metadata, &self->env, &self->before);
}

/* Fails if the end of one mount is taken for that of the filesystem. */
TEST_F(storage, mounted_elsewhere)
{
	struct env *const env = &self->env;
	char other[PATH_MAX];

	FORMAT(other, "%s/other", env->dir);
	ASSERT_EQ(0, mkdir(other, 0700));
	ASSERT_EQ(0, mount(env->fs, other, NULL, MS_BIND, NULL));
	ASSERT_EQ(0, umount(env->fs));
	expect_lists(_metadata, &self->before);
	expect_state(_metadata, "ok");

	ASSERT_EQ(0, mount(other, env->fs, NULL, MS_BIND, NULL));
	ASSERT_EQ(0, umount(other));
	expect_lists(_metadata, &self->before);
	expect_state(_metadata, "ok");

	ASSERT_EQ(0, umount(env->fs));
	expect_state(_metadata, "missing");
}

/* Fails if a segment goes with the mount namespace that it was made in. */
TEST_F(storage, namespace_ended)
{
	struct env *const env = &self->env;
	char path[PATH_MAX];
	struct blob list;
	pid_t pid;

	FORMAT(path, "%s/private", env->fs);
	pid = fork_child(_metadata);
	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) != 0 ||
		      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		      request(path) != 0);
	EXPECT_EQ(0, wait_child(_metadata, pid));
	note_segments(_metadata, env);

	expect_state(_metadata, "ok");
	list = read_file(_metadata, IMA_LIST);
	EXPECT_TRUE(starts_with(&list, &self->before.list));
	free(list.data);
	ASSERT_EQ(0, umount(env->fs));
	expect_state(_metadata, "missing");
}

/* Fails if a segment is in the way of a remount, or ends with it. */
TEST_F(storage, read_only)
{
	struct env *const env = &self->env;

	remount(_metadata, env, MS_RDONLY);
	expect_lists(_metadata, &self->before);
	expect_state(_metadata, "ok");
	remount(_metadata, env, 0);
	expect_lists(_metadata, &self->before);
}

/* Fails if a lazy umount takes the file away while somebody is still there. */
TEST_F(storage, unmounted_lazily)
{
	struct env *const env = &self->env;
	const int fd = open(env->fs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, umount2(env->fs, MNT_DETACH));
	expect_lists(_metadata, &self->before);
	expect_state(_metadata, "ok");
	close(fd);
	for (int i = 0; i < 100; i++) {
		if (strcmp(last_segment(_metadata).state, "missing") == 0)
			break;
		usleep(50000);
	}
	expect_state(_metadata, "missing");
	expect_error(_metadata, &self->before, 0);
}

/* Fails if many who read and one who unmounts wait for each other. */
TEST_F(storage, unmounted_while_reading)
{
	struct env *const env = &self->env;
	pid_t pids[4];

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork_child(_metadata);
		if (pids[i])
			continue;

		for (int error = 0; !error;) {
			const int fd = open_list(_metadata, IMA_LIST);
			struct blob blob;

			error = read_up_to_error(fd, 1 << (8 + 2 * i), &blob);
			if (!starts_with(&self->before.list, &blob) && error)
				_exit(2);
			if (error && error != EIO)
				_exit(3);
			free(blob.data);
			close(fd);
		}
		_exit(0);
	}

	usleep(200000);
	EXPECT_EQ(0, umount(env->fs));
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, wait_child(_metadata, pids[i]));
	expect_state(_metadata, "missing");
}

TEST_HARNESS_MAIN
