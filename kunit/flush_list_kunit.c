// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests for list files that show flushed records
 *
 * They flush to a tmpfs that nobody else sees, and read lists from in here.
 */

#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "test_records.h"
#include "test_tmpfs.h"
#include "../ima_flush.h"

/* Of records that are flushed: some chunks */
#define LIST_SIZE (3 * SZ_64K + SZ_32K)

/* More than the largest list of these tests, in any form */
#define TEXT_SIZE SZ_4M

#define PCR CONFIG_IMA_MEASURE_PCR_IDX

struct list_test {
	struct path dir;
	unsigned int num_files;
	struct inode inode;	/* of the list file: tells the bank */
};

/* A list file, as it is open */
struct list_file {
	struct file file;
	loff_t pos;
};

/* A list, in one of its forms */
struct text {
	char *data;
	size_t size;
};

/* Records of templates with other fields than the default one */
static void add_other_records(struct kunit *test, const char *template)
{
	static u32 serial;
	char filename[32];
	u8 bytes[100];
	struct ima_max_digest_data hash = {};
	struct ima_iint_cache iint = {
		.ima_hash = container_of(&hash.hdr, struct ima_digest_data,
					 hdr),
	};
	struct ima_event_data event_data = {
		.iint = &iint,
		.filename = filename,
		.violation = "kunit",
		.buf = bytes,
		.buf_len = sizeof(bytes),
	};
	struct ima_template_desc *desc = lookup_template_desc(template);
	struct ima_template_entry *entry;

	KUNIT_ASSERT_NOT_NULL(test, desc);
	KUNIT_ASSERT_EQ(test,
			template_desc_init_fields(desc->fmt, &desc->fields,
						  &desc->num_fields), 0);
	snprintf(filename, sizeof(filename), "/kunit/other %u", ++serial);
	memset(bytes, 0xa5, sizeof(bytes));
	memcpy(bytes, &serial, sizeof(serial));
	KUNIT_ASSERT_EQ(test,
			ima_alloc_init_template(&event_data, &entry, desc), 0);
	KUNIT_ASSERT_EQ(test, store_record(entry, PCR, serial % 2), 0);
}

static void add_mixed_records(struct kunit *test)
{
	add_other_records(test, "ima-buf");
	add_other_records(test, "ima-buf");
	add_other_records(test, "ima-sig");
	add_other_records(test, "ima-ngv2");
	add_other_records(test, "ima-sigv2");
	add_other_records(test, "ima-modsig");
	add_other_records(test, "ima");
	KUNIT_ASSERT_EQ(test,
			store_record(make_record("/kunit/violation", 0), PCR,
				     true), 0);
}

static void fill_list(struct kunit *test, unsigned long size)
{
	add_mixed_records(test);
	while (num_bytes() < size)
		add_records(test, 1);
	add_mixed_records(test);
}

/* To a file of its own */
static void flush(struct kunit *test)
{
	struct list_test *lt = test->priv;
	char name[16];

	snprintf(name, sizeof(name), "%u", ++lt->num_files);
	KUNIT_ASSERT_EQ(test, ima_flush_to(&lt->dir, name), 0);
}

static int list_test_init(struct kunit *test)
{
	struct list_test *lt;

	lt = kunit_kzalloc(test, sizeof(*lt), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, lt);
	lt->dir = mount_tmpfs(test);
	test->priv = lt;

	/* What other tests have flushed can no longer be read. */
	add_records(test, 1);
	flush(test);
	KUNIT_ASSERT_EQ(test, ima_flush_release(ima_flush_next_number() - 1),
			0);
	return 0;
}

static void list_test_exit(struct kunit *test)
{
	ima_flush_inject = NULL;
}

static void close_list(void *data)
{
	struct list_file *list = data;

	ima_flush_list_release(&list->file);
}

static struct list_file *open_list(struct kunit *test, bool ascii,
				   int algo_idx)
{
	struct list_test *lt = test->priv;
	struct list_file *list;

	list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, list);

	lt->inode.i_private = (void *)(uintptr_t)algo_idx;
	list->file.f_inode = &lt->inode;
	KUNIT_ASSERT_EQ(test, ima_flush_list_open(&list->file, ascii), 0);
	KUNIT_ASSERT_EQ(test,
			kunit_add_action_or_reset(test, close_list, list), 0);
	return list;
}

/* As read(2) does it. Returns how many bytes there were. */
static ssize_t read_list(struct list_file *list, char *buf, size_t size)
{
	const char *data;
	ssize_t ret;

	ret = ima_flush_list_show(list->file.private_data, list->pos, &data);
	if (ret <= 0)
		return ret;

	ret = min_t(size_t, ret, size);
	memcpy(buf, data, ret);
	list->pos += ret;
	return ret;
}

/* Read on in pieces of a size up to the end or an error, which is returned. */
static int read_rest(struct kunit *test, struct list_file *list, size_t piece,
		     struct text *text)
{
	ssize_t ret;

	text->size = 0;
	text->data = kunit_kmalloc(test, TEXT_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text->data);
	do {
		KUNIT_ASSERT_LE(test, text->size + piece, TEXT_SIZE);
		ret = read_list(list, text->data + text->size, piece);
		if (ret > 0)
			text->size += ret;
	} while (ret > 0);

	return ret;
}

static struct text read_all(struct kunit *test, bool ascii, int algo_idx)
{
	struct list_file *list = open_list(test, ascii, algo_idx);
	struct text text;

	KUNIT_ASSERT_EQ(test, read_rest(test, list, SZ_64K, &text), 0);
	return text;
}

static void expect_text(struct kunit *test, const struct text *expected,
			size_t from, const struct text *text)
{
	KUNIT_ASSERT_EQ(test, expected->size - from, text->size);
	KUNIT_EXPECT_EQ(test,
			memcmp(expected->data + from, text->data, text->size),
			0);
}

/* The forms of the list: binary and ascii, for each of the digests */
struct form {
	const char *name;
	bool ascii;
	int extra;	/* 0 for sha1, 1 for the algorithm of ima_hash= */
};

static const struct form forms[] = {
	{ "binary, sha1", false, 0 },
	{ "ascii, sha1", true, 0 },
	{ "binary, ima_hash", false, 1 },
	{ "ascii, ima_hash", true, 1 },
};

KUNIT_ARRAY_PARAM_DESC(form, forms, name);

static int algo_of(const struct form *form)
{
	return form->extra ? ima_hash_algo_idx : ima_sha1_idx;
}

/* Catches a list whose bytes change because of flushes. */
static void test_same_bytes(struct kunit *test)
{
	const struct form *form = test->param_value;
	struct text before, after;

	fill_list(test, LIST_SIZE);
	before = read_all(test, form->ascii, algo_of(form));
	KUNIT_EXPECT_GT(test, before.size, LIST_SIZE);

	flush(test);
	after = read_all(test, form->ascii, algo_of(form));
	expect_text(test, &before, 0, &after);

	add_mixed_records(test);
	before = read_all(test, form->ascii, algo_of(form));
	flush(test);
	after = read_all(test, form->ascii, algo_of(form));
	expect_text(test, &before, 0, &after);
}

/* Catches a list in memory that is not as ima_measurements_show() has it. */
static void test_memory(struct kunit *test)
{
	struct text expected, text;

	fill_list(test, LIST_SIZE);
	expected.data = show_list(test, &expected.size);
	text = read_all(test, false, ima_sha1_idx);
	expect_text(test, &expected, 0, &text);
}

/* Catches a reader who is put off its place, wherever that is. */
static void test_in_the_middle(struct kunit *test)
{
	static const size_t pieces[] = { 1, 77, 4096, 10000, SZ_64K };
	const struct form *form = test->param_value;
	struct list_file *lists[ARRAY_SIZE(pieces)];
	struct text before, text;
	loff_t start;
	unsigned int i;

	fill_list(test, LIST_SIZE / 2);
	flush(test);
	fill_list(test, LIST_SIZE / 2);
	before = read_all(test, form->ascii, algo_of(form));

	text.data = kunit_kmalloc(test, SZ_64K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text.data);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		lists[i] = open_list(test, form->ascii, algo_of(form));
		lists[i]->pos = i * before.size / ARRAY_SIZE(pieces);
		KUNIT_ASSERT_GT(test,
				read_list(lists[i], text.data, pieces[i]), 0);
	}

	flush(test);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		start = lists[i]->pos;
		KUNIT_EXPECT_EQ(test,
				read_rest(test, lists[i], pieces[i], &text), 0);
		expect_text(test, &before, start, &text);
	}
}

/* Catches a reader who is put off its place when records before are deleted. */
static void test_deleted_behind(struct kunit *test)
{
	const struct form *form = test->param_value;
	struct list_file *list;
	struct text before, text;
	loff_t start;

	fill_list(test, SZ_4K);
	flush(test);
	fill_list(test, LIST_SIZE);
	before = read_all(test, form->ascii, algo_of(form));

	list = open_list(test, form->ascii, algo_of(form));
	start = before.size / 2;
	text.data = kunit_kmalloc(test, start, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text.data);
	while (list->pos < start)
		KUNIT_ASSERT_GT(test,
				read_list(list, text.data, start - list->pos),
				0);

	KUNIT_ASSERT_EQ(test, ima_queue_delete_partial(3), 0);
	KUNIT_EXPECT_EQ(test, read_rest(test, list, SZ_4K, &text), 0);
	expect_text(test, &before, start, &text);
}

/* Catches an offset that is not found, or finds another place. */
static void test_any_offset(struct kunit *test)
{
	const struct form *form = test->param_value;
	struct list_file *list;
	struct rnd_state rnd;
	struct text text;
	char bytes[64];
	ssize_t ret;
	int i;

	fill_list(test, LIST_SIZE);
	flush(test);
	add_records(test, 1);
	flush(test);
	fill_list(test, SZ_16K);
	text = read_all(test, form->ascii, algo_of(form));
	list = open_list(test, form->ascii, algo_of(form));

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 500; i++) {
		list->pos = prandom_u32_state(&rnd) % text.size;
		ret = read_list(list, bytes, sizeof(bytes));
		KUNIT_ASSERT_GT(test, ret, 0);
		KUNIT_ASSERT_EQ(test,
				memcmp(text.data + list->pos - ret, bytes, ret),
				0);
	}
	list->pos = text.size;
	KUNIT_EXPECT_EQ(test, read_list(list, bytes, sizeof(bytes)), 0);
	list->pos = LLONG_MAX;
	KUNIT_EXPECT_EQ(test, read_list(list, bytes, sizeof(bytes)), 0);
}

/* Catches the last byte of a chunk, or its first, looked for in another one. */
static void test_chunk_borders(struct kunit *test)
{
	const struct form *form = test->param_value;
	const struct ima_flush_form shown = { form->ascii, algo_of(form) };
	struct ima_flush_found found;
	struct list_file *list;
	struct text text;
	int chunks = 0;
	u64 start, end;
	char byte;

	fill_list(test, LIST_SIZE);
	flush(test);
	text = read_all(test, form->ascii, algo_of(form));
	list = open_list(test, form->ascii, algo_of(form));
	start = ima_flush_list_start(&shown);

	for (end = start; end < start + text.size; end = found.end) {
		KUNIT_ASSERT_EQ(test, ima_flush_find_offset(&shown, end, NULL,
							    &found), 0);
		KUNIT_ASSERT_NOT_NULL(test, found.segment);
		ima_flush_segment_put(found.segment);
		KUNIT_ASSERT_EQ(test, found.start, end);

		list->pos = found.end - start - 1;
		KUNIT_ASSERT_EQ(test, read_list(list, &byte, 1), 1);
		KUNIT_EXPECT_EQ(test, byte, text.data[list->pos - 1]);
		chunks++;
	}
	KUNIT_EXPECT_GT(test, chunks, 1);
}

/* Catches a reader at the end who misses what is added, or sees it twice. */
static void test_reading_on(struct kunit *test)
{
	const struct form *form = test->param_value;
	struct list_file *list = open_list(test, form->ascii, algo_of(form));
	struct text before, after, text;
	int i;

	KUNIT_ASSERT_EQ(test, read_rest(test, list, SZ_4K, &before), 0);
	for (i = 0; i < 6; i++) {
		if (i % 3 != 1)
			add_mixed_records(test);
		if (i % 2)
			flush(test);
		KUNIT_EXPECT_EQ(test, read_rest(test, list, SZ_4K, &text), 0);
		after = read_all(test, form->ascii, algo_of(form));
		expect_text(test, &after, before.size, &text);
		before = after;
	}
}

static struct file *open_segment(struct kunit *test)
{
	struct list_test *lt = test->priv;
	struct dentry *dentry;
	struct path path;
	struct file *file;
	char name[16];

	snprintf(name, sizeof(name), "%u", lt->num_files);
	dentry = lookup_noperm_unlocked(&QSTR(name), lt->dir.dentry);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dentry);

	path = (struct path){ .mnt = lt->dir.mnt, .dentry = dentry };
	file = dentry_open(&path, O_RDWR | O_LARGEFILE, current_cred());
	dput(dentry);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	return file;
}

/* Flip a bit of the last segment. */
static void flip_bit(struct kunit *test, loff_t pos)
{
	struct file *file = open_segment(test);
	loff_t at = pos;
	u8 byte;

	KUNIT_EXPECT_EQ(test, kernel_read(file, &byte, 1, &at), 1);
	byte ^= 0x10;
	at = pos;
	KUNIT_EXPECT_EQ(test, kernel_write(file, &byte, 1, &at), 1);
	__fput_sync(file);
}

/*
 * Catches changed bytes that are shown, bytes before them that are not, a
 * position that is lost, and a segment that stays bad though it is right again.
 */
static void test_changed(struct kunit *test)
{
	const struct form *form = test->param_value;
	struct list_file *list;
	struct text before, text, rest;
	loff_t pos;

	fill_list(test, LIST_SIZE);
	before = read_all(test, form->ascii, algo_of(form));
	flush(test);

	/* In the third chunk */
	flip_bit(test, 2 * SZ_64K + SZ_32K);
	list = open_list(test, form->ascii, algo_of(form));
	KUNIT_EXPECT_EQ(test, read_rest(test, list, SZ_64K, &text), -EIO);
	KUNIT_EXPECT_GE(test, text.size, before.size / 2);
	KUNIT_EXPECT_LT(test, text.size, before.size);
	KUNIT_EXPECT_EQ(test, memcmp(before.data, text.data, text.size), 0);

	pos = list->pos;
	KUNIT_EXPECT_EQ(test, read_rest(test, list, 1, &rest), -EIO);
	KUNIT_EXPECT_EQ(test, list->pos, pos);

	flip_bit(test, 2 * SZ_64K + SZ_32K);
	KUNIT_EXPECT_EQ(test, read_rest(test, list, SZ_64K, &rest), 0);
	expect_text(test, &before, pos, &rest);
}

/*
 * Catches an error at a good offset because a reader was at a bad one when that
 * was still in memory.
 */
static void test_jump(struct kunit *test)
{
	const struct form *form = test->param_value;
	struct list_file *list;
	struct text before, text;

	fill_list(test, LIST_SIZE);
	before = read_all(test, form->ascii, algo_of(form));
	list = open_list(test, form->ascii, algo_of(form));
	text.data = kunit_kmalloc(test, SZ_4K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text.data);
	KUNIT_EXPECT_GT(test, read_list(list, text.data, SZ_4K), 0);

	flush(test);
	flip_bit(test, SZ_16K);
	list->pos = before.size - 1;
	KUNIT_EXPECT_EQ(test, read_list(list, text.data, 1), 1);
	KUNIT_EXPECT_EQ(test, text.data[0], before.data[before.size - 1]);
	list->pos = SZ_16K;
	KUNIT_EXPECT_EQ(test, read_list(list, text.data, 1), -EIO);
}

/* Catches a jump into one segment that reads another one first. */
static void test_jump_to_segment(struct kunit *test)
{
	const struct form *form = test->param_value;
	struct list_file *list;
	struct text before;
	char last;

	fill_list(test, LIST_SIZE);
	flush(test);
	add_records(test, 3);
	before = read_all(test, form->ascii, algo_of(form));
	/* In the last chunk of the first one */
	flip_bit(test, LIST_SIZE);
	flush(test);

	list = open_list(test, form->ascii, algo_of(form));
	list->pos = before.size - 1;
	KUNIT_EXPECT_EQ(test, read_list(list, &last, 1), 1);
	KUNIT_EXPECT_EQ(test, last, before.data[before.size - 1]);
}

/* Catches a list that ends early where a file does. */
static void test_truncated(struct kunit *test)
{
	const struct form *form = test->param_value;
	struct list_file *list;
	struct file *file;
	struct text text;

	fill_list(test, LIST_SIZE);
	flush(test);
	add_records(test, 1);
	file = open_segment(test);
	KUNIT_ASSERT_EQ(test, vfs_truncate(&file->f_path, 1000), 0);
	__fput_sync(file);

	list = open_list(test, form->ascii, algo_of(form));
	KUNIT_EXPECT_EQ(test, read_rest(test, list, SZ_64K, &text), -EIO);
	KUNIT_EXPECT_EQ(test, text.size, 0);
}

/* Catches a release that moves offsets, or leaves something to be read. */
static void test_release(struct kunit *test)
{
	const struct form *form = test->param_value;
	struct text before, first, text;
	struct list_file *list;
	u64 number;

	fill_list(test, LIST_SIZE);
	first = read_all(test, form->ascii, algo_of(form));
	flush(test);
	number = ima_flush_next_number() - 1;
	fill_list(test, SZ_16K);
	flush(test);
	add_records(test, 3);
	before = read_all(test, form->ascii, algo_of(form));
	list = open_list(test, form->ascii, algo_of(form));
	text.data = kunit_kmalloc(test, 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text.data);
	KUNIT_EXPECT_EQ(test, read_list(list, text.data, 1), 1);

	KUNIT_EXPECT_EQ(test, ima_flush_release(number - 1), 0);
	KUNIT_EXPECT_EQ(test, ima_flush_release(number + 2), -ENOENT);
	text = read_all(test, form->ascii, algo_of(form));
	expect_text(test, &before, 0, &text);

	/* That it was read ahead makes no difference. */
	KUNIT_EXPECT_EQ(test, ima_flush_release(number), 0);
	KUNIT_EXPECT_EQ(test, read_rest(test, list, 1, &text), -EIO);
	KUNIT_EXPECT_EQ(test, list->pos, 1);
	list->pos = first.size - 1;
	KUNIT_EXPECT_EQ(test, read_rest(test, list, SZ_64K, &text), -EIO);
	list->pos = first.size;
	KUNIT_EXPECT_EQ(test, read_rest(test, list, SZ_64K, &text), 0);
	expect_text(test, &before, first.size, &text);
	text = read_all(test, form->ascii, algo_of(form));
	expect_text(test, &before, first.size, &text);
}

/* Catches a look-up that goes on from a segment released meanwhile. */
static void test_released_meanwhile(struct kunit *test)
{
	const struct ima_flush_form form = { .algo_idx = ima_sha1_idx };
	const u64 start = ima_flush_list_start(&form);
	struct ima_flush_found first, second, found;
	u64 number;

	add_records(test, 1);
	flush(test);
	number = ima_flush_next_number() - 1;
	add_records(test, 1);
	flush(test);
	KUNIT_ASSERT_EQ(test, ima_flush_find_offset(&form, start, NULL, &first),
			0);
	KUNIT_ASSERT_EQ(test, ima_flush_find_offset(&form, first.end, NULL,
						    &second), 0);
	KUNIT_ASSERT_PTR_NE(test, first.segment, second.segment);

	KUNIT_EXPECT_EQ(test, ima_flush_release(number), 0);
	KUNIT_EXPECT_EQ(test, ima_flush_find_offset(&form, start, first.segment,
						    &found), -EIO);
	ima_flush_segment_put(found.segment);
	KUNIT_EXPECT_EQ(test, ima_flush_find_offset(&form, first.end,
						    first.segment, &found), 0);
	KUNIT_EXPECT_PTR_EQ(test, found.segment, second.segment);
	ima_flush_segment_put(found.segment);
	ima_flush_segment_put(second.segment);
	ima_flush_segment_put(first.segment);
}

static int fail_to_keep(enum ima_flush_step step)
{
	return step == IMA_FLUSH_KEEP_FILE ? -ENOMEM : 0;
}

/* Catches a flush that goes on though nobody could read its records then. */
static void test_not_kept(struct kunit *test)
{
	struct list_test *lt = test->priv;
	struct text before, after;

	fill_list(test, LIST_SIZE);
	before = read_all(test, false, ima_sha1_idx);
	ima_flush_inject = fail_to_keep;
	KUNIT_EXPECT_EQ(test, ima_flush_to(&lt->dir, "a"), -ENOMEM);
	ima_flush_inject = NULL;
	after = read_all(test, false, ima_sha1_idx);
	expect_text(test, &before, 0, &after);
	flush(test);
}

/* Catches counts that are not those of what is read. */
static void test_counts(struct kunit *test)
{
	const unsigned long num = ima_flush_count_list();
	unsigned long first, now;

	add_records(test, 5);
	KUNIT_EXPECT_EQ(test, ima_flush_count_segments(&first), 0);
	flush(test);
	add_records(test, 2);
	KUNIT_EXPECT_EQ(test, ima_flush_count_list(), num + 7);
	KUNIT_EXPECT_EQ(test, ima_flush_count_segments(&now), 1);
	KUNIT_EXPECT_EQ(test, first, now);

	KUNIT_EXPECT_EQ(test, ima_flush_release(ima_flush_next_number() - 1),
			0);
	KUNIT_EXPECT_EQ(test, ima_flush_count_list(), 2);
	KUNIT_EXPECT_EQ(test, ima_flush_count_segments(&now), 0);
	KUNIT_EXPECT_EQ(test, first + num + 5, now);
}

/* What is in the file is taken for what was written. */
static int accept_any(enum ima_flush_step step)
{
	return step == IMA_FLUSH_CHECK_CHUNK;
}

/* With KASAN: fewer, since each takes longer */
#define NUM_MUTATIONS (IS_ENABLED(CONFIG_KASAN) ? 300 : 2000)

/*
 * Catches a parser that relies on what it reads, should it ever be able to get
 * something else. Each time, some bytes of the file change.
 */
static void test_mutated(struct kunit *test)
{
	const struct form *form = test->param_value;
	struct file *file;
	struct rnd_state rnd;
	struct list_file *list;
	int i, j, num_errors = 0;
	struct text text;
	loff_t at;
	u8 byte;

	add_mixed_records(test);
	add_records(test, 2);
	add_mixed_records(test);
	flush(test);
	text.data = kunit_kmalloc(test, TEXT_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text.data);
	file = open_segment(test);
	ima_flush_inject = accept_any;
	prandom_seed_state(&rnd, 1);

	for (i = 0; i < NUM_MUTATIONS; i++) {
		for (j = prandom_u32_state(&rnd) % 4; j >= 0; j--) {
			at = prandom_u32_state(&rnd) %
			     i_size_read(file_inode(file));
			byte = prandom_u32_state(&rnd) % 4 ?
			       prandom_u32_state(&rnd) :
			       (prandom_u32_state(&rnd) % 2) * 0xff;
			KUNIT_ASSERT_EQ(test,
					kernel_write(file, &byte, 1, &at), 1);
		}

		list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, list);
		list->file.f_inode = &((struct list_test *)test->priv)->inode;
		list->file.f_inode->i_private =
			(void *)(uintptr_t)algo_of(form);
		KUNIT_ASSERT_EQ(test,
				ima_flush_list_open(&list->file, form->ascii),
				0);
		while (read_list(list, text.data, SZ_64K) > 0)
			;
		num_errors += read_list(list, text.data, SZ_64K) < 0;
		ima_flush_list_release(&list->file);
		kunit_kfree(test, list);
	}
	__fput_sync(file);

	/* Those who get the bytes of the file do without parsing. */
	if (form->ascii || form->extra)
		KUNIT_EXPECT_GT(test, num_errors, 0);
}

/* Catches a parser that takes a part of a record for one. */
static void test_parts_of_records(struct kunit *test)
{
	struct ima_parsed_record record;
	size_t size, start, len;
	char *list, *part;

	add_mixed_records(test);
	add_records(test, 1);
	list = show_list(test, &size);
	for (start = 0; start < size; start += record.size) {
		KUNIT_ASSERT_EQ(test,
				ima_parse_record(list + start, size - start,
						 &record), 0);
		KUNIT_ASSERT_GT(test, record.size, 0);

		for (len = 0; len < record.size; len++) {
			struct ima_parsed_record none;

			/* Of just that size, so that KASAN knows its end. */
			part = kmemdup(list + start, len, GFP_KERNEL);
			KUNIT_EXPECT_EQ(test,
					ima_parse_record(part, len, &none),
					-EINVAL);
			kfree(part);
		}
	}
	KUNIT_EXPECT_EQ(test, start, size);
}

static struct kunit_case flush_list_cases[] = {
	KUNIT_CASE(test_memory),
	KUNIT_CASE_PARAM(test_same_bytes, form_gen_params),
	KUNIT_CASE_PARAM(test_in_the_middle, form_gen_params),
	KUNIT_CASE_PARAM(test_deleted_behind, form_gen_params),
	KUNIT_CASE_PARAM(test_any_offset, form_gen_params),
	KUNIT_CASE_PARAM(test_chunk_borders, form_gen_params),
	KUNIT_CASE_PARAM(test_reading_on, form_gen_params),
	KUNIT_CASE_PARAM(test_changed, form_gen_params),
	KUNIT_CASE_PARAM(test_jump, form_gen_params),
	KUNIT_CASE_PARAM(test_jump_to_segment, form_gen_params),
	KUNIT_CASE_PARAM(test_truncated, form_gen_params),
	KUNIT_CASE_PARAM(test_release, form_gen_params),
	KUNIT_CASE(test_released_meanwhile),
	KUNIT_CASE(test_not_kept),
	KUNIT_CASE(test_counts),
	KUNIT_CASE_PARAM(test_mutated, form_gen_params),
	KUNIT_CASE(test_parts_of_records),
	{}
};

static struct kunit_suite flush_list_suite = {
	.name = "ima_flush_list",
	.init = list_test_init,
	.exit = list_test_exit,
	.test_cases = flush_list_cases,
};

kunit_test_suite(flush_list_suite);

MODULE_DESCRIPTION("KUnit tests for lists that show flushed records");
MODULE_LICENSE("GPL");
