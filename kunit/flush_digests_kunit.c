// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests for the detection of duplicates of flushed records
 */

#include "../ima_flush.h"
#include "test_records.h"

#define PCR CONFIG_IMA_MEASURE_PCR_IDX
#define OTHER_PCR (PCR + 1)

/* No TPM has it, but a policy can name it. */
#define HIGHEST_PCR 63

/* What adding a record gives whose like is known, or was once */
#define DUPLICATE (IS_ENABLED(CONFIG_IMA_DISABLE_HTABLE) ? 0 : -EEXIST)

/* Of each test another one */
static u32 content;

static int add_file(u32 which, int pcr)
{
	return store_record(make_record("/kunit/file", which), pcr, false);
}

static int add_violation(void)
{
	return store_record(make_record("/kunit/violation", content), PCR,
			    true);
}

/* Records that the hash table holds: each costs far more than its digest. */
static unsigned int count_hashed(void)
{
	struct ima_queue_entry *qe;
	unsigned int i, num = 0;

	rcu_read_lock();
	for (i = 0; i < IMA_MEASURE_HTABLE_SIZE; i++)
		hlist_for_each_entry_rcu(qe, &rcu_dereference(ima_htable)[i],
					 hnext)
			num++;
	rcu_read_unlock();
	return num;
}

static int init_with_file(struct kunit *test)
{
	content++;
	return add_file(content, PCR);
}

/* Flush the list, or up to an error of publishing the file. */
static void flush(struct kunit *test, int error)
{
	struct ima_flush_records records = {};

	KUNIT_ASSERT_EQ(test, ima_queue_flush_begin(&records), 0);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_commit(&records), 0);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_commit_done(&records, error),
			error);
	ima_queue_flush_end(&records);
}

/* Catches a file that is measured again, or no longer, because of a flush. */
static void test_flushed(struct kunit *test)
{
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);

	/* Another file, and what makes it a duplicate is flushed, too. */
	KUNIT_EXPECT_EQ(test, add_file(++content, PCR), 0);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
	KUNIT_EXPECT_EQ(test, add_file(content - 1, PCR), DUPLICATE);
}

/* Catches a flush that gives back no more than a deletion does. */
static void test_freed(struct kunit *test)
{
	unsigned int hashed;

	flush(test, 0);
	hashed = count_hashed();
	KUNIT_EXPECT_EQ(test, add_file(++content, PCR), 0);
	KUNIT_EXPECT_EQ(test, add_violation(), 0);
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, count_hashed(), hashed);
}

/* Catches digests of one PCR that are taken for those of another. */
static void test_flushed_in_other_pcr(struct kunit *test)
{
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, add_file(content, OTHER_PCR), 0);
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, add_file(content, OTHER_PCR), DUPLICATE);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
}

/* Catches records of a PCR above those of a TPM that are never freed. */
static void test_freed_in_highest_pcr(struct kunit *test)
{
	unsigned int hashed;

	flush(test, 0);
	hashed = count_hashed();
	KUNIT_EXPECT_EQ(test, add_file(content, HIGHEST_PCR), 0);
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, count_hashed(), hashed);
	KUNIT_EXPECT_EQ(test, add_file(content, HIGHEST_PCR), DUPLICATE);
}

/* Catches digests that are forgotten when a flush fails, or its file. */
static void test_failed(struct kunit *test)
{
	flush(test, -EIO);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
}

/* Catches a moment of a flush at which a digest is in neither place. */
static void test_during_flush(struct kunit *test)
{
	struct ima_flush_records records = {};

	KUNIT_ASSERT_EQ(test, ima_queue_flush_begin(&records), 0);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_commit(&records), 0);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
	KUNIT_ASSERT_EQ(test, ima_queue_flush_commit_done(&records, 0), 0);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
	ima_queue_flush_end(&records);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
}

/* Catches a violation that is recorded only once because of a flush. */
static void test_violations(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add_violation(), 0);
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, add_violation(), 0);
	KUNIT_EXPECT_EQ(test, add_violation(), 0);
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, add_violation(), 0);
}

/*
 * Catches digests of carried records that are kept although the hash table did
 * not hold them: the file is measured once more, as without a flush.
 */
static void test_carried(struct kunit *test)
{
	struct ima_template_entry *entry =
		make_record("/kunit/file", ++content);

	KUNIT_ASSERT_NOT_NULL(test, entry);
	KUNIT_ASSERT_EQ(test,
			ima_calc_field_array_hash(entry->template_data, entry),
			0);
	entry->pcr = PCR;
	KUNIT_ASSERT_EQ(test, ima_restore_measurement_entry(entry), 0);
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), 0);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
}

/* Catches digests that are kept although they are to be forgotten. */
static void test_forgotten(struct kunit *test)
{
	bool was = ima_flush_htable;

	ima_flush_htable = true;
	flush(test, 0);
	ima_flush_htable = was;
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), 0);
}

static int have_no_memory(enum ima_flush_step step)
{
	return step == IMA_FLUSH_KEEP_DIGESTS ? -ENOMEM : 0;
}

static void expect_duplicates(struct kunit *test, u32 first, u32 last)
{
	u32 n;

	for (n = first; n <= last; n++)
		KUNIT_ASSERT_EQ(test, add_file(n, PCR), DUPLICATE);
}

/*
 * Catches a flush that forgets digests, or fails, for want of memory, and a
 * later one that forgets, or does not free, what that one left.
 */
static void test_no_memory(struct kunit *test)
{
	const u32 first = content, last = first + 2000;
	unsigned int hashed;

	flush(test, 0);
	hashed = count_hashed();
	while (content < last)
		KUNIT_ASSERT_EQ(test, add_file(++content, PCR), 0);

	ima_flush_inject = have_no_memory;
	flush(test, 0);
	expect_duplicates(test, first, last);

	KUNIT_ASSERT_EQ(test, add_file(++content, PCR), 0);
	flush(test, 0);
	expect_duplicates(test, first, content);

	if (!IS_ENABLED(CONFIG_IMA_DISABLE_HTABLE))
		KUNIT_EXPECT_GT(test, count_hashed(), hashed);

	ima_flush_inject = NULL;
	KUNIT_ASSERT_EQ(test, add_file(++content, PCR), 0);
	flush(test, 0);
	expect_duplicates(test, first, content);
	KUNIT_EXPECT_EQ(test, count_hashed(), hashed);
}

static bool had_no_memory;

static int have_no_memory_at_first(enum ima_flush_step step)
{
	if (step != IMA_FLUSH_KEEP_DIGESTS || had_no_memory)
		return 0;

	had_no_memory = true;
	return -ENOMEM;
}

/* Catches a flush that leaves records though it made room for their digests. */
static void test_memory_later(struct kunit *test)
{
	unsigned int hashed;
	int i;

	flush(test, 0);
	hashed = count_hashed();
	for (i = 0; i < 2000; i++)
		KUNIT_ASSERT_EQ(test, add_file(++content, PCR), 0);

	had_no_memory = false;
	ima_flush_inject = have_no_memory_at_first;
	flush(test, 0);
	KUNIT_EXPECT_EQ(test, had_no_memory,
			!IS_ENABLED(CONFIG_IMA_DISABLE_HTABLE));
	KUNIT_EXPECT_EQ(test, count_hashed(), hashed);
	KUNIT_EXPECT_EQ(test, add_file(content, PCR), DUPLICATE);
}

static void stop_injecting(struct kunit *test)
{
	ima_flush_inject = NULL;
}

static struct kunit_case flush_digests_cases[] = {
	KUNIT_CASE(test_flushed),
	KUNIT_CASE(test_freed),
	KUNIT_CASE(test_flushed_in_other_pcr),
	KUNIT_CASE(test_freed_in_highest_pcr),
	KUNIT_CASE(test_failed),
	KUNIT_CASE(test_during_flush),
	KUNIT_CASE(test_violations),
	KUNIT_CASE(test_carried),
	KUNIT_CASE(test_forgotten),
	KUNIT_CASE(test_no_memory),
	KUNIT_CASE(test_memory_later),
	{}
};

static struct kunit_suite flush_digests_suite = {
	.name = "ima_flush_digests",
	.init = init_with_file,
	.exit = stop_injecting,
	.test_cases = flush_digests_cases,
};

kunit_test_suite(flush_digests_suite);

MODULE_DESCRIPTION("KUnit tests for duplicates of flushed records");
MODULE_LICENSE("GPL");
