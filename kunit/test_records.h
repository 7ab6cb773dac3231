/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records for the tests: made up, added to the real measurement list
 */

#ifndef __IMA_TEST_RECORDS_H
#define __IMA_TEST_RECORDS_H

#include <kunit/test.h>
#include <linux/seq_file.h>

#include "../ima.h"

static inline long num_records(void)
{
	return atomic_long_read(&ima_num_records[BINARY]);
}

/* A record of a file with this name, whose digest begins with @content */
static inline struct ima_template_entry *make_record(const char *filename,
						     u32 content)
{
	struct ima_max_digest_data hash = {};
	struct ima_iint_cache iint = {
		.ima_hash = container_of(&hash.hdr, struct ima_digest_data,
					 hdr),
	};
	struct ima_event_data event_data = {
		.iint = &iint,
		.filename = filename,
	};
	struct ima_template_entry *entry;

	iint.ima_hash->algo = ima_hash_algo;
	iint.ima_hash->length = hash_digest_size[ima_hash_algo];
	memcpy(iint.ima_hash->digest, &content, sizeof(content));

	if (ima_alloc_init_template(&event_data, &entry, NULL))
		return NULL;

	return entry;
}

static inline unsigned long num_bytes(void)
{
	struct ima_queue_status status;

	ima_queue_get_status(&status);
	return status.bytes_in_memory;
}

/* Returns -EEXIST if there has been such a record. */
static inline int store_record(struct ima_template_entry *entry, int pcr,
			       bool violation)
{
	int ret;

	if (!entry)
		return -ENOMEM;

	ret = ima_store_template(entry, violation, NULL, KBUILD_MODNAME, pcr);
	if (ret)
		ima_free_template_entry(entry);
	return ret;
}

/* Add a record unlike all others, with this file name. */
static inline int add_named_record(const char *filename)
{
	static u32 serial;

	return store_record(make_record(filename, ++serial),
			    CONFIG_IMA_MEASURE_PCR_IDX, false);
}

/* Of about 100 bytes in the binary list */
static inline int add_record(void)
{
	return add_named_record("/kunit/" KBUILD_MODNAME);
}

static inline void add_records(struct kunit *test, unsigned int count)
{
	while (count--)
		KUNIT_ASSERT_EQ(test, add_record(), 0);
}

/* What binary_runtime_measurements shows: @size bytes, freed with the test */
static inline char *show_list(struct kunit *test, size_t *size)
{
	struct seq_file m = { .size = SZ_4M };
	struct ima_queue_entry *qe;

	m.buf = kunit_kmalloc(test, m.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);

	list_for_each_entry(qe, &ima_measurements, later)
		ima_measurements_show(&m, qe);
	KUNIT_ASSERT_FALSE(test, seq_has_overflowed(&m));

	*size = m.count;
	return m.buf;
}

#endif /* __IMA_TEST_RECORDS_H */
