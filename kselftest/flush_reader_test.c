// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the list in pieces, seeking in it, and reading on after records were
 * removed: each byte as if it had been read at once.
 */

#include "common.h"

#define ASCII_LIST IMA_DIR "ascii_runtime_measurements"

/* Records that a test has at least: several times what one read(2) gives */
#define NUM_RECORDS 150

FIXTURE(reader)
{
	struct env env;
	int fd;
	struct blob list; /* all that fd had to give at first */
};

FIXTURE_VARIANT(reader)
{
	const char *path;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(reader, binary) {
	/* clang-format on */
	.path = IMA_LIST,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(reader, ascii) {
	/* clang-format on */
	.path = ASCII_LIST,
};

FIXTURE_SETUP(reader)
{
	setup_env(_metadata, &self->env);
	/* Earlier segments may be missing; the last number must be known. */
	flush_all_records(_metadata, &self->env);
	release_flushed();
	measure_files(_metadata, &self->env, 1);
	flush_all_records(_metadata, &self->env);
	measure_files(_metadata, &self->env, NUM_RECORDS);
	self->list = read_file(_metadata, variant->path);
	self->fd = open(variant->path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(reader)
{
	close(self->fd);
	free(self->list.data);
	teardown_env(_metadata, &self->env);
}

/* Reads up to @len bytes, in as few pieces as the kernel gives. */
static struct blob read_some(struct __test_metadata *const _metadata,
			     const int fd, const size_t len)
{
	struct blob blob = { malloc(len), 0 };
	ssize_t ret;

	do {
		ret = read(fd, blob.data + blob.size, len - blob.size);
		ASSERT_LE(0, ret);
		blob.size += ret;
	} while (ret && blob.size < len);

	return blob;
}

/* Checks that what was read is what the list has from @offset on. */
static void expect_bytes(struct __test_metadata *const _metadata,
			 const struct blob *const list, const size_t offset,
			 const struct blob *const bytes)
{
	size_t same = 0;

	ASSERT_LE(offset + bytes->size, list->size);
	while (same < bytes->size &&
	       bytes->data[same] == list->data[offset + same])
		same++;
	EXPECT_EQ(same, bytes->size)
	{
		TH_LOG("The list differs at offset %zu", offset + same);
	}
}

/* Reads on to the end, which has to be what the list has from @offset on. */
static void expect_rest(struct __test_metadata *const _metadata, const int fd,
			const struct blob *const list, const size_t offset)
{
	struct blob rest;

	ASSERT_TRUE(read_fd(fd, &rest));
	EXPECT_LE(list->size - offset, rest.size);
	if (rest.size > list->size - offset)
		rest.size = list->size - offset; /* Others may measure, too. */
	expect_bytes(_metadata, list, offset, &rest);
	free(rest.data);
}

TEST_F(reader, pieces)
{
	static const size_t sizes[] = { 1, 100, 4095, 4096, 4097, 65536 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		/* One byte at a time takes long. */
		const size_t end = sizes[i] == 1 ? 10000 : self->list.size;
		size_t offset = 0;

		ASSERT_EQ(0, lseek(self->fd, 0, SEEK_SET));
		while (offset < end) {
			struct blob piece =
				read_some(_metadata, self->fd, sizes[i]);

			ASSERT_NE(0, piece.size);
			if (piece.size > self->list.size - offset)
				piece.size = self->list.size - offset;
			expect_bytes(_metadata, &self->list, offset, &piece);
			offset += piece.size;
			free(piece.data);
		}
	}
}

TEST_F(reader, seek)
{
	const size_t size = self->list.size;
	const size_t offsets[] = { size / 2, size / 3,	0,	  size / 2 + 1,
				   size - 1, size / 50, size / 2, 1 };
	struct blob bytes = { malloc(5000), 0 };
	ssize_t ret;

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		const size_t offset = offsets[i];

		ASSERT_EQ((off_t)offset, lseek(self->fd, offset, SEEK_SET));
		ret = read(self->fd, bytes.data, 5000);
		ASSERT_LT(0, ret);
		bytes.size = ret < size - offset ? ret : size - offset;
		expect_bytes(_metadata, &self->list, offset, &bytes);

		ret = pread(self->fd, bytes.data, 5000, size - 1 - offset);
		ASSERT_LT(0, ret);
		bytes.size = ret < offset + 1 ? ret : offset + 1;
		expect_bytes(_metadata, &self->list, size - 1 - offset, &bytes);
	}

	free(bytes.data);
}

/* What was not read before a flush is not there, or it is right. */
TEST_F(reader, flush_in_the_middle)
{
	struct blob bytes = read_some(_metadata, self->fd, self->list.size / 2);
	const size_t offset = bytes.size;

	flush_all_records(_metadata, &self->env);
	measure_files(_metadata, &self->env, 3);
	free(bytes.data);

	ASSERT_TRUE(read_fd(self->fd, &bytes));
	if (bytes.size > self->list.size - offset)
		bytes.size = self->list.size - offset; /* and what was added */
	expect_bytes(_metadata, &self->list, offset, &bytes);
	free(bytes.data);
}

/*
 * What was added is there, from its first byte on: at the end of the list or,
 * if that does not show what was flushed, at its beginning.
 */
TEST_F(reader, flush_at_the_end)
{
	struct blob bytes, list;

	ASSERT_TRUE(read_fd(self->fd, &bytes));
	flush_all_records(_metadata, &self->env);
	measure_files(_metadata, &self->env, NUM_RECORDS);

	list = read_file(_metadata, variant->path);
	expect_rest(_metadata, self->fd, &list,
		    starts_with(&list, &bytes) ? bytes.size : 0);
	free(list.data);
	free(bytes.data);
}

TEST_F(reader, flush_and_read_anew)
{
	struct blob bytes = read_some(_metadata, self->fd, self->list.size / 2);
	struct blob list;

	free(bytes.data);
	flush_all_records(_metadata, &self->env);
	measure_files(_metadata, &self->env, NUM_RECORDS);

	list = read_file(_metadata, variant->path);
	ASSERT_EQ(0, lseek(self->fd, 0, SEEK_SET));
	expect_rest(_metadata, self->fd, &list, 0);
	free(list.data);
}

/* Opens a list file to delete from it: as long as no other one is open. */
static void open_for_deleting(struct __test_metadata *const _metadata,
			      int *const fd, const char *const path)
{
	close(*fd);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, *fd);
}

TEST_F(reader, delete_behind)
{
	struct record first;
	struct blob bytes;

	if (access(IMA_STAGED, F_OK) != 0)
		SKIP(return, "CONFIG_IMA_STAGING is not enabled");

	bytes = read_list(_metadata);
	ASSERT_TRUE(parse_record(&bytes, 0, BANK_SHA1->digest_size, &first));
	bytes.size = first.size;
	open_for_deleting(_metadata, &self->fd, variant->path);

	free(read_some(_metadata, self->fd, self->list.size / 2).data);
	ASSERT_EQ(0, write_request(self->fd, "1\n", 2));
	note_records_gone(_metadata, &bytes);
	free(bytes.data);

	expect_rest(_metadata, self->fd, &self->list, self->list.size / 2);
}

TEST_F(reader, stage_in_the_middle)
{
	struct blob bytes;
	int staged;

	if (access(IMA_STAGED, F_OK) != 0)
		SKIP(return, "CONFIG_IMA_STAGING is not enabled");

	open_for_deleting(_metadata, &self->fd, variant->path);
	staged = open(IMA_STAGED, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, staged);

	free(read_some(_metadata, self->fd, self->list.size / 2).data);
	ASSERT_EQ(0, write_request(staged, "A\n", 2));
	self->env.staged = true;
	ASSERT_TRUE(read_fd(self->fd, &bytes));
	expect_bytes(_metadata, &self->list, self->list.size / 2, &bytes);
	EXPECT_GT(4096, bytes.size);
	free(bytes.data);

	close(staged);
	close(self->fd);
	self->fd = -1;
}

TEST_HARNESS_MAIN
