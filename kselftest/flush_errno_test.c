// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a flush is refused: each errno, and which one if several apply. After
 * each, nothing is left behind and the list is the same.
 *
 * Not here: what signals and faults of the storage do (flush_fault_test),
 * ESHUTDOWN (a rebooting kernel runs no tests), ESTALE
 * (of network filesystems), and the "ima" template with md5 (a boot
 * parameter).
 */

#include <linux/mount.h>

#include "common.h"

/* A directory below env->fs */
static void make_dir(struct __test_metadata *const _metadata,
		     const struct env *const env, const char *const name,
		     const mode_t mode)
{
	char path[PATH_MAX];
	int fd;

	FORMAT(path, "%s/%s", env->fs, name);
	ASSERT_EQ(0, mkdir(path, mode));
	FORMAT(path, "%s/%s/file", env->fs, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(4, write(fd, "old\n", 4));
	close(fd);
}

static void make_symlink(const struct env *const env, const char *const target,
			 const char *const name)
{
	char path[PATH_MAX];

	FORMAT(path, "%s/%s", env->fs, name);
	/* Not on vfat */
	symlink(target, path);
}

/* --- Conditions, set up one after the other --- */

static void read_only_fs(struct __test_metadata *const _metadata,
			 struct env *const env)
{
	ASSERT_EQ(0, mount(NULL, env->fs, NULL, MS_REMOUNT | MS_RDONLY, NULL));
}

static void read_only_mount(struct __test_metadata *const _metadata,
			    struct env *const env)
{
	ASSERT_EQ(0, mount(NULL, env->fs, NULL,
			   MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
}

/* Maps the owner of files to 1000, and nobody else: root is not mapped. */
static int open_user_namespace(struct __test_metadata *const _metadata)
{
	char path[64];
	int ready[2], fd;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe2(ready, O_CLOEXEC));
	pid = fork_child(_metadata);
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) == 0)
			write(ready[1], "", 1);
		pause();
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));

	for (int i = 0; i < 2; i++) {
		FORMAT(path, "/proc/%d/%s_map", pid, i ? "uid" : "gid");
		fd = open(path, O_WRONLY | O_CLOEXEC);
		ASSERT_EQ(8, write(fd, "0 1000 1", 8));
		close(fd);
	}

	FORMAT(path, "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	kill(pid, SIGKILL);
	wait_child(_metadata, pid);
	return fd;
}

static void idmapped_mount(struct __test_metadata *const _metadata,
			   struct env *const env)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = open_user_namespace(_metadata),
	};
	const int fd = syscall(SYS_open_tree, AT_FDCWD, env->fs,
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr,
			     sizeof(attr)));
	ASSERT_EQ(0, syscall(SYS_move_mount, fd, "", AT_FDCWD, env->fs,
			     MOVE_MOUNT_F_EMPTY_PATH));
	close(fd);
	close(attr.userns_fd);
}

static void set_flag(struct __test_metadata *const _metadata,
		     const struct env *const env, const int flag)
{
	char path[PATH_MAX];
	int fd, flags;

	FORMAT(path, "%s/dir", env->fs);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, FS_IOC_GETFLAGS, &flags));
	flags |= flag;
	ASSERT_EQ(0, ioctl(fd, FS_IOC_SETFLAGS, &flags));
	close(fd);
}

static void immutable(struct __test_metadata *const _metadata,
		      struct env *const env)
{
	set_flag(_metadata, env, FS_IMMUTABLE_FL);
}

static void append_only(struct __test_metadata *const _metadata,
			struct env *const env)
{
	set_flag(_metadata, env, FS_APPEND_FL);
}

static void staged(struct __test_metadata *const _metadata,
		   struct env *const env)
{
	ASSERT_EQ(0, request_staging("A\n"));
	env->staged = true;
}

static void empty(struct __test_metadata *const _metadata,
		  struct env *const env)
{
	flush_all_records(_metadata, env);
}

/* More than one page, so that the first write may succeed */
static void several_pages(struct __test_metadata *const _metadata,
			  struct env *const env)
{
	measure_bytes(_metadata, env, 3 * 4096);
}

static void one_more(struct __test_metadata *const _metadata,
		     struct env *const env)
{
	measure_files(_metadata, env, 1);
}

/* Leaves no block free, or about as much as @spare bytes. */
static void fill_blocks(struct __test_metadata *const _metadata,
			struct env *const env, const size_t spare)
{
	static const char block[4096];
	char path[PATH_MAX];
	struct stat st;
	int fd;

	FORMAT(path, "%s/filler", env->fs);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	while (write(fd, block, sizeof(block)) > 0)
		;
	ASSERT_EQ(ENOSPC, errno);
	ASSERT_EQ(0, fstat(fd, &st));
	ASSERT_EQ(0, ftruncate(fd, st.st_size - spare));
	ASSERT_EQ(0, fsync(fd));
	close(fd);
}

static void full(struct __test_metadata *const _metadata, struct env *const env)
{
	fill_blocks(_metadata, env, 0);
}

static void nearly_full(struct __test_metadata *const _metadata,
			struct env *const env)
{
	several_pages(_metadata, env);
	fill_blocks(_metadata, env, 4096);
}

static void no_inodes(struct __test_metadata *const _metadata,
		      struct env *const env)
{
	char path[PATH_MAX];
	int fd;

	for (int i = 0;; i++) {
		FORMAT(path, "%s/inode-%d", env->fs, i);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	ASSERT_EQ(ENOSPC, errno);
}

/*
 * The disk below a filesystem has no room for what was never written before.
 * Only writing back tells, so that it is fsync(2) that fails.
 */
static void thin_disk(struct __test_metadata *const _metadata,
		      struct env *const env)
{
	char options[64];
	struct statfs fs;

	sync();
	ASSERT_EQ(0, statfs(env->scratch, &fs));
	FORMAT(options, "nr_blocks=%llu",
	       (unsigned long long)(fs.f_blocks - fs.f_bfree));
	ASSERT_EQ(0, mount(NULL, env->scratch, NULL, MS_REMOUNT, options));
}

/* --- Who asks --- */

static bool nobody(const struct env *const env)
{
	/* This takes CAP_DAC_OVERRIDE away, but not CAP_SYS_ADMIN. */
	setfsuid(UID_NOBODY);
	setfsgid(UID_NOBODY);
	return setfsuid(-1) == UID_NOBODY;
}

/* Somebody whom quotas apply to */
static bool limited_nobody(const struct env *const env)
{
	return nobody(env) && drop_cap(CAP_SYS_RESOURCE);
}

static bool unprivileged(const struct env *const env)
{
	return drop_cap(CAP_SYS_ADMIN);
}

FIXTURE(refused)
{
	struct env env;
};

typedef void (*condition_t)(struct __test_metadata *_metadata, struct env *env);

FIXTURE_VARIANT(refused)
{
	const char *fs; /* to be mounted, NULL: a tmpfs */
	const char *options; /* of the tmpfs */
	const char *over; /* to be mounted over it, without files */
	condition_t conditions[3];
	become_t become; /* in the process that asks */
	const char *path; /* to flush to, below env->fs */
	const char *absolute; /* or this */
	const char *fd; /* or path is a name in this, below env->fs */
	int error;
	bool uncounted; /* no failed flush in status */
};

FIXTURE_SETUP(refused)
{
	struct env *const env = &self->env;
	const char *const fs = variant->fs ?: "tmpfs";

	if (!has_filesystem(fs) ||
	    (variant->over && !has_filesystem(variant->over)))
		SKIP(return, "the kernel has no %s", variant->over ?: fs);
	if (variant->options && strstr(variant->options, "quota") &&
	    access("/proc/sys/fs/quota", F_OK) != 0)
		SKIP(return, "enable CONFIG_TMPFS_QUOTA");

	setup_env(_metadata, env);
	mount_fs(_metadata, env, fs, variant->options);
	make_dir(_metadata, env, "dir", 0777);
	make_dir(_metadata, env, "denied", 0755);
	make_dir(_metadata, env, "private", 0700);
	make_symlink(env, "dir/file", "link");
	make_symlink(env, "nowhere", "dangling");
	make_symlink(env, "loop", "loop");
	if (variant->over)
		ASSERT_EQ(0, mount("none", env->fs, variant->over, 0, NULL));
}

FIXTURE_TEARDOWN(refused)
{
	teardown_env(_metadata, &self->env);
}

/* clang-format off */
#define REFUSED(name) FIXTURE_VARIANT_ADD(refused, name)

#define A_16 "aaaaaaaaaaaaaaaa"
#define A_64 "" A_16 A_16 A_16 A_16
#define A_256 "" A_64 A_64 A_64 A_64

/* --- The path up to the parent --- */

REFUSED(missing_parent) { .path = "/missing/a", .error = ENOENT };
REFUSED(file_as_parent) { .path = "/dir/file/a", .error = ENOTDIR };
REFUSED(symlink_loop) { .path = "/loop/a", .error = ELOOP };
REFUSED(dangling_parent) { .path = "/dangling/a", .error = ENOENT };
REFUSED(missing_parent_of_dots) { .path = "/missing/..", .error = ENOENT };
REFUSED(file_as_parent_of_dot) { .path = "/dir/file/.", .error = ENOTDIR };

REFUSED(no_search_permission) {
	.become = nobody, .path = "/private/a", .error = EACCES,
};

REFUSED(no_search_permission_of_existing) {
	.become = nobody, .path = "/private/file", .error = EACCES,
};

REFUSED(long_name) {
	.path = "/" A_256, .error = ENAMETOOLONG,
};

REFUSED(new_directory) { .path = "/a/", .error = EISDIR };
REFUSED(closed_descriptor) { .absolute = "fd:1000 a", .error = EBADF };
REFUSED(file_descriptor) { .fd = "/dir/file", .path = "a", .error = ENOTDIR };

REFUSED(no_search_permission_of_fd) {
	.become = nobody, .fd = "/private", .path = "a", .error = EACCES,
};

/* --- The name --- */

REFUSED(file) { .path = "/dir/file", .error = EEXIST, .uncounted = true };
REFUSED(directory) { .path = "/dir", .error = EEXIST, .uncounted = true };

REFUSED(directory_slash) {
	.path = "/dir/", .error = EEXIST, .uncounted = true,
};

REFUSED(symlink) { .path = "/link", .error = EEXIST, .uncounted = true };

REFUSED(dangling_symlink) {
	.path = "/dangling", .error = EEXIST, .uncounted = true,
};

REFUSED(looping_symlink) {
	.path = "/loop", .error = EEXIST, .uncounted = true,
};

REFUSED(dot) { .path = "/.", .error = EEXIST, .uncounted = true };
REFUSED(dots) { .path = "/..", .error = EEXIST, .uncounted = true };
REFUSED(dot_slash) { .path = "/dir/./", .error = EEXIST, .uncounted = true };
REFUSED(dots_slash) { .path = "/dir/../", .error = EEXIST, .uncounted = true };
REFUSED(mount_point) { .path = "", .error = EEXIST, .uncounted = true };
REFUSED(root) { .absolute = "/", .error = EEXIST, .uncounted = true };
REFUSED(root_line) { .absolute = "/\n", .error = EEXIST, .uncounted = true };
REFUSED(root_slashes) { .absolute = "///", .error = EEXIST, .uncounted = true };
REFUSED(root_dot) { .absolute = "/.", .error = EEXIST, .uncounted = true };
REFUSED(root_dots) { .absolute = "/..", .error = EEXIST, .uncounted = true };

REFUSED(fd_file) {
	.fd = "/dir", .path = "file", .error = EEXIST, .uncounted = true,
};

REFUSED(fd_dangling_symlink) {
	.fd = "", .path = "dangling", .error = EEXIST, .uncounted = true,
};

REFUSED(fd_dot) { .fd = "", .path = ".", .error = EEXIST, .uncounted = true };
REFUSED(fd_dots) { .fd = "", .path = "..", .error = EEXIST, .uncounted = true };

/* --- Permission --- */

REFUSED(read_only_filesystem) {
	.conditions = { read_only_fs }, .path = "/a", .error = EROFS,
};

REFUSED(read_only_mount) {
	.conditions = { read_only_mount }, .path = "/a", .error = EROFS,
};

REFUSED(no_write_permission) {
	.become = nobody, .path = "/denied/a", .error = EACCES,
};

REFUSED(no_write_permission_of_fd) {
	.become = nobody, .fd = "/denied", .path = "a", .error = EACCES,
};

REFUSED(immutable_directory) {
	.fs = "ext4", .conditions = { immutable }, .path = "/dir/a",
	.error = EPERM,
};

REFUSED(append_only_directory) {
	.fs = "ext4", .conditions = { append_only }, .path = "/dir/a",
	.error = EPERM,
};

REFUSED(owner_not_mapped) {
	.conditions = { idmapped_mount }, .path = "/dir/a", .error = EOVERFLOW,
};

/* --- Busy, or nothing to do --- */

REFUSED(staged_records) {
	.conditions = { staged, one_more }, .path = "/a", .error = EBUSY,
};

REFUSED(frozen_filesystem) {
	.fs = "ext4", .conditions = { freeze }, .path = "/a", .error = EBUSY,
};

REFUSED(empty_list) {
	.conditions = { empty }, .path = "/a", .error = ENODATA,
	.uncounted = true,
};

/* --- Writing --- */

REFUSED(tmpfs_without_inodes) {
	.options = "nr_inodes=20", .conditions = { no_inodes }, .path = "/a",
	.error = ENOSPC,
};

REFUSED(full_tmpfs) {
	.options = "size=64k", .conditions = { full }, .path = "/a",
	.error = ENOSPC,
};

REFUSED(nearly_full_tmpfs) {
	.options = "size=64k", .conditions = { nearly_full }, .path = "/a",
	.error = ENOSPC,
};

REFUSED(full_ext4) {
	.fs = "ext4", .conditions = { full }, .path = "/a", .error = ENOSPC,
};

REFUSED(nearly_full_ext4) {
	.fs = "ext4", .conditions = { nearly_full }, .path = "/a",
	.error = ENOSPC,
};

REFUSED(full_vfat) {
	.fs = "vfat", .conditions = { full }, .path = "/a", .error = ENOSPC,
};

REFUSED(nearly_full_vfat) {
	.fs = "vfat", .conditions = { nearly_full }, .path = "/a",
	.error = ENOSPC,
};

REFUSED(quota) {
	.options = "mode=0777,usrquota,usrquota_block_hardlimit=8192",
	.conditions = { several_pages }, .become = limited_nobody,
	.path = "/a", .error = EDQUOT,
};

REFUSED(thin_disk) {
	.fs = "vfat", .conditions = { thin_disk }, .path = "/a",
	.error = ENOSPC,
};

REFUSED(procfs) { .absolute = "/proc/a", .error = EOPNOTSUPP };
REFUSED(procfs_below) { .absolute = "/proc/self/a", .error = EOPNOTSUPP };
REFUSED(sysfs) { .absolute = "/sys/kernel/a", .error = EOPNOTSUPP };
REFUSED(securityfs) { .absolute = FLUSH_DIR "a", .error = EOPNOTSUPP };

REFUSED(hugetlbfs) {
	.over = "hugetlbfs", .path = "/a", .error = EOPNOTSUPP,
};

/* --- Which one, if several apply --- */

REFUSED(capability_before_syntax) {
	.become = unprivileged, .absolute = "a", .error = EPERM,
	.uncounted = true,
};

REFUSED(capability_before_path) {
	.become = unprivileged, .path = "/missing/a", .error = EPERM,
	.uncounted = true,
};

REFUSED(capability_before_name) {
	.become = unprivileged, .path = "/dir/file", .error = EPERM,
	.uncounted = true,
};

REFUSED(capability_before_empty) {
	.conditions = { empty }, .become = unprivileged, .path = "/a",
	.error = EPERM, .uncounted = true,
};

REFUSED(syntax_before_path) {
	.path = "/missing/a\nb", .error = EINVAL, .uncounted = true,
};

REFUSED(syntax_before_name) {
	.path = "/dir/file\n\n", .error = EINVAL, .uncounted = true,
};

REFUSED(syntax_before_staged) {
	.conditions = { staged }, .absolute = "a", .error = EINVAL,
	.uncounted = true,
};

REFUSED(syntax_before_empty) {
	.conditions = { empty }, .absolute = "\n", .error = EINVAL,
	.uncounted = true,
};

REFUSED(path_before_read_only) {
	.conditions = { read_only_fs }, .path = "/missing/a", .error = ENOENT,
};

REFUSED(path_before_staged) {
	.conditions = { staged }, .path = "/dir/file/a", .error = ENOTDIR,
};

REFUSED(path_before_frozen) {
	.fs = "ext4", .conditions = { freeze }, .path = "/loop/a",
	.error = ELOOP,
};

REFUSED(path_before_empty) {
	.conditions = { empty }, .path = "/missing/a", .error = ENOENT,
};

REFUSED(descriptor_before_name) {
	.fd = "/dir/file", .path = "..", .error = ENOTDIR,
};

REFUSED(descriptor_before_empty) {
	.conditions = { empty }, .absolute = "fd:1000 a", .error = EBADF,
};

REFUSED(name_before_read_only) {
	.conditions = { read_only_fs }, .path = "/dir/file", .error = EEXIST,
	.uncounted = true,
};

REFUSED(name_before_read_only_mount) {
	.conditions = { read_only_mount }, .path = "/dangling",
	.error = EEXIST, .uncounted = true,
};

REFUSED(name_before_permission) {
	.become = nobody, .path = "/denied/file", .error = EEXIST,
	.uncounted = true,
};

REFUSED(name_before_immutable) {
	.fs = "ext4", .conditions = { immutable }, .path = "/dir/file",
	.error = EEXIST, .uncounted = true,
};

REFUSED(name_before_staged) {
	.conditions = { staged }, .path = "/dir/file", .error = EEXIST,
	.uncounted = true,
};

REFUSED(name_before_frozen) {
	.fs = "ext4", .conditions = { freeze }, .path = "/dir/file",
	.error = EEXIST, .uncounted = true,
};

REFUSED(name_before_empty) {
	.conditions = { empty }, .path = "/dir/file", .error = EEXIST,
	.uncounted = true,
};

REFUSED(name_before_unsupported) {
	.absolute = "/proc/self/status", .error = EEXIST, .uncounted = true,
};

REFUSED(read_only_before_staged) {
	.conditions = { read_only_fs, staged }, .path = "/a", .error = EROFS,
};

REFUSED(read_only_before_empty) {
	.conditions = { read_only_fs, empty }, .path = "/a", .error = EROFS,
};

REFUSED(read_only_mount_before_empty) {
	.conditions = { read_only_mount, empty }, .path = "/a",
	.error = EROFS,
};

REFUSED(permission_before_staged) {
	.conditions = { staged }, .become = nobody, .path = "/denied/a",
	.error = EACCES,
};

REFUSED(permission_before_frozen) {
	.fs = "ext4", .conditions = { freeze }, .become = nobody,
	.path = "/denied/a", .error = EACCES,
};

REFUSED(permission_before_empty) {
	.conditions = { empty }, .become = nobody, .path = "/denied/a",
	.error = EACCES,
};

REFUSED(immutable_before_staged) {
	.fs = "ext4", .conditions = { immutable, staged }, .path = "/dir/a",
	.error = EPERM,
};

REFUSED(immutable_before_empty) {
	.fs = "ext4", .conditions = { immutable, empty }, .path = "/dir/a",
	.error = EPERM,
};

REFUSED(append_only_before_empty) {
	.fs = "ext4", .conditions = { append_only, empty }, .path = "/dir/a",
	.error = EPERM,
};

REFUSED(staged_before_empty) {
	.conditions = { staged }, .path = "/a", .error = EBUSY,
};

REFUSED(frozen_before_empty) {
	.fs = "ext4", .conditions = { freeze, empty }, .path = "/a",
	.error = EBUSY,
};

REFUSED(staged_before_full) {
	.options = "size=64k", .conditions = { full, staged }, .path = "/a",
	.error = EBUSY,
};

REFUSED(staged_before_unsupported) {
	.conditions = { staged }, .absolute = "/proc/a", .error = EBUSY,
};

REFUSED(empty_before_full) {
	.options = "size=64k", .conditions = { full, empty }, .path = "/a",
	.error = ENODATA, .uncounted = true,
};

REFUSED(empty_before_unsupported) {
	.conditions = { empty }, .absolute = "/proc/a", .error = ENODATA,
	.uncounted = true,
};

/* clang-format on */

/*
 * Fails if a request gives another errno, makes or leaves any file, changes
 * the list, or is counted wrongly.
 */
TEST_F(refused, and_changes_nothing)
{
	struct env *const env = &self->env;
	char req[PATH_MAX], path[PATH_MAX];
	struct snapshot before;
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(variant->conditions); i++)
		if (variant->conditions[i])
			variant->conditions[i](_metadata, env);

	if (variant->absolute) {
		FORMAT(req, "%s", variant->absolute);
	} else if (variant->fd) {
		FORMAT(path, "%s%s", env->fs, variant->fd);
		fd = open(path, O_PATH | O_CLOEXEC);
		ASSERT_LE(0, fd);
		FORMAT(req, "fd:%d %s", fd, variant->path);
	} else {
		FORMAT(req, "%s%s", env->fs, variant->path);
	}

	before = take_snapshot(_metadata, env);
	EXPECT_EQ(variant->error,
		  request_as(_metadata, env, variant->become, req))
	{
		TH_LOG("Expected: %s", strerror(variant->error));
	}
	expect_unchanged(_metadata, env, &before, variant->error,
			 !variant->uncounted);
}

FIXTURE(status)
{
	struct env env;
};

FIXTURE_SETUP(status)
{
	setup_env(_metadata, &self->env);
	mount_fs(_metadata, &self->env, "tmpfs", NULL);
}

FIXTURE_TEARDOWN(status)
{
	teardown_env(_metadata, &self->env);
}

/* Fails if last_error is not that of the last flush which was accepted. */
TEST_F(status, last_error)
{
	struct env *const env = &self->env;
	struct status status = read_status(_metadata);
	const long failures = status.flush_failures;
	char path[PATH_MAX];

	EXPECT_EQ(ENOENT, request("/missing/a"));
	status = read_status(_metadata);
	EXPECT_EQ(failures + 1, status.flush_failures);
	EXPECT_EQ(ENOENT, status.last_error);

	/* None of these is a failed flush. */
	EXPECT_EQ(EEXIST, request("/"));
	EXPECT_EQ(EINVAL, request("a"));
	status = read_status(_metadata);
	EXPECT_EQ(failures + 1, status.flush_failures);
	EXPECT_EQ(ENOENT, status.last_error);

	EXPECT_EQ(EOPNOTSUPP, request("/proc/a"));
	status = read_status(_metadata);
	EXPECT_EQ(failures + 2, status.flush_failures);
	EXPECT_EQ(EOPNOTSUPP, status.last_error);

	flush_all_records(_metadata, env);
	FORMAT(path, "%s/a", env->fs);
	EXPECT_EQ(ENODATA, request(path));
	status = read_status(_metadata);
	EXPECT_EQ(failures + 2, status.flush_failures);
	EXPECT_EQ(0, status.last_error);
}

/* Fails if a refused flush has a later effect: the same request is then ok. */
TEST_F(status, refused_then_accepted)
{
	struct env *const env = &self->env;
	char path[PATH_MAX];

	FORMAT(path, "%s/a", env->fs);
	staged(_metadata, env);
	EXPECT_EQ(EBUSY, request(path));
	EXPECT_EQ(EBUSY, read_status(_metadata).last_error);
	delete_staged(_metadata);
	env->staged = false;

	measure_files(_metadata, env, 1);
	free(expect_flush(_metadata, env, path, path).data);
}

/* Fails if staged records are not in memory, or deleted ones are flushed. */
TEST_F(status, staged_and_deleted)
{
	struct env *const env = &self->env;
	const struct status before = read_status(_metadata);
	struct status status;
	struct blob gone;

	staged(_metadata, env);
	status = read_status(_metadata);
	EXPECT_EQ(before.records_total, status.records_total);
	EXPECT_EQ(before.records_in_memory, status.records_in_memory);
	EXPECT_EQ(before.bytes_in_memory, status.bytes_in_memory);
	EXPECT_EQ(before.first_in_memory, status.first_in_memory);

	gone = read_file(_metadata, IMA_STAGED);
	delete_staged(_metadata);
	env->staged = false;
	status = read_status(_metadata);
	EXPECT_EQ(before.records_total, status.records_total);
	EXPECT_EQ(0, status.records_in_memory);
	EXPECT_EQ(0, status.bytes_in_memory);
	EXPECT_EQ(before.records_removed + before.records_in_memory,
		  status.records_removed);
	EXPECT_EQ(status.records_total, status.first_in_memory);
	EXPECT_EQ(before.records_flushed, status.records_flushed);
	EXPECT_EQ(before.bytes_in_memory, gone.size);
}

/* Fails if the numbering does not go on after upstream's N. */
TEST_F(status, some_deleted)
{
	struct env *const env = &self->env;
	struct status before, after;
	struct blob list, gone;
	struct record record;
	char path[PATH_MAX];
	int fd;

	flush_all_records(_metadata, env);
	measure_files(_metadata, env, 3);
	before = read_status(_metadata);
	list = read_list(_metadata);
	ASSERT_TRUE(parse_record(&list, 0, BANK_SHA1->digest_size, &record));

	fd = open(IMA_LIST, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(2, write(fd, "1\n", 2));
	close(fd);
	gone = (struct blob){ list.data, record.size };
	note_records_gone(_metadata, &gone);

	after = read_status(_metadata);
	EXPECT_EQ(before.records_total, after.records_total);
	EXPECT_EQ(before.first_in_memory + 1, after.first_in_memory);
	EXPECT_EQ(before.records_removed + 1, after.records_removed);
	EXPECT_EQ(before.records_in_memory - 1, after.records_in_memory);
	EXPECT_EQ(before.bytes_in_memory - record.size, after.bytes_in_memory);

	FORMAT(path, "%s/a", env->fs);
	free(expect_flush(_metadata, env, path, path).data);
}

/* Fails if a directory that is gone is written to. */
TEST_F(status, removed_directory)
{
	struct env *const env = &self->env;
	struct snapshot before;
	char req[PATH_MAX];
	int fd;

	FORMAT(req, "%s/dir", env->fs);
	ASSERT_EQ(0, mkdir(req, 0700));
	fd = open(req, O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, rmdir(req));

	before = take_snapshot(_metadata, env);
	FORMAT(req, "fd:%d a", fd);
	EXPECT_EQ(ENOENT, request(req));
	expect_unchanged(_metadata, env, &before, ENOENT, true);
	close(fd);
}

TEST_HARNESS_MAIN
