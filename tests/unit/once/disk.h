/* SPDX-License-Identifier: MPL-2.0 */
/* A disk that fails, and clocks that are set: what the tests of boot once put between the code and the kernel. */
#ifndef ONCE_DISK_H
#define ONCE_DISK_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct {
    bool full;           /* writes fail, but for those of the head, which need no room */
    bool syncs_fail;     /* and what was written is there all the same */
    size_t short_by;     /* octets that a write lacks */
    unsigned syncs;      /* so far */
    uint64_t sync_ns;    /* that one takes */
    uint64_t running_ns; /* that the clocks that no one sets are ahead */
    int64_t change_ns;   /* that files were changed after they were */
    int64_t passed_ns;   /* of time, for the clock on the wall; of that, until the log was changed */
    int64_t changed_ns;
    ino_t inode; /* of every file */
} disk;

ssize_t __real_pwrite(int file, const void *octets, size_t size, off_t at);
ssize_t __wrap_pwrite(int file, const void *octets, size_t size, off_t at);
int __real_fdatasync(int file);
int __wrap_fdatasync(int file);
int __real_fstat(int file, struct stat *ret);
int __wrap_fstat(int file, struct stat *ret);
int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

#define DISK_HEAD 64
#define DISK_RUN 24 /* the size of what is in the run directory */

ssize_t __wrap_pwrite(int file, const void *octets, size_t size, off_t at)
{
    if (size != DISK_RUN)
        disk.changed_ns = disk.passed_ns;
    if (disk.full && at >= DISK_HEAD) {
        errno = ENOSPC;
        return -1;
    }
    if (disk.short_by > 0 && at >= DISK_HEAD && disk.short_by < size)
        size -= disk.short_by;
    return __real_pwrite(file, octets, size, at);
}

int __wrap_fdatasync(int file)
{
    disk.syncs++;
    disk.running_ns += disk.sync_ns;
    if (disk.syncs_fail) {
        errno = EIO;
        return -1;
    }
    return __real_fdatasync(file);
}

static void add_ns(struct timespec *time, int64_t ns)
{
    int64_t sum = time->tv_sec * INT64_C(1000000000) + time->tv_nsec + ns;

    time->tv_sec = sum / 1000000000;
    time->tv_nsec = sum % 1000000000;
}

int __wrap_fstat(int file, struct stat *ret)
{
    int code = __real_fstat(file, ret);

    if (code == 0 && S_ISREG(ret->st_mode)) {
        add_ns(&ret->st_ctim, disk.change_ns + disk.changed_ns);
        add_ns(&ret->st_mtim, disk.changed_ns);
    }
    if (code == 0 && S_ISREG(ret->st_mode) && disk.inode != 0)
        ret->st_ino = disk.inode;
    return code;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    int code = __real_clock_gettime(clock, ret);

    if (code == 0 && clock != CLOCK_REALTIME)
        add_ns(ret, (int64_t)disk.running_ns);
    if (code == 0 && clock == CLOCK_REALTIME)
        add_ns(ret, disk.passed_ns);
    return code;
}

#endif
