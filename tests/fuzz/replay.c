/* SPDX-License-Identifier: MPL-2.0 */
/* Runs a fuzz harness over every file of a corpus, each ending at an inaccessible page. */
#include "guarded.h"

#include <dirent.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *folder, const char *name, struct guarded *guarded)
{
    char path[4096];
    uint8_t data[4096];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return -1;
    }
    size_t size = fread(data, 1, sizeof(data), file);
    fclose(file);
    LLVMFuzzerTestOneInput(guarded_copy(guarded, data, size), size);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    struct guarded guarded = guarded_new();

    if (!folder) {
        fprintf(stderr, "usage: replay CORPUS\n");
        return 2;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        if (replay(argv[1], entry->d_name, &guarded) < 0)
            return 1;
        count++;
    }
    closedir(folder);
    guarded_free(&guarded);
    printf("%u inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
