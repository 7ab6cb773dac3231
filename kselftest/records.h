/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the measurement list, and comparing it with the TPM
 *
 * Whatever these tests flush or delete is appended to one file, RECORDS_GONE.
 * It is in a tmpfs: so it lives as long as the measurement list, and reading
 * it is not measured. Followed by the list, it has every record since boot,
 * which must replay to PCR 10 of the TPM after each test.
 */

#ifndef RECORDS_H
#define RECORDS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "sha.h"

#define IMA_DIR "/sys/kernel/security/integrity/ima/"
#define IMA_LIST IMA_DIR "binary_runtime_measurements"
#define IMA_STAGED IMA_DIR "binary_runtime_measurements_staged"
#define IMA_PCR 10

#define FLUSH_DIR IMA_DIR "flush/"
#define FLUSH_STATUS FLUSH_DIR "status"
#define FLUSH_SEGMENTS FLUSH_DIR "segments"

#define RECORDS_GONE "/dev/shm/ima_flush_selftest"

#define READ_SIZE 65536
#define DIGEST_SIZE_MAX 64

struct blob {
	__u8 *data;
	size_t size; /* in bytes */
};

/* The hash algorithms that list files and PCR banks are made with */
struct bank {
	const char *name;
	size_t digest_size; /* in bytes */
	/* NULL: taken as it is, not computed again by these tests */
	void (*hash)(const __u8 *data, size_t len, __u8 *digest);
};

static const struct bank banks[] = {
	{ "sha1", 20, sha1 },
	{ "sha256", 32, sha256 },
	{ "sha384", 48, NULL },
	{ "sha512", 64, NULL },
};

#define BANK_SHA1 (&banks[0])

/* One record of a binary list, pointing into the bytes of the list */
struct record {
	__u32 pcr;
	const __u8 *digest;
	const __u8 *name; /* of the template */
	__u32 name_len;
	const __u8 *data; /* of the template */
	__u32 data_len;
	size_t size; /* of the whole record, in bytes */
};

/* Reads from a descriptor until its end. Returns false on an error. */
static inline bool read_fd(const int fd, struct blob *const blob)
{
	size_t room = 0;

	*blob = (struct blob){};
	while (true) {
		ssize_t ret;

		if (blob->size == room) {
			room = room ? room * 2 : READ_SIZE;
			blob->data = realloc(blob->data, room);
			if (!blob->data)
				return false;
		}

		ret = read(fd, blob->data + blob->size, room - blob->size);
		if (ret < 0)
			return false;
		if (ret == 0)
			return true;
		blob->size += ret;
	}
}

static inline struct blob read_file(struct __test_metadata *const _metadata,
				    const char *const path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct blob blob;

	ASSERT_LE(0, fd)
	{
		TH_LOG("Failed to open %s: %s", path, strerror(errno));
	}
	ASSERT_TRUE(read_fd(fd, &blob))
	{
		TH_LOG("Failed to read %s: %s", path, strerror(errno));
	}
	close(fd);
	return blob;
}

/* What a list file has of flushed records, before those in memory */
struct flushed {
	long records;
	long bytes; /* in the binary list of sha1 */
	unsigned long long number; /* of the last segment */
};

/* Number of the first record of the list, or -1 */
static long read_first_record(void)
{
	FILE *const file = fopen(FLUSH_STATUS, "re");
	long number = -1;
	char line[64];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "first_record %ld", &number) == 1)
			break;
	if (file)
		fclose(file);
	return number;
}

/* Nothing, as long as the kernel shows only what is in memory. */
static struct flushed read_flushed(void)
{
	const long first = read_first_record();
	FILE *const file = fopen(FLUSH_SEGMENTS, "re");
	struct flushed flushed = {};
	unsigned long long number;
	long record, records, bytes;

	while (file && fscanf(file, "%llu %ld %ld %*u %ld %*[^\n]", &number,
			      &record, &records, &bytes) == 4) {
		flushed.number = number;
		if (record < first)
			continue;
		flushed.records += records;
		flushed.bytes += bytes;
	}
	if (file)
		fclose(file);
	return flushed;
}

/* Takes all flushed records out of the list, if it shows them. */
static inline void release_flushed(void)
{
	FILE *const file = fopen(FLUSH_DIR "release", "we");

	if (file) {
		fprintf(file, "%llu\n", read_flushed().number);
		fclose(file);
	}
}

/*
 * Reads the part of the binary list of sha1 that is in memory: what a flush
 * would write. The files of earlier flushes may be gone.
 */
static bool read_memory(struct blob *const list)
{
	struct flushed flushed = read_flushed(), before;
	bool done;
	int fd;

	list->data = NULL;
	do {
		free(list->data);
		before = flushed;
		fd = open(IMA_LIST, O_RDONLY | O_CLOEXEC);
		done = fd >= 0 && lseek(fd, before.bytes, SEEK_SET) >= 0 &&
		       read_fd(fd, list);
		close(fd);
		/* A flush may have been between them. */
		flushed = read_flushed();
	} while (memcmp(&before, &flushed, sizeof(before)) != 0);

	return done;
}

static inline struct blob read_list(struct __test_metadata *const _metadata)
{
	struct blob list;

	ASSERT_TRUE(read_memory(&list))
	{
		TH_LOG("Failed to read " IMA_LIST ": %s", strerror(errno));
	}
	return list;
}

static inline bool starts_with(const struct blob *const blob,
			       const struct blob *const prefix)
{
	return blob->size >= prefix->size &&
	       memcmp(blob->data, prefix->data, prefix->size) == 0;
}

static inline void append(struct blob *const blob,
			  const struct blob *const tail)
{
	blob->data = realloc(blob->data, blob->size + tail->size + 1);
	memcpy(blob->data + blob->size, tail->data, tail->size);
	blob->size += tail->size;
}

/* Takes @len bytes at *@offset, or returns NULL if there are fewer. */
static const __u8 *take(const struct blob *const list, size_t *const offset,
			const size_t len)
{
	const __u8 *const bytes = list->data + *offset;

	if (list->size - *offset < len)
		return NULL;

	*offset += len;
	return bytes;
}

static bool take_u32(const struct blob *const list, size_t *const offset,
		     __u32 *const value)
{
	const __u8 *const bytes = take(list, offset, sizeof(*value));

	if (bytes)
		memcpy(value, bytes, sizeof(*value));

	return bytes;
}

/*
 * Parses the record at @offset: see ima_measurements_show() for the format.
 * Returns false unless there is a whole one. Not for the "ima" template.
 */
static bool parse_record(const struct blob *const list, size_t offset,
			 const size_t digest_size, struct record *const record)
{
	const size_t start = offset;

	if (!take_u32(list, &offset, &record->pcr))
		return false;

	record->digest = take(list, &offset, digest_size);
	if (!record->digest || !take_u32(list, &offset, &record->name_len))
		return false;

	record->name = take(list, &offset, record->name_len);
	if (!record->name || !take_u32(list, &offset, &record->data_len))
		return false;

	record->data = take(list, &offset, record->data_len);
	record->size = offset - start;
	return record->data;
}

/* The path in a record: the second field of all templates that have one */
static inline bool record_has_path(const struct record *const record,
				   const char *const path)
{
	const struct blob data = { (__u8 *)record->data, record->data_len };
	const __u8 *name = NULL;
	size_t offset = 0;
	__u32 len;

	for (int field = 0; field < 2; field++) {
		if (!take_u32(&data, &offset, &len))
			return false;
		name = take(&data, &offset, len);
	}

	return name && len == strlen(path) + 1 && memcmp(name, path, len) == 0;
}

static bool is_violation(const struct record *const record,
			 const size_t digest_size)
{
	static const __u8 zeros[DIGEST_SIZE_MAX];

	return memcmp(record->digest, zeros, digest_size) == 0;
}

/*
 * Parses the record at @offset like parse_record(), and returns false also if
 * its digest is not that of its data.
 */
static bool check_record(const struct blob *const list, const size_t offset,
			 const struct bank *const bank,
			 struct record *const record)
{
	__u8 digest[DIGEST_SIZE_MAX];

	if (!parse_record(list, offset, bank->digest_size, record))
		return false;
	if (!bank->hash || is_violation(record, bank->digest_size))
		return true;

	bank->hash(record->data, record->data_len, digest);
	return memcmp(digest, record->digest, bank->digest_size) == 0;
}

/*
 * Returns the number of records, or -1 if the bytes are not whole records with
 * the digests that belong to them.
 */
static long count_records(const struct blob *const list,
			  const struct bank *const bank)
{
	struct record record;
	size_t offset = 0;
	long num = 0;

	for (; offset < list->size; offset += record.size, num++)
		if (!check_record(list, offset, bank, &record))
			return -1;

	return num;
}

/* How often the file with this path was measured, in these records */
static inline int count_path(const struct blob *const list,
			     const char *const path)
{
	struct record record;
	size_t offset = 0;
	int num = 0;

	while (parse_record(list, offset, BANK_SHA1->digest_size, &record)) {
		num += record_has_path(&record, path);
		offset += record.size;
	}

	return num;
}

/* Extends a PCR 10 of the bank with a record of a sha1 list. */
static void extend(const struct record *const record,
		   const struct bank *const bank, __u8 *const pcr)
{
	__u8 both[2 * DIGEST_SIZE_MAX];
	__u8 *const digest = both + bank->digest_size;

	if (record->pcr != IMA_PCR)
		return;

	if (is_violation(record, BANK_SHA1->digest_size))
		memset(digest, 0xff, bank->digest_size);
	else
		bank->hash(record->data, record->data_len, digest);

	memcpy(both, pcr, bank->digest_size);
	bank->hash(both, 2 * bank->digest_size, pcr);
}

/* Computes what PCR 10 of the bank is after all records of a sha1 list. */
static void replay(const struct blob *const list, const struct bank *const bank,
		   __u8 *const pcr)
{
	struct record record;
	size_t offset = 0;

	memset(pcr, 0, bank->digest_size);
	for (; parse_record(list, offset, BANK_SHA1->digest_size, &record);
	     offset += record.size)
		extend(&record, bank, pcr);
}

/* Returns false if the TPM has no such bank, or there is no TPM. */
static bool read_pcr(const struct bank *const bank, __u8 *const pcr)
{
	char path[64];
	FILE *file;
	size_t i;

	snprintf(path, sizeof(path), "/sys/class/tpm/tpm0/pcr-%s/%d",
		 bank->name, IMA_PCR);
	file = fopen(path, "re");
	if (!file)
		return false;

	for (i = 0; i < bank->digest_size; i++)
		if (fscanf(file, "%2hhx", &pcr[i]) != 1)
			break;

	fclose(file);
	return i == bank->digest_size;
}

/* Returns the number of banks that @list replays to, or -1 if one differs. */
static int compare_with_tpm(const struct blob *const list)
{
	__u8 expected[DIGEST_SIZE_MAX], pcr[DIGEST_SIZE_MAX];
	int num_banks = 0;

	for (size_t i = 0; i < ARRAY_SIZE(banks); i++) {
		if (!banks[i].hash || !read_pcr(&banks[i], pcr))
			continue;

		replay(list, &banks[i], expected);
		if (memcmp(expected, pcr, banks[i].digest_size) != 0)
			return -1;
		num_banks++;
	}

	return num_banks;
}

/* Returns all records that these tests took out of the list since boot. */
static struct blob read_records_gone(struct __test_metadata *const _metadata)
{
	if (access(RECORDS_GONE, F_OK) != 0)
		return (struct blob){};

	return read_file(_metadata, RECORDS_GONE);
}

/* Notes records that were taken out of the list, in the order of the list. */
static inline void note_records_gone(struct __test_metadata *const _metadata,
				     const struct blob *const blob)
{
	const int fd = open(RECORDS_GONE,
			    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	ASSERT_LE(0, fd)
	{
		TH_LOG("Failed to open " RECORDS_GONE ": %s", strerror(errno));
	}
	ASSERT_EQ((ssize_t)blob->size, write(fd, blob->data, blob->size));
	ASSERT_EQ(0, close(fd));
}

/*
 * Returns the number of banks of which PCR 10 is what all records since boot
 * replay to, or -1. What is measured meanwhile by others is no error: try
 * again then.
 */
static inline int replay_all_records(struct __test_metadata *const _metadata)
{
	int ret = -1;

	for (int i = 0; i < 10 && ret < 0; i++) {
		struct blob all = read_records_gone(_metadata);
		struct blob list = read_list(_metadata);

		append(&all, &list);
		if (count_records(&all, BANK_SHA1) >= 0)
			ret = compare_with_tpm(&all);

		free(list.data);
		free(all.data);
	}

	return ret;
}

#endif /* RECORDS_H */
