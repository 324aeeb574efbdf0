/* SPDX-License-Identifier: MPL-2.0 */
#include "json/remote/forward.h"

#include "common/base/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEADLINE_MS 5000
#define ANSWER_MAX (1 << 20)

/* What was written into a file in memory. free() */
static char *read_all(int file)
{
    off_t size = lseek(file, 0, SEEK_END);
    char *text = size >= 0 && size <= ANSWER_MAX ? calloc(1, (size_t)size + 1) : NULL;

    if (text && pread(file, text, (size_t)size, 0) != size) {
        free(text);
        return NULL;
    }
    return text;
}

static int understand(const char *text, cJSON **ret, struct netboot_error *told)
{
    cJSON *object = text ? cJSON_Parse(text) : NULL;
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(object, "code");
    const char *said = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "text"));

    if (!cJSON_IsNumber(code) || !said) {
        cJSON_Delete(object);
        return failure(told, -EPROTO, "netbootd's netbootctl is of another version than this server's libraries");
    }
    *ret = cJSON_DetachItemFromObjectCaseSensitive(object, "answer");
    int status = failure(told, code->valueint, "%s", said);
    cJSON_Delete(object);
    return status;
}

static int refused(const struct remote *remote, int status, const struct netboot_error *reason,
                   struct netboot_error *told)
{
    if (status == -EACCES)
        return failure(told, status,
                       "the user of %s may not change hosts: add it to the group netboot-operator, if that is what you "
                       "want, and restart %s",
                       remote->server, remote->server);
    return failure(told, status, "%s", reason->text);
}

static int run(const struct remote *remote, const char *const *words, int out, cJSON **ret, struct netboot_error *told)
{
    struct netboot_error reason;
    int status = netboot_daemon_run(remote->directory, words, out, out, DEADLINE_MS, &reason);
    char *text = read_all(out);

    if (status < 0)
        status = refused(remote, status, &reason, told);
    else if (status > 0)
        status = failure(told, -EIO, "%.400s", text && text[0] ? text : "netbootd could not do that");
    else
        status = understand(text, ret, told);
    free(text);
    return status;
}

int remote_forward(const struct remote *remote, const char *name, const cJSON *arguments, cJSON **ret,
                   struct netboot_error *told)
{
    char *text = arguments ? cJSON_PrintUnformatted(arguments) : strdup("null");
    int out = memfd_create("netboot-answer", MFD_CLOEXEC);
    int status = text && out >= 0 ? run(remote, (const char *const[]){"command", name, text, NULL}, out, ret, told)
                                  : failure_no_memory(told);

    if (out >= 0)
        close(out);
    free(text);
    return status;
}
