/* SPDX-License-Identifier: MPL-2.0 */
#include "edit.h"
#include "frame/command.h"
#include "list.h"

/* clang-format off */
const struct option_row loader_set_options[] = {
    {.name = "dry-run", .help = "only says what would change"},
    {0},
};
/* clang-format on */

static const struct column columns[] = {
    {"PLATFORM", "platform"},
    {"FILE",     "file"    },
    {NULL,       NULL      },
};

static int file_of_words(struct edit *edit, const struct key *key, bool is_new, cJSON *record, void *user)
{
    (void)key;
    (void)is_new;
    (void)user;
    cJSON_DeleteItemFromObjectCaseSensitive(record, "file");
    if (!cJSON_AddStringToObject(record, "file", edit->session->arguments->words[1]))
        return failed("out of memory");
    return DONE;
}

int loader_set(struct session *session)
{
    return edit_set_command(session, TABLE_LOADER, file_of_words);
}

int loader_list(struct session *session)
{
    return list_command(session, TABLE_LOADER, "loaders", columns, (struct list_rows){0});
}

int loader_delete(struct session *session)
{
    return edit_delete_command(session, TABLE_LOADER);
}
