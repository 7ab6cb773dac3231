// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushed records in the list of a reader who may not read the files of the
 * segments, as AppArmor has it: it looks at each read of a file that was opened
 * under another profile, whoever opened it
 */

#include "flushed.h"

#define CHANGE_PROFILE "/proc/self/attr/current"

/* Whoever flushes may do all, yet not unconfined: that counts as delegation. */
#define FLUSHER "ima_flusher"
#define READER "ima_reader"

static const char profiles[] =
	"profile " FLUSHER " flags=(attach_disconnected) {\n"
	"  capability,\n"
	"  file,\n"
	"  change_profile,\n"
	"}\n"
	"profile " READER " flags=(attach_disconnected) {\n"
	"  " IMA_DIR "* r,\n"
	"}\n";

/* Returns the status of apparmor_parser with the profiles, 0 on success. */
static int parse_profiles(const char *const option)
{
	char command[128];
	FILE *parser;

	FORMAT(command, "apparmor_parser --skip-cache %s", option);
	parser = popen(command, "we");
	if (!parser)
		return -1;
	fputs(profiles, parser);
	return pclose(parser);
}

/* For a child: there is no way back. */
static bool change_profile(const char *const name)
{
	const int fd = open(CHANGE_PROFILE, O_WRONLY | O_CLOEXEC);
	char req[64];
	ssize_t ret;

	FORMAT(req, "changeprofile %s", name);
	ret = write(fd, req, strlen(req));
	close(fd);
	return ret == (ssize_t)strlen(req);
}

FIXTURE(lsm)
{
	struct env env;
	char path[PATH_MAX]; /* of the segment, the only one */
	struct blob list;
};

/* A segment of several chunks, flushed under a profile */
FIXTURE_SETUP(lsm)
{
	struct env *const env = &self->env;
	pid_t pid;

	setup_flushed(_metadata, env);
	ASSERT_EQ(0, parse_profiles("--replace"))
	{
		TH_LOG("apparmor_parser failed to load the profiles");
	}
	measure_bytes(_metadata, env, 200000);
	FORMAT(self->path, "%s/segment", env->fs);
	pid = fork_child(_metadata);
	if (pid == 0)
		_exit(!change_profile(FLUSHER) || request(self->path) != 0);
	ASSERT_EQ(0, wait_child(_metadata, pid));
	note_segments(_metadata, env);
	measure_files(_metadata, env, 3);
	self->list = read_file(_metadata, IMA_LIST);
}

FIXTURE_TEARDOWN(lsm)
{
	free(self->list.data);
	EXPECT_EQ(0, parse_profiles("--remove"));
	teardown_flushed(_metadata, &self->env);
}

/* Fails if the profiles deny nothing, so that the other test says nothing. */
TEST_F(lsm, file_is_denied)
{
	const pid_t pid = fork_child(_metadata);

	if (pid == 0) {
		char byte;
		int fd;

		if (!change_profile(FLUSHER))
			_exit(2);
		fd = open(self->path, O_RDONLY | O_CLOEXEC);
		if (read(fd, &byte, 1) != 1 || !change_profile(READER))
			_exit(3);
		/* Neither by its name nor as what is open already */
		if (open(self->path, O_RDONLY) >= 0 || errno != EACCES)
			_exit(4);
		_exit(read(fd, &byte, 1) >= 0 || errno != EACCES);
	}
	EXPECT_EQ(0, wait_child(_metadata, pid));
}

/* Fails if what a profile denies is missing from the list. */
TEST_F(lsm, list_is_whole)
{
	const pid_t pid = fork_child(_metadata);

	if (pid == 0) {
		struct blob seen;
		int fd;

		if (!change_profile(READER))
			_exit(2);
		fd = open(IMA_LIST, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			_exit(3);
		if (!read_fd(fd, &seen))
			_exit(4);
		_exit(!starts_with(&seen, &self->list));
	}
	EXPECT_EQ(0, wait_child(_metadata, pid));
	expect_state(_metadata, "ok");
}

/* Ends the program before the first test if there is no AppArmor. */
static void __attribute__((constructor)) skip_without_apparmor(void)
{
	if (access("/sys/kernel/security/apparmor/.replace", F_OK) != 0)
		ksft_exit_skip("no AppArmor\n");
	if (system("apparmor_parser --version >/dev/null") != 0)
		ksft_exit_skip("no apparmor_parser\n");
}

TEST_HARNESS_MAIN
