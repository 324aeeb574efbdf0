/* SPDX-License-Identifier: MPL-2.0 */
/* How many files a process has open. */
#ifndef OPEN_FILES_H
#define OPEN_FILES_H

#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/types.h>

static inline unsigned open_files(pid_t pid)
{
    char path[64];
    unsigned count = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

#endif
