/* SPDX-License-Identifier: MPL-2.0 */
/* Commands of the control channel, a line each: a digit for the command, then its arguments as JSON. Whatever they are,
 * there is a text to every answer, and the store can be read to its end after it. */
#include "check.h"
#include "scratch.h"
#include "typed.h"
#include "json/record/json.h"
#include "json/remote/remote.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[SCRATCH_SIZE];
static struct netboot_store *store;

static void close_store(void)
{
    netboot_store_close(store);
    scratch_remove(directory);
}

static void open_store(void)
{
    static const struct netboot_target install = {
        .name = {(const uint8_t *)"install",      7 },
          .script = {(const uint8_t *)"install.ipxe", 12}
    };
    struct netboot_change *change;
    struct netboot_error error;

    scratch_make(directory);
    check(netboot_store_create(directory, &error) == 0 && netboot_store_open(directory, NULL, &store, &error) == 0 &&
              netboot_change_open(store, 1000, &change, &error) == 0 &&
              typed_put_target(change, &install, &error) == 0 && netboot_change_commit(change, &error) == 0,
          "there is no store");
    atexit(close_store);
}

static int count_host(const struct netboot_host *host, void *user)
{
    ++*(unsigned *)user;
    return host->ids.count > 0 ? 0 : -1;
}

static void check_store(void)
{
    struct netboot_view *view;
    struct netboot_status status;
    unsigned count = 0;

    check(netboot_view_open(store, &view, NULL) == 0, "no view");
    check(typed_each_hosts(view, count_host, &count) == 0, "a host cannot be read");
    check(netboot_view_status(view, &status, NULL) == 0 && status.records[NETBOOT_RECORD_HOST] == count,
          "hosts are miscounted");
    netboot_view_close(view);
}

static void run(const char *line, size_t size)
{
    const struct remote remote = {.store = store,
                                  .directory = directory,
                                  .server = "fuzz",
                                  .family = NETBOOT_V4,
                                  .allow_changes = true,
                                  .journal = true};
    struct netboot_error told = {0};
    const char *name = size > 0 ? remote_name((unsigned)(line[0] - '0') % 8) : NULL;
    cJSON *arguments = name && size > 1 ? json_parse(line + 1, size - 1, &told) : NULL, *answer;

    if (!name || (size > 1 && !arguments))
        return;
    int status = remote_run(&remote, name, arguments, &answer, &told);
    check(told.text[0] && strlen(told.text) < sizeof(told.text), "an answer without a text");
    check(status <= 0 && (status == 0) == (told.code == 0), "a status that is not that of the text");
    cJSON_Delete(answer);
    cJSON_Delete(arguments);
    check_store();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;

    if (!store)
        open_store();
    while (size > 0) {
        const char *newline = memchr(text, '\n', size);
        size_t length = newline ? (size_t)(newline - text) : size;
        run(text, length);
        size -= newline ? length + 1 : length;
        text += newline ? length + 1 : length;
    }
    return 0;
}
