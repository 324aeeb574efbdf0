/* SPDX-License-Identifier: MPL-2.0 */
/* `command NAME ARGUMENTS`: JSON in, JSON out. Nobody types it. */
#include "commands.h"

#include "frame/output.h"
#include "frame/who.h"
#include "json/remote/remote.h"

#include <errno.h>
#include <stdlib.h>

static int print(int status, const struct netboot_error *told, cJSON *answer)
{
    cJSON *object = cJSON_CreateObject();
    char *text = NULL;

    if (cJSON_AddNumberToObject(object, "code", status) && cJSON_AddStringToObject(object, "text", told->text) &&
        (!answer || cJSON_AddItemReferenceToObject(object, "answer", answer)))
        text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (!text)
        return failed("out of memory");
    puts(text);
    free(text);
    return DONE;
}

static int run(struct session *session)
{
    const char *const *words = session->arguments->words;
    cJSON *arguments = cJSON_Parse(words[1]), *answer = NULL;
    char by[NETBOOT_ONCE_BY_SIZE];
    struct netboot_error told;
    int code = session_store(session);

    if (code != DONE || !arguments) {
        cJSON_Delete(arguments);
        return code != DONE ? code : misused("these are no arguments in JSON");
    }
    const struct remote remote = {.store = session->store,
                                  .directory = session->directory,
                                  .server = who_name(by),
                                  .family = NETBOOT_V4,
                                  .allow_changes = true};
    int status = remote_run(&remote, words[0], cJSON_IsNull(arguments) ? NULL : arguments, &answer, &told);
    code = print(status, &told, answer);
    cJSON_Delete(answer);
    cJSON_Delete(arguments);
    return code;
}

/* clang-format off */
const struct command remote_commands[] = {
    {.group = "command", .run = run, .words = "NAME ARGUMENTS", .least = 2, .most = 2},
    {0},
};
/* clang-format on */
