/* SPDX-License-Identifier: MPL-2.0 */
#include "dump.h"

#include "common/base/failure.h"
#include "json/record/json.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct streams {
    FILE *in, *out, *err;
};

static void streams_close(struct streams *streams)
{
    if (streams->out)
        fclose(streams->out);
    if (streams->err)
        fclose(streams->err);
}

/* ---- What went wrong -------------------------------------------------------------------------------------------- */

/* dhcpd says "FILE line N: what" of an error in a file; then follow the line, a caret, and how it ends. */
static bool is_place(const char *line)
{
    const char *at = strstr(line, " line ");

    return at && strspn(at + 6, "0123456789") > 0 && at[6 + strspn(at + 6, "0123456789")] == ':';
}

static bool is_banner(const char *line)
{
    static const char *const banner[] = {
        "Internet Systems Consortium",
        "Copyright",
        "All rights reserved",
        "For info",
        "Config file:",
        "Database file:",
        "PID file:",
        "WARNING:",
        "Wrote ",
    };

    for (size_t i = 0; i < sizeof(banner) / sizeof(banner[0]); i++)
        if (strncmp(line, banner[i], strlen(banner[i])) == 0)
            return true;
    return line[0] == '\0';
}

static int refused(const struct dump *dump, FILE *said, int status, struct netboot_error *error)
{
    char *line = NULL, *first = NULL;
    size_t size = 0;
    int code = -EINVAL;

    rewind(said);
    while (getline(&line, &size, said) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (!is_place(line) && (first || is_banner(line)))
            continue;
        bool whole = is_place(line);
        free(first);
        first = strdup(line);
        if (whole)
            break;
    }
    if (first && (strstr(first, "netboot-dump") || strncmp(first, "Usage", 5) == 0))
        code = failure(error, -ENOTSUP,
                       "%s cannot tell what a configuration gives: give the dhcpd that isc-patch/build has built "
                       "(--dhcpd)",
                       dump->dhcpd);
    else if (first)
        failure(error, code, "dhcpd does not accept it: %s", first);
    else
        failure(error, code, "%s does not accept %s (it ended with status %d)", dump->dhcpd, dump->config, status);
    free(first);
    free(line);
    return code;
}

/* ---- Running it ------------------------------------------------------------------------------------------------- */

static int spawn(const struct dump *dump, const char *mode, const struct streams *streams, pid_t *ret)
{
    char *const arguments[] = {(char *)dump->dhcpd,
                               "-t",
                               dump->family == NETBOOT_V4 ? "-4" : "-6",
                               "-cf",
                               (char *)dump->config,
                               "-lf",
                               (char *)(dump->leases ? dump->leases : "/dev/null"),
                               "-netboot-dump",
                               (char *)mode,
                               NULL};
    posix_spawn_file_actions_t actions;
    int status = posix_spawn_file_actions_init(&actions);

    if (status != 0)
        return -status;
    if (streams->in)
        status = posix_spawn_file_actions_adddup2(&actions, fileno(streams->in), STDIN_FILENO);
    else
        status = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
    if (status == 0)
        status = posix_spawn_file_actions_adddup2(&actions, fileno(streams->out), STDOUT_FILENO);
    if (status == 0)
        status = posix_spawn_file_actions_adddup2(&actions, fileno(streams->err), STDERR_FILENO);
    if (status == 0)
        status = posix_spawn(ret, dump->dhcpd, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return -status;
}

static int run(const struct dump *dump, const char *mode, struct streams *streams, struct netboot_error *error)
{
    pid_t pid;
    int state, status;

    streams->out = tmpfile();
    streams->err = tmpfile();
    if (!streams->out || !streams->err)
        return failure(error, -errno, "no temporary file: %s", strerror(errno));
    if (streams->in && (fflush(streams->in) != 0 || fseek(streams->in, 0, SEEK_SET) != 0))
        return failure(error, -errno, "temporary file: %s", strerror(errno));
    status = spawn(dump, mode, streams, &pid);
    if (status < 0)
        return failure(error, status, "%s: %s", dump->dhcpd, strerror(-status));
    while (waitpid(pid, &state, 0) < 0)
        if (errno != EINTR)
            return failure(error, -errno, "%s: %s", dump->dhcpd, strerror(errno));
    if (WIFSIGNALED(state))
        return failure(error, -EIO, "%s was ended by signal %d", dump->dhcpd, WTERMSIG(state));
    if (WEXITSTATUS(state) == 127)
        return failure(error, -ENOENT, "%s: it cannot be run", dump->dhcpd);
    if (WEXITSTATUS(state) != 0)
        return refused(dump, streams->err, WEXITSTATUS(state), error);
    rewind(streams->out);
    return 0;
}

static int each_line(FILE *file, int (*each)(cJSON *object, void *user), void *user, struct netboot_error *error)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    int status = 0;

    while (status == 0 && (size = getline(&line, &room, file)) > 0) {
        cJSON *object = json_parse(line, (size_t)size, error);
        status = object ? each(object, user) : -EPROTO;
    }
    if (status == 0 && ferror(file))
        status = failure(error, -EIO, "what dhcpd wrote cannot be read");
    free(line);
    return status;
}

static int inventory_add(cJSON *object, void *user)
{
    return cJSON_AddItemToArray(user, object) ? 0 : -ENOMEM;
}

int dump_inventory(const struct dump *dump, cJSON **ret, struct netboot_error *error)
{
    struct streams streams = {.in = NULL};
    cJSON *list = cJSON_CreateArray();
    int status = list ? run(dump, "inventory", &streams, error) : failure_no_memory(error);

    if (status == 0)
        status = each_line(streams.out, inventory_add, list, error);
    if (status == 0)
        *ret = list;
    else
        cJSON_Delete(list);
    streams_close(&streams);
    return status;
}

struct answers {
    int (*each)(const cJSON *answer, void *user);
    void *user;
};

static int answer_hand(cJSON *object, void *user)
{
    struct answers *answers = user;
    int status = answers->each(object, answers->user);

    cJSON_Delete(object);
    return status;
}

int dump_answers(const struct dump *dump, FILE *clients, int (*each)(const cJSON *answer, void *user), void *user,
                 struct netboot_error *error)
{
    struct streams streams = {.in = clients};
    struct answers answers = {each, user};
    int status = run(dump, "answers", &streams, error);

    if (status == 0)
        status = each_line(streams.out, answer_hand, &answers, error);
    streams_close(&streams);
    return status;
}

size_t hex_read(const char *hex, uint8_t *ret, size_t size)
{
    size_t count = 0;
    unsigned octet;

    for (; hex && count < size && sscanf(hex, "%2x", &octet) == 1; hex += 2)
        ret[count++] = (uint8_t)octet;
    return count;
}
