// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests for cutting flushed records off the measurement list
 */

#include "test_records.h"

static int init_with_records(struct kunit *test)
{
	if (num_records())
		return 0;

	return add_record();
}

static struct ima_queue_entry *last_record(void)
{
	return list_last_entry(&ima_measurements, struct ima_queue_entry,
			       later);
}

/* Catches a count or size that is not that of the records in the list. */
static void test_begin_notes_the_whole_list(struct kunit *test)
{
	struct ima_flush_records records = {};
	struct ima_queue_entry *last;
	size_t size;

	add_records(test, 10);
	last = last_record();
	show_list(test, &size);

	KUNIT_ASSERT_EQ(test, ima_queue_flush_begin(&records), 0);
	KUNIT_EXPECT_EQ(test, records.num_records, num_records());
	KUNIT_EXPECT_EQ(test, records.size, size);
	KUNIT_EXPECT_PTR_EQ(test, records.last, last);
	ima_queue_flush_end(&records);
}

/* Catches a list that is not empty or cannot be appended to when all is cut. */
static void test_commit_all(struct kunit *test)
{
	struct ima_flush_records records = {};

	add_records(test, 3);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_begin(&records), 0);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_commit(&records), 0);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit_done(&records, 0), 0);
	ima_queue_flush_end(&records);

	KUNIT_EXPECT_EQ(test, num_records(), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&ima_measurements));

	add_records(test, 1);
	KUNIT_EXPECT_EQ(test, num_records(), 1);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&ima_measurements));
}

/* Catches a record that was added during a flush being cut with the others. */
static void test_commit_keeps_records_added_meanwhile(struct kunit *test)
{
	struct ima_flush_records records = {};
	struct ima_queue_status before, after;
	unsigned long number;
	size_t size;

	add_records(test, 5);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_begin(&records), 0);
	number = records.last->number;
	add_records(test, 4);
	ima_queue_get_status(&before);

	KUNIT_ASSERT_EQ(test, ima_queue_flush_commit(&records), 0);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit_done(&records, 0), 0);
	ima_queue_flush_end(&records);

	ima_queue_get_status(&after);
	show_list(test, &size);
	KUNIT_EXPECT_EQ(test, num_records(), 4);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&ima_measurements), 4);
	KUNIT_EXPECT_EQ(test, after.bytes_in_memory, size);
	KUNIT_EXPECT_EQ(test, after.records_total, before.records_total);
	KUNIT_EXPECT_EQ(test, after.records_flushed - before.records_flushed,
			records.num_records);
	KUNIT_EXPECT_EQ(test, after.flushes - before.flushes, 1);
	KUNIT_EXPECT_EQ(test, list_first_entry(&ima_measurements,
					       struct ima_queue_entry,
					       later)->number, number + 1);
}

/* Catches records that leave the list although the file did not appear. */
static void test_failed_commit_keeps_all(struct kunit *test)
{
	struct ima_flush_records records = {};
	char *before, *after;
	size_t size, size_after;
	long count;

	add_records(test, 5);
	count = num_records();
	before = show_list(test, &size);

	KUNIT_ASSERT_EQ(test, ima_queue_flush_begin(&records), 0);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_commit(&records), 0);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_commit_done(&records, -EIO),
			-EIO);
	ima_queue_flush_end(&records);

	after = show_list(test, &size_after);
	KUNIT_EXPECT_EQ(test, num_records(), count);
	KUNIT_ASSERT_EQ(test, size_after, size);
	KUNIT_EXPECT_MEMEQ(test, after, before, size);
}

/* Catches a flush of nothing, and one that keeps others out after failing. */
static void test_begin_empty_list(struct kunit *test)
{
	struct ima_flush_records records = {};

	KUNIT_ASSERT_EQ(test, ima_queue_flush_begin(&records), 0);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_commit(&records), 0);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_commit_done(&records, 0), 0);
	ima_queue_flush_end(&records);

	KUNIT_EXPECT_EQ(test, ima_queue_flush_begin(&records), -ENODATA);

	add_records(test, 1);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_begin(&records), 0);
	ima_queue_flush_end(&records);
}

/* Catches a flush that does not keep out the others who remove records. */
static void test_begin_excludes_staging(struct kunit *test)
{
	struct ima_flush_records records = {};

	KUNIT_ASSERT_EQ(test, ima_queue_flush_begin(&records), 0);
	KUNIT_EXPECT_EQ(test, ima_queue_stage(), -EBUSY);
	KUNIT_EXPECT_EQ(test, ima_queue_staged_delete_all(), -EBUSY);
	KUNIT_EXPECT_EQ(test, ima_queue_delete_partial(1), -EBUSY);
	ima_queue_flush_end(&records);
}

/* Catches a flush that overtakes staged records, which are older. */
static void test_begin_refused_while_staged(struct kunit *test)
{
	struct ima_flush_records records = {};

	KUNIT_ASSERT_EQ(test, ima_queue_stage(), 0);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_begin(&records), -EBUSY);
	KUNIT_ASSERT_EQ(test, ima_queue_staged_delete_all(), 0);
	KUNIT_EXPECT_EQ(test, ima_queue_flush_begin(&records), -ENODATA);
}

static struct kunit_case flush_queue_cases[] = {
	KUNIT_CASE(test_begin_notes_the_whole_list),
	KUNIT_CASE(test_commit_all),
	KUNIT_CASE(test_commit_keeps_records_added_meanwhile),
	KUNIT_CASE(test_failed_commit_keeps_all),
	KUNIT_CASE(test_begin_empty_list),
	KUNIT_CASE(test_begin_excludes_staging),
	KUNIT_CASE(test_begin_refused_while_staged),
	{}
};

static struct kunit_suite flush_queue_suite = {
	.name = "ima_flush_queue",
	.init = init_with_records,
	.test_cases = flush_queue_cases,
};

kunit_test_suite(flush_queue_suite);

MODULE_DESCRIPTION("KUnit tests for cutting flushed records off the list");
MODULE_LICENSE("GPL");
