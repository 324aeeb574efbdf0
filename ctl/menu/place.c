/* SPDX-License-Identifier: MPL-2.0 */
#include "place.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MODE 0644 /* world-readable whatever the umask: the servers are users of their own */

int place_open(struct place *place, const char *path)
{
    static const struct publish_names names = {
        .mode = FILE_MODE, .file = "menu.ipxe", .folder = "targets", .ending = ".ipxe"};

    *place = (struct place){.path = path, .publish = PUBLISH_CLOSED};
    int status = publish_begin(&place->publish, path, &names);
    if (status != 0)
        return failed("%s: %s: --output needs the data root that TFTP and HTTP serve", path, strerror(-status));
    return DONE;
}

void place_close(struct place *place)
{
    publish_end(&place->publish);
}

int place_targets(struct place *place)
{
    int status = publish_folder(&place->publish);

    return status == 0 ? DONE : failed("cannot create %s/targets: %s", place->path, strerror(-status));
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
    FILE *file = publish_look(&place->publish, name);
    size_t at = 0;
    int c = EOF;

    if (!file)
        return false;
    while ((c = fgetc(file)) != EOF && at < place->size && (char)c == place->text[at])
        at++;
    bool same = c == EOF && !ferror(file) && at == place->size;
    fclose(file);
    return same;
}

static int write_file(const struct place *place, const char *name)
{
    FILE *file = publish_create(&place->publish, name);

    if (!file)
        return -errno;
    fwrite(place->text, 1, place->size, file); /* what fails is told of by publish_keep() */
    return publish_keep(&place->publish, file);
}

int place_end(struct place *place, const char *name)
{
    int code = fclose(place->file) == 0 ? DONE : failed("out of memory");

    if (code == DONE && is_same(place, name)) {
        printf("unchanged: %s/%s\n", place->path, name);
    } else if (code == DONE) {
        int status = write_file(place, name);
        if (status < 0)
            code = failed("cannot write %s/%s: %s", place->path, name, strerror(-status));
        else
            printf("wrote %s/%s\n", place->path, name);
    }
    free(place->text);
    return code;
}
