// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests for flushes to numbered files, in a tmpfs that nobody else sees
 */

#include <linux/fs.h>
#include <linux/mount.h>

#include "test_records.h"
#include "../ima_flush.h"

static void unmount(void *mnt)
{
	kern_unmount(mnt);
}

static int flush_dir_init(struct kunit *test)
{
	struct file_system_type *type = get_fs_type("tmpfs");
	struct vfsmount *mnt;

	KUNIT_ASSERT_NOT_NULL(test, type);
	mnt = vfs_kern_mount(type, 0, "tmpfs", NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mnt);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, unmount, mnt),
			0);

	test->priv = mnt;
	add_records(test, 1);
	return 0;
}

static void flush_dir_exit(struct kunit *test)
{
	ima_flush_inject = NULL;
	ima_flush_set_directory(NULL, NULL);
}

static int try_directory(struct kunit *test)
{
	struct vfsmount *mnt = test->priv;
	struct path path = { .mnt = mnt, .dentry = mnt->mnt_root };
	char *shown = kstrdup("/", GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, shown);
	return ima_flush_set_directory(&path, shown);
}

static void set_directory(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, try_directory(test), 0);
}

/* Opens log.@number or, if that is 0, the hidden name number 1. */
static struct file *open_file(struct kunit *test, u64 number, int flags)
{
	char name[32] = ".ima_flush.1.tmp";

	if (number)
		snprintf(name, sizeof(name), IMA_FLUSH_NAME_PREFIX "%llu",
			 number);
	return file_open_root_mnt(test->priv, name, flags, 0600);
}

static void create_file(struct kunit *test, u64 number)
{
	struct file *file = open_file(test, number,
				      O_CREAT | O_EXCL | O_WRONLY);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	fput(file);
}

/* How large the file is, or -1 if there is none */
static loff_t file_size(struct kunit *test, u64 number)
{
	struct file *file = open_file(test, number, O_RDONLY);
	loff_t size;

	if (IS_ERR(file))
		return -1;

	size = i_size_read(file_inode(file));
	fput(file);
	return size;
}

static int inject_no_tmpfile(enum ima_flush_step step)
{
	return step == IMA_FLUSH_CREATE ? -EOPNOTSUPP : 0;
}

static int inject_name_taken(enum ima_flush_step step)
{
	return step == IMA_FLUSH_LINK ? -EEXIST : 0;
}

/* Which fails with the error that means a taken name elsewhere */
static enum ima_flush_step other_step;

static int inject_exists(enum ima_flush_step step)
{
	return step == other_step ? -EEXIST : 0;
}

static int inject_sync_failure(enum ima_flush_step step)
{
	return step == IMA_FLUSH_SYNC_DIR ? -EIO : 0;
}

/* Catches a flush that fails, writes again or replaces at a taken number. */
static void expect_taken_numbers_passed_over(struct kunit *test)
{
	u64 number;

	set_directory(test);
	number = ima_flush_next_number();
	create_file(test, number);
	create_file(test, number + 1);
	create_file(test, number + 3);

	KUNIT_ASSERT_EQ(test, ima_flush_to_directory(), 0);
	KUNIT_EXPECT_EQ(test, num_records(), 0);
	KUNIT_EXPECT_EQ(test, file_size(test, number), 0);
	KUNIT_EXPECT_EQ(test, file_size(test, number + 1), 0);
	KUNIT_EXPECT_GT(test, file_size(test, number + 2), 0);

	add_records(test, 1);
	KUNIT_ASSERT_EQ(test, ima_flush_to_directory(), 0);
	KUNIT_EXPECT_EQ(test, file_size(test, number + 3), 0);
	KUNIT_EXPECT_GT(test, file_size(test, number + 4), 0);
}

static void test_taken_numbers(struct kunit *test)
{
	expect_taken_numbers_passed_over(test);
}

/* The same where the file has a hidden name until it is complete. */
static void test_taken_numbers_without_tmpfile(struct kunit *test)
{
	ima_flush_inject = inject_no_tmpfile;
	expect_taken_numbers_passed_over(test);
	KUNIT_EXPECT_EQ(test, file_size(test, 0), -1);
}

/* Catches a worker that never ends where every name seems to be taken. */
static void test_all_numbers_taken(struct kunit *test)
{
	long count = num_records();
	u64 number;

	set_directory(test);
	number = ima_flush_next_number();

	ima_flush_inject = inject_name_taken;
	KUNIT_EXPECT_EQ(test, ima_flush_to_directory(), -EIO);
	KUNIT_EXPECT_EQ(test, num_records(), count);
	KUNIT_EXPECT_GT(test, ima_flush_next_number(), number);

	/* The next attempt goes on after those. */
	number = ima_flush_next_number();
	ima_flush_inject = NULL;
	KUNIT_EXPECT_EQ(test, ima_flush_to_directory(), 0);
	KUNIT_EXPECT_GT(test, file_size(test, number), 0);
}

static const struct exists_case {
	const char *desc;
	enum ima_flush_step step;
} exists_cases[] = {
	{ "write", IMA_FLUSH_WRITE },
	{ "sync", IMA_FLUSH_SYNC },
	{ "sync of the name", IMA_FLUSH_SYNC_NAME },
	{ "sync of the directory", IMA_FLUSH_SYNC_DIR },
};

KUNIT_ARRAY_PARAM_DESC(exists, exists_cases, desc);

/* Catches EEXIST of something else that is taken for that of the name. */
static void test_exists_elsewhere(struct kunit *test)
{
	const struct exists_case *param = test->param_value;
	long count = num_records();
	u64 number;

	set_directory(test);
	number = ima_flush_next_number();

	ima_flush_inject = inject_exists;
	other_step = param->step;
	KUNIT_EXPECT_EQ(test, ima_flush_to_directory(), -EIO);
	KUNIT_EXPECT_EQ(test, num_records(), count);
	KUNIT_EXPECT_EQ(test, ima_flush_next_number(), number);
	KUNIT_EXPECT_EQ(test, file_size(test, number), -1);
}

/* Catches a number that is lost with a failure, or kept by another path. */
static void test_numbers_used(struct kunit *test)
{
	struct vfsmount *mnt = test->priv;
	struct path path = { .mnt = mnt, .dentry = mnt->mnt_root };
	u64 number;

	set_directory(test);
	number = ima_flush_next_number();

	ima_flush_inject = inject_sync_failure;
	KUNIT_ASSERT_EQ(test, ima_flush_to_directory(), -EIO);
	KUNIT_EXPECT_EQ(test, ima_flush_next_number(), number);
	KUNIT_EXPECT_EQ(test, file_size(test, number), -1);

	ima_flush_inject = NULL;
	KUNIT_ASSERT_EQ(test, ima_flush_to(&path, "other"), 0);
	KUNIT_EXPECT_EQ(test, ima_flush_next_number(), number + 1);
}

/* Catches numbers that begin again, in a directory that has some already. */
static void test_numbers_present(struct kunit *test)
{
	u64 number = ima_flush_next_number();

	create_file(test, number + 39);
	set_directory(test);
	KUNIT_EXPECT_EQ(test, ima_flush_next_number(), number + 40);

	KUNIT_ASSERT_EQ(test, ima_flush_set_directory(NULL, NULL), 0);
	KUNIT_EXPECT_EQ(test, ima_flush_next_number(), number);
}

/* Catches a name by which somebody uses up all numbers. */
static void test_numbers_left(struct kunit *test)
{
	create_file(test, S64_MAX);
	set_directory(test);
	KUNIT_EXPECT_EQ(test, ima_flush_next_number(), (u64)S64_MAX + 1);

	create_file(test, (u64)S64_MAX + 1);
	KUNIT_EXPECT_EQ(test, try_directory(test), -EOVERFLOW);
}

/* Catches leftovers of a power cut that stay for ever. */
static void test_leftovers_removed(struct kunit *test)
{
	create_file(test, 0);
	set_directory(test);
	KUNIT_EXPECT_EQ(test, file_size(test, 0), -1);
}

/* Catches a flush to where the directory was. */
static void test_unset(struct kunit *test)
{
	set_directory(test);
	KUNIT_EXPECT_TRUE(test, ima_flush_has_directory());
	KUNIT_ASSERT_EQ(test, ima_flush_set_directory(NULL, NULL), 0);
	KUNIT_EXPECT_FALSE(test, ima_flush_has_directory());
	KUNIT_EXPECT_EQ(test, ima_flush_to_directory(), -EINVAL);
	KUNIT_EXPECT_GT(test, num_records(), 0);
}

static struct kunit_case flush_dir_cases[] = {
	KUNIT_CASE(test_taken_numbers),
	KUNIT_CASE(test_taken_numbers_without_tmpfile),
	KUNIT_CASE(test_all_numbers_taken),
	KUNIT_CASE_PARAM(test_exists_elsewhere, exists_gen_params),
	KUNIT_CASE(test_numbers_used),
	KUNIT_CASE(test_numbers_present),
	KUNIT_CASE(test_numbers_left),
	KUNIT_CASE(test_leftovers_removed),
	KUNIT_CASE(test_unset),
	{}
};

static struct kunit_suite flush_dir_suite = {
	.name = "ima_flush_dir",
	.init = flush_dir_init,
	.exit = flush_dir_exit,
	.test_cases = flush_dir_cases,
};

kunit_test_suite(flush_dir_suite);

MODULE_DESCRIPTION("KUnit tests for flushing to numbered files");
MODULE_LICENSE("GPL");
