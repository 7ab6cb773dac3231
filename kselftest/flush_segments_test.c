// SPDX-License-Identifier: GPL-2.0-only
/*
 * flush/segments: one line for each file that a flush wrote, to the letter, and
 * that what it says is so
 */

#include "auto.h"

FIXTURE(segments)
{
	struct env env;
};

FIXTURE_SETUP(segments)
{
	setup_auto(_metadata, &self->env);
	mount_fs(_metadata, &self->env, "tmpfs", NULL);
}

FIXTURE_TEARDOWN(segments)
{
	teardown_auto(_metadata, &self->env);
}

static void hex_digest(const struct blob *const blob, char *const hex)
{
	__u8 digest[32];

	sha256(blob->data, blob->size, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
}

/*
 * Flushes to a file that can be read as @path, and checks that exactly one line
 * is added, which describes it.
 */
static void expect_segment(struct __test_metadata *const _metadata,
			   struct env *const env, const char *const req,
			   const char *const path)
{
	const struct status before = read_status(_metadata);
	char *const text = read_setting(_metadata, FLUSH_SEGMENTS);
	const unsigned long long number = next_number(_metadata);
	struct blob blob = expect_flush(_metadata, env, req, path);
	char *const text_after = read_setting(_metadata, FLUSH_SEGMENTS);
	char line[PATH_MAX + 256], digest[65];

	hex_digest(&blob, digest);
	FORMAT(line, "%llu %ld %ld %zu %zu sha256:%s ok %s\n", number,
	       before.first_in_memory, count_records(&blob, BANK_SHA1),
	       blob.size, blob.size, digest, path);
	EXPECT_EQ(0, strncmp(text, text_after, strlen(text)));
	EXPECT_STREQ(line, text_after + strlen(text));
	free(text);
	free(text_after);
	free(blob.data);
}

/* Fails if the file is open to others, or can be written. */
TEST_F(segments, access)
{
	const int fd = open(FLUSH_SEGMENTS, O_RDWR | O_CLOEXEC);
	char byte = '\n';

	expect_mode(_metadata, FLUSH_SEGMENTS, 0400);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, write(fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
}

static void expect_no_access(struct __test_metadata *const _metadata,
			     const bool mode)
{
	EXPECT_EQ(-1, open(FLUSH_SEGMENTS, O_RDONLY));
	EXPECT_TRUE(errno == EPERM || (mode && errno == EACCES));
	_exit(0);
}

static bool without_capability(const int how)
{
	switch (how) {
	case 0:
		return drop_cap(CAP_SYS_ADMIN);
	case 1:
		return setresuid(UID_NOBODY, UID_NOBODY, UID_NOBODY) == 0;
	default:
		return unshare(CLONE_NEWUSER) == 0;
	}
}

/* Fails if being root, or root of a user namespace, is enough. */
TEST_F(segments, capability)
{
	for (int how = 0; how < 3; how++) {
		pid_t pid;

		if (how == 2 && access("/proc/self/ns/user", F_OK) != 0)
			break;

		pid = fork_child(_metadata);
		if (pid == 0) {
			ASSERT_TRUE(without_capability(how));
			expect_no_access(_metadata, how > 0);
		}
		EXPECT_EQ(0, wait_child(_metadata, pid));
	}
}

/* Fails if a line is missing or wrong, whatever the request was. */
TEST_F(segments, each_request)
{
	struct env *const env = &self->env;
	char path[PATH_MAX], req[PATH_MAX];
	int fd;

	FORMAT(path, "%s/given", env->fs);
	expect_segment(_metadata, env, path, path);

	measure_files(_metadata, env, 3);
	fd = open(env->fs, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	FORMAT(path, "%s/by descriptor", env->fs);
	FORMAT(req, "fd:%d by descriptor\n", fd);
	expect_segment(_metadata, env, req, path);
	close(fd);

	for (int i = 0; i < 2; i++) {
		measure_files(_metadata, env, 20 * i + 1);
		set_directory(_metadata, env->fs);
		FORMAT(path, "%s/log.%llu", env->fs, next_number(_metadata));
		expect_segment(_metadata, env, "\n", path);
	}
}

/* Fails if the digest or the size is that of the last piece only. */
TEST_F(segments, large)
{
	char path[PATH_MAX];

	measure_bytes(_metadata, &self->env, 3 * 65536);
	FORMAT(path, "%s/large", self->env.fs);
	expect_segment(_metadata, &self->env, path, path);
}

/* Fails if a failed flush adds a line. */
TEST_F(segments, failed)
{
	struct env *const env = &self->env;
	char *text, *text_after;

	flush_all_records(_metadata, env);
	set_directory(_metadata, env->fs);
	text = read_setting(_metadata, FLUSH_SEGMENTS);
	EXPECT_EQ(ENODATA, request("\n"));
	measure_files(_metadata, env, 1);
	EXPECT_EQ(ENOENT, request("/missing/a"));
	EXPECT_EQ(EOPNOTSUPP, request("/proc/a"));
	EXPECT_EQ(EEXIST, request("/proc"));
	remount(_metadata, env, MS_RDONLY);
	EXPECT_EQ(EROFS, request("\n"));
	text_after = read_setting(_metadata, FLUSH_SEGMENTS);
	EXPECT_STREQ(text, text_after);
	free(text);
	free(text_after);
}

/*
 * Fails if the lines leave out or repeat records, their numbers do not ascend,
 * or status counts others.
 */
TEST_F(segments, chain)
{
	struct env *const env = &self->env;
	const unsigned long long number = next_number(_metadata);
	struct segments segments;
	struct status status;
	char path[PATH_MAX];

	for (int i = 0; i < 5; i++) {
		FORMAT(path, "%s/%d", env->fs, i);
		measure_files(_metadata, env, i + 1);
		free(expect_flush(_metadata, env, path, path).data);
	}

	status = read_status(_metadata);
	segments = read_segments(_metadata);
	ASSERT_EQ(status.segments, segments.num);
	for (size_t i = 1; i < segments.num; i++) {
		const struct segment *const segment = &segments.lines[i];
		const struct segment *const last = segment - 1;

		EXPECT_LT(last->number, segment->number);
		EXPECT_EQ(segment->bytes, segment->list_bytes);
		/* Earlier tests may have deleted some. */
		EXPECT_LE(last->first_record + last->records,
			  segment->first_record);
		if (last->number >= number)
			EXPECT_EQ(last->first_record + last->records,
				  segment->first_record);
	}
	free_segments(&segments);
}

/* Fails if records that were deleted are counted as those of a segment. */
TEST_F(segments, deleted_in_between)
{
	struct env *const env = &self->env;
	struct status status;
	char path[PATH_MAX];

	ASSERT_EQ(0, request_staging("A\n"));
	env->staged = true;
	delete_staged(_metadata);
	env->staged = false;
	measure_files(_metadata, env, 2);
	status = read_status(_metadata);
	FORMAT(path, "%s/a", env->fs);
	expect_segment(_metadata, env, path, path);
	EXPECT_EQ(status.first_in_memory, last_segment(_metadata).first_record);
}

/* Fails if the path is not absolute, or not where the file really is. */
TEST_F(segments, path_is_resolved)
{
	struct env *const env = &self->env;
	char path[PATH_MAX], link[PATH_MAX], req[PATH_MAX];

	FORMAT(path, "%s/dir", env->fs);
	ASSERT_EQ(0, mkdir(path, 0700));
	FORMAT(link, "%s/link", env->fs);
	ASSERT_EQ(0, symlink("dir", link));
	FORMAT(path, "%s/dir/a", env->fs);
	FORMAT(req, "%s/.././/link/a", path);
	/* ".." of a file is no directory. */
	EXPECT_EQ(ENOENT, request(req));
	FORMAT(req, "%s/dir/.././/link/a", env->fs);
	expect_segment(_metadata, env, req, path);
}

/* Fails if the path is not the one at the time of the commit. */
TEST_F(segments, renamed)
{
	struct env *const env = &self->env;
	char path[PATH_MAX], moved[PATH_MAX], *before, *after;

	FORMAT(path, "%s/a", env->fs);
	expect_segment(_metadata, env, path, path);
	before = read_setting(_metadata, FLUSH_SEGMENTS);
	FORMAT(moved, "%s/b", env->fs);
	ASSERT_EQ(0, rename(path, moved));
	after = read_setting(_metadata, FLUSH_SEGMENTS);
	EXPECT_STREQ(before, after);
	free(after);

	ASSERT_EQ(0, unlink(moved));
	EXPECT_STREQ(path, last_segment(_metadata).path);
	free(before);
}

/* Fails if a newline in a name makes two lines of one. */
TEST_F(segments, newline)
{
	struct env *const env = &self->env;
	char dir[PATH_MAX], path[PATH_MAX], req[64], *text, *line;
	int fd;

	FORMAT(dir, "%s/new\nline", env->fs);
	ASSERT_EQ(0, mkdir(dir, 0700));
	fd = open(dir, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	FORMAT(path, "%s/a", dir);
	FORMAT(req, "fd:%d a", fd);
	free(expect_flush(_metadata, env, req, path).data);
	EXPECT_STREQ(path, last_segment(_metadata).path);

	text = read_setting(_metadata, FLUSH_SEGMENTS);
	FORMAT(path, " ok %s/new\\012line/a\n", env->fs);
	line = strstr(text, path);
	ASSERT_NE(NULL, line);
	EXPECT_EQ(strlen(path), strlen(line));
	free(text);

	/* The same for a directory that is set */
	FORMAT(req, "fd:%d", fd);
	set_directory(_metadata, req);
	expect_numbered(_metadata, env, dir, next_number(_metadata));
	close(fd);
}

/* --- Readers --- */

/* Reads the file in pieces of this size, as a string. */
static char *read_in_pieces(struct __test_metadata *const _metadata,
			    const size_t piece)
{
	const int fd = open(FLUSH_SEGMENTS, O_RDONLY | O_CLOEXEC);
	char *text = malloc(piece + 1);
	size_t used = 0;
	ssize_t ret;

	ASSERT_LE(0, fd);
	while ((ret = read(fd, text + used, piece)) > 0) {
		used += ret;
		text = realloc(text, used + piece + 1);
	}
	ASSERT_EQ(0, ret);
	close(fd);
	text[used] = '\0';
	return text;
}

/* Fails if what is read depends on the size of the buffer. */
TEST_F(segments, pieces)
{
	static const size_t pieces[] = { 1, 13, 100, 4096 };
	struct env *const env = &self->env;
	char path[PATH_MAX], *whole, *text;

	for (int i = 0; i < 40; i++) {
		FORMAT(path, "%s/%d", env->fs, i);
		measure_files(_metadata, env, 1);
		free(expect_flush(_metadata, env, path, path).data);
	}

	whole = read_setting(_metadata, FLUSH_SEGMENTS);
	ASSERT_LT(4096, strlen(whole));
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		text = read_in_pieces(_metadata, pieces[i]);
		EXPECT_STREQ(whole, text);
		free(text);
	}
	free(whole);
}

/* Checks what is read again and again, until the pipe is closed. */
static void read_often(struct __test_metadata *const _metadata, const int stop,
		       const size_t piece)
{
	struct pollfd pollfd = { .fd = stop };
	size_t num = 0;

	do {
		const long known = read_status(_metadata).segments;
		char *const text = read_in_pieces(_metadata, piece);
		const struct segments segments =
			parse_segments(_metadata, text);

		ASSERT_LE(num, segments.num);
		ASSERT_LE(known, segments.num);
		num = segments.num;
		for (size_t i = 1; i < num; i++) {
			const struct segment *const segment =
				&segments.lines[i];

			ASSERT_LT(segment[-1].number, segment->number);
			ASSERT_LE(segment[-1].first_record +
					  segment[-1].records,
				  segment->first_record);
		}
		free_segments(&segments);
		free(text);
	} while (poll(&pollfd, 1, 0) == 0);
	_exit(0);
}

/* Fails if a reader gets a part of a line, or one twice, during flushes. */
TEST_F(segments, readers)
{
	static const size_t pieces[] = { 7, 100, 4096 };
	struct env *const env = &self->env;
	const struct status before = read_status(_metadata);
	pid_t pids[ARRAY_SIZE(pieces)];
	char path[PATH_MAX];
	int stop[2];

	ASSERT_EQ(0, pipe2(stop, O_CLOEXEC));
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		pids[i] = fork_child(_metadata);
		if (pids[i])
			continue;
		close(stop[1]);
		read_often(_metadata, stop[0], pieces[i]);
	}

	for (int i = 0; i < 60; i++) {
		FORMAT(path, "%s/%d", env->fs, i);
		measure_files(_metadata, env, 1);
		ASSERT_EQ(0, request(path));
	}
	close(stop[1]);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
		EXPECT_EQ(0, wait_child(_metadata, pids[i]));
	EXPECT_EQ(before.segments + 60, read_status(_metadata).segments);
}

TEST_HARNESS_MAIN
