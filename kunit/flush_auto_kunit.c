// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests for deciding when and where to flush
 */

#include <kunit/test.h>
#include <linux/slab.h>

#include "../ima_flush.h"

struct name_case {
	const char *name;
	u64 number;	/* 0: it is none of ours */
};

static const struct name_case name_cases[] = {
	{ "log.1", 1 },
	{ "log.40", 40 },
	{ "log.18446744073709551615", U64_MAX },
	{ "log.18446744073709551616", 0 },
	{ "log.99999999999999999999", 0 },
	{ "log.0", 0 },
	{ "log.01", 0 },
	{ "log.", 0 },
	{ "log", 0 },
	{ "", 0 },
	{ "log.x", 0 },
	{ "log.1x", 0 },
	{ "log.1.gz", 0 },
	{ "log.-1", 0 },
	{ "log.+1", 0 },
	{ "log. 1", 0 },
	{ "LOG.1", 0 },
	{ "xlog.1", 0 },
};

static void describe_name(const struct name_case *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s'", param->name);
}

KUNIT_ARRAY_PARAM(name, name_cases, describe_name);

/* Catches a file of others that is taken for one with a number. */
static void test_number_of_name(struct kunit *test)
{
	const struct name_case *param = test->param_value;
	const size_t len = strlen(param->name);

	/* Names in directories do not end in a NUL. */
	char *name = kunit_kzalloc(test, len + 2, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, name);
	memcpy(name, param->name, len);
	name[len] = '7';
	KUNIT_EXPECT_EQ(test, ima_flush_number_of(name, len), param->number);
}

struct hidden_case {
	const char *name;
	bool hidden;
};

static const struct hidden_case hidden_cases[] = {
	{ ".ima_flush.1.tmp", true },
	{ ".ima_flush.1000.tmp", true },
	{ ".ima_flush..tmp", false },
	{ ".ima_flush.tmp", false },
	{ ".ima_flush.x.tmp", false },
	{ ".ima_flush.1.tmp2", false },
	{ ".ima_flush.1", false },
	{ "ima_flush.1.tmp", false },
	{ "log.1", false },
};

static void describe_hidden(const struct hidden_case *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s'", param->name);
}

KUNIT_ARRAY_PARAM(hidden, hidden_cases, describe_hidden);

/* Catches a file of others that is removed as a leftover. */
static void test_hidden_name(struct kunit *test)
{
	const struct hidden_case *param = test->param_value;

	KUNIT_EXPECT_EQ(test,
			ima_flush_file_is_hidden(param->name,
						 strlen(param->name)),
			param->hidden);
}

/* Catches a flush at no limit, or into no directory. */
static void test_limit(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ima_flush_limit(0, true), ULONG_MAX);
	KUNIT_EXPECT_EQ(test, ima_flush_limit(0, false), ULONG_MAX);
	KUNIT_EXPECT_EQ(test, ima_flush_limit(1, false), ULONG_MAX);
	KUNIT_EXPECT_EQ(test, ima_flush_limit(1, true), 1);
	KUNIT_EXPECT_EQ(test,
			ima_flush_limit(IMA_FLUSH_MAX_RECORDS_LIMIT, true),
			IMA_FLUSH_MAX_RECORDS_LIMIT);
}

/* Catches attempts that come too often, or ever more seldom. */
static void test_retry_delay(struct kunit *test)
{
	static const unsigned int delays[] = {
		1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(delays); i++)
		KUNIT_EXPECT_EQ(test, ima_flush_retry_delay(i + 1), delays[i]);
	KUNIT_EXPECT_EQ(test, ima_flush_retry_delay(UINT_MAX), 300);
}

struct number_case {
	const char *desc;
	const char *req;
	size_t len;	/* 0: up to the NUL */
	int ret;
	u64 number;
};

static const struct number_case number_cases[] = {
	{ .desc = "zero", .req = "0", .number = 0 },
	{ .desc = "a newline", .req = "12\n", .number = 12 },
	{ .desc = "leading zeros", .req = "00000000000000000007",
	  .number = 7 },
	{ .desc = "the largest", .req = "1000000", .number = 1000000 },
	{ .desc = "one more", .req = "1000001", .ret = -ERANGE },
	{ .desc = "2^64 - 1", .req = "18446744073709551615", .ret = -ERANGE },
	{ .desc = "2^64", .req = "18446744073709551616", .ret = -ERANGE },
	{ .desc = "2^64 + 1", .req = "18446744073709551617", .ret = -ERANGE },
	{ .desc = "20 nines", .req = "99999999999999999999", .ret = -ERANGE },
	{ .desc = "21 digits", .req = "000000000000000000001",
	  .ret = -EINVAL },
	{ .desc = "an empty line", .req = "\n", .ret = -EINVAL },
	{ .desc = "two newlines", .req = "1\n\n", .ret = -EINVAL },
	{ .desc = "a NUL", .req = "1\0", .len = 2, .ret = -EINVAL },
	{ .desc = "a sign", .req = "+1", .ret = -EINVAL },
	{ .desc = "a minus", .req = "-1", .ret = -EINVAL },
	{ .desc = "a prefix", .req = "0x1", .ret = -EINVAL },
	{ .desc = "a blank before", .req = " 1", .ret = -EINVAL },
	{ .desc = "a blank after", .req = "1 ", .ret = -EINVAL },
	{ .desc = "a word", .req = "many", .ret = -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(number, number_cases, desc);

/* A copy that may be changed, and ends in a NUL */
static char *copy_request(struct kunit *test, const char *req, size_t len)
{
	char *copy = kunit_kzalloc(test, len + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	return memcpy(copy, req, len);
}

/* Catches each rule for numbers that is not kept. */
static void test_parse_number(struct kunit *test)
{
	const struct number_case *param = test->param_value;
	size_t len = param->len ?: strlen(param->req);
	char *req = copy_request(test, param->req, len);
	u64 number;

	KUNIT_ASSERT_EQ(test,
			ima_flush_parse_number(req, len,
					       IMA_FLUSH_MAX_RECORDS_LIMIT,
					       &number),
			param->ret);
	if (!param->ret)
		KUNIT_EXPECT_EQ(test, number, param->number);
}

struct directory_case {
	const char *desc;
	const char *req;
	int ret;
	const char *path;
	bool has_fd;
	int fd;
};

static const struct directory_case directory_cases[] = {
	{ .desc = "a path", .req = "/log\n", .path = "/log" },
	{ .desc = "a trailing slash", .req = "/log/", .path = "/log/" },
	{ .desc = "blanks belong to a path", .req = "/a b ", .path = "/a b " },
	{ .desc = "a descriptor", .req = "fd:7\n", .has_fd = true, .fd = 7 },
	{ .desc = "leading zeros", .req = "fd:00000000000000000012",
	  .has_fd = true, .fd = 12 },
	{ .desc = "a number no descriptor has", .req = "fd:2147483648",
	  .has_fd = true, .fd = -1 },
	{ .desc = "an empty line", .req = "\n" },
	{ .desc = "a relative path", .req = "log", .ret = -EINVAL },
	{ .desc = "two newlines", .req = "\n\n", .ret = -EINVAL },
	{ .desc = "no number", .req = "fd:", .ret = -EINVAL },
	{ .desc = "a name", .req = "fd:7 log", .ret = -EINVAL },
	{ .desc = "a blank", .req = "fd:7 ", .ret = -EINVAL },
	{ .desc = "a sign", .req = "fd:-1", .ret = -EINVAL },
	{ .desc = "a number above 64 bits", .req = "fd:18446744073709551616",
	  .ret = -ERANGE },
};

KUNIT_ARRAY_PARAM_DESC(directory, directory_cases, desc);

/* Catches each rule for directories that is not kept. */
static void test_parse_directory(struct kunit *test)
{
	const struct directory_case *param = test->param_value;
	struct ima_flush_target target = {};
	size_t len = strlen(param->req);
	char *req = copy_request(test, param->req, len);

	KUNIT_ASSERT_EQ(test, ima_flush_parse_directory(req, len, &target),
			param->ret);
	if (param->ret)
		return;

	KUNIT_EXPECT_STREQ(test, target.path ?: "none", param->path ?: "none");
	KUNIT_EXPECT_EQ(test, target.has_fd, param->has_fd);
	KUNIT_EXPECT_EQ(test, target.fd, param->fd);
	KUNIT_EXPECT_NULL(test, target.name);
}

/* Catches an empty request that names something. */
static void test_parse_empty_line(struct kunit *test)
{
	struct ima_flush_target target = {};
	char req[] = "\n";

	KUNIT_ASSERT_EQ(test, ima_flush_parse(req, 1, &target), 0);
	KUNIT_EXPECT_NULL(test, target.path);
	KUNIT_EXPECT_FALSE(test, target.has_fd);
}

static struct kunit_case flush_auto_cases[] = {
	KUNIT_CASE_PARAM(test_number_of_name, name_gen_params),
	KUNIT_CASE_PARAM(test_hidden_name, hidden_gen_params),
	KUNIT_CASE(test_limit),
	KUNIT_CASE(test_retry_delay),
	KUNIT_CASE_PARAM(test_parse_number, number_gen_params),
	KUNIT_CASE_PARAM(test_parse_directory, directory_gen_params),
	KUNIT_CASE(test_parse_empty_line),
	{}
};

static struct kunit_suite flush_auto_suite = {
	.name = "ima_flush_auto",
	.test_cases = flush_auto_cases,
};

kunit_test_suite(flush_auto_suite);

MODULE_DESCRIPTION("KUnit tests for deciding when and where to flush");
MODULE_LICENSE("GPL");
