// SPDX-License-Identifier: GPL-2.0-only
/*
 * flush/directory: what it accepts, whose rights count, how the files in it are
 * numbered, and what becomes of its filesystem
 */

#include "auto.h"
#include "fuse_server.h"

FIXTURE(directory)
{
	struct env env;
	char old[PATH_MAX]; /* a directory below env->fs */
	char new[PATH_MAX]; /* another one */
};

FIXTURE_SETUP(directory)
{
	setup_auto(_metadata, &self->env);
	mount_fs(_metadata, &self->env, "tmpfs", NULL);
	FORMAT(self->old, "%s/old", self->env.fs);
	FORMAT(self->new, "%s/new", self->env.fs);
	ASSERT_EQ(0, mkdir(self->old, 0755));
	ASSERT_EQ(0, mkdir(self->new, 0755));
}

FIXTURE_TEARDOWN(directory)
{
	teardown_auto(_metadata, &self->env);
}

static void make_file(struct __test_metadata *const _metadata,
		      const char *const dir, const char *const name)
{
	char path[PATH_MAX];
	int fd;

	FORMAT(path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd)
	{
		TH_LOG("Failed to make %s: %s", path, strerror(errno));
	}
	ASSERT_EQ(8, write(fd, "foreign\n", 8));
	close(fd);
}

/* Makes a file log.N that is none of the kernel's. */
static void make_log(struct __test_metadata *const _metadata,
		     const char *const dir, const unsigned long long number)
{
	char name[32];

	FORMAT(name, "log.%llu", number);
	make_file(_metadata, dir, name);
}

static bool nobody(const struct env *const env)
{
	/* This takes CAP_DAC_OVERRIDE away, but not CAP_SYS_ADMIN. */
	setfsuid(UID_NOBODY);
	setfsgid(UID_NOBODY);
	return setfsuid(-1) == UID_NOBODY;
}

static bool unprivileged(const struct env *const env)
{
	return drop_cap(CAP_SYS_ADMIN);
}

/* Fails if the file is open to others than root. */
TEST_F(directory, mode)
{
	expect_mode(_metadata, FLUSH_DIRECTORY, 0600);
}

/* --- What is read back --- */

/* Fails if it is not the string as it was written, less trailing slashes. */
TEST_F(directory, as_written)
{
	static const char *const suffixes[] = { "",	    "\n", "/",
						"///",	    "/.", "/./\n",
						"/../old//" };
	char req[PATH_MAX], expected[PATH_MAX];

	expect_setting(_metadata, FLUSH_DIRECTORY, "");
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		FORMAT(req, "%s%s", self->old, suffixes[i]);
		set_directory(_metadata, req);

		FORMAT(expected, "%s%.*s", self->old,
		       (int)strcspn(suffixes[i], "\n"), suffixes[i]);
		while (expected[strlen(expected) - 1] == '/')
			expected[strlen(expected) - 1] = '\0';
		expect_setting(_metadata, FLUSH_DIRECTORY, expected);
	}

	unset_directory(_metadata);
	expect_setting(_metadata, FLUSH_DIRECTORY, "");
}

/* Fails if nothing is left of the root directory without its slash. */
TEST_F(directory, root)
{
	set_directory(_metadata, "/");
	expect_setting(_metadata, FLUSH_DIRECTORY, "/");
	set_directory(_metadata, "//\n");
	expect_setting(_metadata, FLUSH_DIRECTORY, "/");
}

/* Fails if blanks are stripped: they belong to the name. */
TEST_F(directory, blanks)
{
	char path[PATH_MAX], line[PATH_MAX + 1];

	FORMAT(path, "%s/ a  b\t", self->env.fs);
	ASSERT_EQ(0, mkdir(path, 0700));
	FORMAT(line, "%s\n", path);
	set_directory(_metadata, line);
	expect_setting(_metadata, FLUSH_DIRECTORY, path);
	expect_numbered(_metadata, &self->env, path, next_number(_metadata));
}

/* Fails if the longest path is refused or cut, or a longer one is accepted. */
TEST_F(directory, longest_path)
{
	char path[PATH_MAX + 1];
	size_t used = sprintf(path, "%s", self->old);

	if ((PATH_MAX - 1 - used) % 2)
		path[used++] = '/';
	while (used < PATH_MAX - 1)
		used += sprintf(path + used, "/.");
	ASSERT_EQ(PATH_MAX - 1, strlen(path));
	set_directory(_metadata, path);
	expect_setting(_metadata, FLUSH_DIRECTORY, path);
	expect_numbered(_metadata, &self->env, self->old,
			next_number(_metadata));

	path[used] = '/';
	path[used + 1] = '\0';
	EXPECT_EQ(ENAMETOOLONG, write_setting(FLUSH_DIRECTORY, path, PATH_MAX));
	path[used] = '\0';
	expect_setting(_metadata, FLUSH_DIRECTORY, path);
}

/* Fails if a descriptor, be it O_PATH, is not shown as its path. */
TEST_F(directory, descriptor)
{
	const int fds[] = {
		open(self->old, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		open(self->new, O_PATH | O_CLOEXEC),
	};
	char req[64];

	for (int i = 0; i < 2; i++) {
		const char *const path = i ? self->new : self->old;

		ASSERT_LE(0, fds[i]);
		FORMAT(req, i ? "fd:%020d\n" : "fd:%d", fds[i]);
		set_directory(_metadata, req);
		close(fds[i]);
		expect_setting(_metadata, FLUSH_DIRECTORY, path);
		expect_numbered(_metadata, &self->env, path,
				next_number(_metadata));
	}
}

/* Fails if one large read is needed, or it cannot be read again. */
TEST_F(directory, byte_by_byte)
{
	const int fd = open(FLUSH_DIRECTORY, O_RDWR | O_CLOEXEC);
	const char *const lines[] = { self->old, self->new };
	char byte;

	ASSERT_LE(0, fd);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, write_request(fd, lines[i], strlen(lines[i])));
		EXPECT_EQ(0, lseek(fd, 0, SEEK_CUR));
		for (const char *c = lines[i]; *c; c++) {
			ASSERT_EQ(1, read(fd, &byte, 1));
			ASSERT_EQ(*c, byte);
		}
		ASSERT_EQ(1, read(fd, &byte, 1));
		EXPECT_EQ('\n', byte);
		EXPECT_EQ(0, read(fd, &byte, 1));
		ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	}
	close(fd);
}

/* Fails if a request is taken for the rest of another one, or nothing for \n */
TEST_F(directory, position)
{
	const int fd = open(FLUSH_DIRECTORY, O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	set_directory(_metadata, self->old);
	EXPECT_EQ(0, write(fd, "", 0));
	EXPECT_EQ(-1, pwrite(fd, self->new, strlen(self->new), 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pwrite(fd, "\n", 1, strlen(self->old)));
	EXPECT_EQ(EINVAL, errno);
	expect_setting(_metadata, FLUSH_DIRECTORY, self->old);
	EXPECT_EQ((ssize_t)strlen(self->new),
		  pwrite(fd, self->new, strlen(self->new), 0));
	expect_setting(_metadata, FLUSH_DIRECTORY, self->new);
	close(fd);
}

/* --- What is refused --- */

/* Checks that the old directory is still the one in force. */
static void expect_old(struct __test_metadata *const _metadata,
		       struct env *const env, const char *const old,
		       const struct status *const before)
{
	const struct status after = read_status(_metadata);

	expect_setting(_metadata, FLUSH_DIRECTORY, old);
	EXPECT_EQ(before->flushes, after.flushes);
	EXPECT_EQ(before->flush_failures, after.flush_failures);
	EXPECT_EQ(before->last_error, after.last_error);
	expect_numbered(_metadata, env, old, next_number(_metadata));
}

FIXTURE(syntax)
{
	struct env env;
	char old[PATH_MAX]; /* a directory in env->scratch */
};

FIXTURE_VARIANT(syntax)
{
	const char *request;
	size_t len; /* if the request has a NUL */
	int error;
};

/* clang-format off */
#define BAD_REQUEST(name) FIXTURE_VARIANT_ADD(syntax, name)
#define REQUEST(str) .request = str, .len = sizeof(str) - 1

BAD_REQUEST(blank) { REQUEST(" "), .error = EINVAL };
BAD_REQUEST(two_newlines) { REQUEST("\n\n"), .error = EINVAL };
BAD_REQUEST(nul) { REQUEST("\0"), .error = EINVAL };
BAD_REQUEST(nul_line) { REQUEST("\0\n"), .error = EINVAL };
BAD_REQUEST(relative) { REQUEST("tmp"), .error = EINVAL };
BAD_REQUEST(relative_dot) { REQUEST("."), .error = EINVAL };
BAD_REQUEST(relative_dots) { REQUEST("../dev/shm\n"), .error = EINVAL };
BAD_REQUEST(leading_blank) { REQUEST(" /dev/shm"), .error = EINVAL };
BAD_REQUEST(leading_newline) { REQUEST("\n/dev/shm"), .error = EINVAL };
BAD_REQUEST(inner_newline) { REQUEST("/dev/shm\n/dev"), .error = EINVAL };
BAD_REQUEST(second_newline) { REQUEST("/dev/shm\n\n"), .error = EINVAL };
BAD_REQUEST(inner_nul) { REQUEST("/dev/shm\0/a"), .error = EINVAL };
BAD_REQUEST(final_nul) { REQUEST("/dev/shm\0"), .error = EINVAL };
BAD_REQUEST(final_nul_line) { REQUEST("/dev/shm\0\n"), .error = EINVAL };
BAD_REQUEST(final_blank) { REQUEST("/dev/shm "), .error = ENOENT };
BAD_REQUEST(fd) { REQUEST("fd"), .error = EINVAL };
BAD_REQUEST(fd_nothing) { REQUEST("fd:"), .error = EINVAL };
BAD_REQUEST(fd_nothing_line) { REQUEST("fd:\n"), .error = EINVAL };
BAD_REQUEST(fd_name) { REQUEST("fd:0 a"), .error = EINVAL };
BAD_REQUEST(fd_final_blank) { REQUEST("fd:0 "), .error = EINVAL };
BAD_REQUEST(fd_leading_blank) { REQUEST("fd: 0"), .error = EINVAL };
BAD_REQUEST(fd_negative) { REQUEST("fd:-1"), .error = EINVAL };
BAD_REQUEST(fd_plus) { REQUEST("fd:+0"), .error = EINVAL };
BAD_REQUEST(fd_hexadecimal) { REQUEST("fd:0x0"), .error = EINVAL };
BAD_REQUEST(fd_letter) { REQUEST("fd:0a"), .error = EINVAL };
BAD_REQUEST(fd_slash) { REQUEST("fd:0/"), .error = EINVAL };
BAD_REQUEST(fd_upper_case) { REQUEST("FD:0"), .error = EINVAL };
BAD_REQUEST(fd_blank) { REQUEST(" fd:0"), .error = EINVAL };
BAD_REQUEST(fd_two_newlines) { REQUEST("fd:0\n\n"), .error = EINVAL };
BAD_REQUEST(fd_nul) { REQUEST("fd:0\0"), .error = EINVAL };

BAD_REQUEST(fd_21_digits) {
	REQUEST("fd:000000000000000000000"),
	.error = EINVAL,
};

BAD_REQUEST(fd_20_nines) {
	REQUEST("fd:99999999999999999999"),
	.error = ERANGE,
};

BAD_REQUEST(fd_2_to_the_64) {
	REQUEST("fd:18446744073709551616\n"),
	.error = ERANGE,
};

BAD_REQUEST(fd_largest) {
	REQUEST("fd:18446744073709551615"),
	.error = EBADF,
};

BAD_REQUEST(fd_2_to_the_32) { REQUEST("fd:4294967296"), .error = EBADF };
BAD_REQUEST(fd_closed) { REQUEST("fd:1000"), .error = EBADF };

/* clang-format on */

FIXTURE_SETUP(syntax)
{
	setup_auto(_metadata, &self->env);
	FORMAT(self->old, "%s/old", self->env.scratch);
	ASSERT_EQ(0, mkdir(self->old, 0755));
}

FIXTURE_TEARDOWN(syntax)
{
	teardown_auto(_metadata, &self->env);
}

/* Fails if wrong syntax is guessed at, or unsets what was set. */
TEST_F(syntax, changes_nothing)
{
	const int fd = open(FLUSH_DIRECTORY, O_WRONLY | O_CLOEXEC);
	struct status before;

	set_directory(_metadata, self->old);
	before = read_status(_metadata);
	/* "fd:0" is a directory, so that it is the syntax that is wrong. */
	ASSERT_EQ(0, dup2(open("/dev/shm", O_RDONLY | O_CLOEXEC), 0));
	EXPECT_EQ(variant->error,
		  write_request(fd, variant->request, variant->len));
	close(fd);
	expect_old(_metadata, &self->env, self->old, &before);
}

FIXTURE(refused)
{
	struct env env;
	char old[PATH_MAX]; /* a directory in env->scratch */
};

FIXTURE_VARIANT(refused)
{
	unsigned long remount; /* MS_* of the other filesystem */
	become_t become; /* in the process that asks */
	const char *path; /* below the other filesystem */
	bool fd; /* or a descriptor of this */
	const char *request; /* or this */
	int error;
};

/* clang-format off */
#define REFUSED(name) FIXTURE_VARIANT_ADD(refused, name)

#define A_16 "aaaaaaaaaaaaaaaa"
#define A_64 "" A_16 A_16 A_16 A_16
#define A_256 "" A_64 A_64 A_64 A_64

REFUSED(missing) { .path = "/missing", .error = ENOENT };
REFUSED(missing_parent) { .path = "/missing/..", .error = ENOENT };
REFUSED(dangling_symlink) { .path = "/dangling", .error = ENOENT };
REFUSED(file) { .path = "/file", .error = ENOTDIR };
REFUSED(file_slash) { .path = "/file/", .error = ENOTDIR };
REFUSED(below_file) { .path = "/file/dir", .error = ENOTDIR };
REFUSED(symlink_to_file) { .path = "/link", .error = ENOTDIR };
REFUSED(symlink_loop) { .path = "/loop", .error = ELOOP };
REFUSED(below_symlink_loop) { .path = "/loop/dir", .error = ELOOP };
REFUSED(long_name) { .path = "/" A_256, .error = ENAMETOOLONG };
REFUSED(file_descriptor) { .path = "/file", .fd = true, .error = ENOTDIR };

REFUSED(no_way_there) {
	.become = nobody, .path = "/private/dir", .error = EACCES,
};

REFUSED(no_write_permission) {
	.become = nobody, .path = "/denied", .error = EACCES,
};

REFUSED(no_search_permission) {
	.become = nobody, .path = "/unsearchable", .error = EACCES,
};

REFUSED(no_write_permission_of_fd) {
	.become = nobody, .path = "/denied", .fd = true, .error = EACCES,
};

REFUSED(no_search_permission_of_fd) {
	.become = nobody, .path = "/unsearchable", .fd = true,
	.error = EACCES,
};

REFUSED(read_only_filesystem) {
	.remount = MS_RDONLY, .path = "/denied", .error = EROFS,
};

REFUSED(read_only_mount) {
	.remount = MS_BIND | MS_RDONLY, .path = "/denied", .error = EROFS,
};

REFUSED(read_only_mount_of_fd) {
	.remount = MS_BIND | MS_RDONLY, .path = "/denied", .fd = true,
	.error = EROFS,
};

REFUSED(unprivileged) {
	.become = unprivileged, .path = "/denied", .error = EPERM,
};

REFUSED(capability_before_syntax) {
	.become = unprivileged, .request = "a", .error = EPERM,
};

REFUSED(capability_before_unset) {
	.become = unprivileged, .request = "\n", .error = EPERM,
};

REFUSED(syntax_before_path) {
	.path = "/missing\na", .error = EINVAL,
};

/* clang-format on */

/* The filesystem of what is refused is another one than that of "old". */
static void make_refused(struct __test_metadata *const _metadata,
			 const struct env *const env)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = {
		{ "private", 0700 },
		{ "private/dir", 0777 },
		{ "denied", 0755 },
		{ "unsearchable", 0666 },
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		FORMAT(path, "%s/%s", env->fs, dirs[i].name);
		ASSERT_EQ(0, mkdir(path, dirs[i].mode));
	}
	make_file(_metadata, env->fs, "file");
	make_file(_metadata, env->fs, "denied/.ima_flush.1.tmp");
	FORMAT(path, "%s/dangling", env->fs);
	ASSERT_EQ(0, symlink("nowhere", path));
	FORMAT(path, "%s/link", env->fs);
	ASSERT_EQ(0, symlink("file", path));
	FORMAT(path, "%s/loop", env->fs);
	ASSERT_EQ(0, symlink("loop", path));
}

FIXTURE_SETUP(refused)
{
	setup_auto(_metadata, &self->env);
	mount_fs(_metadata, &self->env, "tmpfs", NULL);
	make_refused(_metadata, &self->env);
	FORMAT(self->old, "%s/old", self->env.scratch);
	ASSERT_EQ(0, mkdir(self->old, 0755));
}

FIXTURE_TEARDOWN(refused)
{
	teardown_auto(_metadata, &self->env);
}

/*
 * Fails if a request gives another errno, unsets what was set, or already
 * cleans up in a directory that is refused.
 */
TEST_F(refused, and_changes_nothing)
{
	struct env *const env = &self->env;
	char req[PATH_MAX], *tree, *tree_after;
	struct status before;
	int fd;

	if (variant->request)
		FORMAT(req, "%s", variant->request);
	else
		FORMAT(req, "%s%s", env->fs, variant->path);
	if (variant->fd) {
		fd = open(req, O_PATH | O_CLOEXEC);
		ASSERT_LE(0, fd);
		FORMAT(req, "fd:%d", fd);
	}
	if (variant->remount)
		remount(_metadata, env, variant->remount);

	tree = list_tree(_metadata, env->fs);
	set_directory(_metadata, self->old);
	before = read_status(_metadata);
	EXPECT_EQ(variant->error,
		  write_setting_as(_metadata, env, variant->become,
				   FLUSH_DIRECTORY, req))
	{
		TH_LOG("Expected: %s", strerror(variant->error));
	}
	tree_after = list_tree(_metadata, env->fs);
	EXPECT_STREQ(tree, tree_after);
	expect_old(_metadata, env, self->old, &before);
}

/* --- Who may --- */

FIXTURE(capability)
{
	struct env env;
	int fd; /* opened by root */
};

FIXTURE_VARIANT(capability)
{
	const char *file;
	const char *request;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(capability, directory) {
	/* clang-format on */
	.file = FLUSH_DIRECTORY,
	.request = "/dev/shm",
};

/* clang-format off */
FIXTURE_VARIANT_ADD(capability, max_records) {
	/* clang-format on */
	.file = FLUSH_MAX_RECORDS,
	.request = "1000000",
};

FIXTURE_SETUP(capability)
{
	setup_auto(_metadata, &self->env);
	self->fd = open(variant->file, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(capability)
{
	close(self->fd);
	teardown_auto(_metadata, &self->env);
}

/* What a process may not do that got the descriptor from root */
static void expect_no_access(struct __test_metadata *const _metadata,
			     const int fd, const char *const file,
			     const char *const req, const bool mode)
{
	EXPECT_EQ(EPERM, write_request(fd, req, strlen(req)));
	/* Whoever may not ask does not learn what is wrong with a request. */
	EXPECT_EQ(EPERM, write_request(fd, "x", 1));
	EXPECT_EQ(EPERM, write_request(fd, "\n", 1));

	EXPECT_EQ(-1, open(file, O_WRONLY));
	EXPECT_TRUE(errno == EPERM || (mode && errno == EACCES));
	EXPECT_EQ(-1, open(file, O_RDONLY));
	EXPECT_TRUE(errno == EPERM || (mode && errno == EACCES));
	_exit(0);
}

/* Fails if being root is enough, or the capability counts at open only. */
TEST_F(capability, root_without_it)
{
	char *const before = read_setting(_metadata, variant->file);
	const pid_t pid = fork_child(_metadata);

	if (pid == 0) {
		ASSERT_TRUE(drop_cap(CAP_SYS_ADMIN));
		expect_no_access(_metadata, self->fd, variant->file,
				 variant->request, false);
	}
	EXPECT_EQ(0, wait_child(_metadata, pid));
	EXPECT_STREQ(before, read_setting(_metadata, variant->file));
}

/* Fails if an open descriptor is enough for somebody without privileges. */
TEST_F(capability, nobody)
{
	char *const before = read_setting(_metadata, variant->file);
	const pid_t pid = fork_child(_metadata);

	if (pid == 0) {
		ASSERT_EQ(0, setresuid(UID_NOBODY, UID_NOBODY, UID_NOBODY));
		expect_no_access(_metadata, self->fd, variant->file,
				 variant->request, true);
	}
	EXPECT_EQ(0, wait_child(_metadata, pid));
	EXPECT_STREQ(before, read_setting(_metadata, variant->file));
}

/* Fails if the capability counts in a user namespace that anybody can make. */
TEST_F(capability, root_of_user_namespace)
{
	char *const before = read_setting(_metadata, variant->file);
	pid_t pid;

	if (access("/proc/self/ns/user", F_OK) != 0)
		SKIP(return, "enable CONFIG_USER_NS");

	pid = fork_child(_metadata);
	if (pid == 0) {
		ASSERT_EQ(0, unshare(CLONE_NEWUSER));
		expect_no_access(_metadata, self->fd, variant->file,
				 variant->request, true);
	}
	EXPECT_EQ(0, wait_child(_metadata, pid));
	EXPECT_STREQ(before, read_setting(_metadata, variant->file));
}

/* --- The empty line to trigger --- */

/* Fails if an empty line flushes anywhere, or counts, without a directory. */
TEST_F(directory, trigger_without)
{
	struct env *const env = &self->env;
	struct snapshot before = take_snapshot(_metadata, env);

	EXPECT_EQ(EINVAL, request("\n"));
	expect_unchanged(_metadata, env, &before, EINVAL, false);

	set_directory(_metadata, self->old);
	unset_directory(_metadata);
	before = take_snapshot(_metadata, env);
	EXPECT_EQ(EINVAL, request("\n"));
	expect_unchanged(_metadata, env, &before, EINVAL, false);
}

/* Fails if the file is not made as by open(2) with mode 0400 and umask 0. */
TEST_F(directory, trigger)
{
	const unsigned long long number = next_number(_metadata);
	char path[PATH_MAX];
	struct stat st;

	set_directory(_metadata, self->old);
	expect_numbered(_metadata, &self->env, self->old, number);
	FORMAT(path, "%s/log.%llu", self->old, number);
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(S_IFREG | 0400, st.st_mode);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_EQ(1, st.st_nlink);
}

/* Fails if there is a file without records, or this counts as a failure. */
TEST_F(directory, trigger_nothing)
{
	struct env *const env = &self->env;
	const unsigned long long number = next_number(_metadata);
	struct snapshot before;

	set_directory(_metadata, self->old);
	expect_numbered(_metadata, env, self->old, number);
	flush_all_records(_metadata, env);
	before = take_snapshot(_metadata, env);
	EXPECT_EQ(ENODATA, request("\n"));
	expect_unchanged(_metadata, env, &before, ENODATA, false);
}

/* Fails if staged records are passed by, or not kept from being so. */
TEST_F(directory, trigger_staged)
{
	struct env *const env = &self->env;
	struct snapshot before;

	set_directory(_metadata, self->old);
	ASSERT_EQ(0, request_staging("A\n"));
	env->staged = true;
	before = take_snapshot(_metadata, env);
	EXPECT_EQ(EBUSY, request("\n"));
	expect_unchanged(_metadata, env, &before, EBUSY, true);
	delete_staged(_metadata);
	env->staged = false;
	expect_numbered(_metadata, env, self->old, next_number(_metadata));
}

static void expect_owner(struct __test_metadata *const _metadata,
			 const char *const dir, const unsigned long long number,
			 const uid_t uid)
{
	char path[PATH_MAX];
	struct stat st;

	FORMAT(path, "%s/log.%llu", dir, number);
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(uid, st.st_uid);
	EXPECT_EQ(uid, st.st_gid);
	EXPECT_EQ(S_IFREG | 0400, st.st_mode);
}

/*
 * Fails if it is the rights of who triggers that count, not of who set
 * directory: be they more or less.
 */
TEST_F(directory, credentials)
{
	const unsigned long long number = next_number(_metadata);
	struct env *const env = &self->env;
	struct snapshot before;

	ASSERT_EQ(0, chmod(self->new, 0777));
	ASSERT_EQ(0, write_setting_as(_metadata, env, nobody, FLUSH_DIRECTORY,
				      self->new));
	expect_numbered(_metadata, env, self->new, number);
	expect_owner(_metadata, self->new, number, UID_NOBODY);

	measure_files(_metadata, env, 1);
	ASSERT_EQ(0, chmod(self->new, 0755));
	before = take_snapshot(_metadata, env);
	EXPECT_EQ(EACCES, request("\n"));
	expect_unchanged(_metadata, env, &before, EACCES, true);

	set_directory(_metadata, self->new);
	expect_numbered_as(_metadata, env, nobody, self->new, number + 1);
	expect_owner(_metadata, self->new, number + 1, 0);
}

/* Fails if more is asked for than to write and to search: here, to read. */
TEST_F(directory, unreadable)
{
	const unsigned long long number = next_number(_metadata);
	struct env *const env = &self->env;

	ASSERT_EQ(0, chmod(self->new, 0333));
	make_log(_metadata, self->new, number + 10);
	ASSERT_EQ(0, write_setting_as(_metadata, env, nobody, FLUSH_DIRECTORY,
				      self->new));
	expect_numbered(_metadata, env, self->new, number + 11);
}

/* --- Numbers --- */

/* Fails if the highest log.N present is not passed by. */
TEST_F(directory, highest_present)
{
	const unsigned long long number = next_number(_metadata);
	char path[PATH_MAX];

	make_log(_metadata, self->old, number + 40);
	make_log(_metadata, self->old, 3);
	make_log(_metadata, self->old, number + 5);
	make_log(_metadata, self->old, number + 9);
	set_directory(_metadata, self->old);
	expect_numbered(_metadata, &self->env, self->old, number + 41);
	expect_numbered(_metadata, &self->env, self->old, number + 42);

	/* Whatever it is that has the name */
	FORMAT(path, "%s/log.%llu", self->new, number + 50);
	ASSERT_EQ(0, mkdir(path, 0700));
	FORMAT(path, "%s/log.%llu", self->new, number + 60);
	ASSERT_EQ(0, symlink("nowhere", path));
	set_directory(_metadata, self->new);
	expect_numbered(_metadata, &self->env, self->new, number + 61);
}

/* Fails if only what one read of the directory gives is looked at. */
TEST_F(directory, highest_of_many)
{
	const unsigned long long number = next_number(_metadata);
	char name[64];

	for (int i = 0; i < 2000; i++) {
		FORMAT(name, "another-file-with-a-long-name-%d", i);
		make_file(_metadata, self->old, name);
		if (i % 500 == 250)
			make_log(_metadata, self->old, number + i);
	}
	set_directory(_metadata, self->old);
	expect_numbered(_metadata, &self->env, self->old, number + 1751);
}

/* Fails if a name that is not quite log.N is taken for one, or touched. */
TEST_F(directory, other_names)
{
	static const char *const names[] = {
		"log.%llu.gz", "log.%llu~", "log.0%llu",   "log. %llu",
		"log.+%llu",   "log.-%llu", "log.x%llu",   "LOG.%llu",
		"log%llu",     "log-%llu",  "log..%llu",   "xlog.%llu",
		".log.%llu",   "log.%llux", "log.%llu.1x", "Log.%llu",
	};
	static const char *const fixed[] = {
		"log.",
		"log.x",
		"log",
		"log.99999999999999999999",
		"log.18446744073709551616",
		"log.100000000000000000000",
		"log.000000000000000000000000",
	};
	const unsigned long long number = next_number(_metadata);
	char name[64], *tree, *tree_after;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		FORMAT(name, names[i], number + 100 + i);
		make_file(_metadata, self->old, name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		make_file(_metadata, self->old, fixed[i]);

	tree = list_tree(_metadata, self->old);
	set_directory(_metadata, self->old);
	expect_numbered(_metadata, &self->env, self->old, number);
	FORMAT(name, "log.%llu", number);
	ASSERT_EQ(0, unlinkat(open(self->old, O_RDONLY | O_CLOEXEC), name, 0));
	tree_after = list_tree(_metadata, self->old);
	EXPECT_STREQ(tree, tree_after);
}

/*
 * Fails if a file that somebody made after directory was set is overwritten,
 * or makes the flush fail.
 */
TEST_F(directory, name_taken)
{
	const unsigned long long number = next_number(_metadata);
	char path[PATH_MAX];
	struct blob blob;

	set_directory(_metadata, self->old);
	make_log(_metadata, self->old, number);
	FORMAT(path, "%s/log.%llu", self->old, number + 1);
	ASSERT_EQ(0, symlink("nowhere", path));
	make_log(_metadata, self->old, number + 3);
	expect_numbered(_metadata, &self->env, self->old, number + 2);
	expect_numbered(_metadata, &self->env, self->old, number + 4);
	expect_numbered(_metadata, &self->env, self->old, number + 5);

	FORMAT(path, "%s/log.%llu", self->old, number);
	blob = read_file(_metadata, path);
	ASSERT_EQ(8, blob.size);
	EXPECT_EQ(0, memcmp("foreign\n", blob.data, 8));
	FORMAT(path, "%s/nowhere", self->old);
	EXPECT_EQ(-1, access(path, F_OK));
}

/* Fails if a number is used again when its file is gone. */
TEST_F(directory, files_deleted)
{
	const unsigned long long number = next_number(_metadata);
	char path[PATH_MAX];

	set_directory(_metadata, self->old);
	for (int i = 0; i < 3; i++) {
		expect_numbered(_metadata, &self->env, self->old, number + i);
		FORMAT(path, "%s/log.%llu", self->old, number + i);
		ASSERT_EQ(0, unlink(path));
	}
	/* Nor when the directory is read again */
	set_directory(_metadata, self->old);
	expect_numbered(_metadata, &self->env, self->old, number + 3);
}

/* Fails if two directories count each for itself. */
TEST_F(directory, two_in_turn)
{
	unsigned long long number = next_number(_metadata);

	for (int i = 0; i < 2; i++) {
		set_directory(_metadata, self->old);
		expect_numbered(_metadata, &self->env, self->old, number++);
		set_directory(_metadata, self->new);
		expect_numbered(_metadata, &self->env, self->new, number++);
	}
}

/* Fails if a number is used up by what was only present, and never used. */
TEST_F(directory, numbers_not_used)
{
	const unsigned long long number = next_number(_metadata);

	make_log(_metadata, self->old, number + 40);
	set_directory(_metadata, self->old);
	set_directory(_metadata, self->new);
	expect_numbered(_metadata, &self->env, self->new, number);
}

/* Fails if flushes to a given path have no number, or failed ones use one. */
TEST_F(directory, other_flushes)
{
	const unsigned long long number = next_number(_metadata);
	struct env *const env = &self->env;
	unsigned long long next;
	char path[PATH_MAX];

	set_directory(_metadata, self->old);
	for (int i = 0; i < 2; i++) {
		expect_numbered(_metadata, env, self->old, number + 2 * i);
		measure_files(_metadata, env, 1);
		FORMAT(path, "%s/given-%d", env->scratch, i);
		free(expect_flush(_metadata, env, path, path).data);
	}

	flush_all_records(_metadata, env);
	next = next_number(_metadata);
	EXPECT_EQ(ENODATA, request("\n"));
	measure_files(_metadata, env, 1);
	EXPECT_EQ(EEXIST, request(path));
	EXPECT_EQ(ENOENT, request("/missing/a"));
	EXPECT_EQ(EOPNOTSUPP, request("/proc/a"));
	remount(_metadata, env, MS_RDONLY);
	EXPECT_EQ(EROFS, request("\n"));
	remount(_metadata, env, 0);
	EXPECT_EQ(next, next_number(_metadata));
	expect_numbered(_metadata, env, self->old, next);
}

/* Fails if only leftovers of the kernel are removed, or others are too. */
TEST_F(directory, leftovers)
{
	static const char *const leftovers[] = {
		".ima_flush.1.tmp",
		".ima_flush.2.tmp",
		".ima_flush.100.tmp",
	};
	static const char *const others[] = {
		".ima_flush.tmp",      ".ima_flush..tmp",   ".ima_flush.x.tmp",
		".ima_flush.1.tmp.gz", "ima_flush.1.tmp",   ".ima_flush.1.tmpx",
		".ima_flush.-1.tmp",   ".ima_flush.1",	    ".ima_flush.1x.tmp",
		".IMA_FLUSH.1.tmp",    ".ima_flush. 1.tmp",
	};
	char path[PATH_MAX], *tree, *tree_after;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		make_file(_metadata, self->old, others[i]);
	FORMAT(path, "%s/.ima_flush.3.tmp", self->old);
	ASSERT_EQ(0, mkdir(path, 0700));
	tree = list_tree(_metadata, self->env.fs);
	for (size_t i = 0; i < ARRAY_SIZE(leftovers); i++)
		make_file(_metadata, self->old, leftovers[i]);
	make_file(_metadata, self->new, leftovers[0]);

	set_directory(_metadata, self->old);
	FORMAT(path, "%s/%s", self->new, leftovers[0]);
	EXPECT_EQ(0, unlink(path));
	tree_after = list_tree(_metadata, self->env.fs);
	EXPECT_STREQ(tree, tree_after);
}

/* --- Whose directory it is --- */

static bool in_chroot(const struct env *const env)
{
	return chdir(env->fs) == 0 && chroot(".") == 0;
}

/* Fails if the path is looked up, or kept, in another root than the writer's */
TEST_F(directory, chroot)
{
	ASSERT_EQ(0, write_setting_as(_metadata, &self->env, in_chroot,
				      FLUSH_DIRECTORY, "/old\n"));
	expect_setting(_metadata, FLUSH_DIRECTORY, "/old");
	expect_numbered(_metadata, &self->env, self->old,
			next_number(_metadata));
}

/* Mounts env->fs/new over env->fs/old, for this process only. */
static bool in_mount_namespace(const struct env *const env)
{
	char old[PATH_MAX], new[PATH_MAX];

	FORMAT(old, "%s/old", env->fs);
	FORMAT(new, "%s/new", env->fs);
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(new, old, NULL, MS_BIND, NULL) == 0;
}

/* Fails if a mount namespace that has ended takes directory with it. */
TEST_F(directory, mount_namespace)
{
	ASSERT_EQ(0, write_setting_as(_metadata, &self->env, in_mount_namespace,
				      FLUSH_DIRECTORY, self->old));
	expect_setting(_metadata, FLUSH_DIRECTORY, self->old);
	expect_numbered(_metadata, &self->env, self->new,
			next_number(_metadata));
	expect_numbered(_metadata, &self->env, self->new,
			next_number(_metadata));
}

/* Fails if the path is looked up again at each flush. */
TEST_F(directory, path_changed)
{
	const unsigned long long number = next_number(_metadata);
	char link[PATH_MAX], moved[PATH_MAX];

	FORMAT(link, "%s/link", self->env.fs);
	FORMAT(moved, "%s/moved", self->env.fs);
	ASSERT_EQ(0, symlink("old", link));
	set_directory(_metadata, link);
	ASSERT_EQ(0, unlink(link));
	ASSERT_EQ(0, symlink("new", link));
	expect_numbered(_metadata, &self->env, self->old, number);

	ASSERT_EQ(0, rename(self->old, moved));
	expect_setting(_metadata, FLUSH_DIRECTORY, link);
	expect_numbered(_metadata, &self->env, moved, number + 1);
}

/* Fails if a directory that is gone is written to, or cannot be replaced. */
TEST_F(directory, removed)
{
	struct env *const env = &self->env;
	struct snapshot before;

	set_directory(_metadata, self->old);
	ASSERT_EQ(0, rmdir(self->old));
	before = take_snapshot(_metadata, env);
	EXPECT_EQ(ENOENT, request("\n"));
	expect_unchanged(_metadata, env, &before, ENOENT, true);
	expect_setting(_metadata, FLUSH_DIRECTORY, self->old);

	/* The same name is not the same directory. */
	ASSERT_EQ(0, mkdir(self->old, 0755));
	before = take_snapshot(_metadata, env);
	EXPECT_EQ(ENOENT, request("\n"));
	expect_unchanged(_metadata, env, &before, ENOENT, true);
	set_directory(_metadata, self->old);
	expect_numbered(_metadata, env, self->old, next_number(_metadata));
}

/* --- Its filesystem --- */

/* Fails if it can be unmounted while set, or not when it no longer is. */
TEST_F(directory, umount)
{
	struct env *const env = &self->env;

	set_directory(_metadata, self->old);
	expect_numbered(_metadata, env, self->old, next_number(_metadata));
	EXPECT_EQ(-1, umount(env->fs));
	EXPECT_EQ(EBUSY, errno);
	/* Setting it again does not hold it twice. */
	set_directory(_metadata, self->new);
	set_directory(_metadata, self->old);
	EXPECT_EQ(-1, umount(env->fs));
	EXPECT_EQ(EBUSY, errno);
	unset_directory(_metadata);
	EXPECT_EQ(0, umount(env->fs));

	mount_fs(_metadata, env, "tmpfs", NULL);
	set_directory(_metadata, env->fs);
	EXPECT_EQ(-1, umount(env->fs));
	EXPECT_EQ(EBUSY, errno);
	set_directory(_metadata, env->scratch);
	EXPECT_EQ(0, umount(env->fs));
}

/* Fails if a refused request keeps a filesystem busy all the same. */
TEST_F(directory, umount_refused)
{
	struct env *const env = &self->env;

	ASSERT_EQ(EACCES, write_setting_as(_metadata, env, nobody,
					   FLUSH_DIRECTORY, self->old));
	remount(_metadata, env, MS_RDONLY);
	EXPECT_EQ(EROFS,
		  write_setting(FLUSH_DIRECTORY, self->old, strlen(self->old)));
	EXPECT_EQ(0, umount(env->fs));
}

/* Fails if a lazy umount ends it, or the filesystem lives on when unset. */
TEST_F(directory, lazy_umount)
{
	struct env *const env = &self->env;
	char copy[PATH_MAX], shown[PATH_MAX];

	FORMAT(copy, "%s/copy", env->scratch);
	FORMAT(shown, "%s/old", copy);
	ASSERT_EQ(0, mkdir(copy, 0700));
	ASSERT_EQ(0, mount(env->fs, copy, NULL, MS_BIND, NULL));
	set_directory(_metadata, self->old);
	ASSERT_EQ(0, umount2(env->fs, MNT_DETACH));
	expect_numbered(_metadata, env, shown, next_number(_metadata));
	unset_directory(_metadata);
	EXPECT_EQ(0, umount(copy));
}

/* Fails if directory keeps it from being remounted, or does not notice. */
TEST_F(directory, read_only_and_back)
{
	struct env *const env = &self->env;
	struct snapshot before;

	set_directory(_metadata, self->old);
	for (int i = 0; i < 2; i++) {
		remount(_metadata, env, MS_RDONLY | (i ? MS_BIND : 0));
		measure_files(_metadata, env, 1);
		before = take_snapshot(_metadata, env);
		EXPECT_EQ(EROFS, request("\n"));
		expect_unchanged(_metadata, env, &before, EROFS, true);
		remount(_metadata, env, i ? MS_BIND : 0);
		expect_numbered(_metadata, env, self->old,
				next_number(_metadata));
	}
}

FIXTURE(ext4)
{
	struct env env;
};

FIXTURE_SETUP(ext4)
{
	if (!has_filesystem("ext4"))
		SKIP(return, "the kernel has no ext4");

	setup_auto(_metadata, &self->env);
	mount_fs(_metadata, &self->env, "ext4", NULL);
}

FIXTURE_TEARDOWN(ext4)
{
	teardown_auto(_metadata, &self->env);
}

/* Fails if a flush waits until the filesystem is thawed, or fails for ever. */
TEST_F(ext4, frozen)
{
	struct env *const env = &self->env;
	struct snapshot before;

	set_directory(_metadata, env->fs);
	make_file(_metadata, env->fs, ".ima_flush.1.tmp");
	freeze(_metadata, env);
	before = take_snapshot(_metadata, env);
	EXPECT_EQ(EBUSY, request("\n"));
	/* Nor does setting it wait, although there is something to remove. */
	set_directory(_metadata, env->fs);
	expect_unchanged(_metadata, env, &before, EBUSY, true);
	unfreeze(_metadata, env);
	expect_numbered(_metadata, env, env->fs, next_number(_metadata));
}

/* Fails if a disk is kept from being unmounted, after flushes to it. */
TEST_F(ext4, umount)
{
	struct env *const env = &self->env;

	set_directory(_metadata, env->fs);
	expect_numbered(_metadata, env, env->fs, next_number(_metadata));
	EXPECT_EQ(-1, umount(env->fs));
	EXPECT_EQ(EBUSY, errno);
	unset_directory(_metadata);
	EXPECT_EQ(0, umount(env->fs));
}

/* --- While a flush into it is running --- */

struct busy {
	struct env env;
	struct fuse_server server;
	unsigned long long number; /* of the flush */
	pid_t flusher;
};

FIXTURE(busy)
{
	struct busy busy;
};

FIXTURE_SETUP(busy)
{
	struct busy *const busy = &self->busy;
	struct env *const env = &busy->env;

	if (!has_filesystem("fuse"))
		SKIP(return, "enable CONFIG_FUSE_FS");

	setup_auto(_metadata, env);
	fuse_mount(_metadata, env, &busy->server);
	set_directory(_metadata, env->fs);
	busy->number = next_number(_metadata);
	busy->server.control->held = FUSE_WRITE;
	busy->flusher = start_writer(_metadata, FLUSH_TRIGGER, "\n");
	fuse_wait_held(_metadata, &busy->server);
}

FIXTURE_TEARDOWN(busy)
{
	struct busy *const busy = &self->busy;

	/* In case that the test gave up before. */
	write(busy->server.resume[1], "", 1);
	teardown_auto(_metadata, &busy->env);
}

/* Lets the flush go on, which must not have noticed anything. */
static void resume_flush(struct __test_metadata *const _metadata,
			 struct busy *const busy)
{
	char path[PATH_MAX];

	fuse_resume(_metadata, &busy->server);
	EXPECT_EQ(0, wait_child(_metadata, busy->flusher));
	FORMAT(path, "%s/log.%llu", busy->env.fs, busy->number);
	EXPECT_EQ(0, access(path, F_OK));
	note_segments(_metadata, &busy->env);
}

/* Whether a process still waits after some time */
static bool keeps_waiting(const pid_t pid)
{
	usleep(200000);
	return wait_asleep(pid) != 'Z';
}

/* Fails if the old directory is still in use when setting another returns. */
TEST_F(busy, set)
{
	struct busy *const busy = &self->busy;
	struct env *const env = &busy->env;
	const pid_t setter =
		start_writer(_metadata, FLUSH_DIRECTORY, env->scratch);

	EXPECT_TRUE(keeps_waiting(setter));
	resume_flush(_metadata, busy);
	EXPECT_EQ(0, wait_child(_metadata, setter));
	expect_setting(_metadata, FLUSH_DIRECTORY, env->scratch);
	expect_numbered(_metadata, env, env->scratch, busy->number + 1);
	EXPECT_EQ(0, umount(env->fs));
}

/* Fails if the old directory is still in use when unsetting it returns. */
TEST_F(busy, unset)
{
	struct busy *const busy = &self->busy;
	const pid_t setter = start_writer(_metadata, FLUSH_DIRECTORY, "\n");

	EXPECT_TRUE(keeps_waiting(setter));
	resume_flush(_metadata, busy);
	EXPECT_EQ(0, wait_child(_metadata, setter));
	expect_setting(_metadata, FLUSH_DIRECTORY, "");
	EXPECT_EQ(0, umount(busy->env.fs));
}

/* Fails if who waits cannot be interrupted, or has already changed it. */
TEST_F(busy, signal)
{
	struct busy *const busy = &self->busy;
	static const int signals[] = { SIGUSR1, SIGKILL };
	const char *const requests[] = { busy->env.scratch, "\n" };

	for (int i = 0; i < 4; i++) {
		const int sig = signals[i % 2];
		const pid_t setter = start_writer(_metadata, FLUSH_DIRECTORY,
						  requests[i / 2]);

		EXPECT_TRUE(keeps_waiting(setter));
		ASSERT_EQ(0, kill(setter, sig));
		/* Not restarted either, although SA_RESTART was asked for. */
		EXPECT_EQ(sig == SIGKILL ? 128 + sig : EINTR,
			  wait_child(_metadata, setter));
		expect_setting(_metadata, FLUSH_DIRECTORY, busy->env.fs);
	}

	resume_flush(_metadata, busy);
	EXPECT_EQ(0, read_status(_metadata).last_error);
	expect_numbered(_metadata, &busy->env, busy->env.fs, busy->number + 1);
}

/* Fails if what is refused is so only after the flush. */
TEST_F(busy, refused)
{
	struct busy *const busy = &self->busy;

	EXPECT_EQ(EINVAL, write_setting(FLUSH_DIRECTORY, "a", 1));
	EXPECT_EQ(ENOENT, write_setting(FLUSH_DIRECTORY, "/missing", 8));
	expect_setting(_metadata, FLUSH_DIRECTORY, busy->env.fs);
	resume_flush(_metadata, busy);
}

/* Fails if a flush uses up its number that fails late, at the commit even. */
TEST_F(busy, failed)
{
	static const __u32 opcodes[] = { FUSE_WRITE, FUSE_FSYNC, FUSE_RENAME2,
					 FUSE_FSYNCDIR };
	struct busy *const busy = &self->busy;
	struct env *const env = &busy->env;
	int *const errors = busy->server.control->errors;
	struct snapshot before;

	resume_flush(_metadata, busy);
	for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
		measure_files(_metadata, env, 1);
		before = take_snapshot(_metadata, env);
		errors[opcodes[i]] = EIO;
		EXPECT_EQ(EIO, request("\n"));
		errors[opcodes[i]] = 0;
		expect_unchanged(_metadata, env, &before, EIO, true);
	}
	expect_numbered(_metadata, env, env->fs, busy->number + 1);
}

/* Fails if the second of two empty lines is lost, or overtakes the first. */
TEST_F(busy, trigger)
{
	struct busy *const busy = &self->busy;
	const struct status before = read_status(_metadata);
	char path[PATH_MAX];
	pid_t next;

	next = start_writer(_metadata, FLUSH_TRIGGER, "\n");
	EXPECT_TRUE(keeps_waiting(next));
	measure_files(_metadata, &busy->env, 1);
	resume_flush(_metadata, busy);
	EXPECT_EQ(0, wait_child(_metadata, next));
	FORMAT(path, "%s/log.%llu", busy->env.fs, busy->number + 1);
	EXPECT_EQ(0, access(path, F_OK));
	EXPECT_EQ(before.flushes + 2, read_status(_metadata).flushes);
}

/*
 * Fails if the temporary file of a flush that is running, into the directory
 * that is being set, is taken for a leftover.
 */
TEST_F(busy, not_a_leftover)
{
	struct busy *const busy = &self->busy;
	pid_t setter;

	/* The server answers nobody before it goes on. */
	setter = start_writer(_metadata, FLUSH_DIRECTORY, busy->env.fs);
	EXPECT_TRUE(keeps_waiting(setter));
	resume_flush(_metadata, busy);
	EXPECT_EQ(0, wait_child(_metadata, setter));
	expect_setting(_metadata, FLUSH_DIRECTORY, busy->env.fs);
}

/* The same for a flush to a given path, which may not hold up the setter. */
TEST_F(busy, not_a_leftover_of_path)
{
	struct busy *const busy = &self->busy;
	struct env *const env = &busy->env;
	char path[PATH_MAX];
	pid_t setter, flusher;

	resume_flush(_metadata, busy);
	unset_directory(_metadata);
	measure_files(_metadata, env, 1);
	FORMAT(path, "%s/given", env->fs);
	busy->server.control->held = FUSE_WRITE;
	flusher = start_writer(_metadata, FLUSH_TRIGGER, path);
	fuse_wait_held(_metadata, &busy->server);
	setter = start_writer(_metadata, FLUSH_DIRECTORY, env->fs);
	EXPECT_TRUE(keeps_waiting(setter));

	fuse_resume(_metadata, &busy->server);
	EXPECT_EQ(0, wait_child(_metadata, flusher));
	EXPECT_EQ(0, wait_child(_metadata, setter));
	EXPECT_EQ(0, access(path, F_OK));
	expect_setting(_metadata, FLUSH_DIRECTORY, env->fs);
	note_segments(_metadata, env);
}

TEST_HARNESS_MAIN
