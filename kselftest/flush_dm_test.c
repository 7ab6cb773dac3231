// SPDX-License-Identifier: GPL-2.0-only
/*
 * A segment on a device that fails: device mapper has it answer with errors, or
 * not at all, and then again as it should.
 */

#include <linux/dm-ioctl.h>
#include <sys/sysmacros.h>

#include "flushed.h"

#define DM_CONTROL "/dev/mapper/control"
#define DM_NAME "ima_flush_test"
#define DEVICE_SIZE (16 << 20)

FIXTURE(dm)
{
	struct env env;
	char loop[64];
	int loop_fd; /* which keeps it, whatever the table is */
	char device[PATH_MAX];
	struct blob segment;
	struct blob list;
};

/* Keeps what is under way, and does not wait for the filesystem. */
#define SUSPEND (DM_SUSPEND_FLAG | DM_NOFLUSH_FLAG | DM_SKIP_LOCKFS_FLAG)

/* A request to device mapper, with room for one target */
struct dm_request {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char params[128];
};

static struct dm_request dm_request(const char *const name)
{
	struct dm_request req = {
		.head = {
			.version = { DM_VERSION_MAJOR, 0, 0 },
			.data_size = sizeof(req),
			.data_start = sizeof(req.head),
		},
	};

	FORMAT(req.head.name, "%s", name);
	return req;
}

static int dm_ioctl(const unsigned long cmd, struct dm_request *const req)
{
	const int fd = open(DM_CONTROL, O_RDWR | O_CLOEXEC);
	const int ret = fd < 0 ? -1 : ioctl(fd, cmd, req);
	const int error = errno;

	if (fd >= 0)
		close(fd);
	return ret < 0 ? error : 0;
}

/* Has the device answer as this target does, from now on. */
static void dm_switch(struct __test_metadata *const _metadata,
		      const char *const type, const char *const params)
{
	struct dm_request req = dm_request(DM_NAME);

	req.head.target_count = 1;
	req.target.length = DEVICE_SIZE / 512;
	FORMAT(req.target.target_type, "%s", type);
	FORMAT(req.params, "%s", params);
	ASSERT_EQ(0, dm_ioctl(DM_TABLE_LOAD, &req));

	req = dm_request(DM_NAME);
	req.head.flags = SUSPEND;
	ASSERT_EQ(0, dm_ioctl(DM_DEV_SUSPEND, &req));
	req = dm_request(DM_NAME);
	ASSERT_EQ(0, dm_ioctl(DM_DEV_SUSPEND, &req));
}

static void dm_work(struct __test_metadata *const _metadata,
		    const char *const loop)
{
	char params[128];

	FORMAT(params, "%s 0", loop);
	dm_switch(_metadata, "linear", params);
}

static void dm_fail(struct __test_metadata *const _metadata)
{
	dm_switch(_metadata, "error", "");
}

/* From now on nothing is answered. */
static void dm_hang(struct __test_metadata *const _metadata)
{
	struct dm_request req = dm_request(DM_NAME);

	req.head.flags = SUSPEND;
	ASSERT_EQ(0, dm_ioctl(DM_DEV_SUSPEND, &req));
}

static void dm_go_on(struct __test_metadata *const _metadata)
{
	struct dm_request req = dm_request(DM_NAME);

	ASSERT_EQ(0, dm_ioctl(DM_DEV_SUSPEND, &req));
}

/* A segment of several chunks on a device, and a few records after it */
FIXTURE_SETUP(dm)
{
	struct env *const env = &self->env;
	char *const mkfs[] = { "mkfs.ext4", "-q", "-F", self->device, NULL };
	struct dm_request req;
	char path[PATH_MAX];
	int fd;

	setup_flushed(_metadata, env);
	FORMAT(path, "%s/image", env->scratch);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, DEVICE_SIZE));
	close(fd);
	self->loop_fd =
		open_loop(_metadata, path, self->loop, sizeof(self->loop));

	/* What a test left behind that failed */
	req = dm_request(DM_NAME);
	dm_ioctl(DM_DEV_REMOVE, &req);
	req = dm_request(DM_NAME);
	ASSERT_EQ(0, dm_ioctl(DM_DEV_CREATE, &req));
	FORMAT(self->device, "%s/device", env->scratch);
	ASSERT_EQ(0, mknod(self->device, S_IFBLK | 0600, req.head.dev));
	dm_work(_metadata, self->loop);
	ASSERT_EQ(0, run(_metadata, mkfs));
	ASSERT_EQ(0,
		  mount(self->device, env->fs, "ext4", 0, "errors=continue"));

	measure_bytes(_metadata, env, 200000);
	FORMAT(path, "%s/segment", env->fs);
	self->segment = expect_flush(_metadata, env, path, path);
	measure_files(_metadata, env, 3);
	self->list = read_file(_metadata, IMA_LIST);
}

FIXTURE_TEARDOWN(dm)
{
	struct dm_request req = dm_request(DM_NAME);

	free(self->segment.data);
	free(self->list.data);
	EXPECT_EQ(0, umount(self->env.fs));
	EXPECT_EQ(0, dm_ioctl(DM_DEV_REMOVE, &req));
	close(self->loop_fd);
	teardown_flushed(_metadata, &self->env);
}

static void forget_files(struct __test_metadata *const _metadata)
{
	const int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	sync();
	ASSERT_EQ(1, write(fd, "1", 1));
	close(fd);
}

static void expect_list(struct __test_metadata *const _metadata,
			const struct blob *const before)
{
	struct blob list = read_file(_metadata, IMA_LIST);

	EXPECT_TRUE(starts_with(&list, before));
	free(list.data);
}

/* Fails if the list gets shorter, or a good device does not help. */
TEST_F(dm, io_error)
{
	const int fd = open_list(_metadata, IMA_LIST);
	struct blob blob;
	char byte;

	forget_files(_metadata);
	dm_fail(_metadata);
	EXPECT_EQ(EIO, read_up_to_error(fd, 65536, &blob));
	EXPECT_TRUE(starts_with(&self->list, &blob));
	EXPECT_GT(self->segment.size, blob.size);
	EXPECT_EQ(blob.size, lseek(fd, 0, SEEK_CUR));
	free(blob.data);
	expect_state(_metadata, "changed");

	/* Whatever is in memory is not on that device. */
	EXPECT_EQ(1, pread(fd, &byte, 1, self->segment.size));
	measure_files(_metadata, &self->env, 1);

	dm_work(_metadata, self->loop);
	EXPECT_EQ(0, read_up_to_error(fd, 65536, &blob));
	close(fd);
	free(blob.data);
	expect_list(_metadata, &self->list);
	expect_state(_metadata, "ok");
}

/* Fails if those who do not read the segment wait for its device. */
TEST_F(dm, hanging)
{
	struct env *const env = &self->env;
	char path[PATH_MAX];
	struct blob rest;
	pid_t pid;
	int fd;

	forget_files(_metadata);
	dm_hang(_metadata);
	pid = fork_child(_metadata);
	if (pid == 0) {
		expect_list(_metadata, &self->list);
		_exit(_metadata->exit_code != KSFT_PASS);
	}
	usleep(300000);
	EXPECT_EQ('D', read_state(pid));

	/* Measuring, reading what is in memory, flushing, counting */
	measure_files(_metadata, env, 2);
	fd = open_list(_metadata, IMA_LIST);
	EXPECT_EQ(self->segment.size, lseek(fd, self->segment.size, SEEK_SET));
	ASSERT_TRUE(read_fd(fd, &rest));
	EXPECT_LE(self->list.size - self->segment.size, rest.size);
	close(fd);
	free(rest.data);
	FORMAT(path, "%s/other", env->scratch);
	free(expect_flush(_metadata, env, path, path).data);
	EXPECT_EQ(2, read_status(_metadata).segments);
	expect_state(_metadata, "ok");

	dm_go_on(_metadata);
	EXPECT_EQ(0, wait_child(_metadata, pid));
}

TEST_HARNESS_MAIN
