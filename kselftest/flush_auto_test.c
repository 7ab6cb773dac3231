// SPDX-License-Identifier: GPL-2.0-only
/*
 * flush/max_records and what the kernel does by itself: it flushes when that
 * many records are in memory, and if that fails, keeps them and tries again
 */

#include "auto.h"
#include "crowd.h"
#include "fuse_server.h"

/* Long enough for a flush that should not happen, in microseconds */
#define A_WHILE 300000

/* Records in memory at which most tests have the kernel flush */
#define LIMIT 5

FIXTURE(limit)
{
	struct env env;
};

FIXTURE_SETUP(limit)
{
	setup_auto(_metadata, &self->env);
	mount_fs(_metadata, &self->env, "tmpfs", NULL);
}

FIXTURE_TEARDOWN(limit)
{
	teardown_auto(_metadata, &self->env);
}

/* --- What is accepted --- */

/* Fails if the file is open to others than root. */
TEST_F(limit, mode)
{
	expect_mode(_metadata, FLUSH_MAX_RECORDS, 0600);
}

/* Fails if a number is refused, or read back otherwise. */
TEST_F(limit, numbers)
{
	static const struct {
		const char *req;
		const char *value;
	} numbers[] = {
		{ "0", "0" },
		{ "1\n", "1" },
		{ "1000000", "1000000" },
		{ "00000000000001000000\n", "1000000" },
		{ "010", "10" },
		{ "00000000000000000000", "0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		EXPECT_EQ(0, write_setting(FLUSH_MAX_RECORDS, numbers[i].req,
					   strlen(numbers[i].req)));
		expect_setting(_metadata, FLUSH_MAX_RECORDS, numbers[i].value);
	}
}

/* Fails if requests move the position, or are taken anywhere else. */
TEST_F(limit, position)
{
	const int fd = open(FLUSH_MAX_RECORDS, O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, write_request(fd, "700000", 6));
	EXPECT_EQ(0, write_request(fd, "800000", 6));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(0, write(fd, "", 0));
	EXPECT_EQ(-1, pwrite(fd, "900000", 6, 1));
	EXPECT_EQ(EINVAL, errno);
	expect_setting(_metadata, FLUSH_MAX_RECORDS, "800000");
	EXPECT_EQ(6, pwrite(fd, "900000", 6, 0));
	expect_setting(_metadata, FLUSH_MAX_RECORDS, "900000");
	close(fd);
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
BAD_REQUEST(two_newlines) { REQUEST("1\n\n"), .error = EINVAL };
BAD_REQUEST(two_numbers) { REQUEST("1\n2"), .error = EINVAL };
BAD_REQUEST(leading_blank) { REQUEST(" 1"), .error = EINVAL };
BAD_REQUEST(final_blank) { REQUEST("1 "), .error = EINVAL };
BAD_REQUEST(leading_newline) { REQUEST("\n1"), .error = EINVAL };
BAD_REQUEST(plus) { REQUEST("+1"), .error = EINVAL };
BAD_REQUEST(minus) { REQUEST("-1\n"), .error = EINVAL };
BAD_REQUEST(minus_zero) { REQUEST("-0"), .error = EINVAL };
BAD_REQUEST(hexadecimal) { REQUEST("0x10"), .error = EINVAL };
BAD_REQUEST(suffix) { REQUEST("1k"), .error = EINVAL };
BAD_REQUEST(fraction) { REQUEST("1.0"), .error = EINVAL };
BAD_REQUEST(word) { REQUEST("max\n"), .error = EINVAL };
BAD_REQUEST(path) { REQUEST("/dev/shm"), .error = EINVAL };
BAD_REQUEST(nul) { REQUEST("\0"), .error = EINVAL };
BAD_REQUEST(final_nul) { REQUEST("1\0"), .error = EINVAL };
BAD_REQUEST(inner_nul) { REQUEST("1\0x"), .error = EINVAL };

BAD_REQUEST(zeros_21) {
	REQUEST("000000000000000000001"),
	.error = EINVAL,
};

BAD_REQUEST(digits_21) {
	REQUEST("100000000000000000000"),
	.error = EINVAL,
};

BAD_REQUEST(too_large) { REQUEST("1000001\n"), .error = ERANGE };
BAD_REQUEST(two_to_the_32) { REQUEST("4294967297"), .error = ERANGE };
BAD_REQUEST(largest) { REQUEST("18446744073709551615"), .error = ERANGE };

BAD_REQUEST(two_to_the_64) {
	REQUEST("18446744073709551617"),
	.error = ERANGE,
};

BAD_REQUEST(nines_20) { REQUEST("99999999999999999999"), .error = ERANGE };

/* clang-format on */

FIXTURE_SETUP(syntax)
{
	setup_auto(_metadata, &self->env);
	set_max_records(_metadata, 123456);
	set_directory(_metadata, self->env.scratch);
	measure_files(_metadata, &self->env, 2);
}

FIXTURE_TEARDOWN(syntax)
{
	teardown_auto(_metadata, &self->env);
}

/* Fails if a part of the request is taken for a limit, which flushes. */
TEST_F(syntax, changes_nothing)
{
	const int fd = open(FLUSH_MAX_RECORDS, O_WRONLY | O_CLOEXEC);
	const struct status before = read_status(_metadata);
	struct status after;

	EXPECT_EQ(variant->error,
		  write_request(fd, variant->request, variant->len));
	close(fd);
	expect_setting(_metadata, FLUSH_MAX_RECORDS, "123456");
	usleep(A_WHILE / 10);
	after = read_status(_metadata);
	EXPECT_EQ(before.flushes, after.flushes);
	EXPECT_EQ(before.flush_failures, after.flush_failures);
}

/* --- When it flushes --- */

/* Expects that so many flushes happen, no more, of so many records at least */
static void expect_flushes(struct __test_metadata *const _metadata,
			   const struct env *const env,
			   const struct status *const before, const int num,
			   const long records)
{
	struct status after;

	EXPECT_TRUE(WAIT_STATUS(flushes, before->flushes + num, SOON))
	{
		TH_LOG("There was no flush");
	}
	usleep(A_WHILE);
	after = read_status(_metadata);
	EXPECT_EQ(before->flushes + num, after.flushes);
	EXPECT_LE(before->first_in_memory + records, after.first_in_memory);
	EXPECT_EQ(before->flush_failures, after.flush_failures);
	EXPECT_EQ(0, after.last_error);
	EXPECT_EQ(0, after.retry_seconds);
	note_segments(_metadata, env);
}

static void expect_no_flush(struct __test_metadata *const _metadata,
			    const struct status *const before)
{
	struct status after;

	usleep(A_WHILE);
	after = read_status(_metadata);
	EXPECT_EQ(before->flushes, after.flushes);
	EXPECT_EQ(before->first_in_memory, after.first_in_memory);
	EXPECT_EQ(before->flush_failures, after.flush_failures);
	EXPECT_EQ(0, after.retry_seconds);
}

/* Leaves nothing in memory, and so a flush whose result was good. */
static struct status empty_memory(struct __test_metadata *const _metadata,
				  struct env *const env)
{
	note_segments(_metadata, env);
	measure_files(_metadata, env, 1);
	flush_all_records(_metadata, env);
	return read_status(_metadata);
}

/* Fails if a limit counts only when the next file is measured. */
TEST_F(limit, already_reached)
{
	static const int measured[] = { LIMIT, LIMIT + 1, 4 * LIMIT };
	struct env *const env = &self->env;
	struct status before;

	for (size_t i = 0; i < ARRAY_SIZE(measured); i++) {
		set_max_records(_metadata, 0);
		before = empty_memory(_metadata, env);
		set_directory(_metadata, env->fs);
		measure_files(_metadata, env, measured[i]);
		expect_no_flush(_metadata, &before);
		set_max_records(_metadata, LIMIT);
		expect_flushes(_metadata, env, &before, 1, measured[i]);
	}
}

/* Fails if it flushes too early, too late, or only once. */
TEST_F(limit, reached)
{
	struct env *const env = &self->env;
	struct status before = empty_memory(_metadata, env);
	char path[PATH_MAX];

	set_directory(_metadata, env->fs);
	set_max_records(_metadata, 20);
	for (int i = 0; i < 3; i++) {
		FORMAT(path, "%s/log.%llu", env->fs, next_number(_metadata));
		measure_files(_metadata, env, 19);
		expect_no_flush(_metadata, &before);
		measure_files(_metadata, env, 1);
		expect_flushes(_metadata, env, &before, 1, 20);
		EXPECT_EQ(0, access(path, F_OK));
		before = read_status(_metadata);
	}
}

/* Fails if a limit without a directory does anything, or is then forgotten. */
TEST_F(limit, before_directory)
{
	struct env *const env = &self->env;
	const struct status before = empty_memory(_metadata, env);

	set_max_records(_metadata, LIMIT);
	measure_files(_metadata, env, 2 * LIMIT);
	expect_no_flush(_metadata, &before);
	set_directory(_metadata, env->fs);
	expect_flushes(_metadata, env, &before, 1, 2 * LIMIT);
}

/* Fails if it goes on after 0, or after directory was unset. */
TEST_F(limit, stopped)
{
	struct env *const env = &self->env;
	struct status before;

	for (int i = 0; i < 2; i++) {
		set_max_records(_metadata, 0);
		before = empty_memory(_metadata, env);
		set_directory(_metadata, env->fs);
		set_max_records(_metadata, LIMIT);
		measure_files(_metadata, env, LIMIT);
		expect_flushes(_metadata, env, &before, 1, LIMIT);

		before = read_status(_metadata);
		if (i == 0)
			set_max_records(_metadata, 0);
		else
			unset_directory(_metadata);
		measure_files(_metadata, env, 2 * LIMIT);
		expect_no_flush(_metadata, &before);
	}
}

/* Fails if the old limit counts when it was raised. */
TEST_F(limit, raised)
{
	struct env *const env = &self->env;
	const struct status before = empty_memory(_metadata, env);

	set_directory(_metadata, env->fs);
	set_max_records(_metadata, LIMIT);
	set_max_records(_metadata, 4 * LIMIT);
	measure_files(_metadata, env, 4 * LIMIT - 1);
	expect_no_flush(_metadata, &before);
	measure_files(_metadata, env, 1);
	expect_flushes(_metadata, env, &before, 1, 4 * LIMIT);
}

/* Fails if records that are no longer in memory count. */
TEST_F(limit, flushed_meanwhile)
{
	struct env *const env = &self->env;
	struct status before = empty_memory(_metadata, env);
	char path[PATH_MAX];

	set_directory(_metadata, env->fs);
	set_max_records(_metadata, 2 * LIMIT);
	measure_files(_metadata, env, 2 * LIMIT - 1);
	FORMAT(path, "%s/given", env->scratch);
	free(expect_flush(_metadata, env, path, path).data);
	before = read_status(_metadata);
	measure_files(_metadata, env, 2 * LIMIT - 1);
	expect_no_flush(_metadata, &before);
	measure_files(_metadata, env, 1);
	expect_flushes(_metadata, env, &before, 1, 2 * LIMIT);
}

/* Fails if a name that is taken stops automatic flushes, or is overwritten. */
TEST_F(limit, name_taken)
{
	struct env *const env = &self->env;
	const struct status before = empty_memory(_metadata, env);
	unsigned long long number;
	char path[PATH_MAX];

	set_directory(_metadata, env->fs);
	number = next_number(_metadata);
	FORMAT(path, "%s/log.%llu", env->fs, number);
	ASSERT_EQ(0, mkdir(path, 0700));
	set_max_records(_metadata, LIMIT);
	measure_files(_metadata, env, LIMIT);
	expect_flushes(_metadata, env, &before, 1, LIMIT);
	EXPECT_EQ(number + 2, next_number(_metadata));
	FORMAT(path, "%s/log.%llu", env->fs, number + 1);
	EXPECT_EQ(0, access(path, F_OK));
}

static bool nobody(const struct env *const env)
{
	/* This takes CAP_DAC_OVERRIDE away, but not CAP_SYS_ADMIN. */
	setfsuid(UID_NOBODY);
	setfsgid(UID_NOBODY);
	return setfsuid(-1) == UID_NOBODY;
}

/* Fails if it flushes as root, whoever has set directory, or is measured. */
TEST_F(limit, owner)
{
	struct env *const env = &self->env;
	const struct status before = empty_memory(_metadata, env);
	unsigned long long number;
	char path[PATH_MAX];
	struct stat st;

	ASSERT_EQ(0, chmod(env->fs, 0777));
	ASSERT_EQ(0, write_setting_as(_metadata, env, nobody, FLUSH_DIRECTORY,
				      env->fs));
	number = next_number(_metadata);
	set_max_records(_metadata, LIMIT);
	measure_files(_metadata, env, LIMIT);
	expect_flushes(_metadata, env, &before, 1, LIMIT);
	FORMAT(path, "%s/log.%llu", env->fs, number);
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(UID_NOBODY, st.st_uid);
	EXPECT_EQ(UID_NOBODY, st.st_gid);
	EXPECT_EQ(S_IFREG | 0400, st.st_mode);
}

/*
 * Fails if what a flush reads or writes is measured itself, so that one leads
 * to the next, on a filesystem where that could be.
 */
TEST_F(limit, of_one)
{
	struct env *const env = &self->env;
	struct status before, after;

	if (!has_filesystem("ext4"))
		SKIP(return, "the kernel has no ext4");

	ASSERT_EQ(0, umount(env->fs));
	mount_fs(_metadata, env, "ext4", NULL);
	before = empty_memory(_metadata, env);
	set_directory(_metadata, env->fs);
	set_max_records(_metadata, 1);
	for (int i = 1; i <= 3; i++) {
		measure_files(_metadata, env, 1);
		EXPECT_TRUE(WAIT_STATUS(flushes, before.flushes + i, SOON));
	}
	usleep(A_WHILE);
	after = read_status(_metadata);
	EXPECT_EQ(before.flushes + 3, after.flushes);
	EXPECT_EQ(before.records_total + 3, after.records_total);
	EXPECT_EQ(0, after.records_in_memory);
}

/* --- While a flush is running --- */

FIXTURE(running)
{
	struct env env;
	struct fuse_server server;
	struct status before;
};

FIXTURE_SETUP(running)
{
	struct env *const env = &self->env;

	if (!has_filesystem("fuse"))
		SKIP(return, "enable CONFIG_FUSE_FS");

	setup_auto(_metadata, env);
	fuse_mount(_metadata, env, &self->server);
	self->before = empty_memory(_metadata, env);
	set_directory(_metadata, env->fs);
	set_max_records(_metadata, LIMIT);
	self->server.control->held = FUSE_WRITE;
	measure_files(_metadata, env, LIMIT);
	fuse_wait_held(_metadata, &self->server);
}

FIXTURE_TEARDOWN(running)
{
	/* In case that the test gave up before. */
	write(self->server.resume[1], "", 1);
	teardown_auto(_metadata, &self->env);
}

/*
 * Fails if a process that is measured waits for the storage, or if the limit
 * that is reached meanwhile is forgotten.
 */
TEST_F(running, measure)
{
	const struct status *const before = &self->before;
	struct status status;

	measure_files(_metadata, &self->env, 3 * LIMIT);
	status = read_status(_metadata);
	EXPECT_EQ(before->flushes, status.flushes);
	EXPECT_LE(4 * LIMIT, status.records_in_memory);
	EXPECT_EQ(before->flush_failures, status.flush_failures);

	fuse_resume(_metadata, &self->server);
	expect_flushes(_metadata, &self->env, before, 2, 4 * LIMIT);
}

/* Fails if upstream's A, D or N takes records away below the flush. */
TEST_F(running, staging)
{
	const int fd = open(IMA_LIST, O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(EBUSY, write_request(fd, "1\n", 2));
	close(fd);
	EXPECT_EQ(EBUSY, request_staging("A\n"));
	EXPECT_EQ(EBUSY, request_staging("D\n"));
	fuse_resume(_metadata, &self->server);
	expect_flushes(_metadata, &self->env, &self->before, 1, LIMIT);
	EXPECT_EQ(self->before.records_removed,
		  read_status(_metadata).records_removed);
}

/* Fails if the limit from before the flush counts after it. */
TEST_F(running, stopped)
{
	measure_files(_metadata, &self->env, 3 * LIMIT);
	set_max_records(_metadata, 0);
	fuse_resume(_metadata, &self->server);
	expect_flushes(_metadata, &self->env, &self->before, 1, LIMIT);
	EXPECT_LE(3 * LIMIT, read_status(_metadata).records_in_memory);
}

/* Fails if a trigger during the flush fails, or its records are lost. */
TEST_F(running, trigger)
{
	struct env *const env = &self->env;
	char path[PATH_MAX];
	pid_t pid;

	measure_files(_metadata, env, 1);
	FORMAT(path, "%s/given", env->scratch);
	pid = start_writer(_metadata, FLUSH_TRIGGER, path);
	EXPECT_NE('Z', wait_asleep(pid));
	fuse_resume(_metadata, &self->server);
	EXPECT_EQ(0, wait_child(_metadata, pid));
	EXPECT_EQ(0, access(path, F_OK));
	expect_flushes(_metadata, env, &self->before, 2, LIMIT + 1);
}

/* Fails if an error of the storage ends it, or is counted more than once. */
TEST_F(running, error)
{
	int *const error = &self->server.control->errors[FUSE_FSYNC];
	struct status status;

	*error = EIO;
	fuse_resume(_metadata, &self->server);
	ASSERT_TRUE(WAIT_STATUS(flush_failures, self->before.flush_failures + 1,
				SOON));
	status = read_status(_metadata);
	EXPECT_EQ(EIO, status.last_error);
	EXPECT_EQ(self->before.first_in_memory, status.first_in_memory);
	*error = 0;
	EXPECT_TRUE(WAIT_STATUS(flushes, self->before.flushes + 1, SOON));
	EXPECT_EQ(self->before.flush_failures + 1,
		  read_status(_metadata).flush_failures);
}

/* --- When it fails --- */

FIXTURE(failing)
{
	struct env env;
	struct kernel_log log;
};

typedef void (*condition_t)(struct __test_metadata *_metadata, struct env *env);

FIXTURE_VARIANT(failing)
{
	const char *fs;
	const char *options; /* of a tmpfs */
	become_t become; /* who sets directory */
	condition_t hinder;
	condition_t repair;
	int error;
	const char *cause; /* in the audit record */
};

static void fill(struct __test_metadata *const _metadata, struct env *const env)
{
	static const char block[4096];
	char path[PATH_MAX];
	int fd;

	FORMAT(path, "%s/filler", env->fs);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	while (write(fd, block, sizeof(block)) > 0)
		;
	ASSERT_EQ(ENOSPC, errno);
	close(fd);
}

static void make_room(struct __test_metadata *const _metadata,
		      struct env *const env)
{
	char path[PATH_MAX];

	FORMAT(path, "%s/filler", env->fs);
	ASSERT_EQ(0, unlink(path));
}

static void make_read_only(struct __test_metadata *const _metadata,
			   struct env *const env)
{
	remount(_metadata, env, MS_RDONLY);
}

static void make_writable(struct __test_metadata *const _metadata,
			  struct env *const env)
{
	remount(_metadata, env, 0);
}

static void make_mount_read_only(struct __test_metadata *const _metadata,
				 struct env *const env)
{
	remount(_metadata, env, MS_BIND | MS_RDONLY);
}

static void make_mount_writable(struct __test_metadata *const _metadata,
				struct env *const env)
{
	remount(_metadata, env, MS_BIND);
}

static void deny(struct __test_metadata *const _metadata, struct env *const env)
{
	ASSERT_EQ(0, chmod(env->fs, 0755));
}

static void allow(struct __test_metadata *const _metadata,
		  struct env *const env)
{
	ASSERT_EQ(0, chmod(env->fs, 0777));
}

/* By a process that does not live to delete what it staged */
static void stage(struct __test_metadata *const _metadata,
		  struct env *const env)
{
	const pid_t pid = fork_child(_metadata);

	if (pid == 0)
		_exit(request_staging("A\n"));
	ASSERT_EQ(0, wait_child(_metadata, pid));
	env->staged = true;
}

static void unstage(struct __test_metadata *const _metadata,
		    struct env *const env)
{
	note_segments(_metadata, env);
	delete_staged(_metadata);
	env->staged = false;
}

/* clang-format off */
#define FAILING(name) FIXTURE_VARIANT_ADD(failing, name)

FAILING(full) {
	.fs = "tmpfs", .options = "size=64k", .hinder = fill,
	.repair = make_room, .error = ENOSPC, .cause = "ENOSPC",
};

FAILING(full_ext4) {
	.fs = "ext4", .hinder = fill, .repair = make_room, .error = ENOSPC,
	.cause = "ENOSPC",
};

FAILING(read_only) {
	.fs = "tmpfs", .hinder = make_read_only, .repair = make_writable,
	.error = EROFS, .cause = "EROFS",
};

FAILING(read_only_mount) {
	.fs = "tmpfs", .hinder = make_mount_read_only,
	.repair = make_mount_writable, .error = EROFS, .cause = "EROFS",
};

FAILING(frozen) {
	.fs = "ext4", .hinder = freeze, .repair = unfreeze, .error = EBUSY,
	.cause = "EBUSY",
};

FAILING(staged) {
	.fs = "tmpfs", .hinder = stage, .repair = unstage, .error = EBUSY,
	.cause = "EBUSY",
};

FAILING(denied) {
	.fs = "tmpfs", .options = "mode=0777", .become = nobody,
	.hinder = deny, .repair = allow, .error = EACCES, .cause = "EACCES",
};

/* clang-format on */

FIXTURE_SETUP(failing)
{
	if (!has_filesystem(variant->fs))
		SKIP(return, "the kernel has no %s", variant->fs);

	setup_auto(_metadata, &self->env);
	mount_fs(_metadata, &self->env, variant->fs, variant->options);
	self->log = open_log(_metadata);
}

FIXTURE_TEARDOWN(failing)
{
	close_log(&self->log);
	teardown_auto(_metadata, &self->env);
}

/* Checks that a flush has failed with this error, and nothing else happened. */
static void expect_failed(struct __test_metadata *const _metadata,
			  const struct status *const before, const int error)
{
	const struct status status = read_status(_metadata);

	EXPECT_EQ(error, status.last_error);
	EXPECT_EQ(before->flushes, status.flushes);
	EXPECT_EQ(before->segments, status.segments);
	EXPECT_EQ(before->first_in_memory, status.first_in_memory);
	EXPECT_EQ(before->records_flushed, status.records_flushed);
	EXPECT_EQ(before->records_removed, status.records_removed);
}

/* Waits until nothing is wrong any more, and all of it has been logged. */
static void wait_recovered(struct __test_metadata *const _metadata,
			   const long flushes)
{
	const double end = now() + SOON;

	ASSERT_TRUE(WAIT_STATUS(flushes, flushes, SOON))
	{
		TH_LOG("There was no flush");
	}
	while (read_status(_metadata).last_error && now() < end)
		usleep(5000);
	EXPECT_EQ(0, read_status(_metadata).last_error);
	EXPECT_EQ(0, read_status(_metadata).retry_seconds);
	usleep(100000);
}

/*
 * Fails if an error loses records, is not shown, or not overcome by itself
 * when its reason is gone, or if it is logged and audited at each attempt.
 */
TEST_F(failing, until_repaired)
{
	struct env *const env = &self->env;
	const struct kernel_log *const log = &self->log;
	struct blob list, list_after;
	struct status before;
	long failures;

	ASSERT_EQ(0, write_setting_as(_metadata, env, variant->become,
				      FLUSH_DIRECTORY, env->fs));
	variant->hinder(_metadata, env);
	measure_files(_metadata, env, 2 * LIMIT);
	before = read_status(_metadata);
	list = read_list(_metadata);
	set_max_records(_metadata, LIMIT);
	failures = before.flush_failures + 2;
	ASSERT_TRUE(WAIT_STATUS(flush_failures, failures, SOON));
	expect_failed(_metadata, &before, variant->error);
	EXPECT_LE(1, read_status(_metadata).retry_seconds);
	list_after = read_list(_metadata);
	EXPECT_TRUE(starts_with(&list_after, &list));
	expect_audit(_metadata, log, variant->cause, 0);
	expect_no_audit(_metadata, log);
	EXPECT_EQ(1, count_lines(_metadata, log));

	variant->repair(_metadata, env);
	wait_recovered(_metadata, before.flushes + 1);
	expect_audit(_metadata, log, "flushed", 1);
	expect_no_audit(_metadata, log);
	EXPECT_EQ(1, count_lines(_metadata, log));

	/* The next flush is nothing to be told. */
	measure_files(_metadata, env, LIMIT);
	wait_recovered(_metadata, before.flushes + 2);
	expect_no_audit(_metadata, log);
	EXPECT_EQ(0, count_lines(_metadata, log));
	note_segments(_metadata, env);
}

struct full {
	struct env env;
	struct kernel_log log;
	struct status before;
};

FIXTURE(full)
{
	struct full full;
};

/* A directory that is full, and the limit is reached */
FIXTURE_SETUP(full)
{
	struct full *const full = &self->full;
	struct env *const env = &full->env;

	setup_auto(_metadata, env);
	mount_fs(_metadata, env, "tmpfs", "size=1m");
	full->before = empty_memory(_metadata, env);
	fill(_metadata, env);
	set_directory(_metadata, env->fs);
	full->log = open_log(_metadata);
	set_max_records(_metadata, LIMIT);
	measure_files(_metadata, env, LIMIT);
}

FIXTURE_TEARDOWN(full)
{
	struct full *const full = &self->full;

	close_log(&full->log);
	teardown_auto(_metadata, &full->env);
}

/* Waits for that many failed attempts, and not one more. Returns when it was */
static double wait_failures(struct __test_metadata *const _metadata,
			    const struct status *const before, const int num)
{
	EXPECT_TRUE(WAIT_STATUS(flush_failures, before->flush_failures + num,
				SOON));
	EXPECT_EQ(before->flush_failures + num,
		  read_status(_metadata).flush_failures);
	return now();
}

/*
 * Fails if it tries again sooner than after 1, 2 and 4 seconds, be it because
 * of further records, much later, or announces another time.
 */
TEST_F(full, back_off)
{
	struct full *const full = &self->full;
	double last = wait_failures(_metadata, &full->before, 1);

	for (int i = 1; i <= 3; i++) {
		const int step = 1 << (i - 1);
		const long failures = full->before.flush_failures + i;
		struct status status;
		long largest = 0;

		do {
			status = read_status(_metadata);
			if (status.flush_failures == failures) {
				EXPECT_GE(step, status.retry_seconds);
				if (status.retry_seconds > largest)
					largest = status.retry_seconds;
				measure_files(_metadata, &full->env, 1);
			}
			usleep(20000);
		} while (status.flush_failures == failures &&
			 now() < last + step + SOON);

		EXPECT_EQ(failures + 1, status.flush_failures);
		EXPECT_EQ(step, largest);
		EXPECT_LE(step - 0.2, now() - last);
		EXPECT_GE(step + 5, now() - last);
		last = now();
	}
	expect_failed(_metadata, &full->before, ENOSPC);

	/* By itself, in at most 8 seconds */
	make_room(_metadata, &full->env);
	wait_recovered(_metadata, full->before.flushes + 1);
	EXPECT_GE(8 + 5, now() - last);
}

/* Expects that the next attempt is made at once when a setting is written. */
static void expect_at_once(struct __test_metadata *const _metadata,
			   struct full *const full, const char *const file,
			   const char *const req)
{
	const double last = wait_failures(_metadata, &full->before, 3);

	make_room(_metadata, &full->env);
	EXPECT_EQ(0, write_setting(file, req, strlen(req)));
	EXPECT_TRUE(WAIT_STATUS(flushes, full->before.flushes + 1, SOON));
	EXPECT_GT(3.5, now() - last);
	wait_recovered(_metadata, full->before.flushes + 1);
}

/* Fails if it waits on although directory was written. */
TEST_F(full, directory_written)
{
	struct full *const full = &self->full;

	expect_at_once(_metadata, full, FLUSH_DIRECTORY, full->env.fs);
}

/* Fails if it waits on although max_records was written. */
TEST_F(full, max_records_written)
{
	struct full *const full = &self->full;

	expect_at_once(_metadata, full, FLUSH_MAX_RECORDS, "5\n");
}

/* Fails if a write that still does not help is not tried, or stops it. */
TEST_F(full, written_in_vain)
{
	struct full *const full = &self->full;
	const double last = wait_failures(_metadata, &full->before, 3);

	set_max_records(_metadata, LIMIT);
	EXPECT_TRUE(WAIT_STATUS(flush_failures, full->before.flush_failures + 4,
				SOON));
	EXPECT_GT(3.5, now() - last);
	expect_failed(_metadata, &full->before, ENOSPC);
	EXPECT_LE(1, read_status(_metadata).retry_seconds);
	make_room(_metadata, &full->env);
	wait_recovered(_metadata, full->before.flushes + 1);
}

/* Fails if it waits on although a trigger succeeded. */
TEST_F(full, trigger_succeeded)
{
	struct full *const full = &self->full;
	const double last = wait_failures(_metadata, &full->before, 3);
	struct env *const env = &full->env;
	char path[PATH_MAX];

	FORMAT(path, "%s/given", env->scratch);
	EXPECT_EQ(0, request(path));
	EXPECT_EQ(0, read_status(_metadata).last_error);
	EXPECT_EQ(0, read_status(_metadata).retry_seconds);
	make_room(_metadata, env);
	measure_files(_metadata, env, LIMIT);
	EXPECT_TRUE(WAIT_STATUS(flushes, full->before.flushes + 2, SOON));
	EXPECT_GT(3.5, now() - last);
	wait_recovered(_metadata, full->before.flushes + 2);
}

/* Fails if an empty line does not use the room that there is again. */
TEST_F(full, trigger_empty_line)
{
	struct full *const full = &self->full;
	const double last = wait_failures(_metadata, &full->before, 3);
	struct status status;

	EXPECT_EQ(ENOSPC, request("\n"));
	EXPECT_EQ(full->before.flush_failures + 4,
		  read_status(_metadata).flush_failures);
	make_room(_metadata, &full->env);
	EXPECT_EQ(0, request("\n"));
	EXPECT_GT(3.5, now() - last);
	status = read_status(_metadata);
	EXPECT_EQ(full->before.flushes + 1, status.flushes);
	EXPECT_EQ(0, status.last_error);
	EXPECT_EQ(0, status.retry_seconds);
}

/* Fails if it still tries when nobody wants it to any more. */
TEST_F(full, given_up)
{
	struct full *const full = &self->full;
	struct status status;

	for (int i = 1; i <= 2; i++) {
		wait_failures(_metadata, &full->before, i);
		if (i == 1)
			set_max_records(_metadata, 0);
		else
			unset_directory(_metadata);
		EXPECT_EQ(0, read_status(_metadata).retry_seconds);
		usleep(1500000);
		status = read_status(_metadata);
		EXPECT_EQ(full->before.flush_failures + i,
			  status.flush_failures);
		EXPECT_EQ(0, status.retry_seconds);
		set_max_records(_metadata, LIMIT);
	}
	EXPECT_EQ(full->before.flushes, status.flushes);
}

/* Fails if another error is not told, or the same one again and again. */
TEST_F(full, another_error)
{
	struct full *const full = &self->full;
	struct env *const env = &full->env;
	long failures;

	wait_failures(_metadata, &full->before, 2);
	expect_audit(_metadata, &full->log, "ENOSPC", 0);
	remount(_metadata, env, MS_RDONLY);
	EXPECT_TRUE(WAIT_STATUS(last_error, EROFS, SOON));
	expect_audit(_metadata, &full->log, "EROFS", 0);
	set_max_records(_metadata, LIMIT);
	usleep(A_WHILE);
	EXPECT_EQ(2, count_lines(_metadata, &full->log));

	remount(_metadata, env, 0);
	failures = read_status(_metadata).flush_failures;
	set_max_records(_metadata, LIMIT);
	EXPECT_TRUE(WAIT_STATUS(flush_failures, failures + 1, SOON));
	EXPECT_EQ(ENOSPC, read_status(_metadata).last_error);
	expect_audit(_metadata, &full->log, "ENOSPC", 0);
	make_room(_metadata, env);
	set_max_records(_metadata, LIMIT);
	wait_recovered(_metadata, full->before.flushes + 1);
	expect_audit(_metadata, &full->log, "flushed", 1);
	expect_no_audit(_metadata, &full->log);
	EXPECT_EQ(2, count_lines(_metadata, &full->log));
}

/* Fails if a directory that was removed is not named, or holds up the next. */
TEST_F(full, directory_removed)
{
	struct full *const full = &self->full;
	struct env *const env = &full->env;
	char path[PATH_MAX];
	long failures;

	FORMAT(path, "%s/removed", env->scratch);
	ASSERT_EQ(0, mkdir(path, 0700));
	set_max_records(_metadata, 0);
	set_directory(_metadata, path);
	ASSERT_EQ(0, rmdir(path));
	failures = read_status(_metadata).flush_failures;
	set_max_records(_metadata, LIMIT);
	EXPECT_TRUE(WAIT_STATUS(flush_failures, failures + 1, SOON));
	expect_failed(_metadata, &full->before, ENOENT);
	set_directory(_metadata, env->scratch);
	wait_recovered(_metadata, full->before.flushes + 1);
}

/* --- Many at once --- */

#define NUM_MEASURERS 100
#define NUM_FILES 40
#define CROWD_LIMIT 200

/* What the processes of a test share */
struct shared {
	bool stop; /* what you are doing */
	int num_measured;
	int num_staged;
	int num_deleted;
	int num_flushed;
};

struct crowd {
	struct env env;
	struct shared *shared;
	struct workers workers;
};

FIXTURE(crowd)
{
	struct crowd crowd;
};

FIXTURE_SETUP(crowd)
{
	struct crowd *const crowd = &self->crowd;

	setup_auto(_metadata, &crowd->env);
	mount_fs(_metadata, &crowd->env, "tmpfs", NULL);
	crowd->shared = map_shared(_metadata, sizeof(*crowd->shared));
	crowd->workers.stop = &crowd->shared->stop;
}

FIXTURE_TEARDOWN(crowd)
{
	struct crowd *const crowd = &self->crowd;

	crowd->shared->stop = true;
	teardown_auto(_metadata, &crowd->env);
}

/* Waits until a counter has gone up by @num, while others do something. */
static void wait_counter(const int *const counter, const int num)
{
	const int wanted = read_counter(counter) + num;

	while (read_counter(counter) < wanted)
		usleep(1000);
}

/* Starts @task in a process of its own, which ends when all are stopped. */
static void start(struct __test_metadata *const _metadata,
		  struct crowd *const crowd,
		  void (*const task)(struct __test_metadata *_metadata,
				     struct crowd *crowd, int number),
		  const int number)
{
	if (start_worker(_metadata, &crowd->workers)) {
		task(_metadata, crowd, number);
		_exit(0);
	}
}

static void stop_all(struct __test_metadata *const _metadata,
		     struct crowd *const crowd)
{
	stop_workers(_metadata, &crowd->workers);
	set_max_records(_metadata, 0);
	unset_directory(_metadata);
}

static void measure_some(struct __test_metadata *const _metadata,
			 struct crowd *const crowd, const int number)
{
	char path[PATH_MAX];

	for (int i = 0; i < NUM_FILES; i++) {
		crowd_path(&crowd->env, number, i, path, sizeof(path));
		ASSERT_TRUE(measure_path(path));
		count_one(&crowd->shared->num_measured);
	}
}

/* Returns the records since boot: those that are gone, and the list. */
static struct blob read_all(struct __test_metadata *const _metadata)
{
	struct blob all = read_records_gone(_metadata);
	struct blob list = read_list(_metadata);

	append(&all, &list);
	free(list.data);
	return all;
}

/*
 * Counts how often each file of a process is in the records since boot:
 * measurer, then number of the file.
 */
static int *count_files(struct __test_metadata *const _metadata,
			const struct env *const env, const int num_measurers,
			const int num_files)
{
	int *const times = calloc(num_measurers * num_files, sizeof(int));
	struct blob all = read_all(_metadata);
	char prefix[PATH_MAX];
	struct record record;
	size_t offset = 0;

	FORMAT(prefix, "%s/crowd-", env->dir);
	while (parse_record(&all, offset, BANK_SHA1->digest_size, &record)) {
		const char *const path = memmem(record.data, record.data_len,
						prefix, strlen(prefix));
		int measurer, number;

		offset += record.size;
		if (!path || sscanf(path + strlen(prefix), "%d-%d", &measurer,
				    &number) != 2)
			continue;
		ASSERT_GT(num_measurers, measurer);
		ASSERT_GT(num_files, number);
		times[measurer * num_files + number]++;
	}
	EXPECT_EQ(all.size, offset);
	free(all.data);
	return times;
}

/*
 * Fails if so many at once make the list grow without bounds, because a flush
 * starves or a limit is missed, or if a record is lost or written twice.
 */
TEST_F(crowd, measure)
{
	struct crowd *const crowd = &self->crowd;
	const int num = NUM_MEASURERS * NUM_FILES;
	struct env *const env = &crowd->env;
	const struct status before = empty_memory(_metadata, env);
	struct status status;
	long largest = 0;
	int *times;

	set_directory(_metadata, env->fs);
	set_max_records(_metadata, CROWD_LIMIT);
	for (int i = 0; i < NUM_MEASURERS; i++)
		start(_metadata, crowd, measure_some, i);
	while (read_counter(&crowd->shared->num_measured) < num) {
		status = read_status(_metadata);
		if (status.records_in_memory > largest)
			largest = status.records_in_memory;
		usleep(2000);
	}
	TH_LOG("At most %ld of %d records were in memory", largest, num);
	EXPECT_LE(CROWD_LIMIT / 2, largest);
	EXPECT_GE(8 * CROWD_LIMIT, largest);
	usleep(A_WHILE);
	status = read_status(_metadata);
	EXPECT_GT(CROWD_LIMIT, status.records_in_memory);
	EXPECT_EQ(before.flush_failures, status.flush_failures);
	EXPECT_LE(num / (8 * CROWD_LIMIT), status.flushes - before.flushes);
	EXPECT_GE(num / CROWD_LIMIT + 1, status.flushes - before.flushes);

	stop_all(_metadata, crowd);
	note_segments(_metadata, env);
	times = count_files(_metadata, env, NUM_MEASURERS, NUM_FILES);
	for (int i = 0; i < num; i++)
		EXPECT_EQ(1, times[i]);
	free(times);
}

/* Measures files of the test, in order, as fast as it can. */
static void measure_often(struct __test_metadata *const _metadata,
			  struct crowd *const crowd, const int first)
{
	char path[PATH_MAX];

	while (!stopped(&crowd->workers)) {
		measured_path(&crowd->env, first + crowd->shared->num_measured,
			      path, sizeof(path));
		ASSERT_TRUE(measure_path(path));
		count_one(&crowd->shared->num_measured);
	}
}

/* Stages and deletes records: each time, there is something to be repaired. */
static void stage_often(struct __test_metadata *const _metadata,
			struct crowd *const crowd, const int number)
{
	int ret;

	while (!stopped(&crowd->workers)) {
		ret = request_staging("A\n");
		/* A flush is running, or there is nothing. */
		if (ret == EBUSY || ret == ENOENT)
			continue;
		ASSERT_EQ(0, ret);
		usleep(random() % 20000);
		do {
			ret = request_staging("D\n");
		} while (ret == EBUSY);
		ASSERT_EQ(0, ret);
		count_one(&crowd->shared->num_staged);
		usleep(random() % 50000);
	}
}

/* Deletes the first record of the list. */
static void delete_often(struct __test_metadata *const _metadata,
			 struct crowd *const crowd, const int number)
{
	while (!stopped(&crowd->workers)) {
		const int fd = open(IMA_LIST, O_WRONLY | O_CLOEXEC);
		int ret = errno;

		if (fd >= 0) {
			ret = write_request(fd, "1\n", 2);
			close(fd);
		}
		ASSERT_TRUE(ret == 0 || ret == ENOENT || ret == EBUSY)
		{
			TH_LOG("Failed to delete: %s", strerror(ret));
		}
		if (ret == 0)
			count_one(&crowd->shared->num_deleted);
		usleep(random() % 20000);
	}
}

static void flush_often(struct __test_metadata *const _metadata,
			struct crowd *const crowd, const int number)
{
	while (!stopped(&crowd->workers)) {
		const int ret = request("\n");

		ASSERT_TRUE(ret == 0 || ret == ENODATA || ret == EBUSY)
		{
			TH_LOG("Failed to flush: %s", strerror(ret));
		}
		if (ret == 0)
			count_one(&crowd->shared->num_flushed);
		usleep(random() % 200000);
	}
}

/*
 * Makes the record of another file from that of one of the test: their paths
 * have the same length, and they are both empty.
 */
static void note_record_of(struct __test_metadata *const _metadata,
			   const struct env *const env,
			   const struct blob *const model, const int number)
{
	struct blob blob = { malloc(model->size), model->size };
	char path[PATH_MAX];
	struct record record;
	__u8 *name;

	memcpy(blob.data, model->data, model->size);
	ASSERT_TRUE(parse_record(&blob, 0, BANK_SHA1->digest_size, &record));
	ASSERT_EQ(blob.size, record.size);
	name = memmem(blob.data, blob.size, env->dir, strlen(env->dir));
	ASSERT_NE(NULL, name);
	measured_path(env, number, path, sizeof(path));
	memcpy(name, path, strlen(path));
	sha1(record.data, record.data_len, (__u8 *)record.digest);
	note_records_gone(_metadata, &blob);
	free(blob.data);
}

/*
 * Notes all records from @model on: what the segments do not have is what was
 * deleted. Record N since @model is that of file N since that of @model.
 */
static void collect_records(struct __test_metadata *const _metadata,
			    const struct env *const env,
			    const struct blob *const model,
			    const int model_number,
			    const struct status *const before)
{
	const struct segments segments = read_segments(_metadata);
	const struct status status = read_status(_metadata);
	const long offset = model_number - before->first_in_memory;
	long next = before->first_in_memory;

	for (size_t i = before->segments; i < segments.num; i++) {
		const struct segment *const segment = &segments.lines[i];
		struct blob blob = read_file(_metadata, segment->path);

		ASSERT_LE(next, segment->first_record);
		for (; next < segment->first_record; next++)
			note_record_of(_metadata, env, model, next + offset);
		note_records_gone(_metadata, &blob);
		next += segment->records;
		free(blob.data);
	}
	for (; next < status.first_in_memory; next++)
		note_record_of(_metadata, env, model, next + offset);

	EXPECT_EQ(status.first_in_memory, count_records_gone(_metadata));
	free_segments(&segments);
}

/*
 * Fails if A, D, N, a trigger and automatic flushes take the same records, or
 * leave some out. Nobody reads what D and N delete: all records are known,
 * and the TPM tells whether each was where it is missed.
 */
TEST_F(crowd, delete)
{
	struct crowd *const crowd = &self->crowd;
	const struct shared *const shared = crowd->shared;
	struct env *const env = &crowd->env;
	const int model_number = env->num_measured + 1;
	struct status before, status;
	struct blob model;

	empty_memory(_metadata, env);
	measure_files(_metadata, env, 1);
	ASSERT_EQ(model_number + 1, env->num_measured);
	model = read_list(_metadata);
	before = read_status(_metadata);
	ASSERT_EQ(1, before.records_in_memory);

	set_directory(_metadata, env->fs);
	/* So few that it is reached between triggers on a slow kernel, too. */
	set_max_records(_metadata, 5);
	start(_metadata, crowd, measure_often, env->num_measured);
	start(_metadata, crowd, stage_often, 0);
	start(_metadata, crowd, delete_often, 0);
	start(_metadata, crowd, flush_often, 0);
	wait_counter(&shared->num_staged, 20);
	wait_counter(&shared->num_deleted, 20);
	wait_counter(&shared->num_flushed, 20);
	stop_all(_metadata, crowd);

	status = read_status(_metadata);
	TH_LOG("%d staged, %d deleted, %d triggers, %ld flushes, %ld records",
	       shared->num_staged, shared->num_deleted, shared->num_flushed,
	       status.flushes - before.flushes,
	       status.records_total - before.records_total);
	EXPECT_LT(shared->num_flushed, status.flushes - before.flushes);
	EXPECT_EQ(before.records_total + shared->num_measured,
		  status.records_total);
	EXPECT_EQ(status.first_in_memory,
		  status.records_flushed + status.records_removed);
	collect_records(_metadata, env, &model, model_number, &before);
	free(model.data);
}

/* --- Suspend --- */

#define PM_STATE "/sys/power/state"
#define PM_TEST "/sys/power/pm_test"
#define PM_TEST_DELAY "/sys/module/suspend/parameters/pm_test_delay"

/* How the tests leave it, for the time that all is frozen in seconds. */
static bool setup_suspend(const char *const seconds)
{
	return write_setting(PM_TEST_DELAY, seconds, strlen(seconds)) == 0 &&
	       write_setting(PM_TEST, "freezer", 7) == 0;
}

static void restore_suspend(struct __test_metadata *const _metadata)
{
	EXPECT_EQ(0, write_setting(PM_TEST, "none", 4));
	EXPECT_EQ(0, write_setting(PM_TEST_DELAY, "5", 1));
}

/* Freezes all, and thaws it again. Returns the errno. */
static int suspend(void)
{
	return write_setting(PM_STATE, "freeze", 6);
}

/* Measures numbered files until it is stopped. */
static void measure_crowd(struct __test_metadata *const _metadata,
			  struct crowd *const crowd, const int number)
{
	char path[PATH_MAX];

	for (int i = 0; !stopped(&crowd->workers); i++) {
		crowd_path(&crowd->env, number, i, path, sizeof(path));
		ASSERT_TRUE(measure_path(path));
		usleep(2000);
	}
}

/*
 * Fails if a flush, or a process that waits for one, keeps the system from
 * being suspended, or does not go on afterwards.
 */
TEST_F(crowd, suspend)
{
	struct crowd *const crowd = &self->crowd;
	struct env *const env = &crowd->env;
	struct status status;

	if (!setup_suspend("1"))
		SKIP(return, "enable CONFIG_PM_DEBUG and CONFIG_SUSPEND");

	set_directory(_metadata, env->fs);
	set_max_records(_metadata, LIMIT);
	start(_metadata, crowd, measure_crowd, 0);
	start(_metadata, crowd, measure_crowd, 1);
	start(_metadata, crowd, flush_often, 0);
	for (int i = 0; i < 5; i++) {
		usleep(random() % 50000);
		EXPECT_EQ(0, suspend())
		{
			TH_LOG("Failed to suspend: see the kernel log");
		}
		status = read_status(_metadata);
		EXPECT_TRUE(WAIT_STATUS(flushes, status.flushes + 10, SOON));
	}
	restore_suspend(_metadata);
	stop_all(_metadata, crowd);
	EXPECT_EQ(0, read_status(_metadata).last_error);
	EXPECT_EQ(0, read_status(_metadata).flush_failures -
			     status.flush_failures);
}

/*
 * Fails if the kernel writes while the system is suspended, or an attempt that
 * was due then is not made up for.
 */
TEST_F(full, suspend)
{
	struct full *const full = &self->full;
	struct env *const env = &full->env;
	char path[PATH_MAX];
	struct timespec end;
	struct stat st;
	int ret;

	wait_failures(_metadata, &full->before, 2);
	FORMAT(path, "%s/log.%llu", env->fs, next_number(_metadata));
	if (!setup_suspend("5"))
		SKIP(return, "enable CONFIG_PM_DEBUG and CONFIG_SUSPEND");

	/* The next attempt is due in 2 seconds. */
	make_room(_metadata, env);
	ret = suspend();
	clock_gettime(CLOCK_REALTIME, &end);
	restore_suspend(_metadata);
	EXPECT_EQ(0, ret);
	wait_recovered(_metadata, full->before.flushes + 1);
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_LE(end.tv_sec - 1, st.st_mtim.tv_sec)
	{
		TH_LOG("Written %ld seconds before the end of the suspend",
		       (long)(end.tv_sec - st.st_mtim.tv_sec));
	}
}

/* --- Out of memory --- */

/* Writes to a file of a cgroup of the test. Returns the errno. */
static int write_cgroup(const struct env *const env, const char *const name,
			const char *const value)
{
	char path[PATH_MAX];

	FORMAT(path, "%s/cgroup/%s", env->scratch, name);
	return write_setting(path, value, strlen(value));
}

static bool setup_cgroup(struct __test_metadata *const _metadata,
			 const struct env *const env)
{
	char path[PATH_MAX];

	FORMAT(path, "%s/cgroup", env->scratch);
	ASSERT_EQ(0, mkdir(path, 0700));
	if (mount("cgroup2", path, "cgroup2", 0, NULL) != 0)
		return false;

	FORMAT(path, "%s/cgroup/oom", env->scratch);
	return write_cgroup(env, "cgroup.subtree_control", "+memory") == 0 &&
	       (mkdir(path, 0700) == 0 || errno == EEXIST) &&
	       write_cgroup(env, "oom/memory.max", "16M") == 0;
}

static void remove_cgroup(struct __test_metadata *const _metadata,
			  const struct env *const env)
{
	char path[PATH_MAX];

	FORMAT(path, "%s/cgroup/oom", env->scratch);
	EXPECT_EQ(0, rmdir(path));
	EXPECT_EQ(0, write_cgroup(env, "cgroup.subtree_control", "-memory"));
}

/* Measures, flushes, and takes more and more memory, until it is killed. */
static void use_up_memory(struct __test_metadata *const _metadata,
			  struct crowd *const crowd, const bool flush)
{
	const size_t size = 128 << 10;
	char path[PATH_MAX];

	ASSERT_EQ(0, write_cgroup(&crowd->env, "oom/cgroup.procs", "0"));
	for (int i = 0;; i++) {
		crowd_path(&crowd->env, 0, crowd->shared->num_measured, path,
			   sizeof(path));
		measure_path(path);
		count_one(&crowd->shared->num_measured);
		if (flush)
			request("\n");
		memset(malloc(size), 1, size);
	}
}

/*
 * Fails if the OOM killer ends flushing together with the process that is
 * measured, waits for a flush, or has set directory.
 */
TEST_F(crowd, out_of_memory)
{
	struct crowd *const crowd = &self->crowd;
	struct env *const env = &crowd->env;
	struct status status;
	int *times;
	pid_t pid;

	if (!setup_cgroup(_metadata, env))
		SKIP(return, "enable CONFIG_MEMCG");

	set_max_records(_metadata, LIMIT);
	for (int i = 0; i < 6; i++) {
		status = read_status(_metadata);
		pid = fork_child(_metadata);
		if (pid == 0) {
			set_directory(_metadata, env->fs);
			use_up_memory(_metadata, crowd, i % 2);
		}
		EXPECT_EQ(128 + SIGKILL, wait_child(_metadata, pid));
		EXPECT_LT(status.flushes, read_status(_metadata).flushes);
	}

	/* It still flushes for others, and into the same directory. */
	status = read_status(_metadata);
	measure_files(_metadata, env, LIMIT);
	EXPECT_TRUE(WAIT_STATUS(flushes, status.flushes + 1, SOON));
	stop_all(_metadata, crowd);
	note_segments(_metadata, env);
	times = count_files(_metadata, env, 1, crowd->shared->num_measured + 1);
	for (int i = 0; i < crowd->shared->num_measured; i++)
		EXPECT_EQ(1, times[i]);
	free(times);
	remove_cgroup(_metadata, env);
}

TEST_HARNESS_MAIN
