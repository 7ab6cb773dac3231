// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests for what becomes of flushes when a kexec or reboot begins
 */

#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "test_records.h"
#include "test_tmpfs.h"
#include "../ima_flush.h"

static int init_with_records(struct kunit *test)
{
	int i, ret = 0;

	for (i = 0; i < 5 && !ret; i++)
		ret = add_record();
	return ret;
}

/* Measuring goes on, whatever the test has done. */
static void exit_restarted(struct kunit *test)
{
	ima_flush_inject = NULL;
	ima_queue_set_suspended(false);
}

static void begin(struct kunit *test, struct ima_flush_records *records)
{
	/* For the message about a file that is late */
	records->dir = NULL;
	records->name = "kunit";
	KUNIT_ASSERT_EQ(test, ima_queue_flush_begin(records), 0);
}

/* Catches a flush that takes what belongs to kexec. */
static void test_suspended(struct kunit *test)
{
	struct ima_flush_records records = {};

	ima_queue_set_suspended(true);
	KUNIT_EXPECT_TRUE(test, ima_queue_suspended());
	KUNIT_EXPECT_EQ(test, ima_queue_flush_begin(&records), -ESHUTDOWN);
}

/* Catches one that had begun by then. */
static void test_suspended_before_commit(struct kunit *test)
{
	struct ima_flush_records records = {};
	long num = num_records();

	begin(test, &records);
	ima_queue_set_suspended(true);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit(&records), -ESHUTDOWN);
	ima_queue_flush_end(&records);
	KUNIT_EXPECT_EQ(test, num_records(), num);
}

/* Catches a last flush that is kept from its task. */
static void test_last_flush(struct kunit *test)
{
	struct ima_flush_records records = { .last_flush = true };

	ima_queue_set_suspended(true);
	begin(test, &records);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit(&records), 0);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit_done(&records, 0), 0);
	ima_queue_flush_end(&records);
	KUNIT_EXPECT_EQ(test, num_records(), 0);
}

/* Catches one that changes the list while kexec copies it. */
static void test_settled(struct kunit *test)
{
	struct ima_flush_records records = { .last_flush = true };
	long num = num_records();

	ima_queue_set_suspended(true);
	begin(test, &records);
	ima_queue_settle(jiffies, true, true);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit(&records), -ESHUTDOWN);
	ima_queue_flush_end(&records);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_begin(&records), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, num_records(), num);
}

/* Catches records that are carried although their file is in the list. */
static void test_overtaken(struct kunit *test)
{
	struct ima_flush_records records = {};
	size_t size, size_after;
	char *before, *after;

	before = show_list(test, &size);
	begin(test, &records);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit(&records), 0);
	ima_queue_set_suspended(true);
	ima_queue_settle(jiffies + 2, true, true);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit_done(&records, 0),
			-ESHUTDOWN);
	KUNIT_EXPECT_FALSE(test, records.file_needed);
	ima_queue_flush_end(&records);

	after = show_list(test, &size_after);
	KUNIT_ASSERT_EQ(test, size_after, size);
	KUNIT_EXPECT_MEMEQ(test, after, before, size);
}

/* Whether kexec carries all records, or as many as there is room for */
static bool carried_whole;

/* The time is over when the file has got its name. */
static int settle_in_commit(enum ima_flush_step step)
{
	if (step == IMA_FLUSH_SYNC_NAME) {
		ima_queue_set_suspended(true);
		ima_queue_settle(jiffies, true, carried_whole);
	}
	return 0;
}

/*
 * Catches a late file that is removed though not all of its records are
 * carried, or left though they are.
 */
static void test_late_file(struct kunit *test)
{
	struct path dir = mount_tmpfs(test);
	long num = num_records();

	ima_flush_inject = settle_in_commit;
	carried_whole = true;
	KUNIT_EXPECT_EQ(test, ima_flush_to(&dir, "late"), -ESHUTDOWN);
	KUNIT_EXPECT_TRUE(test, simple_empty(dir.dentry));

	ima_queue_set_suspended(false);
	carried_whole = false;
	KUNIT_EXPECT_EQ(test, ima_flush_to(&dir, "late"), -ESHUTDOWN);
	KUNIT_EXPECT_FALSE(test, simple_empty(dir.dentry));
	KUNIT_EXPECT_EQ(test, num_records(), num);
}

/* Catches a late file that is removed though it is all there is. */
static void test_late_but_not_copied(struct kunit *test)
{
	struct ima_flush_records records = {};

	begin(test, &records);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit(&records), 0);
	ima_queue_set_suspended(true);
	ima_queue_settle(jiffies, false, false);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit_done(&records, 0), 0);
	ima_queue_flush_end(&records);
	KUNIT_EXPECT_EQ(test, num_records(), 0);
}

/* A kexec in another thread */
struct settling {
	struct work_struct work;
	bool done;
};

static void settle(struct work_struct *work)
{
	struct settling *settling = container_of(work, struct settling, work);

	ima_queue_settle(jiffies + 30 * HZ, true, true);
	WRITE_ONCE(settling->done, true);
}

/* Catches a kexec that does not wait for a commit. */
static void test_commit_in_time(struct kunit *test)
{
	struct ima_flush_records records = {};
	struct settling settling = {};

	begin(test, &records);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit(&records), 0);
	ima_queue_set_suspended(true);
	INIT_WORK_ONSTACK(&settling.work, settle);
	schedule_work(&settling.work);
	schedule_timeout_uninterruptible(HZ / 10);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(settling.done));

	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit_done(&records, 0), 0);
	ima_queue_flush_end(&records);
	flush_work(&settling.work);
	destroy_work_on_stack(&settling.work);
	KUNIT_EXPECT_EQ(test, num_records(), 0);
}

/* How long the job of the tests takes, in jiffies */
static unsigned long job_time;

static int take_time(struct ima_flush_job *job)
{
	schedule_timeout_uninterruptible(job_time);
	return 7;
}

/* Catches a job that is not waited for. */
static void test_job_in_time(struct kunit *test)
{
	static struct ima_flush_job job;

	job = (struct ima_flush_job){ .run = take_time };
	job_time = HZ / 10;
	ima_flush_run_until(&job, jiffies + 30 * HZ);
	KUNIT_EXPECT_FALSE(test, job.cancelled);
	KUNIT_EXPECT_EQ(test, job.result, 7);
}

/* Catches one that is waited for too long, or not told to stop. */
static void test_job_too_late(struct kunit *test)
{
	static struct ima_flush_job job;
	unsigned long begin = jiffies;

	job = (struct ima_flush_job){ .run = take_time };
	job_time = HZ;
	ima_flush_run_until(&job, jiffies + 2);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(job.cancelled));
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, begin + HZ));
	flush_workqueue(ima_flush_wq);
	KUNIT_EXPECT_EQ(test, job.result, 7);
}

/* Catches waiting for ever, or not at all, when a deadline is over. */
static void test_time_left(struct kunit *test)
{
	const unsigned long now = jiffies;

	KUNIT_EXPECT_EQ(test, ima_flush_time_left(now), 0);
	KUNIT_EXPECT_EQ(test, ima_flush_time_left(now - 1), 0);
	KUNIT_EXPECT_GT(test, ima_flush_time_left(now + 3600 * HZ), 3599 * HZ);
	KUNIT_EXPECT_LE(test, ima_flush_time_left(now + 3600 * HZ), 3600 * HZ);
}

static int set_mode(const char *request)
{
	char req[16];

	strscpy(req, request);
	return ima_flush_set_kexec(req, strlen(req));
}

static void expect_mode(struct kunit *test, const char *shown)
{
	struct seq_file m = { .size = 64 };

	m.buf = kunit_kzalloc(test, m.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);
	ima_flush_show_kexec(&m);
	KUNIT_EXPECT_STREQ(test, m.buf, shown);
}

/* Catches a wrong word that has an effect, and a right one that has none. */
static void test_mode(struct kunit *test)
{
	static const char *const wrong[] = {
		"", "\n", " carry", "carry ", "Carry", "carr", "carryy",
		"carry\n\n", "flush carry", "0",
	};
	unsigned int i;

	expect_mode(test, "[carry] flush\n");
	KUNIT_EXPECT_EQ(test, set_mode("flush\n"), 0);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_EQ(test, set_mode(wrong[i]), -EINVAL);
	expect_mode(test, "carry [flush]\n");
	KUNIT_EXPECT_EQ(test, set_mode("carry"), 0);
	expect_mode(test, "[carry] flush\n");
}

static struct kunit_case flush_kexec_cases[] = {
	KUNIT_CASE(test_suspended),
	KUNIT_CASE(test_suspended_before_commit),
	KUNIT_CASE(test_last_flush),
	KUNIT_CASE(test_settled),
	KUNIT_CASE(test_overtaken),
	KUNIT_CASE(test_late_file),
	KUNIT_CASE(test_late_but_not_copied),
	KUNIT_CASE(test_commit_in_time),
	KUNIT_CASE(test_job_in_time),
	KUNIT_CASE(test_job_too_late),
	KUNIT_CASE(test_time_left),
	KUNIT_CASE(test_mode),
	{}
};

static struct kunit_suite flush_kexec_suite = {
	.name = "ima_flush_kexec",
	.init = init_with_records,
	.exit = exit_restarted,
	.test_cases = flush_kexec_cases,
};

kunit_test_suite(flush_kexec_suite);

MODULE_DESCRIPTION("KUnit tests for flushing around kexec");
MODULE_LICENSE("GPL");
