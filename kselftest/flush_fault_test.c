// SPDX-License-Identifier: GPL-2.0-only
/*
 * What faults of the filesystem and signals do at each step of a flush: there
 * is one complete file and its records are gone, or there is nothing and the
 * list is the same
 */

#include "common.h"
#include "fuse_server.h"

/* Several writes */
#define LARGE_LIST (3 * 65536)

FIXTURE(fault)
{
	struct env env;
	struct fuse_server server;
	char path[PATH_MAX]; /* below env->fs */
};

FIXTURE_VARIANT(fault)
{
	__u32 opcode;
	int error; /* of the filesystem */
	int expected; /* of the request, if it is another one */
};

/* clang-format off */
#define FAULT(name) FIXTURE_VARIANT_ADD(fault, name)

FAULT(create_enospc) { .opcode = FUSE_MKNOD, .error = ENOSPC };
FAULT(create_edquot) { .opcode = FUSE_MKNOD, .error = EDQUOT };
FAULT(create_eio) { .opcode = FUSE_MKNOD, .error = EIO };
FAULT(open_eio) { .opcode = FUSE_OPEN, .error = EIO };
FAULT(write_enospc) { .opcode = FUSE_WRITE, .error = ENOSPC };
FAULT(write_edquot) { .opcode = FUSE_WRITE, .error = EDQUOT };
FAULT(write_efbig) { .opcode = FUSE_WRITE, .error = EFBIG };
FAULT(write_eio) { .opcode = FUSE_WRITE, .error = EIO };
FAULT(close_eio) { .opcode = FUSE_FLUSH, .error = EIO };
FAULT(sync_eio) { .opcode = FUSE_FSYNC, .error = EIO };
FAULT(sync_enospc) { .opcode = FUSE_FSYNC, .error = ENOSPC };

FAULT(sync_einval) {
	.opcode = FUSE_FSYNC,
	.error = EINVAL,
	.expected = EOPNOTSUPP,
};

FAULT(rename_eio) { .opcode = FUSE_RENAME2, .error = EIO };

FAULT(rename_einval) {
	.opcode = FUSE_RENAME2,
	.error = EINVAL,
	.expected = EOPNOTSUPP,
};

FAULT(sync_directory_eio) { .opcode = FUSE_FSYNCDIR, .error = EIO };

FAULT(sync_directory_einval) {
	.opcode = FUSE_FSYNCDIR,
	.error = EINVAL,
	.expected = EOPNOTSUPP,
};

/* clang-format on */

static void setup_fuse(struct __test_metadata *const _metadata,
		       struct env *const env, struct fuse_server *const server,
		       char *const path, const size_t size)
{
	setup_env(_metadata, env);
	fuse_mount(_metadata, env, server);
	format(path, size, "%s/log.1", env->fs);
}

FIXTURE_SETUP(fault)
{
	if (!has_filesystem("fuse"))
		SKIP(return, "enable CONFIG_FUSE_FS");

	setup_fuse(_metadata, &self->env, &self->server, self->path,
		   sizeof(self->path));
}

FIXTURE_TEARDOWN(fault)
{
	teardown_env(_metadata, &self->env);
}

/* Fails if a step's error is lost, renamed, or leaves anything behind. */
TEST_F(fault, changes_nothing)
{
	const int expected = variant->expected ?: variant->error;
	struct env *const env = &self->env;
	int *const error = &self->server.control->errors[variant->opcode];
	struct snapshot before;

	before = take_snapshot(_metadata, env);
	*error = variant->error;
	EXPECT_EQ(expected, request(self->path))
	{
		TH_LOG("Expected: %s", strerror(expected));
	}
	*error = 0;
	expect_unchanged(_metadata, env, &before, expected, true);
}

FIXTURE(storage)
{
	struct env env;
	struct fuse_server server;
	char path[PATH_MAX]; /* below env->fs */
};

FIXTURE_SETUP(storage)
{
	if (!has_filesystem("fuse"))
		SKIP(return, "enable CONFIG_FUSE_FS");

	setup_fuse(_metadata, &self->env, &self->server, self->path,
		   sizeof(self->path));
}

FIXTURE_TEARDOWN(storage)
{
	teardown_env(_metadata, &self->env);
}

/* Fails if the fallback without unnamed files leaves its own name behind. */
TEST_F(storage, works)
{
	struct env *const env = &self->env;
	char *const tree = list_tree(_metadata, env->fs);

	measure_bytes(_metadata, env, LARGE_LIST);
	free(expect_flush(_metadata, env, self->path, self->path).data);
	ASSERT_EQ(0, unlink(self->path));
	EXPECT_STREQ(tree, list_tree(_metadata, env->fs));
}

/* Fails if a write that wrote less is taken for all of it. */
TEST_F(storage, short_writes)
{
	self->server.control->max_written = 1000;
	measure_bytes(_metadata, &self->env, 65536);
	free(expect_flush(_metadata, &self->env, self->path, self->path).data);
}

/* Whether the kernel log has a line with this text from @log's position on. */
static bool is_logged(const int log, const char *const text)
{
	char line[8192];
	ssize_t size;

	while ((size = read(log, line, sizeof(line) - 1)) > 0) {
		line[size] = '\0';
		if (strstr(line, text))
			return true;
	}

	return false;
}

/*
 * Fails if the first error is hidden by that of cleaning up, or if what is
 * left behind is not named in the kernel log.
 */
TEST_F(storage, cannot_remove)
{
	const int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct env *const env = &self->env;
	int *const errors = self->server.control->errors;
	char message[PATH_MAX];
	struct snapshot before;
	struct dirent **entries;

	ASSERT_LE(0, log);
	ASSERT_LE(0, lseek(log, 0, SEEK_END));
	before = take_snapshot(_metadata, env);
	errors[FUSE_FSYNC] = EIO;
	errors[FUSE_UNLINK] = EROFS;
	EXPECT_EQ(EIO, request(self->path));
	errors[FUSE_FSYNC] = 0;
	errors[FUSE_UNLINK] = 0;

	/* What is left is not taken for the file. */
	EXPECT_EQ(-1, access(self->path, F_OK));
	ASSERT_EQ(1, scandir(env->fs, &entries, NULL, NULL));
	EXPECT_EQ(0, strncmp(entries[0]->d_name, ".ima_flush.", 11));
	FORMAT(message,
	       "%s is left behind and not part of the measurement list",
	       entries[0]->d_name);
	EXPECT_TRUE(is_logged(log, message));
	close(log);
	FORMAT(self->path, "%s/%s", env->fs, entries[0]->d_name);
	ASSERT_EQ(0, unlink(self->path));
	expect_unchanged(_metadata, env, &before, EIO, true);

	FORMAT(self->path, "%s/log.1", env->fs);
	free(expect_flush(_metadata, env, self->path, self->path).data);
}

/* --- While a flush is at a step --- */

FIXTURE(step)
{
	struct env env;
	struct fuse_server server;
	char path[PATH_MAX]; /* below env->fs */
	struct snapshot before;
	pid_t flusher; /* it waits for a flush to path */
};

FIXTURE_VARIANT(step)
{
	__u32 opcode; /* where the flush stands */
	bool commits; /* it is too late to stop it */
};

/* clang-format off */
FIXTURE_VARIANT_ADD(step, create) {
	/* clang-format on */
	.opcode = FUSE_MKNOD,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(step, write) {
	/* clang-format on */
	.opcode = FUSE_WRITE,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(step, sync) {
	/* clang-format on */
	.opcode = FUSE_FSYNC,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(step, rename) {
	/* clang-format on */
	.opcode = FUSE_RENAME2,
	.commits = true,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(step, sync_directory) {
	/* clang-format on */
	.opcode = FUSE_FSYNCDIR,
	.commits = true,
};

static void ignore_signal(int sig)
{
}

/* Starts a process that flushes and ends with the errno, 0 for success. */
static pid_t start_flush(struct __test_metadata *const _metadata,
			 const char *const path)
{
	const struct sigaction action = {
		.sa_handler = ignore_signal,
		.sa_flags = SA_RESTART,
	};
	const pid_t pid = fork_child(_metadata);

	if (pid == 0) {
		sigaction(SIGUSR1, &action, NULL);
		_exit(request(path));
	}

	return pid;
}

/* Waits until a process that flushes has gone to sleep in write(2). */
static void wait_asleep(const pid_t pid)
{
	while (read_state(pid) != 'S')
		sched_yield();
}

/*
 * Waits until a process that flushes has withdrawn the flush because of a
 * signal: it sleeps without being woken up by another one then.
 */
static void wait_withdrawn(const pid_t pid)
{
	while (read_state(pid) != 'D')
		sched_yield();
}

FIXTURE_SETUP(step)
{
	if (!has_filesystem("fuse"))
		SKIP(return, "enable CONFIG_FUSE_FS");

	setup_fuse(_metadata, &self->env, &self->server, self->path,
		   sizeof(self->path));
	self->before = take_snapshot(_metadata, &self->env);
	self->server.control->held = variant->opcode;
	self->flusher = start_flush(_metadata, self->path);
	fuse_wait_held(_metadata, &self->server);
	wait_asleep(self->flusher);
}

FIXTURE_TEARDOWN(step)
{
	teardown_env(_metadata, &self->env);
}

/* Checks that a flush wrote all that was in the list before it. */
static void expect_flushed(struct __test_metadata *const _metadata,
			   const char *const path,
			   const struct snapshot *const before)
{
	struct blob segment = read_file(_metadata, path);
	const struct status status = read_status(_metadata);

	note_records_gone(_metadata, &segment);
	EXPECT_TRUE(starts_with(&segment, &before->list));
	EXPECT_EQ(before->status.flushes + 1, status.flushes);
	EXPECT_EQ(before->status.first_in_memory +
			  count_records(&segment, BANK_SHA1),
		  status.first_in_memory);
}

/* Fails if a signal that is handled stops the flush and leaves a part of it. */
TEST_F(step, signal)
{
	int ret;

	ASSERT_EQ(0, kill(self->flusher, SIGUSR1));
	wait_withdrawn(self->flusher);
	fuse_resume(_metadata, &self->server);
	ret = wait_child(_metadata, self->flusher);
	if (variant->commits) {
		EXPECT_EQ(0, ret);
		expect_flushed(_metadata, self->path, &self->before);
	} else {
		EXPECT_EQ(EINTR, ret);
		expect_unchanged(_metadata, &self->env, &self->before, EINTR,
				 true);
	}
}

/* Fails if killing the caller stops a commit, or stops nothing before it. */
TEST_F(step, kill)
{
	ASSERT_EQ(0, kill(self->flusher, SIGKILL));
	wait_withdrawn(self->flusher);
	fuse_resume(_metadata, &self->server);
	EXPECT_EQ(128 + SIGKILL, wait_child(_metadata, self->flusher));
	if (variant->commits)
		expect_flushed(_metadata, self->path, &self->before);
	else
		expect_unchanged(_metadata, &self->env, &self->before, EINTR,
				 true);
}

/* Fails if one who waits for another flush cannot be interrupted. */
TEST_F(step, signal_next)
{
	char path[PATH_MAX];
	pid_t next;

	FORMAT(path, "%s/next", self->env.scratch);
	next = start_flush(_metadata, path);
	wait_asleep(next);
	ASSERT_EQ(0, kill(next, SIGUSR1));
	/* Not restarted either, although SA_RESTART was asked for. */
	EXPECT_EQ(EINTR, wait_child(_metadata, next));
	EXPECT_EQ(-1, access(path, F_OK));
	EXPECT_EQ(self->before.status.flush_failures + 1,
		  read_status(_metadata).flush_failures);
	EXPECT_EQ(EINTR, read_status(_metadata).last_error);

	fuse_resume(_metadata, &self->server);
	EXPECT_EQ(0, wait_child(_metadata, self->flusher));
	EXPECT_EQ(-1, access(path, F_OK));
	EXPECT_EQ(0, read_status(_metadata).last_error);
	expect_flushed(_metadata, self->path, &self->before);
}

/* Fails if a flush is made for somebody who was killed while waiting. */
TEST_F(step, kill_next)
{
	char path[PATH_MAX];
	pid_t next;

	FORMAT(path, "%s/next", self->env.scratch);
	next = start_flush(_metadata, path);
	wait_asleep(next);
	ASSERT_EQ(0, kill(next, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, wait_child(_metadata, next));

	fuse_resume(_metadata, &self->server);
	EXPECT_EQ(0, wait_child(_metadata, self->flusher));
	EXPECT_EQ(-1, access(path, F_OK));
	expect_flushed(_metadata, self->path, &self->before);
}

/* Fails if the next flush does not wait, or takes records of this one. */
TEST_F(step, next)
{
	char path[PATH_MAX];
	struct blob segment;
	pid_t next;

	FORMAT(path, "%s/next", self->env.scratch);
	next = start_flush(_metadata, path);
	wait_asleep(next);
	measure_files(_metadata, &self->env, 1);

	fuse_resume(_metadata, &self->server);
	EXPECT_EQ(0, wait_child(_metadata, self->flusher));
	EXPECT_EQ(0, wait_child(_metadata, next));
	segment = read_file(_metadata, self->path);
	note_records_gone(_metadata, &segment);
	EXPECT_TRUE(starts_with(&segment, &self->before.list));
	segment = read_file(_metadata, path);
	note_records_gone(_metadata, &segment);
	EXPECT_LT(0, count_records(&segment, BANK_SHA1));
	EXPECT_EQ(self->before.status.flushes + 2,
		  read_status(_metadata).flushes);
}

/*
 * Fails if measuring or reading waits for the storage, if records are not
 * shown before they are durable, or if new ones are freed unwritten.
 */
TEST_F(step, measure_and_read)
{
	struct env *const env = &self->env;
	struct blob list, segment;
	struct status status;
	char path[PATH_MAX];

	measured_path(env, env->num_measured, path, sizeof(path));
	measure_files(_metadata, env, 1);
	list = read_list(_metadata);
	EXPECT_TRUE(starts_with(&list, &self->before.list));
	EXPECT_EQ(1, count_path(&list, path));
	status = read_status(_metadata);
	EXPECT_EQ(self->before.status.first_in_memory, status.first_in_memory);
	EXPECT_EQ(self->before.status.flushes, status.flushes);

	fuse_resume(_metadata, &self->server);
	EXPECT_EQ(0, wait_child(_metadata, self->flusher));
	segment = read_file(_metadata, self->path);
	EXPECT_EQ(0, count_path(&segment, path));
	list = read_list(_metadata);
	EXPECT_EQ(1, count_path(&list, path));
	expect_flushed(_metadata, self->path, &self->before);
}

/* Fails if upstream's A, D or N takes records away below a flush. */
TEST_F(step, staging)
{
	const struct status before = read_status(_metadata);
	int fd;

	EXPECT_EQ(EBUSY, request_staging("A\n"));
	EXPECT_EQ(EBUSY, request_staging("D\n"));
	fd = open(IMA_LIST, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EBUSY, write_request(fd, "1\n", 2));
	close(fd);
	EXPECT_EQ(before.records_in_memory,
		  read_status(_metadata).records_in_memory);

	fuse_resume(_metadata, &self->server);
	EXPECT_EQ(0, wait_child(_metadata, self->flusher));
	EXPECT_EQ(ENOENT, request_staging("D\n"));
	expect_flushed(_metadata, self->path, &self->before);
}

/* Writes a value to a file of a cgroup, or reports why not. */
static void write_cgroup(struct __test_metadata *const _metadata,
			 const struct env *const env, const char *const name,
			 const char *const value)
{
	char path[PATH_MAX];
	int fd;

	FORMAT(path, "%s/cgroup/test/%s", env->scratch, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)strlen(value), write(fd, value, strlen(value)))
	{
		TH_LOG("Failed to write %s to %s: %s", value, path,
		       strerror(errno));
	}
	close(fd);
}

/* Fails if the freezer of a cgroup is taken for a signal. */
TEST_F(step, freezer)
{
	struct env *const env = &self->env;
	char path[PATH_MAX], pid[16];
	int ret;

	FORMAT(path, "%s/cgroup", env->scratch);
	ASSERT_EQ(0, mkdir(path, 0700));
	if (mount("cgroup2", path, "cgroup2", 0, NULL) != 0) {
		fuse_resume(_metadata, &self->server);
		ASSERT_EQ(0, wait_child(_metadata, self->flusher));
		expect_flushed(_metadata, self->path, &self->before);
		SKIP(return, "enable CONFIG_CGROUPS");
	}

	FORMAT(path, "%s/cgroup/test", env->scratch);
	ASSERT_EQ(0, mkdir(path, 0700));
	FORMAT(pid, "%d", self->flusher);
	write_cgroup(_metadata, env, "cgroup.procs", pid);
	write_cgroup(_metadata, env, "cgroup.freeze", "1");
	/* The flusher has been woken up by now, and must not have given up. */
	usleep(200000);
	fuse_resume(_metadata, &self->server);
	write_cgroup(_metadata, env, "cgroup.freeze", "0");
	ret = wait_child(_metadata, self->flusher);
	EXPECT_EQ(0, ret);
	expect_flushed(_metadata, self->path, &self->before);

	rmdir(path);
	FORMAT(path, "%s/cgroup", env->scratch);
	umount(path);
}

TEST_HARNESS_MAIN
