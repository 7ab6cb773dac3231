// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many at once: those who flush, measure, read the list, and stage and delete
 * records. No record may be lost, doubled, torn or reordered.
 */

#include <regex.h>
#include <sys/inotify.h>

#include "crowd.h"

#define MAX_MEASURERS 3
#define MAX_READERS 32

/* What the processes of a test share */
struct shared {
	bool stop; /* what you are doing */
	int num_measured[MAX_MEASURERS];
	int num_read[MAX_READERS]; /* times that a whole list was read */
	int num_flushed;
	int num_staged;
	int num_refused; /* attempts to delete too many */
};

struct crowd {
	struct env env;
	struct shared *shared;
	int watch; /* tells the order in which segments appear in env->fs */
	long flushes; /* at the start */
	struct workers workers;
};

FIXTURE(crowd)
{
	struct crowd crowd;
};

FIXTURE_VARIANT(crowd)
{
	const char *fs;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(crowd, tmpfs) {
	/* clang-format on */
	.fs = "tmpfs",
};

/* clang-format off */
FIXTURE_VARIANT_ADD(crowd, ext4) {
	/* clang-format on */
	.fs = "ext4",
};

FIXTURE_SETUP(crowd)
{
	struct crowd *const crowd = &self->crowd;

	if (!has_filesystem(variant->fs))
		SKIP(return, "the kernel has no %s", variant->fs);

	setup_env(_metadata, &crowd->env);
	mount_fs(_metadata, &crowd->env, variant->fs, NULL);
	crowd->shared = map_shared(_metadata, sizeof(*crowd->shared));
	crowd->workers.stop = &crowd->shared->stop;
	crowd->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	ASSERT_LE(0, crowd->watch);
	ASSERT_LE(0, inotify_add_watch(crowd->watch, crowd->env.fs,
				       IN_CREATE | IN_MOVED_TO));
	crowd->flushes = read_status(_metadata).flushes;
}

FIXTURE_TEARDOWN(crowd)
{
	struct crowd *const crowd = &self->crowd;

	close(crowd->watch);
	teardown_env(_metadata, &crowd->env);
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

/* The name of a segment or of staged records in env->fs */
static void batch_path(const struct env *const env, const char *const who,
		       const int number, char *const path, const size_t size)
{
	format(path, size, "%s/batch-%s-%d-%d", env->fs, who, getpid(), number);
}

/* Flushes all the time: others may leave nothing to do, or have staged. */
static void flush_often(struct __test_metadata *const _metadata,
			struct crowd *const crowd, const int number)
{
	char path[PATH_MAX];

	for (int i = 0; !stopped(&crowd->workers); i++) {
		int ret;

		batch_path(&crowd->env, "flush", i, path, sizeof(path));
		ret = request(path);
		if (ret == 0)
			count_one(&crowd->shared->num_flushed);
		else
			ASSERT_TRUE(ret == ENODATA || ret == EBUSY)
			{
				TH_LOG("Failed to flush: %s", strerror(ret));
			}
	}
}

/* Measures files as fast as it can. */
static void measure_often(struct __test_metadata *const _metadata,
			  struct crowd *const crowd, const int number)
{
	int *const counter = &crowd->shared->num_measured[number];
	char path[PATH_MAX];

	while (!stopped(&crowd->workers)) {
		crowd_path(&crowd->env, number, *counter, path, sizeof(path));
		ASSERT_TRUE(measure_path(path));
		count_one(counter);
	}
}

/* Whoever asks to delete records shuts out readers for that moment. */
static struct blob read_staged(struct __test_metadata *const _metadata)
{
	struct blob blob;
	int fd;

	do {
		fd = open(IMA_STAGED, O_RDONLY | O_CLOEXEC);
	} while (fd < 0 && errno == EBUSY);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(read_fd(fd, &blob));
	close(fd);
	return blob;
}

/*
 * Stages, keeps and deletes records. No flush happens in between, so that
 * their place among the segments is where their name appears.
 */
static void stage_often(struct __test_metadata *const _metadata,
			struct crowd *const crowd, const int number)
{
	char path[PATH_MAX], hidden[PATH_MAX];
	struct blob blob;
	int fd, ret;

	for (int i = 0; !stopped(&crowd->workers); i++) {
		ret = request_staging("A\n");
		/* Somebody flushes or deletes, or there is nothing left. */
		if (ret == EBUSY || ret == ENOENT)
			continue;

		ASSERT_EQ(0, ret);
		blob = read_staged(_metadata);
		FORMAT(hidden, "%s/.hidden", crowd->env.fs);
		fd = open(hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			  0600);
		ASSERT_LE(0, fd);
		ASSERT_EQ((ssize_t)blob.size, write(fd, blob.data, blob.size));
		close(fd);
		free(blob.data);
		batch_path(&crowd->env, "stage", i, path, sizeof(path));
		ASSERT_EQ(0, rename(hidden, path));

		do {
			ret = request_staging("D\n");
		} while (ret == EBUSY);
		ASSERT_EQ(0, ret);
		count_one(&crowd->shared->num_staged);
	}
}

/*
 * Asks to delete more records than there are: the list is walked, and nothing
 * is deleted.
 */
static void delete_too_many(struct __test_metadata *const _metadata,
			    struct crowd *const crowd, const int number)
{
	while (!stopped(&crowd->workers)) {
		const int fd = open(IMA_LIST, O_WRONLY | O_CLOEXEC);
		int ret = errno;

		if (fd >= 0) {
			ret = write_request(fd, "1000000000\n", 11);
			close(fd);
		}
		ASSERT_TRUE(ret == ENOENT || ret == EBUSY)
		{
			TH_LOG("Deleting too many records: %d", ret);
		}
		if (ret == ENOENT)
			count_one(&crowd->shared->num_refused);
	}
}

/* Notes all records that were taken out of the list, in their order. */
static int collect_batches(struct __test_metadata *const _metadata,
			   struct crowd *const crowd)
{
	struct inotify_event events[1024];
	const struct inotify_event *event;
	char path[PATH_MAX];
	int num_segments = 0;
	struct blob blob;
	ssize_t size;

	while ((size = read(crowd->watch, events, sizeof(events))) > 0) {
		for (ssize_t i = 0; i < size;
		     i += sizeof(*event) + event->len) {
			event = (void *)((char *)events + i);
			ASSERT_EQ(0, event->mask & IN_Q_OVERFLOW);
			if (strncmp(event->name, "batch-", 6) != 0)
				continue;

			FORMAT(path, "%s/%s", crowd->env.fs, event->name);
			blob = read_file(_metadata, path);
			EXPECT_LT(0, count_records(&blob, BANK_SHA1));
			note_records_gone(_metadata, &blob);
			free(blob.data);
			ASSERT_EQ(0, unlink(path));
			num_segments += !!strstr(path, "batch-flush");
		}
	}
	ASSERT_EQ(EAGAIN, errno);
	return num_segments;
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

/* Checks that each measured file is in the records exactly once. */
static void expect_each_once(struct __test_metadata *const _metadata,
			     struct crowd *const crowd)
{
	const int num_flushed = collect_batches(_metadata, crowd);
	struct blob all = read_all(_metadata);
	int *times[MAX_MEASURERS];
	char prefix[PATH_MAX];
	struct record record;
	size_t offset = 0;

	EXPECT_EQ(crowd->flushes + num_flushed, read_status(_metadata).flushes);
	for (int i = 0; i < MAX_MEASURERS; i++)
		times[i] =
			calloc(crowd->shared->num_measured[i] + 1, sizeof(int));

	FORMAT(prefix, "%s/crowd-", crowd->env.dir);
	while (parse_record(&all, offset, BANK_SHA1->digest_size, &record)) {
		const char *const path = memmem(record.data, record.data_len,
						prefix, strlen(prefix));
		int measurer, number;

		offset += record.size;
		if (!path || sscanf(path + strlen(prefix), "%d-%d", &measurer,
				    &number) != 2)
			continue;
		if (number < crowd->shared->num_measured[measurer])
			times[measurer][number]++;
	}
	EXPECT_EQ(all.size, offset);

	for (int i = 0; i < MAX_MEASURERS; i++) {
		for (int j = 0; j < crowd->shared->num_measured[i]; j++) {
			EXPECT_EQ(1, times[i][j])
			{
				TH_LOG("File %d of process %d", j, i);
			}
		}
		free(times[i]);
	}
	free(all.data);
}

/* Waits until a counter has gone up by @num, while others do something. */
static void wait_counter(const int *const counter, const int num)
{
	const int wanted = read_counter(counter) + num;

	while (read_counter(counter) < wanted)
		usleep(1000);
}

/*
 * Fails if of two flushes at once one loses or repeats what the other wrote,
 * or is refused for another reason than that nothing is left.
 */
TEST_F(crowd, two_at_once)
{
	struct crowd *const crowd = &self->crowd;
	struct env *const env = &crowd->env;
	char path[PATH_MAX], byte;
	struct blob list, all;
	int begin[2], ret, num_ok;
	pid_t pids[2];

	for (int round = 0; round < 10; round++) {
		measure_files(_metadata, env, 5);
		ASSERT_EQ(0, pipe2(begin, O_CLOEXEC));
		for (int i = 0; i < 2; i++) {
			pids[i] = fork_child(_metadata);
			if (pids[i])
				continue;

			close(begin[1]);
			read(begin[0], &byte, 1);
			batch_path(env, "flush", round, path, sizeof(path));
			_exit(request(path));
		}
		list = read_all(_metadata);
		close(begin[0]);
		close(begin[1]);

		num_ok = 0;
		for (int i = 0; i < 2; i++) {
			ret = wait_child(_metadata, pids[i]);
			EXPECT_TRUE(ret == 0 || ret == ENODATA)
			{
				TH_LOG("Failed to flush: %s", strerror(ret));
			}
			num_ok += ret == 0;
		}
		EXPECT_LE(1, num_ok);
		EXPECT_EQ(num_ok, collect_batches(_metadata, crowd));
		all = read_all(_metadata);
		EXPECT_TRUE(starts_with(&all, &list));
		free(all.data);
		free(list.data);
	}
}

/* Fails if a record that is added during a flush is lost or written twice. */
TEST_F(crowd, measure)
{
	struct crowd *const crowd = &self->crowd;

	for (int i = 0; i < MAX_MEASURERS; i++)
		start(_metadata, crowd, measure_often, i);
	start(_metadata, crowd, flush_often, 0);
	start(_metadata, crowd, flush_often, 1);

	wait_counter(&crowd->shared->num_flushed, 50);
	stop_workers(_metadata, &crowd->workers);
	expect_each_once(_metadata, crowd);
}

/* Fails if A, D or N and a flush take the same records, or leave some out. */
TEST_F(crowd, stage)
{
	struct crowd *const crowd = &self->crowd;

	start(_metadata, crowd, measure_often, 0);
	start(_metadata, crowd, flush_often, 0);
	start(_metadata, crowd, stage_often, 0);
	start(_metadata, crowd, delete_too_many, 0);

	wait_counter(&crowd->shared->num_staged, 10);
	wait_counter(&crowd->shared->num_flushed, 10);
	wait_counter(&crowd->shared->num_refused, 10);
	stop_workers(_metadata, &crowd->workers);
	expect_each_once(_metadata, crowd);
}

/*
 * Fails if a flush is left half done when its caller is killed at any time:
 * there is a file if and only if it was counted.
 */
TEST_F(crowd, kill)
{
	struct crowd *const crowd = &self->crowd;
	char path[PATH_MAX];

	start(_metadata, crowd, measure_often, 0);
	for (int round = 0; round < 60; round++) {
		const pid_t pid = fork_child(_metadata);

		if (pid == 0) {
			for (int i = 0;; i++) {
				batch_path(&crowd->env, "flush", i, path,
					   sizeof(path));
				request(path);
			}
		}
		usleep(random() % 50000);
		kill(pid, SIGKILL);
		EXPECT_EQ(128 + SIGKILL, wait_child(_metadata, pid));
	}
	stop_workers(_metadata, &crowd->workers);
	expect_each_once(_metadata, crowd);
}

/* --- Readers --- */

/* Reads a list in small pieces until its end. Returns false on an error. */
static bool read_slowly(const char *const path, const size_t piece,
			struct blob *const blob)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 0;
	ssize_t ret = -1;

	*blob = (struct blob){};
	while (fd >= 0) {
		if (blob->size + piece + 1 > room) {
			room = 2 * room + piece + 1;
			blob->data = realloc(blob->data, room);
		}
		ret = read(fd, blob->data + blob->size, piece);
		if (ret <= 0)
			break;
		blob->size += ret;
	}

	close(fd);
	return ret == 0;
}

/* Checks that these are lines as ima_ascii_measurements_show() writes them. */
static void expect_lines(struct __test_metadata *const _metadata,
			 const struct blob *const blob,
			 const struct bank *const bank)
{
	char pattern[128];
	char *line, *end;
	regex_t regex;

	FORMAT(pattern, "^10 [0-9a-f]{%zu} ima-[a-z0-9]+ [a-z0-9]+:[0-9a-f]+ .",
	       2 * bank->digest_size);
	ASSERT_EQ(0, regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB));
	blob->data[blob->size] = '\0';
	for (line = (char *)blob->data; *line; line = end + 1) {
		end = strchr(line, '\n');
		ASSERT_NE(NULL, end)
		{
			TH_LOG("The last line is not whole: %s", line);
		}
		*end = '\0';
		ASSERT_EQ(0, regexec(&regex, line, 0, NULL, 0))
		{
			TH_LOG("Not a record: %s", line);
		}
	}
	ASSERT_EQ((char *)blob->data + blob->size, line);
	regfree(&regex);
}

/* The bank of a list file, which its name ends with. NULL: not known */
static const struct bank *bank_of(const char *const name)
{
	const char *const suffix = strstr(name, "measurements") + 12;

	if (*suffix == '\0')
		return BANK_SHA1;
	for (size_t i = 0; i < ARRAY_SIZE(banks); i++)
		if (strcmp(suffix + 1, banks[i].name) == 0)
			return &banks[i];

	return NULL;
}

/* Returns the name of list file N, NULL if there are fewer. */
static char *list_name(struct __test_metadata *const _metadata, int number)
{
	DIR *dir = opendir(IMA_DIR);
	const struct dirent *entry;
	char *name = NULL;

	ASSERT_NE(NULL, dir);
	while (!name && (entry = readdir(dir))) {
		if (strstr(entry->d_name, "_runtime_measurements") &&
		    !strstr(entry->d_name, "_staged") &&
		    bank_of(entry->d_name) && number-- == 0)
			name = strdup(entry->d_name);
	}
	closedir(dir);
	return name;
}

/* Reads one list file all the time, each in pieces of another size. */
static void read_often(struct __test_metadata *const _metadata,
		       struct crowd *const crowd, const int number)
{
	static const size_t pieces[] = { 100, 4096, 13, READ_SIZE, 1, 1000 };
	const size_t piece = pieces[number % ARRAY_SIZE(pieces)];
	const char *const name = list_name(_metadata, number);
	const struct bank *const bank = bank_of(name);
	char path[PATH_MAX];
	struct blob blob;

	FORMAT(path, IMA_DIR "%s", name);
	while (!stopped(&crowd->workers)) {
		ASSERT_TRUE(read_slowly(path, piece, &blob))
		{
			TH_LOG("Failed to read %s: %s", path, strerror(errno));
		}
		if (strncmp(name, "ascii", 5) == 0)
			expect_lines(_metadata, &blob, bank);
		else
			ASSERT_LE(0, count_records(&blob, bank))
			{
				TH_LOG("Not whole records: %s", path);
			}
		free(blob.data);
		count_one(&crowd->shared->num_read[number]);
	}
}

/*
 * Fails if a reader in the middle of a list gets a part of a record, freed
 * memory or an error when the records are flushed.
 */
TEST_F(crowd, read)
{
	struct crowd *const crowd = &self->crowd;
	int num_readers;
	char *name;

	/* The files of earlier tests are gone. */
	release_flushed();
	for (num_readers = 0; (name = list_name(_metadata, num_readers));
	     num_readers++) {
		free(name);
		start(_metadata, crowd, read_often, num_readers);
	}
	ASSERT_LE(2, num_readers);
	start(_metadata, crowd, measure_often, 0);

	/* So that there is something to read when it is flushed. */
	for (int i = 0; i < 10; i++) {
		char path[PATH_MAX];

		wait_counter(&crowd->shared->num_measured[0], 50);
		batch_path(&crowd->env, "flush", i, path, sizeof(path));
		ASSERT_EQ(0, request(path));
	}
	/* Each one met the end at least once, be it of a list cut short. */
	for (int i = 0; i < num_readers; i++)
		while (read_counter(&crowd->shared->num_read[i]) == 0)
			usleep(1000);
	stop_workers(_metadata, &crowd->workers);
	expect_each_once(_metadata, crowd);
}

TEST_HARNESS_MAIN
