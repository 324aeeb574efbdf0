/* SPDX-License-Identifier: MPL-2.0 */
/*
 * netbootctl for operators, who may not write the store: the commands that change hosts, and those of Kea, run as
 * netbootd's user in a process of their own. They say what they have to say to the one who gave them.
 */
#include "core/run.h"

#include "base/failure.h"
#include "link/control.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SECONDS 60 /* that a command may take */

/* What operators may have run. */
static const struct {
    const char *group, *verb; /* verb NULL: any word */
    size_t count;             /* words, and no options; 0: any number, and options */
} allowed[] = {
    {"host",    "set",    0},
    {"host",    "delete", 0},
    {"host",    "done",   0},
    {"command", NULL,     3}, /* its name, and its arguments as JSON */
};

/* Files are read by the one who names them, not by netbootd's user; and the store is this one. */
static const char *const refused[] = {"--from-file", "-d", "--directory"};

static bool begins_with(const char *word, const char *beginning)
{
    return strncmp(word, beginning, strlen(beginning)) == 0;
}

static bool has_options(const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (words[i][0] == '-')
            return true;
    return false;
}

static bool is_allowed(const char *const *words, size_t count)
{
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        if (count > 1 && strcmp(words[0], allowed[i].group) == 0 &&
            (!allowed[i].verb || strcmp(words[1], allowed[i].verb) == 0))
            return allowed[i].count == 0 || (count == allowed[i].count && !has_options(words, count));
    return false;
}

static int check(const char *const *words, size_t count, struct netboot_error *error)
{
    if (!is_allowed(words, count))
        return failure(error, -EACCES, "operators may give host set, host delete and host done, and nothing else");
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < sizeof(refused) / sizeof(refused[0]); j++)
            if (begins_with(words[i], refused[j]))
                return failure(error, -EACCES, "%s cannot be used by operators: give the hosts themselves", refused[j]);
    return 0;
}

/* Ends by NULL. -E2BIG. */
static int split(const char *words, size_t size, const char **ret, size_t room)
{
    size_t count = 0;

    for (const char *at = words; at < words + size; at += strlen(at) + 1) {
        if (count + 1 == room)
            return -E2BIG;
        ret[count++] = at;
    }
    ret[count] = NULL;
    return (int)count;
}

static _Noreturn void become(const struct core *core, const char **words, const char *person, int out, int err)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0 || dup2(null, STDIN_FILENO) < 0)
        _exit(1);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    clearenv();
    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    setenv("NETBOOT_DIR", core->directory, 1);
    setenv("NETBOOT_PERSON", person, 1);
    alarm(SECONDS);
    execv(core->tool, (char *const *)words);
    dprintf(STDERR_FILENO, "netbootd: cannot run %s: %s\n", core->tool, strerror(errno));
    _exit(1);
}

pid_t run_start(const struct core *core, const char *words, size_t size, const char *person, int out, int err,
                struct netboot_error *error)
{
    static const char *parts[CONTROL_WORDS_MAX + 2];
    int count = split(words, size, parts + 1, CONTROL_WORDS_MAX);
    int code = count < 0 ? failure(error, count, "these are too many words") : check(parts + 1, (size_t)count, error);

    if (code != 0)
        return code;
    parts[0] = core->tool;
    pid_t child = fork();
    if (child == 0)
        become(core, parts, person, out, err);
    return child > 0 ? child : failure(error, -errno, "no process can be started: %s", strerror(errno));
}
