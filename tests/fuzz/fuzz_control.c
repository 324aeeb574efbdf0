/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The messages of the control socket, as netbootd and its clients take them: whatever comes, a message that counts as
 * sound has its size, lengths that are inside of it, and texts that end.
 *
 * Input: an octet, the kind; then the message behind version and kind. It is cut or filled with zeros to the size that
 * its kind and count ask for, so that the contents are looked at as well.
 */
#include "check.h"

#include "link/control.h"
#include "link/hello.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ends(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static void check_host(const struct control_host *host)
{
    check(host->key.size > 1 && host->key.size <= KEY_SIZE, "the key of a host");
}

static void check_sound(const void *message, size_t size)
{
    const struct control_head *head = message;
    const struct control_order *order = message;
    const struct control_hosts *hosts = message;
    const struct control_result *result = message;
    const struct control_rows *rows = message;
    const struct control_act *act = message;
    const struct control_server *server = message;
    const struct control_run *run = message;

    switch (head->kind) {
    case CONTROL_ARM:
    case CONTROL_DISARM:
    case CONTROL_DONE:
        check(size == sizeof(*order) && ends(order->target, sizeof(order->target)) &&
                  ends(order->by, sizeof(order->by)),
              "order");
        break;
    case CONTROL_HOSTS:
    case CONTROL_GET:
        check(size == control_hosts_size(head->count), "hosts");
        for (uint32_t i = 0; i < head->count; i++)
            check_host(&hosts->hosts[i]);
        break;
    case CONTROL_RESULT:
        check(result->code <= 0 && ends(result->text, sizeof(result->text)), "result");
        break;
    case CONTROL_ROWS:
        check(size == control_rows_size(head->count), "rows");
        for (uint32_t i = 0; i < head->count; i++) {
            check_host(&rows->rows[i].host);
            check(ends(rows->rows[i].once.boot_file, sizeof(rows->rows[i].once.boot_file)), "row");
        }
        break;
    case CONTROL_ACT:
        check_host(&act->host);
        check(ends(act->by, sizeof(act->by)), "act");
        break;
    case CONTROL_SERVER:
        check(ends(server->name, sizeof(server->name)), "server");
        break;
    case CONTROL_RUN:
        check(head->count > 0 && head->count <= sizeof(run->words) && run->words[head->count - 1] == '\0', "words");
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t message[CONTROL_MESSAGE_MAX + 4096];
    struct control_head *head = (struct control_head *)(void *)message;
    static const size_t sizes[] = {sizeof(struct control_order), sizeof(struct control_head),
                                   sizeof(struct control_result), sizeof(struct control_act),
                                   sizeof(struct control_server)};

    if (size < 1 || size > CONTROL_MESSAGE_MAX)
        return 0;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) + 3; i++) {
        memset(message, 0, sizeof(message));
        memcpy(message + 8, data + 1, size - 1);
        head->version = CONTROL_VERSION;
        head->kind = data[0];
        size_t whole = i < sizeof(sizes) / sizeof(sizes[0]) ? sizes[i] : size + 7;
        if (i == sizeof(sizes) / sizeof(sizes[0]) && head->count <= CONTROL_HOSTS_MAX)
            whole = control_hosts_size(head->count);
        if (i == sizeof(sizes) / sizeof(sizes[0]) + 1 && head->count <= CONTROL_ROWS_MAX)
            whole = control_rows_size(head->count);
        if (whole <= CONTROL_MESSAGE_MAX && control_is_sound(message, whole))
            check_sound(message, whole);
    }
    return 0;
}
