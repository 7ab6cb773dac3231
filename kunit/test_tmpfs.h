/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tmpfs for the files of tests, which nobody else sees
 */

#ifndef __IMA_TEST_TMPFS_H
#define __IMA_TEST_TMPFS_H

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/path.h>

static inline void unmount_tmpfs(void *mnt)
{
	kern_unmount(mnt);
}

/* Its root directory, until the test has ended */
static inline struct path mount_tmpfs(struct kunit *test)
{
	struct file_system_type *type = get_fs_type("tmpfs");
	struct vfsmount *mnt;

	KUNIT_ASSERT_NOT_NULL(test, type);
	mnt = vfs_kern_mount(type, 0, "tmpfs", NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mnt);
	KUNIT_ASSERT_EQ(test,
			kunit_add_action_or_reset(test, unmount_tmpfs, mnt), 0);
	return (struct path){ .mnt = mnt, .dentry = mnt->mnt_root };
}

#endif /* __IMA_TEST_TMPFS_H */
