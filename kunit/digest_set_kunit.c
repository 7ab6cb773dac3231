// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests for the set of digests of flushed records
 */

#include <kunit/test.h>
#include <crypto/sha2.h>
#include <linux/prandom.h>
#include <linux/unaligned.h>

#include "../ima_digest_set.h"

#define DIGEST_MAX SHA512_DIGEST_SIZE

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

static int add_digest(struct kunit *test, struct ima_digest_set *set,
		      const u8 *digest, struct ima_digest_block **spare)
{
	int ret;

	if (!*spare)
		*spare = ima_digest_block_alloc();
	KUNIT_ASSERT_NOT_NULL(test, *spare);

	ret = ima_digest_set_add(set, digest, spare);
	KUNIT_ASSERT_GE(test, ret, 0);
	return ret;
}

/*
 * Add those from @from on, each of which must not be there before. Returns how
 * many of them moved others from block to block.
 */
static u32 add_digests(struct kunit *test, struct ima_digest_set *set,
		       make_digest *make, u32 from, u32 to)
{
	struct ima_digest_block *spare = NULL;
	u8 digest[DIGEST_MAX];
	u32 n, moved = 0;

	for (n = from; n < to; n++) {
		make(digest, set->digest_size, n);
		KUNIT_ASSERT_FALSE(test, ima_digest_set_has(set, digest));
		moved += add_digest(test, set, digest, &spare);
		KUNIT_ASSERT_TRUE(test, ima_digest_set_has(set, digest));
	}
	ima_digest_block_free(spare);
	return moved;
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

/*
 * Catches digests that get lost or doubled when blocks even out or are added,
 * and adding that moves many digests too often, or does not say so, whatever
 * their order.
 */
static void test_add_many(struct kunit *test)
{
	const struct order *order = test->param_value;
	struct ima_digest_set set = { .digest_size = order->size };
	const u32 num = 20000;
	u32 moved;

	moved = add_digests(test, &set, order->make, 0, num);
	KUNIT_EXPECT_GT(test, moved, num * order->size / SZ_4K);
	KUNIT_EXPECT_LT(test, moved, num / 3);
	expect_digests(test, &set, order->make, num);
	ima_digest_set_clear(&set);
}

/*
 * Catches a number of digests at which blocks are less than 85 % full, or at
 * which the set takes more than 5/4 of what its digests do.
 */
static void test_dense(struct kunit *test)
{
	const struct order *order = test->param_value;
	struct ima_digest_set set = { .digest_size = order->size };
	const u32 capacity = (SZ_4K - 28) / order->size;
	struct ima_digest_block *spare = NULL;
	u32 n, num_blocks = 0, too_large = 0;
	u8 digest[DIGEST_MAX];

	for (n = 1; n <= 20000; n++) {
		order->make(digest, order->size, n);
		add_digest(test, &set, digest, &spare);
		num_blocks += !spare;
		if (num_blocks < 9)
			continue;

		too_large += 100 * n < 85 * num_blocks * capacity ||
			     5 * n * order->size < 4 * num_blocks * SZ_4K;
	}
	KUNIT_EXPECT_EQ(test, too_large, 0);
	KUNIT_EXPECT_GT(test, num_blocks, 9);
	KUNIT_EXPECT_EQ(test, ima_digest_set_clear(&set), num_blocks * SZ_4K);
	ima_digest_block_free(spare);
}

/* Catches a digest that takes up room again and again. */
static void test_add_twice(struct kunit *test)
{
	struct ima_digest_set set = { .digest_size = 20 };
	struct ima_digest_block *spare = ima_digest_block_alloc();
	u8 digest[DIGEST_MAX];
	u32 n;

	add_digests(test, &set, make_random, 0, 1000);
	for (n = 0; n < 1000; n++) {
		make_random(digest, set.digest_size, n);
		KUNIT_ASSERT_EQ(test, ima_digest_set_add(&set, digest, &spare),
				0);
		KUNIT_ASSERT_NOT_NULL(test, spare);
	}
	expect_digests(test, &set, make_random, 1000);
	ima_digest_set_clear(&set);
	ima_digest_block_free(spare);
}

/* Catches a set that is changed although it gets no block that it needs. */
static void test_add_without_block(struct kunit *test)
{
	struct ima_digest_set set = { .digest_size = 32 };
	struct ima_digest_block *spare = NULL;
	u8 digest[DIGEST_MAX];
	u32 n, refused = 0;

	make_random(digest, set.digest_size, 0);
	KUNIT_EXPECT_EQ(test, ima_digest_set_add(&set, digest, &spare),
			-ENOMEM);
	KUNIT_EXPECT_FALSE(test, ima_digest_set_has(&set, digest));

	for (n = 0; n < 5000; n++) {
		make_random(digest, set.digest_size, n);
		if (ima_digest_set_add(&set, digest, &spare) != -ENOMEM)
			continue;

		refused++;
		KUNIT_ASSERT_FALSE(test, ima_digest_set_has(&set, digest));
		add_digest(test, &set, digest, &spare);
		KUNIT_ASSERT_NULL(test, spare);
	}
	KUNIT_EXPECT_EQ(test, ima_digest_set_clear(&set), refused * SZ_4K);
}

/* Catches a look-up in an empty set that goes wrong. */
static void test_empty(struct kunit *test)
{
	struct ima_digest_set set = { .digest_size = 20 };
	u8 digest[DIGEST_MAX] = {};

	KUNIT_EXPECT_FALSE(test, ima_digest_set_has(&set, digest));
	KUNIT_EXPECT_EQ(test, ima_digest_set_clear(&set), 0);
	KUNIT_EXPECT_FALSE(test, ima_digest_set_has(&set, digest));
}

static struct kunit_case digest_set_cases[] = {
	KUNIT_CASE_PARAM(test_add_many, order_gen_params),
	KUNIT_CASE_PARAM(test_dense, order_gen_params),
	KUNIT_CASE(test_add_twice),
	KUNIT_CASE(test_add_without_block),
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
