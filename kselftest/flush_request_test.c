// SPDX-License-Identifier: GPL-2.0-only
/*
 * What flush/trigger and flush/status accept: the syntax of requests, who may
 * send them, and how the files can be opened, read and written
 */

#include "common.h"

FIXTURE(request)
{
	struct env env;
	int trigger; /* open for writing */
};

FIXTURE_SETUP(request)
{
	setup_env(_metadata, &self->env);
	self->trigger = open(FLUSH_TRIGGER, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, self->trigger);
}

FIXTURE_TEARDOWN(request)
{
	close(self->trigger);
	teardown_env(_metadata, &self->env);
}

/* Fails if a file is open to others than root, or for the wrong direction. */
TEST_F(request, modes)
{
	expect_mode(_metadata, FLUSH_TRIGGER, 0200);
	expect_mode(_metadata, FLUSH_STATUS, 0400);
}

/* Fails if a key is missing, misplaced, or does not agree with the list. */
TEST_F(request, status_agrees_with_list)
{
	struct status status;
	struct blob list, count;

	/* Others may measure between the three. */
	do {
		status = read_status(_metadata);
		list = read_list(_metadata);
		count = read_file(_metadata,
				  IMA_DIR "runtime_measurements_count");
	} while (status.records_total != read_status(_metadata).records_total);

	EXPECT_EQ(count_records(&list, BANK_SHA1), status.records_in_memory);
	EXPECT_EQ(atol((char *)count.data),
		  status.records_in_memory + read_flushed().records);
	EXPECT_EQ(list.size, status.bytes_in_memory);
	EXPECT_EQ(status.first_in_memory,
		  status.records_flushed + status.records_removed);
	EXPECT_EQ(0, status.retry_seconds);
}

/* Fails if status needs one large read, or cannot be read again. */
TEST_F(request, status_byte_by_byte)
{
	const int fd = open(FLUSH_STATUS, O_RDONLY | O_CLOEXEC);
	struct blob whole;
	char byte;

	flush_all_records(_metadata, &self->env);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(read_fd(fd, &whole));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	for (size_t i = 0; i < whole.size; i++) {
		ASSERT_EQ(1, read(fd, &byte, 1));
		ASSERT_EQ(whole.data[i], byte);
	}
	EXPECT_EQ(0, read(fd, &byte, 1));
	close(fd);
}

/* Fails if files with one direction offer the other one, even to root. */
TEST_F(request, wrong_direction)
{
	char byte = '\n';
	int fd;

	fd = open(FLUSH_TRIGGER, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	close(fd);

	fd = open(FLUSH_STATUS, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, write(fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
}

/* Fails if a write of nothing is taken for an empty line. */
TEST_F(request, nothing)
{
	const struct status before = read_status(_metadata);

	EXPECT_EQ(0, write(self->trigger, "", 0));
	EXPECT_EQ(0, write(self->trigger, NULL, 0));
	EXPECT_EQ(before.flushes, read_status(_metadata).flushes);
	EXPECT_EQ(before.flush_failures, read_status(_metadata).flush_failures);
}

/* Fails if a bad address is dereferenced or counted. */
TEST_F(request, bad_address)
{
	void *const page =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	EXPECT_EQ(EFAULT, write_request(self->trigger, page, 16));
}

/* Fails if a newline at the end is required, or more than one is taken off. */
TEST_F(request, newline)
{
	struct env *const env = &self->env;
	char path[PATH_MAX], line[PATH_MAX];

	FORMAT(path, "%s/a", env->scratch);
	free(expect_flush(_metadata, env, path, path).data);

	measure_files(_metadata, env, 1);
	FORMAT(path, "%s/b", env->scratch);
	FORMAT(line, "%s\n", path);
	free(expect_flush(_metadata, env, line, path).data);
}

/* Fails if blanks are stripped: they belong to the name. */
TEST_F(request, blanks)
{
	struct env *const env = &self->env;
	char path[PATH_MAX], req[PATH_MAX];
	int fd;

	FORMAT(path, "%s/ a  b\t", env->scratch);
	free(expect_flush(_metadata, env, path, path).data);

	measure_files(_metadata, env, 1);
	fd = open(env->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	FORMAT(path, "%s/  c ", env->scratch);
	FORMAT(req, "fd:%d   c ", fd);
	free(expect_flush(_metadata, env, req, path).data);
	close(fd);
}

/* Fails if a request moves the position, so that the next one is refused. */
TEST_F(request, many_on_one_descriptor)
{
	struct env *const env = &self->env;
	char path[PATH_MAX];
	struct blob segment;

	for (int i = 0; i < 3; i++) {
		measure_files(_metadata, env, 1);
		FORMAT(path, "%s/%d", env->scratch, i);
		ASSERT_EQ(strlen(path),
			  write(self->trigger, path, strlen(path)));
		segment = read_file(_metadata, path);
		note_records_gone(_metadata, &segment);
		EXPECT_EQ(0, lseek(self->trigger, 0, SEEK_CUR));
		EXPECT_EQ(EINVAL, write_request(self->trigger, "x", 1));
	}
}

/* Fails if a request is taken for the rest of another one. */
TEST_F(request, position)
{
	struct env *const env = &self->env;
	const struct status before = read_status(_metadata);
	char path[PATH_MAX];
	struct blob segment;

	FORMAT(path, "%s/a", env->scratch);
	EXPECT_EQ(-1, pwrite(self->trigger, path, strlen(path), 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pwrite(self->trigger, path, strlen(path), PATH_MAX));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, access(path, F_OK));
	EXPECT_EQ(before.flush_failures, read_status(_metadata).flush_failures);

	ASSERT_EQ(strlen(path), pwrite(self->trigger, path, strlen(path), 0));
	segment = read_file(_metadata, path);
	note_records_gone(_metadata, &segment);
}

/* Builds a path of exactly @len bytes to a new file "x". */
static void long_path(const struct env *const env, char *const path,
		      const size_t len)
{
	size_t used;

	used = sprintf(path, "%s/x", env->scratch) - 1;
	while (used + 1 < len) {
		if (used + 3 <= len)
			used += sprintf(path + used, "./");
		else
			used += sprintf(path + used, "/");
	}
	path[used] = 'x';
	path[used + 1] = '\0';
}

/* Fails if the longest path is refused, or the newline counts. */
TEST_F(request, longest_path)
{
	struct env *const env = &self->env;
	char path[PATH_MAX], line[PATH_MAX + 1], file[PATH_MAX];

	FORMAT(file, "%s/x", env->scratch);
	long_path(env, path, PATH_MAX - 1);
	ASSERT_EQ(PATH_MAX - 1, strlen(path));
	free(expect_flush(_metadata, env, path, file).data);

	ASSERT_EQ(0, unlink(file));
	measure_files(_metadata, env, 1);
	FORMAT(line, "%s\n", path);
	free(expect_flush(_metadata, env, line, file).data);
}

/* Fails if a path is cut off, and so a file made that nobody asked for. */
TEST_F(request, path_too_long)
{
	static const size_t lengths[] = { PATH_MAX, PATH_MAX + 1,
					  16 * PATH_MAX };
	struct env *const env = &self->env;
	const struct status before = read_status(_metadata);
	char *const path = malloc(16 * PATH_MAX + 2);

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		long_path(env, path, lengths[i]);
		ASSERT_EQ(lengths[i], strlen(path));
		EXPECT_EQ(ENAMETOOLONG,
			  write_request(self->trigger, path, lengths[i]));
	}

	memcpy(path, "fd:0 ", 5);
	memset(path + 5, 'x', PATH_MAX);
	EXPECT_EQ(ENAMETOOLONG,
		  write_request(self->trigger, path, 5 + PATH_MAX));

	EXPECT_EQ(before.flush_failures, read_status(_metadata).flush_failures);
	EXPECT_EQ(before.flushes, read_status(_metadata).flushes);
	free(path);
}

FIXTURE(syntax)
{
	struct env env;
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

BAD_REQUEST(empty_line) { REQUEST("\n"), .error = EINVAL };
BAD_REQUEST(two_newlines) { REQUEST("\n\n"), .error = EINVAL };
BAD_REQUEST(blank) { REQUEST(" "), .error = EINVAL };
BAD_REQUEST(blank_line) { REQUEST("\x20\n"), .error = EINVAL };
BAD_REQUEST(nul) { REQUEST("\0"), .error = EINVAL };
BAD_REQUEST(nul_line) { REQUEST("\0\n"), .error = EINVAL };
BAD_REQUEST(word) { REQUEST("flush\n"), .error = EINVAL };
BAD_REQUEST(relative) { REQUEST("a"), .error = EINVAL };
BAD_REQUEST(relative_dot) { REQUEST("./a"), .error = EINVAL };
BAD_REQUEST(leading_blank) { REQUEST(" /dev/shm/a"), .error = EINVAL };
BAD_REQUEST(leading_newline) { REQUEST("\n/dev/shm/a"), .error = EINVAL };
BAD_REQUEST(inner_newline) { REQUEST("/dev/shm/a\nb"), .error = EINVAL };
BAD_REQUEST(second_newline) { REQUEST("/dev/shm/a\n\n"), .error = EINVAL };

BAD_REQUEST(two_requests) {
	REQUEST("/dev/shm/a\n/dev/shm/b\n"),
	.error = EINVAL,
};

BAD_REQUEST(inner_nul) { REQUEST("/dev/shm/a\0b"), .error = EINVAL };
BAD_REQUEST(final_nul) { REQUEST("/dev/shm/a\0"), .error = EINVAL };
BAD_REQUEST(final_nul_line) { REQUEST("/dev/shm/a\0\n"), .error = EINVAL };
BAD_REQUEST(fd) { REQUEST("fd"), .error = EINVAL };
BAD_REQUEST(fd_nothing) { REQUEST("fd:"), .error = EINVAL };
BAD_REQUEST(fd_number) { REQUEST("fd:0"), .error = EINVAL };
BAD_REQUEST(fd_number_line) { REQUEST("fd:0\n"), .error = EINVAL };
BAD_REQUEST(fd_no_name) { REQUEST("fd:0 "), .error = EINVAL };
BAD_REQUEST(fd_no_name_line) { REQUEST("fd:0\x20\n"), .error = EINVAL };
BAD_REQUEST(fd_no_number) { REQUEST("fd: a"), .error = EINVAL };
BAD_REQUEST(fd_leading_blank) { REQUEST("fd: 0 a"), .error = EINVAL };
BAD_REQUEST(fd_negative) { REQUEST("fd:-1 a"), .error = EINVAL };
BAD_REQUEST(fd_plus) { REQUEST("fd:+0 a"), .error = EINVAL };
BAD_REQUEST(fd_hexadecimal) { REQUEST("fd:0x0 a"), .error = EINVAL };
BAD_REQUEST(fd_letter) { REQUEST("fd:0a a"), .error = EINVAL };
BAD_REQUEST(fd_tab) { REQUEST("fd:0\ta"), .error = EINVAL };
BAD_REQUEST(fd_slash) { REQUEST("fd:0/a"), .error = EINVAL };
BAD_REQUEST(fd_upper_case) { REQUEST("FD:0 a"), .error = EINVAL };
BAD_REQUEST(fd_blank) { REQUEST(" fd:0 a"), .error = EINVAL };
BAD_REQUEST(fd_absolute_name) { REQUEST("fd:0 /a"), .error = EINVAL };
BAD_REQUEST(fd_two_names) { REQUEST("fd:0 a/b"), .error = EINVAL };
BAD_REQUEST(fd_final_slash) { REQUEST("fd:0 a/"), .error = EINVAL };
BAD_REQUEST(fd_inner_newline) { REQUEST("fd:0 a\nb"), .error = EINVAL };
BAD_REQUEST(fd_inner_nul) { REQUEST("fd:0 a\0b"), .error = EINVAL };

BAD_REQUEST(fd_21_digits) {
	REQUEST("fd:000000000000000000000 a"),
	.error = EINVAL,
};

BAD_REQUEST(fd_2_to_the_64) {
	REQUEST("fd:18446744073709551616 a"),
	.error = ERANGE,
};

BAD_REQUEST(fd_20_nines) {
	REQUEST("fd:99999999999999999999 a"),
	.error = ERANGE,
};

/* clang-format on */

FIXTURE_SETUP(syntax)
{
	setup_env(_metadata, &self->env);
}

FIXTURE_TEARDOWN(syntax)
{
	teardown_env(_metadata, &self->env);
}

/* Fails if wrong syntax is guessed at, makes a file, or counts as a flush. */
TEST_F(syntax, is_refused)
{
	const int fd = open(FLUSH_TRIGGER, O_WRONLY | O_CLOEXEC);
	const struct status before = read_status(_metadata);
	char *const files = list_tree(_metadata, "/dev/shm");
	struct blob list = read_list(_metadata), list_after;
	struct status after;
	char *files_after;

	/* "fd:0" is a directory, so that it is the syntax that is wrong. */
	ASSERT_EQ(0, dup2(open("/dev/shm", O_RDONLY | O_CLOEXEC), 0));
	EXPECT_EQ(variant->error,
		  write_request(fd, variant->request, variant->len));

	after = read_status(_metadata);
	files_after = list_tree(_metadata, "/dev/shm");
	list_after = read_list(_metadata);
	EXPECT_STREQ(files, files_after);
	EXPECT_TRUE(starts_with(&list_after, &list));
	EXPECT_EQ(before.first_in_memory, after.first_in_memory);
	EXPECT_EQ(before.flush_failures, after.flush_failures);
	EXPECT_EQ(before.last_error, after.last_error);
	close(fd);
}

FIXTURE(descriptor)
{
	struct env env;
	int dir;
};

FIXTURE_SETUP(descriptor)
{
	setup_env(_metadata, &self->env);
	self->dir = open(self->env.scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, self->dir);
}

FIXTURE_TEARDOWN(descriptor)
{
	close(self->dir);
	teardown_env(_metadata, &self->env);
}

static void expect_flush_to_fd(struct __test_metadata *const _metadata,
			       struct env *const env, const int fd,
			       const char *const name)
{
	char req[PATH_MAX], path[PATH_MAX];

	FORMAT(req, "fd:%d %s", fd, name);
	FORMAT(path, "%s/%s", env->scratch, name);
	free(expect_flush(_metadata, env, req, path).data);
}

/* Fails if the name is taken relative to anything but the descriptor. */
TEST_F(descriptor, name_in_directory)
{
	ASSERT_EQ(0, chdir("/"));
	expect_flush_to_fd(_metadata, &self->env, self->dir, "log.1");
}

/* Fails if the descriptor must be readable: openat(2) takes such ones too. */
TEST_F(descriptor, o_path)
{
	const int fd = open(self->env.scratch, O_PATH | O_CLOEXEC);

	ASSERT_LE(0, fd);
	expect_flush_to_fd(_metadata, &self->env, fd, "log.1");
	close(fd);
}

/* Fails if leading zeros, of which 20 digits leave room, mean octal. */
TEST_F(descriptor, leading_zeros)
{
	char req[PATH_MAX], path[PATH_MAX];
	const int fd = fcntl(self->dir, F_DUPFD_CLOEXEC, 20);

	ASSERT_LE(20, fd);
	FORMAT(req, "fd:%020d log.1\n", fd);
	FORMAT(path, "%s/log.1", self->env.scratch);
	free(expect_flush(_metadata, &self->env, req, path).data);
	close(fd);
}

/* Fails if a name of three dots or with a leading one is taken for "..". */
TEST_F(descriptor, names_with_dots)
{
	expect_flush_to_fd(_metadata, &self->env, self->dir, "...");
	measure_files(_metadata, &self->env, 1);
	expect_flush_to_fd(_metadata, &self->env, self->dir, ".log");
}

/* Fails if a directory that was moved away is looked up by its old path. */
TEST_F(descriptor, moved_directory)
{
	char old[PATH_MAX], new[PATH_MAX], req[PATH_MAX], path[PATH_MAX];
	int fd;

	FORMAT(old, "%s/old", self->env.scratch);
	FORMAT(new, "%s/new", self->env.scratch);
	ASSERT_EQ(0, mkdir(old, 0700));
	fd = open(old, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, rename(old, new));

	FORMAT(req, "fd:%d log.1", fd);
	FORMAT(path, "%s/log.1", new);
	free(expect_flush(_metadata, &self->env, req, path).data);
	close(fd);
}

/* Fails if numbers are cut to 32 bits: 2^32 + N is not descriptor N. */
TEST_F(descriptor, bad_numbers)
{
	char req[PATH_MAX];

	EXPECT_EQ(EBADF, request("fd:4294967295 a"));
	EXPECT_EQ(EBADF, request("fd:18446744073709551615 a"));
	FORMAT(req, "fd:%llu a", (1ULL << 32) + self->dir);
	EXPECT_EQ(EBADF, request(req));
}

FIXTURE(capability)
{
	struct env env;
	int trigger; /* opened by root */
};

FIXTURE_SETUP(capability)
{
	setup_env(_metadata, &self->env);
	self->trigger = open(FLUSH_TRIGGER, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, self->trigger);
}

FIXTURE_TEARDOWN(capability)
{
	close(self->trigger);
	teardown_env(_metadata, &self->env);
}

/* What a process may not do that got the descriptors from root */
static void expect_no_access(struct __test_metadata *const _metadata,
			     const struct env *const env, const int trigger,
			     const bool mode)
{
	char path[PATH_MAX];

	FORMAT(path, "%s/a", env->scratch);
	EXPECT_EQ(EPERM, write_request(trigger, path, strlen(path)));
	/* Whoever may not ask does not learn what is wrong with a request. */
	EXPECT_EQ(EPERM, write_request(trigger, "\n", 1));

	EXPECT_EQ(-1, open(FLUSH_TRIGGER, O_WRONLY));
	EXPECT_TRUE(errno == EPERM || (mode && errno == EACCES));
	EXPECT_EQ(-1, open(FLUSH_STATUS, O_RDONLY));
	EXPECT_TRUE(errno == EPERM || (mode && errno == EACCES));
}

static void expect_child(struct __test_metadata *const _metadata,
			 const pid_t pid, const struct env *const env)
{
	const struct status before = read_status(_metadata);
	char path[PATH_MAX];
	struct status after;

	EXPECT_EQ(0, wait_child(_metadata, pid));
	after = read_status(_metadata);
	FORMAT(path, "%s/a", env->scratch);
	EXPECT_EQ(-1, access(path, F_OK));
	EXPECT_EQ(before.first_in_memory, after.first_in_memory);
	EXPECT_EQ(before.flush_failures, after.flush_failures);
	EXPECT_EQ(before.last_error, after.last_error);
}

/* Fails if being root is enough, or the capability counts at open only. */
TEST_F(capability, root_without_it)
{
	const pid_t pid = fork_child(_metadata);

	if (pid == 0) {
		ASSERT_TRUE(drop_cap(CAP_SYS_ADMIN));
		expect_no_access(_metadata, &self->env, self->trigger, false);
		_exit(0);
	}
	expect_child(_metadata, pid, &self->env);
}

/* Fails if an open descriptor is enough for somebody without privileges. */
TEST_F(capability, nobody)
{
	const pid_t pid = fork_child(_metadata);

	if (pid == 0) {
		ASSERT_EQ(0, setresuid(UID_NOBODY, UID_NOBODY, UID_NOBODY));
		expect_no_access(_metadata, &self->env, self->trigger, true);
		_exit(0);
	}
	expect_child(_metadata, pid, &self->env);
}

/* Fails if the capability counts in a user namespace that anybody can make. */
TEST_F(capability, root_of_user_namespace)
{
	pid_t pid;

	if (access("/proc/self/ns/user", F_OK) != 0)
		SKIP(return, "enable CONFIG_USER_NS");

	pid = fork_child(_metadata);
	if (pid == 0) {
		ASSERT_EQ(0, unshare(CLONE_NEWUSER));
		expect_no_access(_metadata, &self->env, self->trigger, true);
		_exit(0);
	}
	expect_child(_metadata, pid, &self->env);
}

TEST_HARNESS_MAIN
