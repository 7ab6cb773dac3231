// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that a flush writes: what is in it, whom it belongs to, where it
 * is, and what those see who wait for it
 */

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/xattr.h>

#include "common.h"

#define OTHER_GROUP 1234

/* More than the kernel writes at once */
#define LARGE_LIST (3 * 65536)

/* How many files somebody waits for */
#define NUM_FILES 5

FIXTURE(file)
{
	struct env env;
	char path[PATH_MAX]; /* below env->fs */
};

FIXTURE_VARIANT(file)
{
	const char *fs;
	bool has_owners; /* and permissions, symlinks, ACLs */
};

/* clang-format off */
FIXTURE_VARIANT_ADD(file, tmpfs) {
	/* clang-format on */
	.fs = "tmpfs",
	.has_owners = true,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(file, ext4) {
	/* clang-format on */
	.fs = "ext4",
	.has_owners = true,
};

/* It has no unnamed temporary files. */
/* clang-format off */
FIXTURE_VARIANT_ADD(file, vfat) {
	/* clang-format on */
	.fs = "vfat",
};

FIXTURE_SETUP(file)
{
	if (!has_filesystem(variant->fs))
		SKIP(return, "the kernel has no %s", variant->fs);

	setup_env(_metadata, &self->env);
	mount_fs(_metadata, &self->env, variant->fs, NULL);
	FORMAT(self->path, "%s/log.1", self->env.fs);
}

FIXTURE_TEARDOWN(file)
{
	teardown_env(_metadata, &self->env);
}

/* Fails if records are missing, torn or doubled, or another file is left. */
TEST_F(file, has_the_list)
{
	struct env *const env = &self->env;
	struct blob segment, list;
	char *tree, *expected;
	struct stat st;

	tree = list_tree(_metadata, env->fs);
	measure_bytes(_metadata, env, LARGE_LIST);
	segment = expect_flush(_metadata, env, self->path, self->path);
	EXPECT_LE(LARGE_LIST, segment.size);

	ASSERT_EQ(0, lstat(self->path, &st));
	EXPECT_TRUE(S_ISREG(st.st_mode));
	EXPECT_EQ(1, st.st_nlink);
	EXPECT_EQ(segment.size, st.st_size);

	/* What was flushed is gone from the list, and nothing else. */
	measured_path(env, env->num_measured - 1, self->path,
		      sizeof(self->path));
	list = read_list(_metadata);
	EXPECT_EQ(0, count_path(&list, self->path));
	EXPECT_EQ(1, count_path(&segment, self->path));

	FORMAT(self->path, "%s/log.1", env->fs);
	ASSERT_EQ(0, unlink(self->path));
	expected = list_tree(_metadata, env->fs);
	EXPECT_STREQ(tree, expected);
}

/* Makes a file as open(2) does, with what a flush should have. */
static void make_reference(struct __test_metadata *const _metadata,
			   const struct env *const env, const become_t become,
			   const char *const path)
{
	const pid_t pid = fork_child(_metadata);

	if (pid == 0) {
		ASSERT_TRUE(!become || become(env));
		umask(0);
		ASSERT_LE(0, open(path, O_WRONLY | O_CREAT | O_EXCL, 0400));
		_exit(0);
	}
	ASSERT_EQ(0, wait_child(_metadata, pid));
}

static ssize_t read_acl(const char *const path, char *const acl,
			const size_t size)
{
	return getxattr(path, "system.posix_acl_access", acl, size);
}

/* Checks that a file belongs to whom open(2) would have given it. */
static void expect_like_open(struct __test_metadata *const _metadata,
			     const struct env *const env, const become_t become,
			     const char *const path)
{
	char reference[PATH_MAX], acl[256], expected_acl[256];
	struct stat st, expected;
	ssize_t acl_size;

	FORMAT(reference, "%s.reference", path);
	make_reference(_metadata, env, become, reference);
	ASSERT_EQ(0, stat(path, &st));
	ASSERT_EQ(0, stat(reference, &expected));
	EXPECT_EQ(expected.st_mode, st.st_mode);
	EXPECT_EQ(expected.st_uid, st.st_uid);
	EXPECT_EQ(expected.st_gid, st.st_gid);

	acl_size = read_acl(reference, expected_acl, sizeof(expected_acl));
	ASSERT_EQ(acl_size, read_acl(path, acl, sizeof(acl)));
	if (acl_size > 0)
		EXPECT_EQ(0, memcmp(expected_acl, acl, acl_size));
}

static bool no_umask_bits(const struct env *const env)
{
	umask(0777);
	return true;
}

/* Fails if the file is not 0400, or the umask counts. */
TEST_F(file, mode)
{
	struct env *const env = &self->env;
	struct stat st;

	free(expect_flush_as(_metadata, env, no_umask_bits, self->path,
			     self->path)
		     .data);
	expect_like_open(_metadata, env, no_umask_bits, self->path);
	ASSERT_EQ(0, stat(self->path, &st));
	if (variant->has_owners)
		EXPECT_EQ(S_IFREG | 0400, st.st_mode);
}

static bool nobody(const struct env *const env)
{
	setfsuid(UID_NOBODY);
	setfsgid(OTHER_GROUP);
	return setfsuid(-1) == UID_NOBODY;
}

/* Fails if the worker's user owns the file, not that of the caller. */
TEST_F(file, owner)
{
	struct env *const env = &self->env;
	struct stat st;

	chmod(env->fs, 0777);
	free(expect_flush_as(_metadata, env, nobody, self->path, self->path)
		     .data);
	expect_like_open(_metadata, env, nobody, self->path);
	ASSERT_EQ(0, stat(self->path, &st));
	if (variant->has_owners) {
		EXPECT_EQ(UID_NOBODY, st.st_uid);
		EXPECT_EQ(OTHER_GROUP, st.st_gid);
	}
}

/* Fails if the group of a setgid directory is not inherited. */
TEST_F(file, setgid_directory)
{
	struct env *const env = &self->env;
	struct stat st;

	if (!variant->has_owners)
		SKIP(return, "%s has no groups", variant->fs);

	ASSERT_EQ(0, chown(env->fs, 0, OTHER_GROUP));
	ASSERT_EQ(0, chmod(env->fs, 02755));
	free(expect_flush(_metadata, env, self->path, self->path).data);
	expect_like_open(_metadata, env, NULL, self->path);
	ASSERT_EQ(0, stat(self->path, &st));
	EXPECT_EQ(OTHER_GROUP, st.st_gid);
}

/* Fails if a default ACL has not the effect that it has for open(2). */
TEST_F(file, default_acl)
{
	const struct {
		struct posix_acl_xattr_header header;
		struct posix_acl_xattr_entry entries[5];
	} acl = {
		.header.a_version = POSIX_ACL_XATTR_VERSION,
		.entries = {
			{ ACL_USER_OBJ, 6, ACL_UNDEFINED_ID },
			{ ACL_USER, 4, UID_NOBODY },
			{ ACL_GROUP_OBJ, 4, ACL_UNDEFINED_ID },
			{ ACL_MASK, 4, ACL_UNDEFINED_ID },
			{ ACL_OTHER, 0, ACL_UNDEFINED_ID },
		},
	};
	struct env *const env = &self->env;
	char buffer[256];

	if (!variant->has_owners)
		SKIP(return, "%s has no ACLs", variant->fs);
	if (setxattr(env->fs, "system.posix_acl_default", &acl, sizeof(acl),
		     0) != 0)
		SKIP(return, "enable ACLs of %s", variant->fs);

	free(expect_flush(_metadata, env, self->path, self->path).data);
	EXPECT_LT(0, read_acl(self->path, buffer, sizeof(buffer)));
	expect_like_open(_metadata, env, NULL, self->path);
}

/* Fails if a name that is taken is replaced, truncated or followed. */
TEST_F(file, existing_is_left_alone)
{
	struct env *const env = &self->env;
	struct stat before, after;
	char target[PATH_MAX];
	struct blob content;
	int fd;

	fd = open(self->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_EQ(4, write(fd, "old\n", 4));
	close(fd);
	ASSERT_EQ(0, stat(self->path, &before));

	EXPECT_EQ(EEXIST, request(self->path));
	ASSERT_EQ(0, stat(self->path, &after));
	EXPECT_EQ(before.st_ino, after.st_ino);
	EXPECT_EQ(before.st_mode, after.st_mode);
	EXPECT_EQ(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	EXPECT_EQ(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	content = read_file(_metadata, self->path);
	ASSERT_EQ(4, content.size);
	EXPECT_EQ(0, memcmp("old\n", content.data, 4));

	if (!variant->has_owners)
		return;
	ASSERT_EQ(0, unlink(self->path));
	FORMAT(target, "%s/nowhere", env->fs);
	ASSERT_EQ(0, symlink(target, self->path));
	EXPECT_EQ(EEXIST, request(self->path));
	EXPECT_EQ(-1, access(target, F_OK));
}

/* --- Those who wait for the file --- */

/* The path where a reader leaves what it saw of file N */
static void seen_path(const struct env *const env, const int number,
		      char *const path, const size_t size)
{
	format(path, size, "%s/seen-%d", env->scratch, number);
}

/*
 * Reads file N, just opened, and leaves what was in it at that time. Nobody
 * may have it open for writing, which is what a lease is refused for.
 */
static void keep_what_is_seen(struct __test_metadata *const _metadata,
			      const struct env *const env, const int number,
			      const int fd)
{
	char path[PATH_MAX];
	struct blob blob;
	int out;

	EXPECT_EQ(0, fcntl(fd, F_SETLEASE, F_RDLCK))
	{
		TH_LOG("Somebody has log.%d open for writing: %s", number,
		       strerror(errno));
	}
	ASSERT_TRUE(read_fd(fd, &blob));
	close(fd);

	seen_path(env, number, path, sizeof(path));
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, out);
	ASSERT_EQ((ssize_t)blob.size, write(out, blob.data, blob.size));
	close(out);
	free(blob.data);
}

/* Opens each file as soon as inotify tells of its name. */
static void watch_files(struct __test_metadata *const _metadata,
			const struct env *const env, const int ready)
{
	const int watch = inotify_init1(IN_CLOEXEC);
	struct inotify_event events[256];
	int num_seen = 0;

	ASSERT_LE(0, watch);
	ASSERT_LE(0,
		  inotify_add_watch(watch, env->fs, IN_CREATE | IN_MOVED_TO));
	ASSERT_EQ(1, write(ready, "", 1));
	while (num_seen < NUM_FILES) {
		const ssize_t size = read(watch, events, sizeof(events));
		const struct inotify_event *event;

		ASSERT_LT(0, size);
		for (ssize_t i = 0; i < size;
		     i += sizeof(*event) + event->len) {
			char path[PATH_MAX];
			int number, fd;

			event = (void *)((char *)events + i);
			/* Not the temporary name */
			if (sscanf(event->name, "log.%d", &number) != 1)
				continue;

			FORMAT(path, "%s/%s", env->fs, event->name);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			ASSERT_LE(0, fd);
			keep_what_is_seen(_metadata, env, number, fd);
			num_seen++;
		}
	}
}

/* Opens each file at the first moment when that works. */
static void poll_files(struct __test_metadata *const _metadata,
		       const struct env *const env, const int ready)
{
	ASSERT_EQ(1, write(ready, "", 1));
	for (int i = 0; i < NUM_FILES; i++) {
		char path[PATH_MAX];
		int fd;

		FORMAT(path, "%s/log.%d", env->fs, i);
		do {
			fd = open(path, O_RDONLY | O_CLOEXEC);
		} while (fd < 0);
		keep_what_is_seen(_metadata, env, i, fd);
	}
}

static long read_violations(struct __test_metadata *const _metadata)
{
	struct blob blob = read_file(_metadata, IMA_DIR "violations");

	return atol((char *)blob.data);
}

/* Writes to @ready when it has begun to wait, and ends after NUM_FILES. */
typedef void (*wait_for_files_t)(struct __test_metadata *_metadata,
				 const struct env *env, int ready);

/* Flushes several times while somebody waits, and compares what was seen. */
static void expect_complete_files(struct __test_metadata *const _metadata,
				  struct env *const env,
				  const wait_for_files_t wait_for_files)
{
	const long violations = read_violations(_metadata);
	struct blob segments[NUM_FILES];
	char path[PATH_MAX], byte;
	int ready[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(ready, O_CLOEXEC));
	pid = fork_child(_metadata);
	if (pid == 0) {
		wait_for_files(_metadata, env, ready[1]);
		_exit(0);
	}

	ASSERT_EQ(1, read(ready[0], &byte, 1));
	for (int i = 0; i < NUM_FILES; i++) {
		measure_files(_metadata, env, 50);
		FORMAT(path, "%s/log.%d", env->fs, i);
		segments[i] = expect_flush(_metadata, env, path, path);
	}
	ASSERT_EQ(0, wait_child(_metadata, pid));

	for (int i = 0; i < NUM_FILES; i++) {
		struct blob seen;

		seen_path(env, i, path, sizeof(path));
		seen = read_file(_metadata, path);
		EXPECT_EQ(segments[i].size, seen.size);
		EXPECT_TRUE(starts_with(&segments[i], &seen));
	}
	EXPECT_EQ(violations, read_violations(_metadata));
}

/* Fails if a file appears before it is complete and closed by its writer. */
TEST_F(file, opened_on_event)
{
	expect_complete_files(_metadata, &self->env, watch_files);
}

/* Fails if a file can be opened under its name before it is complete. */
TEST_F(file, opened_by_polling)
{
	expect_complete_files(_metadata, &self->env, poll_files);
}

/* --- The caller's view of the system --- */

FIXTURE(caller)
{
	struct env env;
	char path[PATH_MAX];
};

FIXTURE_SETUP(caller)
{
	char path[PATH_MAX];

	setup_env(_metadata, &self->env);
	mount_fs(_metadata, &self->env, "tmpfs", NULL);
	FORMAT(path, "%s/dir", self->env.fs);
	ASSERT_EQ(0, mkdir(path, 0755));
	FORMAT(self->path, "%s/dir/a", self->env.fs);
}

FIXTURE_TEARDOWN(caller)
{
	teardown_env(_metadata, &self->env);
}

static bool in_jail(const struct env *const env)
{
	return chroot(env->fs) == 0 && chdir("/") == 0;
}

/* Fails if a path starts at the root of the worker. */
TEST_F(caller, root)
{
	free(expect_flush_as(_metadata, &self->env, in_jail, "/dir/a",
			     self->path)
		     .data);
}

/* Fails if dots lead out of the caller's root. */
TEST_F(caller, dots_in_root)
{
	free(expect_flush_as(_metadata, &self->env, in_jail, "/../../dir/a",
			     self->path)
		     .data);
}

/* Fails if symlinks are resolved with another root than the path. */
TEST_F(caller, symlink_in_root)
{
	char path[PATH_MAX];

	FORMAT(path, "%s/link", self->env.fs);
	ASSERT_EQ(0, symlink("/dir", path));
	free(expect_flush_as(_metadata, &self->env, in_jail, "/link/a",
			     self->path)
		     .data);
}

/* Fails if symlinks to the parent are not followed. */
TEST_F(caller, symlink)
{
	char path[PATH_MAX];

	FORMAT(path, "%s/link", self->env.fs);
	ASSERT_EQ(0, symlink("dir", path));
	FORMAT(path, "%s/link/a", self->env.fs);
	free(expect_flush(_metadata, &self->env, path, self->path).data);
}

/* Fails if a path is resolved in the mount namespace of the worker. */
TEST_F(caller, mount_namespace)
{
	char dir[PATH_MAX], path[PATH_MAX];
	const pid_t pid = fork_child(_metadata);

	/* Stays behind, to see what the others see. */
	if (pid == 0)
		pause();

	FORMAT(dir, "%s/dir", self->env.fs);
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("tmpfs", dir, "tmpfs", 0, NULL));
	free(expect_flush(_metadata, &self->env, self->path, self->path).data);

	FORMAT(path, "/proc/%d/root%s", pid, dir);
	EXPECT_EQ(0, access(path, F_OK));
	FORMAT(path, "/proc/%d/root%s", pid, self->path);
	EXPECT_EQ(-1, access(path, F_OK));
	ASSERT_EQ(0, umount(dir));
	kill(pid, SIGKILL);
	wait_child(_metadata, pid);
}

static bool with_small_limit(const struct env *const env)
{
	const struct rlimit limit = {};

	return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

/* Fails if RLIMIT_FSIZE applies, or its signal is sent. */
TEST_F(caller, rlimit)
{
	free(expect_flush_as(_metadata, &self->env, with_small_limit,
			     self->path, self->path)
		     .data);
}

/* --- What is in the list --- */

/* Fails if records of violations, which have no digest, are not flushed. */
TEST_F(caller, violation)
{
	const long violations = read_violations(_metadata);
	char path[PATH_MAX];
	struct record record;
	struct blob segment;
	size_t offset = 0;
	int num = 0, in, out;

	/* Read, and then opened for writing while it is still open. */
	measured_path(&self->env, self->env.num_measured++, path, sizeof(path));
	in = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, in);
	out = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, out);
	close(out);
	close(in);
	unlink(path);
	ASSERT_EQ(violations + 1, read_violations(_metadata));

	segment = expect_flush(_metadata, &self->env, self->path, self->path);
	while (parse_record(&segment, offset, BANK_SHA1->digest_size,
			    &record)) {
		num += is_violation(&record, BANK_SHA1->digest_size) &&
		       record_has_path(&record, path);
		offset += record.size;
	}
	EXPECT_EQ(1, num);
	EXPECT_EQ(violations + 1, read_violations(_metadata));
}

/* Fails if what was flushed is measured again. */
TEST_F(caller, duplicates)
{
	struct env *const env = &self->env;
	struct status before;
	char path[PATH_MAX];

	measured_path(env, env->num_measured++, path, sizeof(path));
	ASSERT_TRUE(measure_path(path));
	before = read_status(_metadata);
	ASSERT_TRUE(measure_path(path));
	if (read_status(_metadata).records_total != before.records_total)
		SKIP(return, "the kernel records duplicates");

	free(expect_flush(_metadata, env, self->path, self->path).data);
	ASSERT_TRUE(measure_path(path));
	EXPECT_EQ(before.records_total, read_status(_metadata).records_total);
}

/* Fails if any record since boot was lost, doubled, changed or reordered. */
TEST_F(caller, replay)
{
	const int num_banks = replay_all_records(_metadata);

	if (!self->env.complete)
		SKIP(return, "others flushed before: reboot first");
	if (num_banks == 0)
		SKIP(return, "no TPM with a sha1 or sha256 bank");
	EXPECT_LT(0, num_banks);
}

TEST_HARNESS_MAIN
