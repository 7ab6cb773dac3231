// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests for parsing requests to flush
 */

#include <kunit/test.h>
#include <linux/limits.h>

#include "../ima_flush.h"

struct request_case {
	const char *desc;
	const char *req;
	size_t len;	/* 0: up to the NUL */
	int ret;
	const char *path;
	int fd;
	const char *name;
};

static const struct request_case request_cases[] = {
	{ .desc = "a path", .req = "/log", .path = "/log" },
	{ .desc = "a path and a newline", .req = "/log\n", .path = "/log" },
	{ .desc = "the root", .req = "/", .path = "/" },
	{ .desc = "blanks belong to a path", .req = "/a b \t",
	  .path = "/a b \t" },
	{ .desc = "a trailing slash is kept", .req = "/a/\n", .path = "/a/" },
	{ .desc = "a name", .req = "fd:7 log\n", .fd = 7, .name = "log" },
	{ .desc = "blanks belong to a name", .req = "fd:0  a ", .fd = 0,
	  .name = " a " },
	{ .desc = "leading zeros", .req = "fd:00000000000000000012 x",
	  .fd = 12, .name = "x" },
	{ .desc = "a number no descriptor has", .req = "fd:4294967296 x",
	  .fd = -1, .name = "x" },
	{ .desc = "the largest number", .req = "fd:18446744073709551615 x",
	  .fd = -1, .name = "x" },

	{ .desc = "only one newline is taken off", .req = "/a\n\n",
	  .ret = -EINVAL },
	{ .desc = "an embedded newline", .req = "/a\nb", .ret = -EINVAL },
	{ .desc = "an embedded NUL", .req = "/a\0b", .len = 4,
	  .ret = -EINVAL },
	{ .desc = "a final NUL", .req = "/a\0", .len = 3, .ret = -EINVAL },
	{ .desc = "a relative path", .req = "log", .ret = -EINVAL },
	{ .desc = "a leading blank", .req = " /log", .ret = -EINVAL },
	{ .desc = "no number", .req = "fd: x", .ret = -EINVAL },
	{ .desc = "a sign", .req = "fd:+1 x", .ret = -EINVAL },
	{ .desc = "a prefix", .req = "fd:0x1 x", .ret = -EINVAL },
	{ .desc = "a blank before the number", .req = "fd: 1 x",
	  .ret = -EINVAL },
	{ .desc = "21 digits", .req = "fd:000000000000000000001 x",
	  .ret = -EINVAL },
	{ .desc = "a number above 64 bits",
	  .req = "fd:18446744073709551616 x", .ret = -ERANGE },
	{ .desc = "no blank", .req = "fd:1", .ret = -EINVAL },
	{ .desc = "no name", .req = "fd:1\x20\n", .ret = -EINVAL },
	{ .desc = "a slash in a name", .req = "fd:1 a/b", .ret = -EINVAL },
	{ .desc = "an upper-case word", .req = "FD:1 a", .ret = -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(request, request_cases, desc);

/* Catches each rule of the syntax that is not kept. */
static void test_parse(struct kunit *test)
{
	const struct request_case *param = test->param_value;
	size_t len = param->len ?: strlen(param->req);
	struct ima_flush_target target = {};
	char *req;

	req = kunit_kzalloc(test, len + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, req);
	memcpy(req, param->req, len);

	KUNIT_ASSERT_EQ(test, ima_flush_parse(req, len, &target), param->ret);
	if (param->ret)
		return;

	KUNIT_EXPECT_STREQ(test, target.path ?: "none", param->path ?: "none");
	KUNIT_EXPECT_STREQ(test, target.name ?: "none", param->name ?: "none");
	KUNIT_EXPECT_EQ(test, target.fd, param->fd);
}

/* Catches a limit that is off by one, for a path and for a name. */
static void test_parse_length(struct kunit *test)
{
	const size_t len = PATH_MAX - 1;
	struct ima_flush_target target = {};
	char *req;

	req = kunit_kzalloc(test, len + sizeof("fd:1 0\n"), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, req);

	memset(req, '/', len);
	req[len] = '\n';
	KUNIT_EXPECT_EQ(test, ima_flush_parse(req, len + 1, &target), 0);

	memset(req, '/', len + 1);
	KUNIT_EXPECT_EQ(test, ima_flush_parse(req, len + 1, &target),
			-ENAMETOOLONG);

	memset(req, 'x', len + 5);
	memcpy(req, "fd:1 ", 5);
	KUNIT_EXPECT_EQ(test, ima_flush_parse(req, len + 5, &target), 0);

	memset(req, 'x', len + 6);
	memcpy(req, "fd:1 ", 5);
	KUNIT_EXPECT_EQ(test, ima_flush_parse(req, len + 6, &target),
			-ENAMETOOLONG);
}

static struct kunit_case flush_request_cases[] = {
	KUNIT_CASE_PARAM(test_parse, request_gen_params),
	KUNIT_CASE(test_parse_length),
	{}
};

static struct kunit_suite flush_request_suite = {
	.name = "ima_flush_request",
	.test_cases = flush_request_cases,
};

kunit_test_suite(flush_request_suite);

MODULE_DESCRIPTION("KUnit tests for parsing requests to flush");
MODULE_LICENSE("GPL");
