/* SPDX-License-Identifier: MPL-2.0 */
/* iPXE scripts: every file that is found is a word of its line, and its settings are filled in within bounds. */
#include "bootfile/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *value_of(const char *setting, void *user)
{
    (void)user;
    return strlen(setting) % 2 ? setting : NULL;
}

static void check(const struct script_file *file, unsigned line, unsigned lines)
{
    char text[NETBOOT_FILE_SIZE], unknown[SCRIPT_SETTING_SIZE];

    if (file->line < line || file->line > lines || !file->command || !file->file[0] || strpbrk(file->file, " \t\r\n"))
        abort();
    int status = script_expand(file->file, value_of, NULL, text, unknown);
    if (status == 0 && strlen(text) >= sizeof(text))
        abort();
    if (status == -ENOENT && strlen(unknown) >= sizeof(unknown))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct script script;
    struct script_file file;
    unsigned lines = 1, line = 0;

    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    script_begin(&script, text);
    while (script_next(&script, &file)) {
        check(&file, line, lines);
        line = file.line;
    }
    free(text);
    return 0;
}
