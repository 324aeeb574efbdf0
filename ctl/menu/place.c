/* SPDX-License-Identifier: MPL-2.0 */
#include "place.h"

#include "frame/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY ".netbootctl-menu"

int place_open(struct place *place, const char *path)
{
    *place = (struct place){.path = path};
    place->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->directory < 0)
        return failed("%s: %s: --output needs the data root that TFTP and HTTP serve", path, strerror(errno));
    return DONE;
}

void place_close(struct place *place)
{
    if (place->directory >= 0)
        close(place->directory);
}

int place_directory(struct place *place, const char *name)
{
    if (mkdirat(place->directory, name, 0755) == 0)
        return fchmodat(place->directory, name, 0755, 0) == 0 ? DONE
                                                              : failed("%s/%s: %s", place->path, name, strerror(errno));
    if (errno == EEXIST)
        return DONE;
    return failed("cannot create %s/%s: %s", place->path, name, strerror(errno));
}

FILE *place_begin(struct place *place)
{
    place->text = NULL;
    place->file = open_memstream(&place->text, &place->size);
    if (!place->file)
        failed("out of memory");
    return place->file;
}

/* Whether the file holds the text. */
static bool is_same(const struct place *place, const char *name)
{
    int descriptor = openat(place->directory, name, O_RDONLY | O_CLOEXEC);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "r");
    size_t at = 0;
    int c = EOF;

    if (!file) {
        if (descriptor >= 0)
            close(descriptor);
        return false;
    }
    while ((c = fgetc(file)) != EOF && at < place->size && (char)c == place->text[at])
        at++;
    bool same = c == EOF && !ferror(file) && at == place->size;
    fclose(file);
    return same;
}

/* World-readable whatever the umask: the servers are users of their own. */
static int write_file(const struct place *place, const char *name)
{
    int descriptor = openat(place->directory, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (descriptor < 0)
        return -errno;
    bool done = spool_write(descriptor, place->text, place->size) == 0 && fchmod(descriptor, 0644) == 0 &&
                fsync(descriptor) == 0;
    int error = done ? 0 : errno;
    if (close(descriptor) != 0 && done)
        error = errno;
    if (error == 0 && renameat(place->directory, TEMPORARY, place->directory, name) != 0)
        error = errno;
    if (error)
        unlinkat(place->directory, TEMPORARY, 0);
    return -error;
}

int place_end(struct place *place, const char *name)
{
    int code = fclose(place->file) == 0 ? DONE : failed("out of memory");

    if (code == DONE && is_same(place, name)) {
        printf("unchanged: %s/%s\n", place->path, name);
    } else if (code == DONE) {
        int status = write_file(place, name);
        if (status != 0)
            code = failed("cannot write %s/%s: %s", place->path, name, strerror(-status));
        else
            printf("wrote %s/%s\n", place->path, name);
    }
    free(place->text);
    return code;
}
