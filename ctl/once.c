/* SPDX-License-Identifier: MPL-2.0 */
#include "once.h"

#include "command.h"
#include "output.h"
#include "table.h"
#include "text.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_MS 10000

/* ---- Options */

/* Digits only, to the end or to `*end`. */
static bool read_number(const char *text, unsigned long max, unsigned long *ret, const char **end)
{
    char *stop;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *ret = strtoul(text, &stop, 10);
    *end = stop;
    return errno == 0 && *ret <= max;
}

static int read_count(const struct session *session, const char *option, unsigned long least, unsigned long most,
                      int *ret)
{
    const char *text = option_value(session->arguments, option), *end;
    unsigned long number;

    if (!text)
        return DONE;
    if (!read_number(text, most, &number, &end) || *end || number < least)
        return misused("--%s: `%.50s` is no number from %lu to %lu", option, text, least, most);
    *ret = (int)number;
    return DONE;
}

/* "2h" from now, or a time as it is shown. 0: neither. */
static uint64_t read_expiry(const char *text, time_t now)
{
    static const struct {
        char unit;
        unsigned long seconds;
    } units[] = {
        {'s', 1    },
        {'m', 60   },
        {'h', 3600 },
        {'d', 86400}
    };
    const char *end;
    unsigned long number;
    struct tm utc = {0};

    if (read_number(text, 100000000, &number, &end) && end[0] && !end[1])
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
            if (*end == units[i].unit)
                return (uint64_t)now + number * units[i].seconds;
    end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return end && !*end ? (uint64_t)timegm(&utc) : 0;
}

static int read_times(const struct session *session, struct netboot_once_request *request)
{
    const char *expires = option_value(session->arguments, "expires");
    time_t now = time(NULL);
    int tries = 0, code;

    if ((code = read_count(session, "window", 0, 600, &request->window)) != DONE ||
        (code = read_count(session, "tries", 1, 1000, &tries)) != DONE)
        return code;
    request->tries = (unsigned)tries;
    if (!expires)
        return DONE;
    request->expires = read_expiry(expires, now);
    if (request->expires == 0)
        return misused("--expires: `%.50s` is no time: 30m, 2h or 7d from now, or as 2027-01-31T12:00:00Z", expires);
    if (request->expires <= (uint64_t)now)
        return misused("--expires: `%.50s` is over already", expires);
    return DONE;
}

/* Each of these is for one of those. */
static int check_options(const struct session *session)
{
    static const char *const arming[] = {"expires", "tries", "window"};
    bool once = session_has(session, "once"), until_done = session_has(session, "until-done");

    if (once + until_done + session_has(session, "no-once") > 1)
        return misused("--once, --until-done and --no-once exclude each other: type one of them");
    if (session_has(session, "tries") && !until_done)
        return misused("--tries is for --until-done");
    for (size_t i = 0; i < sizeof(arming) / sizeof(arming[0]); i++)
        if (session_has(session, arming[i]) && !once && !until_done)
            return misused("--%s is for --once and --until-done", arming[i]);
    return DONE;
}

int once_read(const struct session *session, struct once *ret)
{
    int code = check_options(session);

    *ret = (struct once){.request.window = -1};
    if (code != DONE)
        return code;
    ret->request.target = option_value(session->arguments, "once");
    if (!ret->request.target) {
        ret->request.target = option_value(session->arguments, "until-done");
        ret->request.until_done = ret->request.target != NULL;
    }
    ret->action = ret->request.target ? ONCE_ARM : session_has(session, "no-once") ? ONCE_DISARM : ONCE_NOTHING;
    return read_times(session, &ret->request);
}

int once_check(const struct session *session, struct netboot_view *view, const struct once *once)
{
    const char *option = once->request.until_done ? "until-done" : "once", *name = once->request.target;
    struct netboot_target target;

    (void)session;
    if (once->action != ONCE_ARM)
        return DONE;
    if (!netboot_name_valid(name))
        return misused("--%s: `%.150s` is no name of a target", option, name);
    int status = netboot_view_target(view, name, &target);
    if (status == -ENOENT)
        return failed("there is no target %s: netbootctl target list shows those there are", name);
    if (status != 0)
        return failed("target %s cannot be read: it is damaged; delete it and set it anew", name);
    if (target.kind != NETBOOT_KIND_BOOT && target.kind != NETBOOT_KIND_LOCAL)
        return misused("--%s: target %s is of kind %s, and that a machine has booted it cannot be seen: use --target",
                       option, name, netboot_kind_name(target.kind));
    return DONE;
}

/* ---- Carrying out */

/* Who types: through sudo as well. */
static const char *typist(char text[NETBOOT_ONCE_BY_SIZE])
{
    const char *name = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
    const struct passwd *user = name ? NULL : getpwuid(getuid());

    if (user)
        name = user->pw_name;
    snprintf(text, NETBOOT_ONCE_BY_SIZE, "%s", name ? name : "");
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            text[0] = '\0';
    return text[0] ? text : NULL;
}

static void tell(const struct session *session, const struct once *once, const char *word)
{
    static const char *const did[][2] = {
        [ONCE_ARM] = {"armed",    "would arm"     },
        [ONCE_DISARM] = {"disarmed", "would disarm"  },
        [ONCE_REPORT] = {"done:",    "would be done:"},
    };
    const struct netboot_once_request *request = &once->request;
    uint64_t expires = request->expires > 0 ? request->expires : (uint64_t)time(NULL) + 86400;
    char until[TIME_TEXT_SIZE];

    printf("%s host ", did[once->action][session_has(session, "dry-run")]);
    print_safe(stdout, word);
    if (once->action == ONCE_ARM && request->until_done)
        printf(": %s until done, %u times at most, until %s", request->target, request->tries ? request->tries : 3,
               time_text(expires, until));
    else if (once->action == ONCE_ARM)
        printf(": %s once, until %s", request->target, time_text(expires, until));
    putchar('\n');
}

static int apply(struct session *session, const struct once *once, const struct netboot_id *ids, unsigned count)
{
    struct netboot_once_request request = once->request;
    struct netboot_error error = {0};
    char by[NETBOOT_ONCE_BY_SIZE];
    int status = 0;

    request.by = typist(by);
    if (once->action == ONCE_ARM)
        status = netboot_once_arm(session->store, ids, count, &request, DEADLINE_MS, &error);
    else if (once->action == ONCE_DISARM)
        status = netboot_once_disarm(session->store, ids, count, DEADLINE_MS, &error);
    else
        status = netboot_once_done(session->store, ids, count, DEADLINE_MS, &error);
    return status == 0 ? DONE : failed_with(&error);
}

int once_carry_out(struct session *session, const struct once *once)
{
    const struct arguments *arguments = session->arguments;
    struct netboot_error error;
    int code = DONE;

    if (once->action == ONCE_NOTHING)
        return DONE;
    struct netboot_id *ids = calloc(arguments->word_count, sizeof(*ids));
    if (!ids)
        return failed("out of memory");
    for (unsigned i = 0; i < arguments->word_count && code == DONE; i++) {
        struct key key;
        if (key_parse(TABLE_HOST, arguments->words[i], &key, &error) != 0)
            code = misused("%s", error.text);
        else
            ids[i] = key.id;
    }
    if (code == DONE && !session_has(session, "dry-run"))
        code = apply(session, once, ids, arguments->word_count);
    for (unsigned i = 0; i < arguments->word_count && code == DONE; i++)
        tell(session, once, arguments->words[i]);
    free(ids);
    return code;
}

int host_done(struct session *session)
{
    const struct once once = {.action = ONCE_REPORT};
    int code = session_store(session);

    return code == DONE ? once_carry_out(session, &once) : code;
}

/* ---- What is shown */

static bool add_time(cJSON *object, const char *key, uint64_t seconds)
{
    char text[TIME_TEXT_SIZE];

    return seconds == 0 || cJSON_AddStringToObject(object, key, time_text(seconds, text));
}

static bool add_text(cJSON *object, const char *key, const char *text)
{
    return !text[0] || cJSON_AddStringToObject(object, key, text);
}

static bool add_use(cJSON *object, const struct netboot_once *once)
{
    if (once->count == 0)
        return true;
    return add_time(object, "used", once->used) && add_text(object, "server", once->server) &&
           add_text(object, "stage", netboot_stage_name(once->stage)) &&
           add_text(object, "family", once->family == NETBOOT_V4 ? "IPv4" : "IPv6") &&
           add_text(object, "boot_file", once->boot_file);
}

static cJSON *once_to_json(const struct netboot_once *once)
{
    cJSON *object = cJSON_CreateObject();
    bool done = add_text(object, "target", once->target) &&
                add_text(object, "state", netboot_once_state_name(once->state)) &&
                cJSON_AddBoolToObject(object, "until_done", once->until_done) &&
                cJSON_AddNumberToObject(object, "tries", once->tries) &&
                cJSON_AddNumberToObject(object, "boots", once->count) && add_time(object, "armed", once->armed) &&
                add_text(object, "by", once->by) && add_time(object, "expires", once->expires) &&
                cJSON_AddNumberToObject(object, "window", once->window) && add_time(object, "started", once->started) &&
                add_use(object, once) && add_time(object, "done", once->done);

    if (done)
        return object;
    cJSON_Delete(object);
    return NULL;
}

int once_show(const struct session *session, const struct netboot_id *id, cJSON *host, struct netboot_error *error)
{
    struct netboot_once once;
    int status = netboot_view_once(session->view, id, &once);

    if (status == -ENOENT)
        return 0;
    if (status == -EBADMSG)
        return error_set(error, status, "what the host is to boot once is damaged: netbootctl host set ... --no-once");
    if (status != 0)
        return error_set(error, status, "the state store in %s cannot be read", session->directory);
    cJSON *object = once_to_json(&once);
    return object && cJSON_AddItemToObject(host, "once", object) ? 0 : error_set(error, -ENOMEM, "out of memory");
}

bool once_counts_show(const struct session *session, cJSON *status)
{
    uint64_t counts[NETBOOT_ONCE_NEVER_DONE + 1];
    cJSON *object = NULL;

    if (netboot_view_once_counts(session->view, counts) != 0)
        return false;
    for (int i = 0; i <= NETBOOT_ONCE_NEVER_DONE; i++) {
        const char *name = netboot_once_state_name((enum netboot_once_state)i);
        if (counts[i] == 0)
            continue;
        if (!object && !(object = cJSON_AddObjectToObject(status, "once")))
            return false;
        if (!cJSON_AddNumberToObject(object, name, (double)counts[i]))
            return false;
    }
    return true;
}
