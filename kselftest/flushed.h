/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of list files that show flushed records share: all list files,
 * reading them up to an error, and releasing segments
 */

#ifndef FLUSHED_H
#define FLUSHED_H

#include <dirent.h>

#include "auto.h"

#define FLUSH_RELEASE FLUSH_DIR "release"
#define IMA_COUNT IMA_DIR "runtime_measurements_count"

/* Two for each bank, and those for sha1 by another name */
#define MAX_LISTS 32

/* The list files of all banks */
struct lists {
	char paths[MAX_LISTS][128];
	int num;
};

static inline bool is_list(const char *const name)
{
	return (strncmp(name, "ascii_runtime_measurements_", 27) == 0 ||
		strncmp(name, "binary_runtime_measurements_", 28) == 0) &&
	       !strstr(name, "_staged");
}

static inline struct lists find_lists(struct __test_metadata *const _metadata)
{
	const struct dirent *entry;
	struct lists lists = {};
	DIR *dir;

	dir = opendir(IMA_DIR);
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		if (!is_list(entry->d_name))
			continue;
		ASSERT_GT(MAX_LISTS, lists.num);
		FORMAT(lists.paths[lists.num++], IMA_DIR "%.64s",
		       entry->d_name);
	}
	closedir(dir);
	/* At least those of sha1 */
	ASSERT_LE(2, lists.num);
	return lists;
}

/* Releases the segments up to a number. Returns 0 on success, or the errno. */
static inline int release(const unsigned long long number)
{
	char req[32];

	FORMAT(req, "%llu\n", number);
	return write_setting(FLUSH_RELEASE, req, strlen(req));
}

/* Leaves in the list what is in memory. Returns the last number so far. */
static inline unsigned long long
release_all(struct __test_metadata *const _metadata)
{
	const unsigned long long number = read_flushed().number;

	EXPECT_EQ(0, release(number));
	EXPECT_EQ(0, read_status(_metadata).segments);
	return number;
}

/* The environment of a test in whose list there is no segment at first */
static inline unsigned long long
setup_flushed(struct __test_metadata *const _metadata, struct env *const env)
{
	setup_auto(_metadata, env);
	return release_all(_metadata);
}

/* Leaves a segment, from which other tests learn the next number. */
static inline void teardown_flushed(struct __test_metadata *const _metadata,
				    struct env *const env)
{
	char path[PATH_MAX];

	note_segments(_metadata, env);
	release_all(_metadata);
	measure_files(_metadata, env, 1);
	FORMAT(path, "%s/last", env->scratch);
	free(expect_flush(_metadata, env, path, path).data);
	teardown_auto(_metadata, env);
}

static inline void expect_state(struct __test_metadata *const _metadata,
				const char *const state)
{
	EXPECT_STREQ(state, last_segment(_metadata).state);
}

/* Reads on in pieces up to the end or an error, which is returned. */
static inline int read_up_to_error(const int fd, const size_t piece,
				   struct blob *const blob)
{
	ssize_t ret;

	*blob = (struct blob){};
	do {
		blob->data = realloc(blob->data, blob->size + piece);
		ret = read(fd, blob->data + blob->size, piece);
		if (ret > 0)
			blob->size += ret;
	} while (ret > 0);

	return ret < 0 ? errno : 0;
}

static inline int open_list(struct __test_metadata *const _metadata,
			    const char *const path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd)
	{
		TH_LOG("Failed to open %s: %s", path, strerror(errno));
	}
	return fd;
}

/* Ends the program before the first test if the lists lack flushed records. */
static void __attribute__((constructor)) skip_without_release(void)
{
	if (access(FLUSH_RELEASE, F_OK) != 0)
		ksft_exit_skip("no " FLUSH_RELEASE "\n");
}

#endif /* FLUSHED_H */
