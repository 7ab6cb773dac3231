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

static int try_add(struct ima_digest_set *set, const u8 *digest)
{
	return ima_digest_set_add(set, digest,
				  ima_digest_set_hash(set, digest));
}

/* Add the n-th digest: some are reserved for at once, as in a flush. */
static void add_digest(struct kunit *test, struct ima_digest_set *set,
		       make_digest *make, u32 n)
{
	u8 digest[DIGEST_MAX];
	u32 hash;

	make(digest, set->digest_size, n);
	hash = ima_digest_set_hash(set, digest);
	ima_digest_set_prefetch(set, &hash, 1);
	if (n % IMA_DIGEST_RESERVE == 0)
		KUNIT_ASSERT_TRUE(test, ima_digest_set_reserve(set));
	KUNIT_ASSERT_EQ(test, ima_digest_set_add(set, digest, hash), 0);
}

/* Add @num of them, each of which must not be there before. */
static void add_digests(struct kunit *test, struct ima_digest_set *set,
			make_digest *make, u32 num)
{
	u8 digest[DIGEST_MAX];
	u32 n;

	for (n = 0; n < num; n++) {
		make(digest, set->digest_size, n);
		KUNIT_ASSERT_FALSE(test, ima_digest_set_has(set, digest));
		add_digest(test, set, make, n);
		KUNIT_ASSERT_TRUE(test, ima_digest_set_has(set, digest));
	}
	ima_digest_set_trim(set);
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
 * looking for one takes long, or too many, so that they take much memory.
 */
static void test_grows_evenly(struct kunit *test)
{
	struct ima_digest_set set;
	u32 n, wrong = 0;

	init_set(test, &set, SHA256_DIGEST_SIZE);
	for (n = 0; n < NUM_DIGESTS; n++) {
		add_digest(test, &set, make_random, n);
		wrong += abs_diff(set.num_buckets, DIV_ROUND_UP(n + 1UL, 64)) >
			 DIV_ROUND_UP(IMA_DIGEST_RESERVE, 64);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	exit_set(&set);
}

/*
 * Catches digests that are not found while a bucket is split in advance, or get
 * lost when that was in vain.
 */
static void test_reserve(struct kunit *test)
{
	struct ima_digest_set set;
	u32 n, splits = 0;

	init_set(test, &set, SHA256_DIGEST_SIZE);
	for (n = 0; n < NUM_DIGESTS / 10; n++) {
		add_digest(test, &set, make_random, n);
		if ((n + 1) % IMA_DIGEST_RESERVE)
			continue;

		KUNIT_ASSERT_TRUE(test, ima_digest_set_reserve(&set));
		splits += set.is_split;
		expect_digests(test, &set, make_random, n + 1);
		ima_digest_set_trim(&set);
		KUNIT_ASSERT_FALSE(test, set.is_split);
		expect_digests(test, &set, make_random, n + 1);
	}
	KUNIT_EXPECT_GT(test, splits, 0);
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

/*
 * Catches a set that changes although it lacks memory, or stays without, and
 * digests that get lost in the long buckets of a set that could not grow.
 */
static void test_add_without_memory(struct kunit *test)
{
	u8 digest[DIGEST_MAX];
	struct ima_digest_set set;
	u32 n, refused = 0;

	init_set(test, &set, SHA1_DIGEST_SIZE);
	for (n = 0; n < NUM_DIGESTS; n++) {
		make_random(digest, set.digest_size, n);
		if (try_add(&set, digest) != -ENOMEM)
			continue;

		refused++;
		KUNIT_ASSERT_FALSE(test, ima_digest_set_has(&set, digest));
		KUNIT_ASSERT_EQ(test, set.num_digests, n);
		KUNIT_ASSERT_TRUE(test, ima_digest_set_reserve(&set));
		KUNIT_ASSERT_EQ(test, try_add(&set, digest), 0);
	}
	KUNIT_EXPECT_GT(test, refused, 10);
	KUNIT_EXPECT_LT(test, set.num_buckets, NUM_DIGESTS / 64);
	expect_digests(test, &set, make_random, NUM_DIGESTS);
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
	KUNIT_CASE(test_reserve),
	KUNIT_CASE_PARAM(test_dense, order_gen_params),
	KUNIT_CASE(test_add_without_memory),
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
