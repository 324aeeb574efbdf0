/* SPDX-License-Identifier: MPL-2.0 */
#include "link/control.h"

#include "base/failure.h"
#include "link/socket.h"

#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define ANSWER_MS 5000
#define OPEN_MS 500 /* that netbootd may take to let somebody in */

size_t control_hosts_size(uint32_t count)
{
    return offsetof(struct control_hosts, hosts) + count * sizeof(struct control_host);
}

size_t control_rows_size(uint32_t count)
{
    return offsetof(struct control_rows, rows) + count * sizeof(struct control_row);
}

/* ---- What the other side sends */

static void end_text(char *text, size_t size)
{
    text[size - 1] = '\0';
}

static bool is_host(const struct control_host *host)
{
    return host->key.size > 1 && host->key.size <= KEY_SIZE;
}

static bool is_order(void *message)
{
    struct control_order *order = message;

    end_text(order->target, sizeof(order->target));
    end_text(order->by, sizeof(order->by));
    return *(const uint8_t *)&order->until_done <= 1;
}

static bool is_hosts(void *message)
{
    const struct control_hosts *hosts = message;

    for (uint32_t i = 0; i < hosts->head.count; i++)
        if (!is_host(&hosts->hosts[i]))
            return false;
    return true;
}

static bool is_bare(void *message)
{
    (void)message;
    return true;
}

static bool is_result(void *message)
{
    struct control_result *result = message;

    end_text(result->text, sizeof(result->text));
    return result->code <= 0;
}

static bool is_rows(void *message)
{
    struct control_rows *rows = message;

    for (uint32_t i = 0; i < rows->head.count; i++) {
        struct netboot_once *once = &rows->rows[i].once;
        end_text(once->target, sizeof(once->target));
        end_text(once->by, sizeof(once->by));
        end_text(once->server, sizeof(once->server));
        end_text(once->boot_file, sizeof(once->boot_file));
        if (!is_host(&rows->rows[i].host) || once->state > NETBOOT_ONCE_NEVER_DONE ||
            *(const uint8_t *)&once->until_done > 1)
            return false;
    }
    return true;
}

static bool is_act(void *message)
{
    struct control_act *act = message;

    end_text(act->target, sizeof(act->target));
    end_text(act->by, sizeof(act->by));
    return act->action >= CONTROL_ARM && act->action <= CONTROL_DONE && is_host(&act->host);
}

static bool is_words(void *message)
{
    const struct control_run *run = message;

    return run->head.count > 0 && run->words[run->head.count - 1] == '\0';
}

static bool is_figures(void *message)
{
    const struct control_figures *figures = message;

    return figures->trouble <= 0;
}

static bool is_server(void *message)
{
    struct control_server *server = message;

    end_text(server->name, sizeof(server->name));
    return true;
}

/* A message has a fixed size, and then `count` parts. */
static const struct {
    size_t size, part;
    uint32_t most;
    bool (*is_sound)(void *message);
} messages[CONTROL_KINDS] = {
  /* clang-format off */
    [CONTROL_ARM] = {sizeof(struct control_order), 0, 0, is_order},
    [CONTROL_DISARM] = {sizeof(struct control_order), 0, 0, is_order},
    [CONTROL_DONE] = {sizeof(struct control_order), 0, 0, is_order},
    [CONTROL_HOSTS] = {offsetof(struct control_hosts, hosts), sizeof(struct control_host), CONTROL_HOSTS_MAX, is_hosts},
    [CONTROL_DO] = {sizeof(struct control_head), 0, 0, is_bare},
    [CONTROL_GET] = {offsetof(struct control_hosts, hosts), sizeof(struct control_host), 1, is_hosts},
    [CONTROL_LIST] = {sizeof(struct control_head), 0, 0, is_bare},
    [CONTROL_ACTS] = {sizeof(struct control_head), 0, 0, is_bare},
    [CONTROL_SERVERS] = {sizeof(struct control_head), 0, 0, is_bare},
    [CONTROL_JOURNAL] = {sizeof(struct control_head), 0, 0, is_bare},
    [CONTROL_RESULT] = {sizeof(struct control_result), 0, 0, is_result},
    [CONTROL_ROWS] = {offsetof(struct control_rows, rows), sizeof(struct control_row), CONTROL_ROWS_MAX, is_rows},
    [CONTROL_ACT] = {sizeof(struct control_act), 0, 0, is_act},
    [CONTROL_SERVER] = {sizeof(struct control_server), 0, 0, is_server},
    [CONTROL_RUN] = {offsetof(struct control_run, words), 1, CONTROL_WORDS_SIZE, is_words},
    [CONTROL_EXIT] = {sizeof(struct control_exit), 0, 0, is_bare},
    [CONTROL_FIGURES] = {sizeof(struct control_figures), 0, 0, is_figures},
  /* clang-format on */
};

bool control_is_sound(void *message, size_t size)
{
    const struct control_head *head = message;

    if (size < sizeof(*head) || head->version != CONTROL_VERSION || head->kind == 0 || head->kind >= CONTROL_KINDS ||
        head->count > messages[head->kind].most)
        return false;
    return size == messages[head->kind].size + head->count * messages[head->kind].part &&
           messages[head->kind].is_sound(message);
}

/* ---- The client */

static const uint64_t ns_of_ms = 1000000;

/* So many may wait at its door; each is let in, or told why not, at once. */
int control_open(const char *directory, struct netboot_error *error)
{
    uint64_t deadline_ns = socket_now_ns() + OPEN_MS * ns_of_ms;
    int code;

    while ((code = socket_connect(directory, CONTROL_SOCKET, error)) == -EAGAIN && socket_now_ns() < deadline_ns)
        poll(NULL, 0, 10);
    return code;
}

void control_close(int control)
{
    if (control >= 0)
        close(control);
}

/* A hang-up is told first, where something that was sent is still unread; what netbootd said before it comes then. */
static ssize_t receive(int control, void *buffer, size_t room)
{
    ssize_t size = socket_receive(control, buffer, room, NULL);

    return size == -ECONNRESET ? socket_receive(control, buffer, room, NULL) : size;
}

static int result_of(const void *message, struct netboot_error *error)
{
    const struct control_result *result = message;

    return result->code == 0 ? 0 : failure(error, result->code, "%s", result->text);
}

/* netbootd hung up: it may have said why. */
static int refused(int control, int code, struct netboot_error *error)
{
    struct control_result result;
    ssize_t size = receive(control, &result, sizeof(result));

    if (size > 0 && control_is_sound(&result, (size_t)size) && result.head.kind == CONTROL_RESULT && result.code != 0)
        return result_of(&result, error);
    return failure(error, code, "netbootd does not take what is asked: %s", strerror(-code));
}

/* netbootd takes what comes at once; where its buffer is full for a moment, that is waited for. */
static int put(int control, const void *message, size_t size, uint64_t deadline_ns, struct netboot_error *error)
{
    int code;

    while ((code = socket_send(control, message, size, NULL, 0)) == -EAGAIN) {
        struct pollfd waiting = {.fd = control, .events = POLLOUT};
        if (socket_now_ns() >= deadline_ns)
            break;
        poll(&waiting, 1, 10);
    }
    return code == 0 ? 0 : refused(control, code, error);
}

/* The size of a sound message in `buffer`. */
static ssize_t get(int control, void *buffer, uint64_t deadline_ns, struct netboot_error *error)
{
    ssize_t size = -ETIMEDOUT;

    while (socket_wait(control, deadline_ns))
        if ((size = receive(control, buffer, CONTROL_MESSAGE_MAX)) != -EAGAIN)
            break;
    if (size == -ETIMEDOUT)
        return failure(error, -ETIMEDOUT, "netbootd does not answer: see whether it is stopped, or its disk hangs");
    if (size == 0)
        return failure(error, -ECONNRESET, "netbootd ended the connection: its log says why");
    if (size < 0 || !control_is_sound(buffer, (size_t)size))
        return failure(error, -EPROTO, "netbootd is of another version than this program: restart it");
    return size;
}

int control_order(int control, const struct control_order *order, const struct control_host *hosts, size_t count,
                  unsigned deadline_ms, struct netboot_error *error)
{
    uint64_t deadline_ns = socket_now_ns() + deadline_ms * ns_of_ms;
    struct control_hosts *part = malloc(sizeof(*part));
    int code = part ? put(control, order, sizeof(*order), deadline_ns, error) : failure_no_memory(error);

    for (size_t i = 0; i < count && code == 0; i += part->head.count) {
        part->head =
            control_head(CONTROL_HOSTS, (uint32_t)(count - i < CONTROL_HOSTS_MAX ? count - i : CONTROL_HOSTS_MAX));
        memcpy(part->hosts, &hosts[i], part->head.count * sizeof(*hosts));
        code = put(control, part, control_hosts_size(part->head.count), deadline_ns, error);
    }
    free(part);
    return code;
}

/* Sends a message, and gets the one that answers it. */
static int exchange(int control, const void *message, size_t size, void *buffer, unsigned deadline_ms,
                    struct netboot_error *error)
{
    uint64_t deadline_ns = socket_now_ns() + deadline_ms * ns_of_ms;
    int code = put(control, message, size, deadline_ns, error);

    if (code != 0)
        return code;
    ssize_t got = get(control, buffer, deadline_ns, error);
    return got < 0 ? (int)got : 0;
}

static int unexpected(struct netboot_error *error)
{
    return failure(error, -EPROTO, "netbootd answered with something else than it was asked: restart it");
}

int control_do(int control, unsigned deadline_ms, struct netboot_error *error)
{
    struct control_head head = control_head(CONTROL_DO, 0);
    struct control_result *result = malloc(CONTROL_MESSAGE_MAX);
    int code = result ? exchange(control, &head, sizeof(head), result, deadline_ms, error) : failure_no_memory(error);

    if (code == 0)
        code = result->head.kind == CONTROL_RESULT ? result_of(result, error) : unexpected(error);
    free(result);
    return code;
}

int control_get(int control, const struct control_host *host, struct netboot_once *ret, struct netboot_error *error)
{
    struct control_hosts *hosts = malloc(sizeof(*hosts));
    struct control_rows *rows = malloc(CONTROL_MESSAGE_MAX);
    int code = hosts && rows ? 0 : failure_no_memory(error);

    if (code == 0) {
        hosts->head = control_head(CONTROL_GET, 1);
        hosts->hosts[0] = *host;
        code = exchange(control, hosts, control_hosts_size(1), rows, ANSWER_MS, error);
    }
    if (code == 0 && rows->head.kind == CONTROL_ROWS && rows->head.count == 1)
        *ret = rows->rows[0].once;
    else if (code == 0 && (rows->head.kind != CONTROL_RESULT || (code = result_of(rows, error)) == 0))
        code = unexpected(error);
    free(hosts);
    free(rows);
    return code;
}

int control_figures(int control, struct control_figures *ret, unsigned deadline_ms, struct netboot_error *error)
{
    struct control_head head = control_head(CONTROL_JOURNAL, 0);
    struct control_figures *figures = malloc(CONTROL_MESSAGE_MAX);
    int code = figures ? exchange(control, &head, sizeof(head), figures, deadline_ms, error) : failure_no_memory(error);

    if (code == 0 && figures->head.kind == CONTROL_FIGURES)
        *ret = *figures;
    else if (code == 0 && (figures->head.kind != CONTROL_RESULT || (code = result_of(figures, error)) == 0))
        code = unexpected(error);
    free(figures);
    return code;
}

static int put_words(const char *const *words, struct control_run *ret)
{
    size_t used = 0;

    for (; *words; words++) {
        size_t size = strlen(*words) + 1;
        if (size > sizeof(ret->words) - used)
            return -E2BIG;
        memcpy(ret->words + used, *words, size);
        used += size;
    }
    ret->head = control_head(CONTROL_RUN, (uint32_t)used);
    return 0;
}

/* The kernel lets no files pass before netbootd has seen whose they are: then it is asked first, without them. */
static int put_run(int control, const struct control_run *run, const int fds[2], struct netboot_error *error)
{
    size_t size = offsetof(struct control_run, words) + run->head.count;
    int code = socket_send(control, run, size, fds, 2);

    if (code == -EPERM) {
        struct control_result *answer = malloc(CONTROL_MESSAGE_MAX);
        code = answer ? exchange(control, run, size, answer, ANSWER_MS, error) : failure_no_memory(error);
        if (code == 0 && answer->head.kind == CONTROL_RESULT && answer->code == CONTROL_NO_FILES)
            code = socket_send(control, run, size, fds, 2);
        else if (code == 0)
            code =
                answer->head.kind == CONTROL_RESULT && answer->code != 0 ? result_of(answer, error) : unexpected(error);
        free(answer);
        return code;
    }
    return code == 0 ? 0 : refused(control, code, error);
}

int control_run(int control, const char *const *words, int out, int err, unsigned deadline_ms,
                struct netboot_error *error)
{
    const int fds[] = {out, err};
    struct control_run *run = malloc(CONTROL_MESSAGE_MAX);
    int code = run ? put_words(words, run) : -ENOMEM;

    if (code != 0)
        failure(error, code, "netbootd cannot be given this command: %s", strerror(-code));
    else
        code = put_run(control, run, fds, error);
    if (code != 0) {
        free(run);
        return code;
    }
    ssize_t size = get(control, run, socket_now_ns() + deadline_ms * ns_of_ms, error);
    code = size < 0 ? (int)size : run->head.kind == CONTROL_RESULT ? result_of(run, error) : 0;
    if (size >= 0 && run->head.kind == CONTROL_EXIT)
        code = ((const struct control_exit *)(const void *)run)->status & 0xff;
    else if (code == 0)
        code = unexpected(error);
    free(run);
    return code;
}

int control_list(int control, enum control_kind kind, int (*each)(const void *message, void *user), void *user,
                 struct netboot_error *error)
{
    struct control_head head = control_head(kind, 0), *message = malloc(CONTROL_MESSAGE_MAX);
    int code = message ? put(control, &head, sizeof(head), socket_now_ns() + ANSWER_MS * ns_of_ms, error)
                       : failure_no_memory(error);

    while (code == 0) {
        ssize_t size = get(control, message, socket_now_ns() + ANSWER_MS * ns_of_ms, error);
        if (size < 0)
            code = (int)size;
        else if (message->kind == CONTROL_RESULT) {
            code = result_of(message, error);
            break;
        } else {
            code = each(message, user);
        }
    }
    free(message);
    return code;
}
