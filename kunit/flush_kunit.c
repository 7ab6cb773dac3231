// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests for flushes as a whole, with a failure at each step
 *
 * They flush to a tmpfs that nobody else sees.
 */

#include <linux/fs.h>
#include <linux/kernel_read_file.h>
#include <linux/namei.h>
#include <linux/vmalloc.h>

#include "test_records.h"
#include "test_tmpfs.h"
#include "../ima_flush.h"

/* How many bytes of records there are: two pieces and a half of 64 KiB */
#define LIST_SIZE (2 * SZ_64K + SZ_32K)
#define NUM_PIECES 3

#define NAME "log.1"

struct flush_test {
	struct path dir;
	struct dir_context ctx;
	int num_names;		/* found in the directory */
	char *list;		/* as it was before the flush */
	size_t size;
	long num_records;
};

/* Of no filesystem, so that it can only come from the hook */
#define INJECTED (-EL3HLT)

/* Which call of which step fails, counted down */
static enum ima_flush_step inject_step;
static int inject_call;

static int inject_failure(enum ima_flush_step step)
{
	if (step != inject_step || --inject_call)
		return 0;

	return INJECTED;
}

/* Write the file under a hidden name, and let one step fail. */
static int inject_without_tmpfile(enum ima_flush_step step)
{
	return step == IMA_FLUSH_CREATE ? -EOPNOTSUPP : inject_failure(step);
}

static int inject_short_writes(enum ima_flush_step step)
{
	return step == IMA_FLUSH_WRITE ? 1009 : 0;
}

static int inject_failure_after_short_write(enum ima_flush_step step)
{
	return inject_failure(step) ?: inject_short_writes(step);
}

/* How many records the hook added in the step */
static int num_added;

static int inject_record(enum ima_flush_step step)
{
	if (step == inject_step && add_record() == 0)
		num_added++;

	return 0;
}

static void note_list(struct kunit *test)
{
	struct flush_test *ft = test->priv;

	ft->list = show_list(test, &ft->size);
	ft->num_records = num_records();
}

static int flush_test_init(struct kunit *test)
{
	struct flush_test *ft;

	ft = kunit_kzalloc(test, sizeof(*ft), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ft);
	ft->dir = mount_tmpfs(test);
	test->priv = ft;

	while (num_bytes() < LIST_SIZE)
		add_records(test, 1);
	note_list(test);
	num_added = 0;
	return 0;
}

static void flush_test_exit(struct kunit *test)
{
	ima_flush_inject = NULL;
}

static bool count_name(struct dir_context *ctx, const char *name, int len,
		       loff_t offset, u64 ino, unsigned int type)
{
	struct flush_test *ft = container_of(ctx, struct flush_test, ctx);

	if (!(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'))))
		ft->num_names++;
	return true;
}

static int num_names(struct kunit *test)
{
	struct flush_test *ft = test->priv;
	struct file *dir;

	dir = dentry_open(&ft->dir, O_RDONLY | O_DIRECTORY, current_cred());
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dir);

	ft->num_names = 0;
	ft->ctx = (struct dir_context){ .actor = count_name };
	KUNIT_EXPECT_EQ(test, iterate_dir(dir, &ft->ctx), 0);
	fput(dir);
	return ft->num_names;
}

static void create_file(struct kunit *test, const char *name)
{
	struct flush_test *ft = test->priv;
	struct file *file;

	file = file_open_root_mnt(ft->dir.mnt, name,
				  O_CREAT | O_EXCL | O_WRONLY, 0600);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	fput(file);
}

static void expect_file_is_list(struct kunit *test)
{
	struct flush_test *ft = test->priv;
	struct file *file;
	void *data = NULL;
	ssize_t size;

	file = file_open_root_mnt(ft->dir.mnt, NAME, O_RDONLY, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ(test, file_inode(file)->i_mode, S_IFREG | 0400);
	KUNIT_EXPECT_EQ(test, file_inode(file)->i_nlink, 1);

	size = kernel_read_file(file, 0, &data, SZ_4M, NULL, READING_UNKNOWN);
	fput(file);
	KUNIT_ASSERT_EQ(test, size, ft->size);
	KUNIT_EXPECT_MEMEQ(test, data, ft->list, ft->size);
	vfree(data);
}

static void expect_success(struct kunit *test)
{
	struct flush_test *ft = test->priv;

	KUNIT_ASSERT_EQ(test, ima_flush_to(&ft->dir, NAME), 0);
	KUNIT_EXPECT_EQ(test, num_names(test), 1);
	KUNIT_EXPECT_EQ(test, num_records(), num_added);
	expect_file_is_list(test);
}

/* All or none: no file, no hidden one, and every record still in the list. */
static void expect_failure(struct kunit *test)
{
	struct flush_test *ft = test->priv;
	size_t size;
	char *list;

	KUNIT_EXPECT_EQ(test, ima_flush_to(&ft->dir, NAME), INJECTED);
	KUNIT_EXPECT_EQ(test, num_names(test), 0);
	KUNIT_EXPECT_EQ(test, num_records(), ft->num_records);

	list = show_list(test, &size);
	KUNIT_ASSERT_EQ(test, size, ft->size);
	KUNIT_EXPECT_MEMEQ(test, list, ft->list, size);
	kunit_kfree(test, list);
}

static void test_success(struct kunit *test)
{
	expect_success(test);
}

struct step_case {
	const char *desc;
	enum ima_flush_step step;
	int call;
};

static const struct step_case step_cases[] = {
	{ "create", IMA_FLUSH_CREATE, 1 },
	{ "first write", IMA_FLUSH_WRITE, 1 },
	{ "second write", IMA_FLUSH_WRITE, 2 },
	{ "last write", IMA_FLUSH_WRITE, NUM_PIECES },
	{ "close", IMA_FLUSH_CLOSE, 1 },
	{ "sync", IMA_FLUSH_SYNC, 1 },
	{ "link", IMA_FLUSH_LINK, 1 },
	{ "sync of the name", IMA_FLUSH_SYNC_NAME, 1 },
	{ "sync of the directory", IMA_FLUSH_SYNC_DIR, 1 },
};

KUNIT_ARRAY_PARAM_DESC(step, step_cases, desc);

/*
 * Catches a file or a lost record after any step failed. That the second
 * attempt succeeds shows that the first one let go of everything.
 */
static void test_failure(struct kunit *test)
{
	const struct step_case *param = test->param_value;

	ima_flush_inject = inject_failure;
	inject_step = param->step;
	inject_call = param->call;
	expect_failure(test);
	expect_success(test);
}

static const struct step_case hidden_step_cases[] = {
	{ "create", IMA_FLUSH_CREATE_HIDDEN, 1 },
	{ "first write", IMA_FLUSH_WRITE, 1 },
	{ "last write", IMA_FLUSH_WRITE, NUM_PIECES },
	{ "close", IMA_FLUSH_CLOSE, 1 },
	{ "sync", IMA_FLUSH_SYNC, 1 },
	{ "rename", IMA_FLUSH_LINK, 1 },
	{ "sync of the name", IMA_FLUSH_SYNC_NAME, 1 },
	{ "sync of the directory", IMA_FLUSH_SYNC_DIR, 1 },
};

KUNIT_ARRAY_PARAM_DESC(hidden_step, hidden_step_cases, desc);

/* The same where the file has a hidden name until it is complete. */
static void test_failure_without_tmpfile(struct kunit *test)
{
	const struct step_case *param = test->param_value;

	ima_flush_inject = inject_without_tmpfile;
	inject_step = param->step;
	inject_call = param->call;
	expect_failure(test);
	expect_success(test);
}

/* Catches bytes that are lost or doubled after a short write. */
static void test_short_writes(struct kunit *test)
{
	ima_flush_inject = inject_short_writes;
	expect_success(test);
}

/* Catches a short write that is taken for a complete one. */
static void test_failure_after_short_write(struct kunit *test)
{
	ima_flush_inject = inject_failure_after_short_write;
	inject_step = IMA_FLUSH_WRITE;
	inject_call = 2;
	expect_failure(test);
}

/* Catches a record that is cut off, doubled or refused as it is large. */
static void test_record_larger_than_a_piece(struct kunit *test)
{
	const size_t len = SZ_64K + SZ_32K;
	char *name;

	name = kunit_kmalloc(test, len + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, name);
	memset(name, 'x', len);
	name[len] = '\0';

	KUNIT_ASSERT_EQ(test, add_named_record(name), 0);
	add_records(test, 1);
	note_list(test);
	expect_success(test);
}

static const struct step_case added_step_cases[] = {
	{ "create", IMA_FLUSH_CREATE },
	{ "write", IMA_FLUSH_WRITE },
	{ "sync", IMA_FLUSH_SYNC },
	{ "link", IMA_FLUSH_LINK },
	{ "sync of the directory", IMA_FLUSH_SYNC_DIR },
};

KUNIT_ARRAY_PARAM_DESC(added_step, added_step_cases, desc);

/* Catches a lock held during I/O (by hanging), and records freed unwritten. */
static void test_records_added_meanwhile(struct kunit *test)
{
	const struct step_case *param = test->param_value;

	ima_flush_inject = inject_record;
	inject_step = param->step;
	expect_success(test);
	KUNIT_EXPECT_GT(test, num_added, 0);
}

/* Catches a file that replaces another, by link and by rename. */
static void test_name_taken(struct kunit *test)
{
	struct flush_test *ft = test->priv;

	create_file(test, NAME);
	KUNIT_EXPECT_EQ(test, ima_flush_to(&ft->dir, NAME), -EEXIST);

	ima_flush_inject = inject_without_tmpfile;
	inject_call = 0;
	KUNIT_EXPECT_EQ(test, ima_flush_to(&ft->dir, NAME), -EEXIST);

	KUNIT_EXPECT_EQ(test, num_names(test), 1);
	KUNIT_EXPECT_EQ(test, num_records(), ft->num_records);
}

/* Catches a flush that fails for, or removes, what a power cut left behind. */
static void test_leftovers(struct kunit *test)
{
	struct flush_test *ft = test->priv;
	char name[32];
	int i;

	for (i = 1; i <= 100; i++) {
		snprintf(name, sizeof(name), ".ima_flush.%d.tmp", i);
		create_file(test, name);
	}

	ima_flush_inject = inject_without_tmpfile;
	inject_call = 0;
	KUNIT_ASSERT_EQ(test, ima_flush_to(&ft->dir, NAME), 0);
	KUNIT_EXPECT_EQ(test, num_names(test), 101);
	expect_file_is_list(test);
}

static struct kunit_case flush_cases[] = {
	KUNIT_CASE(test_success),
	KUNIT_CASE_PARAM(test_failure, step_gen_params),
	KUNIT_CASE_PARAM(test_failure_without_tmpfile,
			 hidden_step_gen_params),
	KUNIT_CASE(test_short_writes),
	KUNIT_CASE(test_failure_after_short_write),
	KUNIT_CASE(test_record_larger_than_a_piece),
	KUNIT_CASE_PARAM(test_records_added_meanwhile, added_step_gen_params),
	KUNIT_CASE(test_name_taken),
	KUNIT_CASE(test_leftovers),
	{}
};

static struct kunit_suite flush_suite = {
	.name = "ima_flush",
	.init = flush_test_init,
	.exit = flush_test_exit,
	.test_cases = flush_cases,
};

kunit_test_suite(flush_suite);

MODULE_DESCRIPTION("KUnit tests for flushing the measurement list");
MODULE_LICENSE("GPL");
