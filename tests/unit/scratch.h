/* SPDX-License-Identifier: MPL-2.0 */
/* A directory for one test, removed with all that is in it. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_SIZE 256

static inline void scratch_make(char path[SCRATCH_SIZE])
{
    const char *parent = getenv("TMPDIR");

    snprintf(path, SCRATCH_SIZE, "%s/netboot-test-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(path)) {
        perror(path);
        abort();
    }
}

static inline int scratch_remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void scratch_remove(const char *path)
{
    if (nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        perror(path);
}

#endif
