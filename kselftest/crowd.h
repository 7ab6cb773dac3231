/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes of a test that all work at the same time, until they are stopped
 */

#ifndef CROWD_H
#define CROWD_H

#include <sys/mman.h>

#include "common.h"

#define MAX_WORKERS 128

struct workers {
	bool *stop; /* in memory that they share */
	pid_t pids[MAX_WORKERS];
	int num;
};

/* Returns memory, filled with zeros, that children of the test share. */
static inline void *map_shared(struct __test_metadata *const _metadata,
			       const size_t size)
{
	void *const memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, memory);
	return memory;
}

static inline int count_one(int *const counter)
{
	return __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static inline int read_counter(const int *const counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static inline bool stopped(const struct workers *const workers)
{
	return __atomic_load_n(workers->stop, __ATOMIC_RELAXED);
}

/* Returns true in a new process, which is to end when all are stopped. */
static inline bool start_worker(struct __test_metadata *const _metadata,
				struct workers *const workers)
{
	pid_t pid;

	ASSERT_GT(MAX_WORKERS, workers->num);
	pid = fork_child(_metadata);
	if (pid)
		workers->pids[workers->num++] = pid;

	return !pid;
}

static inline void stop_workers(struct __test_metadata *const _metadata,
				struct workers *const workers)
{
	__atomic_store_n(workers->stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < workers->num; i++)
		EXPECT_EQ(0, wait_child(_metadata, workers->pids[i]));
	workers->num = 0;
}

/* The path of a file that one of them has measured */
static inline void crowd_path(const struct env *const env, const int measurer,
			      const int number, char *const path,
			      const size_t size)
{
	format(path, size, "%s/crowd-%d-%d", env->dir, measurer, number);
}

#endif /* CROWD_H */
