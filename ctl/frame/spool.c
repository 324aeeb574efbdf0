/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/spool.h"

#include "frame/named.h"
#include "frame/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens a file that is gone once its descriptor is closed. */
static int open_nameless(void)
{
    const char *directory = getenv("TMPDIR");
    char path[4096];

    if (!directory || !directory[0])
        directory = "/tmp";
    int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return file >= 0 ? file : -errno;
    if (snprintf(path, sizeof(path), "%s/%s-XXXXXX", directory, program_name()) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    file = mkostemp(path, O_CLOEXEC);
    if (file < 0)
        return -errno;
    unlink(path);
    return file;
}

int spool_write(int file, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t put = write(file, data, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        data += put;
        size -= (size_t)put;
    }
    return 0;
}

static int copy(int from, int to)
{
    enum { PIECE = 65536 };
    char *piece = malloc(PIECE);
    int code = piece ? 0 : -ENOMEM;

    while (code == 0) {
        ssize_t got = read(from, piece, PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            code = got < 0 ? -errno : 0;
            break;
        }
        code = spool_write(to, piece, (size_t)got);
    }
    free(piece);
    return code == 0 && lseek(to, 0, SEEK_SET) != 0 ? -errno : code;
}

int spool_open(const char *path)
{
    struct stat status;
    int file = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : named_take(path);

    if (file < 0)
        return -errno;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode))
        return file;
    int spool = open_nameless();
    int code = spool < 0 ? spool : copy(file, spool);
    close(file);
    if (code == 0)
        return spool;
    if (spool >= 0)
        close(spool);
    return code;
}
