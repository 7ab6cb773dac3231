// SPDX-License-Identifier: GPL-2.0-only
/*
 * In the kernel that flush_kexec.sh executed: do the records of all kernels
 * lead to what the TPM says?
 *
 * PCR 10 outlives kexec, and was extended once for each record. So it is what
 * the files in the directory, in the order of their numbers, and then what is
 * in memory replay to: unless a record was lost, is in a file and was carried
 * too, or is in another place. And each kernel began with a boot_aggregate.
 *
 * The files are those of one start of the machine, in format "template". What
 * this kernel flushed is among them. This kernel needs no CONFIG_IMA_FLUSH.
 *
 * Both stages in QEMU, with the disk image of a distribution:
 *
 *   make defconfig kvm_guest.config
 *   scripts/kconfig/merge_config.sh .config tools/testing/selftests/ima/config
 *   make bzImage headers
 *   make -C tools/testing/selftests TARGETS=ima INSTALL_PATH=DIR install
 *   (IMAGE gets kexec-tools, DIR/ima and the bzImage; TPM is an empty folder)
 *   swtpm_setup --tpm2 --tpmstate TPM --pcr-banks sha1,sha256
 *   swtpm socket --tpm2 --tpmstate dir=TPM --ctrl type=unixio,path=TPM/socket &
 *   qemu-system-x86_64 -m 1G -nographic -kernel arch/x86/boot/bzImage \
 *       -append "console=ttyS0 root=/dev/vda rw ima_policy=tcb" \
 *       -drive file=IMAGE,format=raw,if=virtio \
 *       -chardev socket,id=tpm,path=TPM/socket \
 *       -tpmdev emulator,id=tpm0,chardev=tpm -device tpm-crb,tpmdev=tpm0
 *
 * There, as root, stage 1, and when the next kernel is up, stage 2:
 *
 *   ./flush_kexec.sh mode=flush flush=between records=5000 /boot/bzImage
 *   ./flush_kexec_stage2
 *
 * If stage 1 made a disk for the files, mount that before, where it was:
 *
 *   mount -o loop /root/disk /var/log/ima
 */

#include <dirent.h>

#include "records.h"

/* Of one test, in seconds: plain emulation with KASAN takes its time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

static const char usage[] =
	"Usage: flush_kexec_stage2 [NAME=VALUE]...\n"
	"\n"
	"Checks in the kernel that flush_kexec.sh executed that the records in\n"
	"the flushed files and in the measurement list replay to PCR 10.\n"
	"\n"
	"  directory=DIR  of the flushed files (/var/log/ima)\n"
	"  first=N        number of the first file since the machine was started,\n"
	"                 if there are older ones (1)\n"
	"  kernels=N      that ran since then, this one included (2)\n";

static const char *directory = "/var/log/ima";
static unsigned long long first_file = 1;
static unsigned long long num_kernels = 2;

/* A file, or what is in memory */
struct part {
	char *name;
	size_t start; /* in the bytes of all parts */
};

/* The records of all kernels */
struct records {
	struct blob all;
	struct part *parts;
	int num_parts;
};

FIXTURE(kexec)
{
	struct records records;
};

/* For scandir(): log.N, as the kernel names files */
static int is_flushed_file(const struct dirent *const entry)
{
	const char *const number = entry->d_name + 4;

	return strncmp(entry->d_name, "log.", 4) == 0 && *number != '\0' &&
	       *number != '0' && !number[strspn(number, "0123456789")] &&
	       strtoull(number, NULL, 10) >= first_file;
}

static void add_part(struct records *const records, const char *const name,
		     struct blob *const bytes)
{
	struct part *const part = &records->parts[records->num_parts++];

	part->name = strdup(name);
	part->start = records->all.size;
	append(&records->all, bytes);
	free(bytes->data);
}

static void read_records(struct __test_metadata *const _metadata,
			 struct records *const records)
{
	struct dirent **entries;
	struct blob bytes;
	char *path;
	int num;

	num = scandir(directory, &entries, is_flushed_file, versionsort);
	ASSERT_LE(0, num)
	{
		TH_LOG("Failed to read %s: %s", directory, strerror(errno));
	}

	memset(records, 0, sizeof(*records));
	records->parts = calloc(num + 1, sizeof(*records->parts));
	for (int i = 0; i < num; i++) {
		ASSERT_LT(0, asprintf(&path, "%s/%s", directory,
				      entries[i]->d_name));
		bytes = read_file(_metadata, path);
		add_part(records, path, &bytes);
		free(path);
		free(entries[i]);
	}
	free(entries);

	bytes = read_list(_metadata);
	add_part(records, IMA_LIST, &bytes);
}

static void free_records(struct records *const records)
{
	for (int i = 0; i < records->num_parts; i++)
		free(records->parts[i].name);
	free(records->parts);
	free(records->all.data);
}

FIXTURE_SETUP(kexec)
{
	read_records(_metadata, &self->records);
}

FIXTURE_TEARDOWN(kexec)
{
	free_records(&self->records);
}

static struct blob part_of(const struct records *const records, const int i)
{
	const size_t start = records->parts[i].start;
	const size_t end = i + 1 < records->num_parts ?
				   records->parts[i + 1].start :
				   records->all.size;

	return (struct blob){ records->all.data + start, end - start };
}

/* Says which record of which part is at @offset of all of them. */
static void log_place(struct __test_metadata *const _metadata,
		      const struct records *const records, const size_t offset,
		      const char *const what)
{
	struct blob before;
	int i = records->num_parts - 1;

	while (records->parts[i].start > offset)
		i--;
	before = part_of(records, i);
	before.size = offset - records->parts[i].start;
	TH_LOG("Record %ld of %s: %s", count_records(&before, BANK_SHA1),
	       records->parts[i].name, what);
}

TEST_F(kexec, whole_records)
{
	struct records *const records = &self->records;

	for (int i = 0; i < records->num_parts; i++) {
		const struct blob part = part_of(records, i);
		struct record record;
		size_t offset = 0;

		while (offset < part.size &&
		       check_record(&part, offset, BANK_SHA1, &record))
			offset += record.size;

		EXPECT_EQ(part.size, offset)
		{
			log_place(_metadata, records,
				  records->parts[i].start + offset,
				  "cut off, or not what its digest is of");
		}
	}
}

/* Under the second name with CONFIG_IMA_INIT_LATE_SYNC */
static bool is_boot_aggregate(const struct record *const record)
{
	return record_has_path(record, "boot_aggregate") ||
	       record_has_path(record, "boot_aggregate_late");
}

TEST_F(kexec, boot_aggregates)
{
	struct records *const records = &self->records;
	const size_t digest_size = BANK_SHA1->digest_size;
	unsigned long long num = 0;
	struct record record;
	size_t offset = 0;

	ASSERT_TRUE(parse_record(&records->all, 0, digest_size, &record));
	EXPECT_TRUE(is_boot_aggregate(&record))
	{
		log_place(_metadata, records, 0, "no kernel begins with it");
	}

	while (parse_record(&records->all, offset, digest_size, &record)) {
		if (is_boot_aggregate(&record)) {
			log_place(_metadata, records, offset,
				  "a kernel begins");
			num++;
		}
		offset += record.size;
	}

	EXPECT_EQ(num_kernels, num)
	{
		TH_LOG("Each kernel begins once; is kernels=%llu right?",
		       num_kernels);
	}
}

/* Says of each part whether it begins with the end of what is before it. */
static void log_repeated(struct __test_metadata *const _metadata,
			 const struct records *const records)
{
	for (int i = 1; i < records->num_parts; i++) {
		const struct blob part = part_of(records, i);
		struct blob before = { records->all.data,
				       records->parts[i].start };
		struct record record;

		while (before.size > 0 && !starts_with(&part, &before) &&
		       parse_record(&before, 0, BANK_SHA1->digest_size,
				    &record)) {
			before.data += record.size;
			before.size -= record.size;
		}
		if (before.size > 0 && starts_with(&part, &before))
			TH_LOG("%s begins with the last %ld records before it",
			       records->parts[i].name,
			       count_records(&before, BANK_SHA1));
	}
}

/* Says where the replay comes to the PCR of the TPM, if not at the end. */
static void log_reached(struct __test_metadata *const _metadata,
			const struct records *const records,
			const struct bank *const bank)
{
	__u8 replayed[DIGEST_SIZE_MAX] = {}, pcr[DIGEST_SIZE_MAX];
	struct record record;
	size_t offset = 0;

	if (!bank->hash || !read_pcr(bank, pcr))
		return;

	while (memcmp(replayed, pcr, bank->digest_size) != 0) {
		if (!parse_record(&records->all, offset, BANK_SHA1->digest_size,
				  &record)) {
			TH_LOG("No record leads to PCR 10 of %s: one missing?",
			       bank->name);
			return;
		}
		extend(&record, bank, replayed);
		offset += record.size;
	}
	if (offset < records->all.size)
		log_place(_metadata, records, offset,
			  "PCR 10 is that of the records before this one");
}

TEST_F(kexec, replay)
{
	struct records *const records = &self->records;
	int num_banks = compare_with_tpm(&records->all);

	/* Others may be measured meanwhile. */
	for (int i = 0; i < 10 && num_banks < 0; i++) {
		free_records(records);
		read_records(_metadata, records);
		num_banks = compare_with_tpm(&records->all);
	}

	ASSERT_LT(0, num_banks)
	{
		log_repeated(_metadata, records);
		for (size_t i = 0; i < ARRAY_SIZE(banks); i++)
			log_reached(_metadata, records, &banks[i]);
	}
	TH_LOG("%ld records in %d files and in memory, PCR 10 of %d banks",
	       count_records(&records->all, BANK_SHA1), records->num_parts - 1,
	       num_banks);
}

static bool parse_number(const char *const value,
			 unsigned long long *const number)
{
	char *end;

	errno = 0;
	*number = strtoull(value, &end, 10);
	return isdigit(*value) && *end == '\0' && errno == 0;
}

/* Returns false if it is none, or its value cannot be one. */
static bool parse_argument(const char *const argument)
{
	if (strncmp(argument, "directory=/", 11) == 0) {
		directory = argument + 10;
		return true;
	}
	if (strncmp(argument, "first=", 6) == 0)
		return parse_number(argument + 6, &first_file);
	if (strncmp(argument, "kernels=", 8) == 0)
		return parse_number(argument + 8, &num_kernels);

	return false;
}

/* Ends the program if it cannot tell anything here. */
static void check_machine(void)
{
	struct record record = {};
	__u8 pcr[DIGEST_SIZE_MAX];
	struct blob list;

	if (!read_memory(&list))
		ksft_exit_skip("cannot read " IMA_LIST ": %s\n",
			       strerror(errno));
	if (!parse_record(&list, 0, BANK_SHA1->digest_size, &record) &&
	    record.name && record.name_len == 3 &&
	    memcmp(record.name, "ima", 3) == 0)
		ksft_exit_skip("records of template ima cannot be parsed\n");
	free(list.data);

	for (size_t i = 0; i < ARRAY_SIZE(banks); i++)
		if (banks[i].hash && read_pcr(&banks[i], pcr))
			return;
	ksft_exit_skip("no TPM with a bank of sha1 or sha256\n");
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return KSFT_PASS;
		}
		if (!parse_argument(argv[i])) {
			fprintf(stderr, "%s is unknown\n\n%s", argv[i], usage);
			return KSFT_FAIL;
		}
	}

	check_machine();
	return test_harness_run(1, argv);
}
