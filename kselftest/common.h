/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests for flushing the measurement list share: the environment of
 * a test, requests, and the checks that hold after each of them
 */

#ifndef COMMON_H
#define COMMON_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "records.h"

#define SECURITYFS "/sys/kernel/security"
#define FLUSH_TRIGGER FLUSH_DIR "trigger"

/* Measured by ima_policy=tcb, if it is not a tmpfs */
#define WORK_DIR "/var/tmp"

#define UID_NOBODY 65534

/* Of one test, in seconds: plain emulation with KASAN takes its time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

/* The keys of flush/status, in their order */
struct status {
	long records_total;
	long records_in_memory;
	long bytes_in_memory;
	long first_record;
	long records_flushed;
	long flushes;
	long records_removed;
	long segments;
	long flush_failures;
	long last_error;
	long retry_seconds;
	/* No key: the number of the first record in memory, staged or not */
	long first_in_memory;
};

static const char *const status_keys[] = {
	"records_total",   "records_in_memory", "bytes_in_memory",
	"first_record",	   "records_flushed",	"flushes",
	"records_removed", "segments",		"flush_failures",
	"last_error",	   "retry_seconds",
};

/* The environment of one test */
struct env {
	char dir[PATH_MAX / 8]; /* measured, and removed after the test */
	char fs[PATH_MAX / 4]; /* in it: where mount_fs() mounts */
	char scratch[PATH_MAX / 4]; /* in it: a tmpfs, not measured */
	int num_measured; /* files so far, for their names */
	int num_flushed; /* files so far, for their names */
	bool complete; /* RECORDS_GONE has all that is gone */
	bool staged; /* teardown_env() is to delete staged records */
	bool frozen; /* teardown_env() is to thaw the filesystem */
};

static void __printf(3, 4)
	format(char *const str, const size_t size, const char *const fmt, ...);

/* Like snprintf(), for what must not be cut off. */
static void format(char *const str, const size_t size, const char *const fmt,
		   ...)
{
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(str, size, fmt, args) >= (int)size)
		abort();
	va_end(args);
}

#define FORMAT(array, ...) format(array, sizeof(array), __VA_ARGS__)

/* --- Requests and status --- */

/* Returns 0 if all of it was taken, else the errno, or -1 if only a part. */
static int write_request(const int fd, const void *const req, const size_t len)
{
	const ssize_t ret = write(fd, req, len);

	if (ret < 0)
		return errno;

	return (size_t)ret == len ? 0 : -1;
}

/* Sends one request. Returns 0 on success, else the errno. */
static inline int request(const char *const req)
{
	const int fd = open(FLUSH_TRIGGER, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return errno;

	ret = write_request(fd, req, strlen(req));
	close(fd);
	return ret;
}

static inline struct status read_status(struct __test_metadata *const _metadata)
{
	struct blob blob = read_file(_metadata, FLUSH_STATUS);
	struct status status;
	long *const values = (long *)&status;
	const char *line;

	append(&blob, &(struct blob){ (__u8 *)"", 1 });
	line = (const char *)blob.data;
	for (size_t i = 0; i < ARRAY_SIZE(status_keys); i++) {
		const size_t len = strlen(status_keys[i]);
		int used = 0;

		ASSERT_EQ(0, strncmp(line, status_keys[i], len))
		{
			TH_LOG("Line %zu is not %s", i + 1, status_keys[i]);
		}
		ASSERT_EQ(1, sscanf(line + len, " %ld%n", &values[i], &used));
		ASSERT_EQ('\n', line[len + used]);
		line += len + used + 1;
	}

	free(blob.data);
	status.first_in_memory =
		status.records_total - status.records_in_memory;
	return status;
}

/* Returns 0 if the staging interface took the request, else the errno. */
static int request_staging(const char *const req)
{
	const int fd = open(IMA_STAGED, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return errno;

	ret = write_request(fd, req, strlen(req));
	close(fd);
	return ret;
}

/* Checks that a file is root's, and has this mode. */
static inline void expect_mode(struct __test_metadata *const _metadata,
			       const char *const path, const mode_t mode)
{
	struct stat st;

	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(S_IFREG | mode, st.st_mode);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_EQ(0, st.st_gid);
}

/* --- Processes --- */

/* Starts a child that ends with the test. Returns its PID, or 0 in it. */
static pid_t fork_child(struct __test_metadata *const _metadata)
{
	const pid_t parent = getpid();
	pid_t pid;

	fflush(NULL);
	pid = fork();
	ASSERT_LE(0, pid);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(KSFT_FAIL);
	}

	return pid;
}

/* Returns the exit status of a child, 128 + N if it was ended by signal N. */
static int wait_child(struct __test_metadata *const _metadata, const pid_t pid)
{
	int status;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

/* Gives up a capability for good. Returns false on an error. */
static inline bool drop_cap(const int cap)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) != 0)
		return false;

	data[CAP_TO_INDEX(cap)].effective &= ~CAP_TO_MASK(cap);
	data[CAP_TO_INDEX(cap)].permitted &= ~CAP_TO_MASK(cap);
	return syscall(SYS_capset, &header, data) == 0;
}

/* Runs a program that is in PATH. Returns its exit status, 127 without it. */
static int run(struct __test_metadata *const _metadata, char *const argv[])
{
	const pid_t pid = fork_child(_metadata);

	if (pid == 0) {
		const int null = open("/dev/null", O_RDWR);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}

	return wait_child(_metadata, pid);
}

/* The state of a process as in /proc/PID/stat, or 0 */
static inline char read_state(const pid_t pid)
{
	char path[64], state = 0;
	FILE *file;

	FORMAT(path, "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;

	fclose(file);
	return state;
}

/* --- Filesystems --- */

/*
 * Attaches a file to a loop device that goes away when it is unmounted. The
 * descriptor returned keeps it until then, and is for reading only: a kernel
 * without CONFIG_BLK_DEV_WRITE_MOUNTED mounts nothing that is open for writing.
 */
static int open_loop(struct __test_metadata *const _metadata,
		     const char *const image, char *const device,
		     const size_t size)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int fd, reader, number;

	ASSERT_LE(0, control)
	{
		TH_LOG("No /dev/loop-control: enable CONFIG_BLK_DEV_LOOP");
	}
	config.fd = open(image, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, (int)config.fd);
	do {
		number = ioctl(control, LOOP_CTL_GET_FREE);
		ASSERT_LE(0, number);
		format(device, size, "/dev/loop%d", number);
		fd = open(device, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd)
		{
			TH_LOG("Failed to open %s: %s", device,
			       strerror(errno));
		}
		/* Somebody else may have been faster. */
	} while (ioctl(fd, LOOP_CONFIGURE, &config) != 0 && errno == EBUSY);

	reader = open(device, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, reader);
	close(fd);
	close(config.fd);
	close(control);
	return reader;
}

static inline bool has_filesystem(const char *const type)
{
	FILE *const file = fopen("/proc/filesystems", "re");
	char line[128], name[64];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "nodev %63s", name) == 1 ||
		    sscanf(line, " %63s", name) == 1)
			found = strcmp(name, type) == 0;
	}

	if (file)
		fclose(file);
	return found;
}

/*
 * Makes a filesystem of 16 MiB in a file in env->scratch, without blocks that
 * are reserved for root, and mounts it.
 */
static inline void mount_image(struct __test_metadata *const _metadata,
			       const struct env *const env,
			       const char *const type)
{
	char mkfs[64], image[PATH_MAX], device[64];
	char *const mkfs_ext4[] = { mkfs, "-q", "-F", "-m", "0", image, NULL };
	char *const mkfs_vfat[] = { mkfs, image, NULL };
	int fd;

	FORMAT(mkfs, "mkfs.%s", type);
	FORMAT(image, "%s/image", env->scratch);
	fd = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 16 << 20));
	close(fd);
	ASSERT_EQ(0, run(_metadata,
			 strcmp(type, "vfat") == 0 ? mkfs_vfat : mkfs_ext4))
	{
		TH_LOG("%s failed: is it installed?", mkfs);
	}

	fd = open_loop(_metadata, image, device, sizeof(device));
	ASSERT_EQ(0, mount(device, env->fs, type, 0, NULL))
	{
		TH_LOG("Failed to mount a %s: %s", type, strerror(errno));
	}
	close(fd);
}

/* Mounts a filesystem of this type at env->fs, with options if it is a tmpfs */
static inline void mount_fs(struct __test_metadata *const _metadata,
			    const struct env *const env, const char *const type,
			    const char *const options)
{
	if (strcmp(type, "tmpfs") != 0)
		return mount_image(_metadata, env, type);

	ASSERT_EQ(0, mount("tmpfs", env->fs, "tmpfs", 0, options))
	{
		TH_LOG("Failed to mount a tmpfs (%s): %s", options ?: "",
		       strerror(errno));
	}
}

/* Removes a directory and what is in it, but nothing on other filesystems. */
static void remove_tree(const char *const path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) != 0)
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}

	if (dir)
		closedir(dir);
	rmdir(path);
}

/*
 * Returns the names below a directory, with type and size, as a string: equal
 * if nothing was left behind.
 */
static inline char *list_tree(struct __test_metadata *const _metadata,
			      const char *const path)
{
	struct dirent **entries;
	char *list = strdup("");
	int num;

	num = scandir(path, &entries, NULL, alphasort);
	ASSERT_LE(0, num)
	{
		TH_LOG("Failed to read %s: %s", path, strerror(errno));
	}
	for (int i = 0; i < num; i++) {
		const char *const name = entries[i]->d_name;
		char *below = NULL, *old = list;
		char child[PATH_MAX];
		struct stat st = {};

		FORMAT(child, "%s/%s", path, name);
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			lstat(child, &st);
			if (S_ISDIR(st.st_mode))
				below = list_tree(_metadata, child);
		}
		ASSERT_LT(0, asprintf(&list, "%s%s %o %lld\n%s", old, child,
				      st.st_mode,
				      below ? 0 : (long long)st.st_size,
				      below ?: ""));
		free(below);
		free(old);
		free(entries[i]);
	}

	free(entries);
	return list;
}

/* --- Records --- */

/*
 * Returns the path of a file to be measured. Its name is long, so that not many
 * are needed for a large list.
 */
static void measured_path(const struct env *const env, const int number,
			  char *const path, const size_t size)
{
	format(path, size, "%s/measured-%0200d", env->dir, number);
}

/* Adds one record to the list: a file with a new name, read by root. */
static bool measure_path(const char *const path)
{
	const int fd =
		open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && close(fd) == 0 && unlink(path) == 0;
}

static inline void measure_files(struct __test_metadata *const _metadata,
				 struct env *const env, int num)
{
	char path[PATH_MAX];

	while (num--) {
		measured_path(env, env->num_measured++, path, sizeof(path));
		ASSERT_TRUE(measure_path(path))
		{
			TH_LOG("Failed to read a new file in %s: %s", env->dir,
			       strerror(errno));
		}
	}
}

/* Makes sure that there are so many bytes to be flushed. */
static inline void measure_bytes(struct __test_metadata *const _metadata,
				 struct env *const env, const long bytes)
{
	while (read_status(_metadata).bytes_in_memory < bytes)
		measure_files(_metadata, env, 10);
}

/* Turns a child of the test into somebody else. Returns false on an error. */
typedef bool (*become_t)(const struct env *env);

/*
 * Sends a request through a descriptor that the test has, as somebody else.
 * Returns 0 on success, else the errno, or 128 + N if signal N ended it.
 */
static inline int request_as(struct __test_metadata *const _metadata,
			     const struct env *const env, const become_t become,
			     const char *const req)
{
	const int fd = open(FLUSH_TRIGGER, O_WRONLY | O_CLOEXEC);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork_child(_metadata);
	if (pid == 0) {
		ASSERT_TRUE(!become || become(env))
		{
			TH_LOG("Failed to become somebody else: %s",
			       strerror(errno));
		}
		_exit(write_request(fd, req, strlen(req)));
	}

	close(fd);
	return wait_child(_metadata, pid);
}

/*
 * Flushes to a file that can be read as @path, which must succeed, checks all
 * that holds for every successful flush, and notes the records. Returns the
 * content of the file.
 */
static inline struct blob
expect_flush_as(struct __test_metadata *const _metadata, struct env *const env,
		const become_t become, const char *const req,
		const char *const path)
{
	const struct status before = read_status(_metadata);
	struct blob list = read_list(_metadata);
	struct status after;
	struct blob segment;
	long num_records;
	int ret;

	ret = become ? request_as(_metadata, env, become, req) : request(req);
	ASSERT_EQ(0, ret)
	{
		TH_LOG("Failed to flush to %s: %s", req, strerror(ret));
	}
	after = read_status(_metadata);
	segment = read_file(_metadata, path);
	num_records = count_records(&segment, BANK_SHA1);
	note_records_gone(_metadata, &segment);

	/* Others may measure at any time: all of the list, then theirs. */
	EXPECT_TRUE(starts_with(&segment, &list));
	if (after.records_total == before.records_total)
		EXPECT_EQ(list.size, segment.size);

	EXPECT_LT(0, num_records);
	EXPECT_EQ(before.first_in_memory + num_records, after.first_in_memory);
	EXPECT_EQ(before.records_flushed + num_records, after.records_flushed);
	EXPECT_EQ(before.flushes + 1, after.flushes);
	EXPECT_EQ(before.segments + 1, after.segments);
	EXPECT_EQ(before.records_removed, after.records_removed);
	EXPECT_EQ(before.flush_failures, after.flush_failures);
	EXPECT_EQ(0, after.last_error);
	EXPECT_EQ(0, after.retry_seconds);

	free(list.data);
	return segment;
}

static inline struct blob expect_flush(struct __test_metadata *const _metadata,
				       struct env *const env,
				       const char *const req,
				       const char *const path)
{
	return expect_flush_as(_metadata, env, NULL, req, path);
}

/* Leaves nothing in memory that could be flushed. */
static inline void flush_all_records(struct __test_metadata *const _metadata,
				     struct env *const env)
{
	char path[PATH_MAX];

	for (int i = 0; i < 10; i++) {
		if (read_status(_metadata).records_in_memory == 0)
			return;

		FORMAT(path, "%s/flushed-%d", env->scratch, env->num_flushed++);
		free(expect_flush(_metadata, env, path, path).data);
	}

	ASSERT_EQ(0, read_status(_metadata).records_in_memory)
	{
		TH_LOG("Others keep measuring: stop them during the tests");
	}
}

/* What a refused request must not change */
struct snapshot {
	struct status status;
	struct blob list;
	char *tree;
};

static inline struct snapshot
take_snapshot(struct __test_metadata *const _metadata,
	      const struct env *const env)
{
	return (struct snapshot){
		.status = read_status(_metadata),
		.list = read_list(_metadata),
		.tree = list_tree(_metadata, env->fs),
	};
}

/*
 * Checks that nothing changed, but for the count of failures if the request
 * was accepted, and for what others measured.
 */
static inline void expect_unchanged(struct __test_metadata *const _metadata,
				    const struct env *const env,
				    struct snapshot *const before,
				    const int error, const bool counted)
{
	const long last_error = counted ? error : before->status.last_error;
	struct snapshot after = take_snapshot(_metadata, env);

	EXPECT_STREQ(before->tree, after.tree)
	{
		TH_LOG("Something was left behind");
	}
	EXPECT_TRUE(starts_with(&after.list, &before->list));
	if (before->status.records_total == after.status.records_total)
		EXPECT_EQ(before->list.size, after.list.size);

	EXPECT_EQ(before->status.first_in_memory, after.status.first_in_memory);
	EXPECT_EQ(before->status.records_flushed, after.status.records_flushed);
	EXPECT_EQ(before->status.flushes, after.status.flushes);
	EXPECT_EQ(before->status.segments, after.status.segments);
	EXPECT_EQ(before->status.records_removed, after.status.records_removed);
	EXPECT_EQ(before->status.flush_failures + counted,
		  after.status.flush_failures);
	EXPECT_EQ(last_error, after.status.last_error);
	EXPECT_EQ(0, after.status.retry_seconds);

	free(before->list.data);
	free(before->tree);
	free(after.list.data);
	free(after.tree);
}

/* --- Environment --- */

/*
 * Sets up a directory and a mount namespace for the test, and at least one
 * record that can be flushed.
 */
static inline void setup_env(struct __test_metadata *const _metadata,
			     struct env *const env)
{
	struct blob gone;

	memset(env, 0, sizeof(*env));
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));

	FORMAT(env->dir, WORK_DIR "/ima_flush.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(env->dir))
	{
		TH_LOG("Failed to make a directory in " WORK_DIR ": %s",
		       strerror(errno));
	}
	/* Others than root flush into what is mounted there. */
	ASSERT_EQ(0, chmod(env->dir, 0755));
	FORMAT(env->fs, "%s/fs", env->dir);
	ASSERT_EQ(0, mkdir(env->fs, 0755));
	FORMAT(env->scratch, "%s/scratch", env->dir);
	ASSERT_EQ(0, mkdir(env->scratch, 0755));
	ASSERT_EQ(0, mount("tmpfs", env->scratch, "tmpfs", 0, NULL));
	umask(0);

	gone = read_records_gone(_metadata);
	env->complete = count_records(&gone, BANK_SHA1) ==
			read_status(_metadata).first_in_memory;
	free(gone.data);
	measure_files(_metadata, env, 1);
}

/* Deletes what is staged, and notes it. */
static void delete_staged(struct __test_metadata *const _metadata)
{
	struct blob staged = read_file(_metadata, IMA_STAGED);

	EXPECT_EQ(0, request_staging("D\n"));
	note_records_gone(_metadata, &staged);
	free(staged.data);
}

static inline void freeze(struct __test_metadata *const _metadata,
			  struct env *const env)
{
	const int fd = open(env->fs, O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, FIFREEZE, 0));
	env->frozen = true;
	close(fd);
}

static void thaw(struct __test_metadata *const _metadata,
		 const struct env *const env)
{
	const int fd = open(env->fs, O_RDONLY | O_CLOEXEC);

	EXPECT_EQ(0, ioctl(fd, FITHAW, 0));
	close(fd);
}

/* Compares with the TPM, unless an earlier test already lost records. */
static inline void teardown_env(struct __test_metadata *const _metadata,
				const struct env *const env)
{
	if (env->frozen)
		thaw(_metadata, env);
	if (env->staged)
		delete_staged(_metadata);

	if (env->complete) {
		EXPECT_LE(0, replay_all_records(_metadata))
		{
			TH_LOG("Records since boot do not replay to PCR %d",
			       IMA_PCR);
			TH_LOG("Does dmesg say that the TPM timed out?");
		}
	}

	EXPECT_EQ(0, chdir("/"));
	while (umount2(env->fs, MNT_DETACH) == 0)
		;
	umount2(env->scratch, MNT_DETACH);
	remove_tree(env->dir);
}

/* --- Programs --- */

/* Whether the default policy for what root reads is in force */
static bool is_measured(void)
{
	/* A new name: another one may have been measured, and flushed. */
	char dir[] = WORK_DIR "/ima_flush.XXXXXX", path[sizeof(dir) + 6];
	struct blob list = {};
	bool measured;

	if (!mkdtemp(dir))
		return false;

	snprintf(path, sizeof(path), "%s/probe", dir);
	measured = measure_path(path);
	rmdir(dir);
	if (!measured)
		return false;

	measured = read_memory(&list) && count_path(&list, path);
	free(list.data);
	return measured;
}

/* Ends the program before the first test if it cannot run here. */
static void __attribute__((constructor)) skip_without_flush(void)
{
	struct statfs fs;

	if (geteuid() != 0)
		ksft_exit_skip("not root\n");

	if (access(SECURITYFS "/integrity", F_OK) != 0)
		mount("securityfs", SECURITYFS, "securityfs", 0, NULL);
	if (access(FLUSH_TRIGGER, F_OK) != 0)
		ksft_exit_skip("no " FLUSH_TRIGGER
			       ": enable CONFIG_IMA_FLUSH\n");

	if (statfs("/dev/shm", &fs) != 0 || fs.f_type != TMPFS_MAGIC)
		ksft_exit_skip("/dev/shm is no tmpfs: mount one\n");
	if (!is_measured())
		ksft_exit_skip("boot with ima_policy=tcb and ima-ng\n");
}

#endif /* COMMON_H */
