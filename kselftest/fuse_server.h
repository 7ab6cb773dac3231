/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A filesystem in memory that fails, or stops, where a test wants it to
 *
 * It speaks the FUSE protocol itself (include/uapi/linux/fuse.h), as much as
 * a flush and a look at the result need: one directory of regular files, and
 * no unnamed temporary files.
 */

#ifndef FUSE_SERVER_H
#define FUSE_SERVER_H

#include <linux/fuse.h>

#include "common.h"

#define FUSE_MAX_WRITE 65536
#define FUSE_MAX_FILES 32
#define FUSE_NUM_OPCODES 64

/* What the test asks of the server, in memory that both have */
struct fuse_control {
	int errors[FUSE_NUM_OPCODES]; /* to fail with, 0: none, by opcode */
	__u32 held; /* opcode: the next such request waits for resume */
	__u32 max_written; /* bytes of each write, 0: all of them */
};

struct fuse_server {
	struct fuse_control *control;
	pid_t pid;
	int reached[2]; /* a pipe: one byte when a request is being held */
	int resume[2]; /* a pipe: one byte to go on with it */
};

struct fuse_node {
	char name[NAME_MAX + 1];
	bool linked;
	__u8 *data;
	size_t size;
};

/* A request, as it was read */
struct fuse_message {
	struct fuse_in_header header;
	__u8 body[FUSE_MAX_WRITE + 8192];
};

static struct fuse_node fuse_nodes[FUSE_MAX_FILES];

static __u64 fuse_id(const struct fuse_node *const node)
{
	return FUSE_ROOT_ID + 1 + (node - fuse_nodes);
}

/* Returns NULL for the directory. */
static struct fuse_node *fuse_node(const __u64 id)
{
	return id == FUSE_ROOT_ID ? NULL : &fuse_nodes[id - FUSE_ROOT_ID - 1];
}

static struct fuse_node *fuse_find(const char *const name)
{
	for (size_t i = 0; i < FUSE_MAX_FILES; i++)
		if (fuse_nodes[i].linked &&
		    strcmp(fuse_nodes[i].name, name) == 0)
			return &fuse_nodes[i];

	return NULL;
}

static void fuse_reply(const int fd, const struct fuse_in_header *const in,
		       const int error, const void *const data,
		       const size_t size)
{
	__u8 buffer[sizeof(struct fuse_out_header) + FUSE_MAX_WRITE];
	const struct fuse_out_header header = {
		.len = sizeof(header) + size,
		.error = -error,
		.unique = in->unique,
	};

	memcpy(buffer, &header, sizeof(header));
	if (size)
		memcpy(buffer + sizeof(header), data, size);
	/* The request may have been aborted: then nobody waits for this. */
	if (write(fd, buffer, header.len) < 0 && errno != ENOENT)
		_exit(KSFT_FAIL);
}

static struct fuse_attr fuse_get_attr(const struct fuse_node *const node)
{
	return (struct fuse_attr){
		.ino = node ? fuse_id(node) : FUSE_ROOT_ID,
		.size = node ? node->size : 0,
		.mode = node ? S_IFREG | 0400 : S_IFDIR | 0777,
		.nlink = 1,
		.blksize = 4096,
	};
}

static void fuse_reply_entry(const int fd, const struct fuse_in_header *in,
			     const struct fuse_node *const node)
{
	const struct fuse_entry_out out = {
		.nodeid = fuse_id(node),
		.attr = fuse_get_attr(node),
	};

	fuse_reply(fd, in, 0, &out, sizeof(out));
}

static void fuse_mknod(const int fd, const struct fuse_message *const msg)
{
	const char *const name =
		(const char *)msg->body + sizeof(struct fuse_mknod_in);

	for (size_t i = 0; i < FUSE_MAX_FILES; i++) {
		struct fuse_node *const node = &fuse_nodes[i];

		if (node->name[0])
			continue;
		FORMAT(node->name, "%s", name);
		node->linked = true;
		return fuse_reply_entry(fd, &msg->header, node);
	}

	fuse_reply(fd, &msg->header, ENFILE, NULL, 0);
}

static void fuse_read(const int fd, const struct fuse_message *const msg)
{
	const struct fuse_node *const node = fuse_node(msg->header.nodeid);
	const struct fuse_read_in *const in = (const void *)msg->body;
	size_t size = 0;

	if (in->offset < node->size)
		size = node->size - in->offset;
	if (size > in->size)
		size = in->size;

	fuse_reply(fd, &msg->header, 0, node->data + in->offset, size);
}

static void fuse_write(const int fd, const struct fuse_message *const msg,
		       const struct fuse_control *const control)
{
	struct fuse_node *const node = fuse_node(msg->header.nodeid);
	const struct fuse_write_in *const in = (const void *)msg->body;
	struct fuse_write_out out = { .size = in->size };

	if (control->max_written && out.size > control->max_written)
		out.size = control->max_written;
	if (in->offset + out.size > node->size) {
		node->size = in->offset + out.size;
		node->data = realloc(node->data, node->size);
	}

	memcpy(node->data + in->offset, msg->body + sizeof(*in), out.size);
	fuse_reply(fd, &msg->header, 0, &out, sizeof(out));
}

static void fuse_readdir(const int fd, const struct fuse_message *const msg)
{
	const struct fuse_read_in *const in = (const void *)msg->body;
	__u8 out[FUSE_MAX_WRITE];
	size_t used = 0;

	for (size_t i = in->offset; i < FUSE_MAX_FILES; i++) {
		struct fuse_dirent entry = {
			.ino = fuse_id(&fuse_nodes[i]),
			.off = i + 1,
			.namelen = strlen(fuse_nodes[i].name),
			.type = DT_REG,
		};
		const size_t size =
			FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + entry.namelen);

		if (!fuse_nodes[i].linked)
			continue;
		if (used + size > in->size || used + size > sizeof(out))
			break;
		memset(out + used, 0, size);
		memcpy(out + used, &entry, FUSE_NAME_OFFSET);
		memcpy(out + used + FUSE_NAME_OFFSET, fuse_nodes[i].name,
		       entry.namelen);
		used += size;
	}

	fuse_reply(fd, &msg->header, 0, out, used);
}

static void fuse_rename(const int fd, const struct fuse_message *const msg)
{
	const struct fuse_rename2_in *const in = (const void *)msg->body;
	const char *const old = (const char *)(in + 1);
	const char *const new = old + strlen(old) + 1;
	struct fuse_node *const node = fuse_find(old);

	if (fuse_find(new))
		return fuse_reply(fd, &msg->header, EEXIST, NULL, 0);

	FORMAT(node->name, "%s", new);
	fuse_reply(fd, &msg->header, 0, NULL, 0);
}

static void fuse_serve(const int fd, const struct fuse_message *const msg,
		       const struct fuse_control *const control)
{
	const struct fuse_in_header *const in = &msg->header;
	const struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.flags = FUSE_BIG_WRITES,
		.max_write = FUSE_MAX_WRITE,
		.max_background = 16,
		.time_gran = 1,
	};
	const struct fuse_attr_out attr = {
		.attr = fuse_get_attr(fuse_node(in->nodeid)),
	};
	const struct fuse_open_out open_out = {};
	const struct fuse_statfs_out statfs_out = {};
	struct fuse_node *node;

	switch (in->opcode) {
	case FUSE_INIT:
		return fuse_reply(fd, in, 0, &init, sizeof(init));
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	case FUSE_LOOKUP:
		node = fuse_find((const char *)msg->body);
		if (node)
			return fuse_reply_entry(fd, in, node);
		return fuse_reply(fd, in, ENOENT, NULL, 0);
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		return fuse_reply(fd, in, 0, &attr, sizeof(attr));
	case FUSE_MKNOD:
		return fuse_mknod(fd, msg);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return fuse_reply(fd, in, 0, &open_out, sizeof(open_out));
	case FUSE_READ:
		return fuse_read(fd, msg);
	case FUSE_WRITE:
		return fuse_write(fd, msg, control);
	case FUSE_READDIR:
		return fuse_readdir(fd, msg);
	case FUSE_RENAME2:
		return fuse_rename(fd, msg);
	case FUSE_UNLINK:
		fuse_find((const char *)msg->body)->linked = false;
		return fuse_reply(fd, in, 0, NULL, 0);
	case FUSE_STATFS:
		return fuse_reply(fd, in, 0, &statfs_out, sizeof(statfs_out));
	case FUSE_FLUSH:
	case FUSE_FSYNC:
	case FUSE_FSYNCDIR:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_DESTROY:
		return fuse_reply(fd, in, 0, NULL, 0);
	default:
		return fuse_reply(fd, in, EOPNOTSUPP, NULL, 0);
	}
}

/* Serves requests until the filesystem is unmounted. */
static void fuse_run(const int fd, const struct fuse_server *const server)
{
	struct fuse_control *const control = server->control;
	static struct fuse_message msg;
	char byte;

	while (read(fd, &msg, sizeof(msg)) > 0) {
		const __u32 opcode = msg.header.opcode;
		int error = 0;

		if (opcode == control->held) {
			control->held = 0;
			write(server->reached[1], "", 1);
			read(server->resume[0], &byte, 1);
		}

		if (opcode < FUSE_NUM_OPCODES)
			error = control->errors[opcode];
		if (error)
			fuse_reply(fd, &msg.header, error, NULL, 0);
		else
			fuse_serve(fd, &msg, control);
	}
}

/* Mounts the filesystem at env->fs. Its server ends with the test. */
static void fuse_mount(struct __test_metadata *const _metadata,
		       const struct env *const env,
		       struct fuse_server *const server)
{
	const int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	ASSERT_LE(0, fd);
	server->control = mmap(NULL, sizeof(*server->control),
			       PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, server->control);
	ASSERT_EQ(0, pipe2(server->reached, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(server->resume, O_CLOEXEC));

	FORMAT(options,
	       "fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions",
	       fd);
	ASSERT_EQ(0, mount("fuse", env->fs, "fuse", 0, options))
	{
		TH_LOG("Failed to mount a FUSE filesystem: %s",
		       strerror(errno));
	}

	server->pid = fork_child(_metadata);
	if (server->pid == 0) {
		fuse_run(fd, server);
		_exit(0);
	}
	close(fd);
}

/* Waits until the request that the control block names is being held. */
static inline void fuse_wait_held(struct __test_metadata *const _metadata,
				  const struct fuse_server *const server)
{
	char byte;

	ASSERT_EQ(1, read(server->reached[0], &byte, 1));
}

static inline void fuse_resume(struct __test_metadata *const _metadata,
			       const struct fuse_server *const server)
{
	ASSERT_EQ(1, write(server->resume[1], "", 1));
}

#endif /* FUSE_SERVER_H */
