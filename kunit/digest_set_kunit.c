// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests for the set of digests of flushed records
 */

#include <crypto/sha1.h>
#include <crypto/sha2.h>
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "../ima_digest_set.h"

#define DIGEST_MAX SHA512_DIGEST_SIZE

/* Of a test: of several hundred buckets */
#define NUM_DIGESTS 20000U

/* How the n-th digest of a test comes about */
typedef void make_digest(u8 *digest, unsigned int size, u32 n);

/* As digests are: without any order */
static void make_random(u8 *digest, unsigned int size, u32 n)
{
	struct rnd_state state;

	prandom_seed_state(&state, 0x10000 + n);
	prandom_bytes_state(&state, digest, size);
}

static void make_ascending(u8 *digest, unsigned int size, u32 n)
{
	memset(digest, 0, size);
	put_unaligned_be32(n, digest);
}

static void make_descending(u8 *digest, unsigned int size, u32 n)
{
	make_ascending(digest, size, U32_MAX - n);
}

/* Digests that differ in their last bytes only */
static void make_alike(u8 *digest, unsigned int size, u32 n)
{
	memset(digest, 0xab, size);
	put_unaligned_be32(n * 2654435761U, digest + size - sizeof(n));
}

/* From both ends towards the middle */
static void make_inwards(u8 *digest, unsigned int size, u32 n)
{
	if (n % 2)
		make_descending(digest, size, n);
	else
		make_ascending(digest, size, n);
}

struct order {
	const char *name;
	make_digest *make;
	unsigned int size;
};

static const struct order orders[] = {
	{ "random, 16 bytes", make_random, 16 },
	{ "random, 20 bytes", make_random, 20 },
	{ "random, 32 bytes", make_random, 32 },
	{ "random, 48 bytes", make_random, 48 },
	{ "random, 64 bytes", make_random, 64 },
	{ "ascending", make_ascending, 20 },
	{ "descending", make_descending, 20 },
	{ "alike", make_alike, 32 },
	{ "inwards", make_inwards, 32 },
};

KUNIT_ARRAY_PARAM_DESC(order, orders, name);

static void init_set(struct kunit *test, struct ima_digest_set *set,
		     unsigned int size)
{
	*set = (struct ima_digest_set){
		.digest_size = size,
		.chunk_cache = ima_digest_cache_create("kunit_digests", size),
	};
	KUNIT_ASSERT_NOT_NULL(test, set->chunk_cache);
}

/* Returns how many bytes the digests took. */
static size_t exit_set(struct ima_digest_set *set)
{
	const size_t size = ima_digest_set_clear(set);

	kmem_cache_destroy(set->chunk_cache);
	return size;
}

/* Add the n-th digest, and return what ima_digest_set_add() does. */
static int add_digest(struct kunit *test, struct ima_digest_set *set,
		      make_digest *make, u32 n, struct ima_digest_stock *stock)
{
	u8 digest[DIGEST_MAX];
	int ret;

	make(digest, set->digest_size, n);
	while ((ret = ima_digest_set_add(set, digest, stock)) == -ENOMEM)
		KUNIT_ASSERT_TRUE(test, ima_digest_stock_fill(stock, set));
	KUNIT_ASSERT_GE(test, ret, 0);
	return ret;
}

/* Add @num of them, each of which must not be there before. */
static void add_digests(struct kunit *test, struct ima_digest_set *set,
			make_digest *make, u32 num)
{
	struct ima_digest_stock stock = {};
	u8 digest[DIGEST_MAX];
	u32 n;

	for (n = 0; n < num; n++) {
		make(digest, set->digest_size, n);
		KUNIT_ASSERT_FALSE(test, ima_digest_set_has(set, digest));
		add_digest(test, set, make, n, &stock);
		KUNIT_ASSERT_TRUE(test, ima_digest_set_has(set, digest));
	}
	ima_digest_stock_free(&stock, set->chunk_cache);
}

static void expect_digests(struct kunit *test, const struct ima_digest_set *set,
			   make_digest *make, u32 num)
{
	u8 digest[DIGEST_MAX];
	u32 n, missing = 0, found = 0;

	for (n = 0; n < num; n++) {
		make(digest, set->digest_size, n);
		missing += !ima_digest_set_has(set, digest);
		make(digest, set->digest_size, num + n);
		found += ima_digest_set_has(set, digest);
	}
	KUNIT_EXPECT_EQ(test, missing, 0);
	KUNIT_EXPECT_EQ(test, found, 0);
}

/* Catches digests that get lost, or appear, when a bucket is added. */
static void test_add_many(struct kunit *test)
{
	const struct order *order = test->param_value;
	struct ima_digest_set set;

	init_set(test, &set, order->size);
	add_digests(test, &set, order->make, NUM_DIGESTS);
	expect_digests(test, &set, order->make, NUM_DIGESTS);
	KUNIT_EXPECT_EQ(test, set.num_digests, NUM_DIGESTS);
	exit_set(&set);
}

/*
 * Catches a number of digests at which there are too few buckets, so that
 * looking for one takes long, or too many, so that they take much memory, and
 * adding one that takes longer than others but does not say so.
 */
static void test_grows_evenly(struct kunit *test)
{
	struct ima_digest_stock stock = {};
	struct ima_digest_set set;
	/* A segment is allocated when there are no chunks left. */
	const u32 late = 8;
	u32 n, added = 0, wrong = 0;

	init_set(test, &set, SHA256_DIGEST_SIZE);
	for (n = 1; n <= NUM_DIGESTS; n++) {
		added += add_digest(test, &set, make_random, n, &stock);
		wrong += set.num_buckets != added ||
			 abs_diff(added, DIV_ROUND_UP(n, 64)) > late;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	ima_digest_stock_free(&stock, set.chunk_cache);
	exit_set(&set);
}

/* Catches a set that takes more than 5/4 of its digests. */
static void test_dense(struct kunit *test)
{
	static const u32 nums[] = { 1000, 2048, 2049, 4095, 4097, 16385 };
	const struct order *order = test->param_value;
	struct ima_digest_set set;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nums); i++) {
		init_set(test, &set, order->size);
		add_digests(test, &set, order->make, nums[i]);
		KUNIT_EXPECT_LE(test, 4 * exit_set(&set),
				5 * nums[i] * order->size);
	}
}

/* Catches a set that changes although it lacks memory, or stays without. */
static void test_add_without_memory(struct kunit *test)
{
	struct ima_digest_stock stock = {};
	u8 digest[DIGEST_MAX];
	struct ima_digest_set set;
	u32 n, refused = 0;

	init_set(test, &set, SHA1_DIGEST_SIZE);
	for (n = 0; n < NUM_DIGESTS; n++) {
		make_random(digest, set.digest_size, n);
		if (ima_digest_set_add(&set, digest, &stock) != -ENOMEM)
			continue;

		refused++;
		KUNIT_ASSERT_FALSE(test, ima_digest_set_has(&set, digest));
		KUNIT_ASSERT_EQ(test, set.num_digests, n);
		KUNIT_ASSERT_TRUE(test, ima_digest_stock_fill(&stock, &set));
		KUNIT_ASSERT_GE(test, ima_digest_set_add(&set, digest, &stock),
				0);
	}
	KUNIT_EXPECT_GT(test, refused, NUM_DIGESTS / 8 / 64);
	expect_digests(test, &set, make_random, NUM_DIGESTS);
	ima_digest_stock_free(&stock, set.chunk_cache);
	exit_set(&set);
}

/*
 * Catches buckets that get lost when there is no memory for a segment of them,
 * as if another set had used what was in the stock.
 */
static void test_add_without_segments(struct kunit *test)
{
	struct ima_digest_stock stock = {};
	struct ima_digest_set set;
	u32 n;

	init_set(test, &set, SHA1_DIGEST_SIZE);
	for (n = 0; n < NUM_DIGESTS; n++) {
		add_digest(test, &set, make_random, n, &stock);
		if (n > 100 && n % 1000) {
			kvfree(stock.segment);
			stock.segment = NULL;
		}
	}
	expect_digests(test, &set, make_random, NUM_DIGESTS);
	ima_digest_stock_free(&stock, set.chunk_cache);
	exit_set(&set);
}

/* Catches a set that takes buckets which were allocated for another one. */
static void test_two_sets(struct kunit *test)
{
	struct ima_digest_stock stock = {};
	struct ima_digest_set set, other;
	unsigned long num_buckets;
	u32 n = 0;

	init_set(test, &set, SHA1_DIGEST_SIZE);
	other = set;

	/* Up to where it needs a segment of four buckets, and has none. */
	while (set.num_buckets < 4)
		add_digest(test, &set, make_random, n++, &stock);
	while (set.num_digests < 4 * 64)
		add_digest(test, &set, make_random, n++, &stock);
	num_buckets = set.num_buckets;
	ima_digest_stock_free(&stock, set.chunk_cache);

	KUNIT_ASSERT_TRUE(test, ima_digest_stock_fill(&stock, &other));
	KUNIT_ASSERT_NOT_NULL(test, stock.segment);
	KUNIT_EXPECT_EQ(test, add_digest(test, &set, make_random, n++, &stock),
			0);
	KUNIT_EXPECT_NOT_NULL(test, stock.segment);
	KUNIT_EXPECT_EQ(test, set.num_buckets, num_buckets);
	expect_digests(test, &set, make_random, n);

	ima_digest_stock_free(&stock, set.chunk_cache);
	exit_set(&set);
}

/* Catches a look-up in an empty set that goes wrong. */
static void test_empty(struct kunit *test)
{
	struct ima_digest_set set;
	u8 digest[DIGEST_MAX] = {};

	init_set(test, &set, SHA1_DIGEST_SIZE);
	KUNIT_EXPECT_FALSE(test, ima_digest_set_has(&set, digest));
	KUNIT_EXPECT_EQ(test, ima_digest_set_clear(&set), 0);
	KUNIT_EXPECT_FALSE(test, ima_digest_set_has(&set, digest));
	exit_set(&set);
}

static struct kunit_case digest_set_cases[] = {
	KUNIT_CASE_PARAM(test_add_many, order_gen_params),
	KUNIT_CASE(test_grows_evenly),
	KUNIT_CASE_PARAM(test_dense, order_gen_params),
	KUNIT_CASE(test_add_without_memory),
	KUNIT_CASE(test_add_without_segments),
	KUNIT_CASE(test_two_sets),
	KUNIT_CASE(test_empty),
	{}
};

static struct kunit_suite digest_set_suite = {
	.name = "ima_digest_set",
	.test_cases = digest_set_cases,
};

kunit_test_suite(digest_set_suite);

MODULE_DESCRIPTION("KUnit tests for the set of digests of flushed records");
MODULE_LICENSE("GPL");
