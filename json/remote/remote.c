/* SPDX-License-Identifier: MPL-2.0 */
#include "json/remote/remote.h"

#include "common/base/failure.h"
#include "json/record/json.h"
#include "json/remote/forward.h"
#include "json/remote/remote_commands.h"
#include "json/show/explain.h"

#include <errno.h>
#include <string.h>

/* ---- netboot-explain */

/* A server explains for its own family unless the arguments name the other. */
static int explain(struct netboot_view *view, const struct remote *remote, const cJSON *arguments, cJSON **ret,
                   struct netboot_error *told)
{
    cJSON *asked = arguments ? cJSON_Duplicate(arguments, true) : cJSON_CreateObject();

    if (!asked || (cJSON_IsObject(asked) && !cJSON_GetObjectItemCaseSensitive(asked, "family") &&
                   !cJSON_AddNumberToObject(asked, "family", remote->family))) {
        cJSON_Delete(asked);
        return failure_no_memory(told);
    }
    int status = explain_to_json(view, asked, ret, told);
    if (status == 0)
        failure(told, 0, "Decision: %s.", json_text(*ret, "outcome"));
    cJSON_Delete(asked);
    return status == -ENOENT ? -ENODATA : status;
}

static int explain_command(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told)
{
    return remote_with_view(explain, remote, arguments, ret, told);
}

/* ---- The table */

static const struct remote_command {
    const char *name;
    bool changes;
    int (*run)(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
} commands[] = {
    {"netboot-explain",       false, explain_command   },
    {"netboot-host-add",      true,  remote_host_add   },
    {"netboot-host-del",      true,  remote_host_delete},
    {"netboot-host-done",     true,  remote_host_done  },
    {"netboot-host-get",      false, remote_host_get   },
    {"netboot-host-get-page", false, remote_host_page  },
    {"netboot-host-update",   true,  remote_host_update},
    {"netboot-status",        false, remote_status     },
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

const char *remote_name(unsigned index)
{
    return index < COMMAND_COUNT ? commands[index].name : NULL;
}

static const struct remote_command *find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

int remote_run(const struct remote *remote, const char *name, const cJSON *arguments, cJSON **ret_answer,
               struct netboot_error *told)
{
    const struct remote_command *command = find(name);

    *ret_answer = NULL;
    if (!command)
        return failure(told, -ENOSYS, "there is no command %.100s", name);
    if (command->changes && !remote->allow_changes)
        return failure(told, -ENOSYS, "%s is not allowed: set the netboot hook's parameter \"allow-changes\" to true",
                       name);
    if (command->changes && remote->forwards)
        return remote_forward(remote, name, arguments, ret_answer, told);
    return command->run(remote, arguments, ret_answer, told);
}
