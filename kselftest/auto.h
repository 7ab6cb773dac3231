/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of flush/directory, flush/max_records and flush/segments
 * share: settings, segments, waiting, and what the kernel logs
 */

#ifndef AUTO_H
#define AUTO_H

#include <limits.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <regex.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>

#include "common.h"

#define FLUSH_DIRECTORY FLUSH_DIR "directory"
#define FLUSH_MAX_RECORDS FLUSH_DIR "max_records"

/* What takes no time but that of the processor, in seconds: emulation, KASAN */
#define SOON 20

/* --- Settings --- */

/* Sends one request to a file. Returns 0 on success, else the errno. */
static int write_setting(const char *const file, const void *const req,
			 const size_t len)
{
	const int fd = open(file, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return errno;

	ret = write_request(fd, req, len);
	close(fd);
	return ret;
}

/* The same, as somebody else: 128 + N if signal N ended the process. */
static inline int write_setting_as(struct __test_metadata *const _metadata,
				   const struct env *const env,
				   const become_t become,
				   const char *const file,
				   const char *const req)
{
	const int fd = open(file, O_WRONLY | O_CLOEXEC);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork_child(_metadata);
	if (pid == 0) {
		if (become && !become(env))
			_exit(KSFT_XPASS + 100);
		_exit(write_request(fd, req, strlen(req)));
	}

	close(fd);
	return wait_child(_metadata, pid);
}

static inline void set_directory(struct __test_metadata *const _metadata,
				 const char *const path)
{
	const int ret = write_setting(FLUSH_DIRECTORY, path, strlen(path));

	ASSERT_EQ(0, ret)
	{
		TH_LOG("Failed to set directory to %s: %s", path,
		       strerror(ret));
	}
}

static inline void unset_directory(struct __test_metadata *const _metadata)
{
	EXPECT_EQ(0, write_setting(FLUSH_DIRECTORY, "\n", 1));
}

static inline void set_max_records(struct __test_metadata *const _metadata,
				   const int num)
{
	char req[16];

	FORMAT(req, "%d\n", num);
	EXPECT_EQ(0, write_setting(FLUSH_MAX_RECORDS, req, strlen(req)));
}

/* Returns what a file says, as a string. */
static inline char *read_setting(struct __test_metadata *const _metadata,
				 const char *const file)
{
	struct blob blob = read_file(_metadata, file);

	append(&blob, &(struct blob){ (__u8 *)"", 1 });
	return (char *)blob.data;
}

static inline void expect_setting(struct __test_metadata *const _metadata,
				  const char *const file,
				  const char *const value)
{
	char *const line = read_setting(_metadata, file);
	char expected[PATH_MAX + 1];

	FORMAT(expected, "%s\n", value);
	EXPECT_STREQ(expected, line);
	free(line);
}

/* --- Segments --- */

/* A line of flush/segments */
struct segment {
	unsigned long long number;
	long first_record;
	long records;
	long bytes;
	long list_bytes;
	char digest[2 * 32 + 1];
	char state[8];
	char *path;
};

struct segments {
	struct segment *lines;
	size_t num;
};

#define SEGMENT_NUMBER "(0|[1-9][0-9]*)"
#define SEGMENT_LINE                                             \
	"^" SEGMENT_NUMBER " " SEGMENT_NUMBER " " SEGMENT_NUMBER \
	" " SEGMENT_NUMBER " " SEGMENT_NUMBER                    \
	" sha256:([0-9a-f]{64}) (ok|missing|changed) (/.*)$"

/* Replaces \ooo by the byte that it stands for. */
static void unescape(char *const str)
{
	char *to = str;

	for (const char *from = str; *from; to++) {
		unsigned int byte;

		if (sscanf(from, "\\%3o", &byte) == 1) {
			*to = byte;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* Parses a line, without its newline. Returns false if it is none. */
static bool parse_segment(const regex_t *const regex, const char *const line,
			  struct segment *const segment)
{
	regmatch_t match[9];

	if (regexec(regex, line, ARRAY_SIZE(match), match, 0) != 0)
		return false;

	segment->number = strtoull(line, NULL, 10);
	segment->first_record = atol(line + match[2].rm_so);
	segment->records = atol(line + match[3].rm_so);
	segment->bytes = atol(line + match[4].rm_so);
	segment->list_bytes = atol(line + match[5].rm_so);
	FORMAT(segment->digest, "%.64s", line + match[6].rm_so);
	FORMAT(segment->state, "%.*s", match[7].rm_eo - match[7].rm_so,
	       line + match[7].rm_so);
	segment->path = strdup(line + match[8].rm_so);
	unescape(segment->path);
	return true;
}

/* Parses what flush/segments says, which must be whole lines. */
static struct segments parse_segments(struct __test_metadata *const _metadata,
				      char *line)
{
	struct segments segments = {};
	regex_t regex;
	char *end;

	ASSERT_EQ(0, regcomp(&regex, SEGMENT_LINE, REG_EXTENDED));
	for (; *line; line = end + 1) {
		end = strchr(line, '\n');
		ASSERT_NE(NULL, end)
		{
			TH_LOG("The last line is not whole: %s", line);
		}
		*end = '\0';
		segments.lines =
			realloc(segments.lines,
				(segments.num + 1) * sizeof(*segments.lines));
		ASSERT_TRUE(parse_segment(&regex, line,
					  &segments.lines[segments.num++]))
		{
			TH_LOG("Not a segment: %s", line);
		}
	}

	regfree(&regex);
	return segments;
}

static inline struct segments
read_segments(struct __test_metadata *const _metadata)
{
	char *const text = read_setting(_metadata, FLUSH_SEGMENTS);
	const struct segments segments = parse_segments(_metadata, text);

	free(text);
	return segments;
}

/* The last line, which there must be */
static inline struct segment
last_segment(struct __test_metadata *const _metadata)
{
	const struct segments segments = read_segments(_metadata);

	ASSERT_LT(0, segments.num);
	return segments.lines[segments.num - 1];
}

static inline void free_segments(const struct segments *const segments)
{
	for (size_t i = 0; i < segments->num; i++)
		free(segments->lines[i].path);
	free(segments->lines);
}

/* The number of the next segment, if directory has no higher one */
static inline unsigned long long
next_number(struct __test_metadata *const _metadata)
{
	const struct segments segments = read_segments(_metadata);
	unsigned long long number = 0;

	if (segments.num)
		number = segments.lines[segments.num - 1].number;

	free_segments(&segments);
	return number + 1;
}

/* Whole records, without a look at their digests */
static const struct bank unchecked_bank = { .digest_size = 20 };

static inline long count_records_gone(struct __test_metadata *const _metadata)
{
	struct blob gone = read_records_gone(_metadata);
	const long num = count_records(&gone, &unchecked_bank);

	free(gone.data);
	return num;
}

/*
 * Notes the records of segments that nobody has noted yet. To be called before
 * their files go away, and before staged records are deleted.
 */
static inline void note_segments(struct __test_metadata *const _metadata,
				 const struct env *const env)
{
	const struct segments segments = read_segments(_metadata);
	long next = count_records_gone(_metadata);

	for (size_t i = 0; i < segments.num && env->complete; i++) {
		const struct segment *const segment = &segments.lines[i];
		struct blob blob;

		if (segment->first_record < next)
			continue;
		ASSERT_EQ(next, segment->first_record)
		{
			TH_LOG("Records are missing before segment %llu",
			       segment->number);
		}
		blob = read_file(_metadata, segment->path);
		EXPECT_EQ(segment->records, count_records(&blob, BANK_SHA1));
		note_records_gone(_metadata, &blob);
		free(blob.data);
		next += segment->records;
	}

	free_segments(&segments);
}

/*
 * Flushes to the next number by an empty line. Checks that the file appears in
 * @dir with that number, and all that holds for every flush.
 */
static inline void expect_numbered_as(struct __test_metadata *const _metadata,
				      struct env *const env,
				      const become_t become,
				      const char *const dir,
				      const unsigned long long number)
{
	char path[PATH_MAX];

	note_segments(_metadata, env);
	measure_files(_metadata, env, 1);
	FORMAT(path, "%s/log.%llu", dir, number);
	EXPECT_EQ(-1, access(path, F_OK));
	free(expect_flush_as(_metadata, env, become, "\n", path).data);
	EXPECT_EQ(number + 1, next_number(_metadata));
}

static inline void expect_numbered(struct __test_metadata *const _metadata,
				   struct env *const env, const char *const dir,
				   const unsigned long long number)
{
	expect_numbered_as(_metadata, env, NULL, dir, number);
}

/* --- Waiting --- */

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Waits until a value of status is at least @value, so long at most. */
static inline bool wait_status(struct __test_metadata *const _metadata,
			       const size_t offset, const long value,
			       const double seconds)
{
	const double end = now() + seconds;

	while (true) {
		const bool over = now() > end;
		const struct status status = read_status(_metadata);

		if (*(const long *)((const char *)&status + offset) >= value)
			return true;
		if (over)
			return false;
		usleep(5000);
	}
}

#define WAIT_STATUS(key, value, seconds) \
	wait_status(_metadata, offsetof(struct status, key), value, seconds)

/* --- Processes that wait in the kernel --- */

static inline void ignore_signal(int sig)
{
}

/* Starts a process that writes and ends with the errno, 0 for success. */
static inline pid_t start_writer(struct __test_metadata *const _metadata,
				 const char *const file, const char *const req)
{
	const struct sigaction action = {
		.sa_handler = ignore_signal,
		.sa_flags = SA_RESTART,
	};
	const pid_t pid = fork_child(_metadata);

	if (pid == 0) {
		sigaction(SIGUSR1, &action, NULL);
		_exit(write_setting(file, req, strlen(req)));
	}

	return pid;
}

/* Waits until a process sleeps, or has ended. Returns its state. */
static inline char wait_asleep(const pid_t pid)
{
	char state;

	do {
		state = read_state(pid);
	} while (!strchr("SDZ", state));

	return state;
}

/* --- Conditions of a filesystem --- */

static inline void remount(struct __test_metadata *const _metadata,
			   const struct env *const env,
			   const unsigned long flags)
{
	ASSERT_EQ(0, mount(NULL, env->fs, NULL, MS_REMOUNT | flags, NULL))
	{
		TH_LOG("Failed to remount: %s", strerror(errno));
	}
}

static inline void unfreeze(struct __test_metadata *const _metadata,
			    struct env *const env)
{
	thaw(_metadata, env);
	env->frozen = false;
}

/* --- The kernel log, and audit --- */

struct kernel_log {
	int kmsg;
	int audit; /* -1: the kernel has no audit */
};

static inline int open_audit(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1 << (AUDIT_NLGRP_READLOG - 1),
	};
	const int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd >= 0 &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}

	return fd;
}

/* What is logged from now on */
static inline struct kernel_log
open_log(struct __test_metadata *const _metadata)
{
	const struct kernel_log log = {
		.kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC),
		.audit = open_audit(),
	};

	ASSERT_LE(0, log.kmsg);
	ASSERT_LE(0, lseek(log.kmsg, 0, SEEK_END));
	return log;
}

static inline void close_log(const struct kernel_log *const log)
{
	close(log->kmsg);
	if (log->audit >= 0)
		close(log->audit);
}

/* How many lines by IMA are in the kernel log, since the last call */
static inline int count_lines(struct __test_metadata *const _metadata,
			      const struct kernel_log *const log)
{
	char line[8192];
	ssize_t size;
	int num = 0;

	while ((size = read(log->kmsg, line, sizeof(line) - 1)) > 0) {
		const char *text;

		line[size] = '\0';
		text = strchr(line, ';');
		if (!text || strncmp(text + 1, "ima: ", 5) != 0)
			continue;
		TH_LOG("%.*s", (int)strcspn(text + 1, "\n"), text + 1);
		num++;
	}

	return num;
}

/*
 * Returns the next audit record of a flush, or NULL if there is none within
 * so many seconds.
 */
static inline const char *next_audit(const struct kernel_log *const log,
				     const int seconds)
{
	static char record[8192];
	const struct nlmsghdr *const header = (const void *)record;
	struct pollfd pollfd = { .fd = log->audit, .events = POLLIN };

	while (poll(&pollfd, 1, 1000 * seconds) == 1) {
		const ssize_t size =
			recv(log->audit, record, sizeof(record) - 1, 0);

		/* The length in the header is not that of the message. */
		if (size < (ssize_t)sizeof(*header))
			continue;
		record[size] = '\0';
		if (header->nlmsg_type == AUDIT_INTEGRITY_STATUS &&
		    strstr(record + sizeof(*header), " op=ima_flush "))
			return record + sizeof(*header);
	}

	return NULL;
}

/* Expects one more audit record, with this cause and result. */
static inline void expect_audit(struct __test_metadata *const _metadata,
				const struct kernel_log *const log,
				const char *const cause, const int res)
{
	char text[64];
	const char *record;

	if (log->audit < 0)
		return;

	record = next_audit(log, SOON);
	ASSERT_NE(NULL, record)
	{
		TH_LOG("There is no audit record with the cause %s", cause);
	}
	FORMAT(text, " cause=%s ", cause);
	EXPECT_NE(NULL, strstr(record, text))
	{
		TH_LOG("Expected cause=%s: %s", cause, record);
	}
	FORMAT(text, " res=%d ", res);
	EXPECT_NE(NULL, strstr(record, text))
	{
		TH_LOG("Expected res=%d: %s", res, record);
	}
}

static inline void expect_no_audit(struct __test_metadata *const _metadata,
				   const struct kernel_log *const log)
{
	const char *record;

	if (log->audit < 0)
		return;

	record = next_audit(log, 0);
	EXPECT_EQ(NULL, record)
	{
		TH_LOG("One audit record too many: %s", record);
	}
}

/* --- Environment --- */

/* For tests that set directory or max_records */
static inline void setup_auto(struct __test_metadata *const _metadata,
			      struct env *const env)
{
	/* What a program left behind that was killed */
	set_max_records(_metadata, 0);
	unset_directory(_metadata);
	setup_env(_metadata, env);
	note_segments(_metadata, env);
}

static inline void teardown_auto(struct __test_metadata *const _metadata,
				 struct env *const env)
{
	if (env->frozen)
		unfreeze(_metadata, env);
	set_max_records(_metadata, 0);
	unset_directory(_metadata);
	EXPECT_EQ(0, read_status(_metadata).retry_seconds);
	note_segments(_metadata, env);
	teardown_env(_metadata, env);
}

static void __attribute__((constructor)) skip_without_directory(void)
{
	if (access(FLUSH_DIRECTORY, F_OK) != 0)
		ksft_exit_skip("no " FLUSH_DIRECTORY
			       ": the kernel flushes on request only\n");
}

#endif /* AUTO_H */
