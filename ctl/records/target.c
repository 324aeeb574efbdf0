/* SPDX-License-Identifier: MPL-2.0 */
#include "commands.h"
#include "edit/damaged.h"
#include "edit/edit.h"
#include "frame/pending.h"
#include "list.h"

#include <errno.h>
#include <string.h>

#define KIND(name_, help_)                                                                                             \
    {                                                                                                                  \
        .name = name_, .help = help_, .effect = EFFECT_CONSTANT, .key = "kind", .constant = name_                      \
    }

/* clang-format off */
static const struct option_row target_set_options[] = {
    {.name = "script", .value = "FILE", .help = "script that iPXE runs: a path or a URL", .effect = EFFECT_TEXT,
     .key = "script"},
    {.name = "file", .value = "PLATFORM=FILE",
     .help = "file that firmware of that platform loads instead of iPXE; may be given several times, the list replaces the old one",
     .effect = EFFECT_MAP, .key = "files", .repeated = true, .keyed_by_platform = true,
     .completion = COMPLETE_PLATFORM},
    {.name = "kind", .value = "KIND", .help = "boot, local, silent or ignore", .effect = EFFECT_TEXT, .key = "kind",
     .completion = COMPLETE_WORDS, .words = "boot local silent ignore"},
    KIND("local", "the same as --kind local: the machine boots its own disk"),
    KIND("silent", "the same as --kind silent: the reply has no boot fields, not even the server's own"),
    KIND("ignore", "the same as --kind ignore: the reply stays as the server made it"),
    {.name = "description", .value = "TEXT", .help = "description for people", .effect = EFFECT_TEXT, .key = "description"},
    {.name = "kernel", .value = "FILE", .help = "kernel that iPXE boots if there is no script; netbootctl menu writes one",
     .effect = EFFECT_TEXT, .key = "kernel"},
    {.name = "initrd", .value = "FILE",
     .help = "initial RAM disk for the kernel; may be given several times, the list replaces the old one",
     .effect = EFFECT_LIST, .key = "initrds", .repeated = true},
    {.name = "command-line", .value = "TEXT",
     .help = "command line of the kernel, as BOOTIF=01-{mac-hyphen} console=ttyS0", .effect = EFFECT_TEXT,
     .key = "command_line"},
    {.name = "order", .value = "NUMBER", .help = "place in the menu, the lowest first", .effect = EFFECT_TEXT,
     .key = "order"},
    {.name = "no-script", .help = "remove the script", .effect = EFFECT_CLEAR, .key = "script"},
    {.name = "no-file", .value = "PLATFORM", .help = "remove that platform's file", .effect = EFFECT_DROP_KEY,
     .key = "files", .repeated = true, .keyed_by_platform = true, .completion = COMPLETE_PLATFORM},
    {.name = "no-kernel", .help = "remove the kernel", .effect = EFFECT_CLEAR, .key = "kernel"},
    {.name = "no-initrd", .help = "remove all initrds", .effect = EFFECT_CLEAR, .key = "initrds"},
    {.name = "no-command-line", .help = "remove the command line", .effect = EFFECT_CLEAR, .key = "command_line"},
    {.name = "no-order", .help = "remove it from the menu", .effect = EFFECT_CLEAR, .key = "order"},
    {.name = "no-description", .help = "remove the description", .effect = EFFECT_CLEAR, .key = "description"},
    {.name = "dry-run", .help = "only print what would change"},
    {0},
};
/* clang-format on */

/* clang-format off */
static const struct option_row target_delete_options[] = {
    {.name = "force", .help = "delete it even if hosts use it, which are listed and boot without it, or if it is `default`"},
    {.name = "dry-run", .help = "only print what would change"},
    {0},
};
/* clang-format on */

static const struct column columns[] = {
    {"NAME",        "name"       },
    {"KIND",        "kind"       },
    {"SCRIPT",      "script"     },
    {"KERNEL",      "kernel"     },
    {"ORDER",       "order"      },
    {"FILES",       "files"      },
    {"DESCRIPTION", "description"},
    {NULL,          NULL         },
};

static int target_set(struct session *session)
{
    return edit_set_command(session, NETBOOT_RECORD_TARGET, (const char *const[]){"name"});
}

static int target_show(struct session *session)
{
    return show_command(session, NETBOOT_RECORD_TARGET);
}

static int target_list(struct session *session)
{
    return list_command(session, NETBOOT_RECORD_TARGET, "targets", columns, (struct list_rows){0});
}

/* ---- Delete ----------------------------------------------------------------------------------------------------- */

#define USERS_SHOWN 5

struct users {
    struct netboot_view *view;
    const char *target;
    FILE *report; /* gets every user; NULL: the first few go into `text` */
    uint64_t count;
    char text[USERS_SHOWN * (NETBOOT_NAME_MAX + 3) + 16];
};

/* Whether the host is armed with the target. */
static bool is_armed(const struct users *users, const struct netboot_host *host)
{
    struct netboot_once once;

    return pending_find(users->view, host, &once) && strcmp(once.target, users->target) == 0;
}

static int user_count(const struct netboot_record *record, void *user)
{
    const struct netboot_host *host = &record->host;
    struct users *users = user;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    bool lasting =
        host->target.size == strlen(users->target) && memcmp(host->target.data, users->target, host->target.size) == 0;

    if (!lasting && !is_armed(users, host))
        return 0;
    netboot_record_text(record, text);
    if (users->report)
        fprintf(users->report, "%s uses it, and boots %s until it exists again\n", text,
                lasting ? "`default`" : "its regular target");
    size_t used = strlen(users->text);
    if (users->count < USERS_SHOWN)
        snprintf(users->text + used, sizeof(users->text) - used, "%s%s", users->count ? ", " : "",
                 strchr(text, ' ') + 1);
    users->count++;
    return 0;
}

/* Checks that no host uses the target, unless --force. */
static int users_check(struct edit *edit, const char *target)
{
    bool force = session_has(edit->session, "force");
    struct users users = {.view = edit->view, .target = target, .report = force ? edit->report : NULL};

    if (strcmp(target, NETBOOT_NAME_DEFAULT) == 0 && !force)
        return failed("target default is for all hosts and unknown machines without another target: use --force to "
                      "delete it anyway");
    int status = netboot_view_each(edit->view, NETBOOT_RECORD_HOST, NULL, user_count, &users, NULL);
    if (status < 0 && status != -EBADMSG)
        return failed("cannot read the hosts: %s", strerror(-status));
    if (status == -EBADMSG && !force) {
        damaged_tell(edit->view);
        return failed("a damaged host may use target %s: delete that host first, or use --force", target);
    }
    if (users.count == 0 || force)
        return DONE;
    return failed("target %s is in use by %llu host%s (%s%s): give them another one (netbootctl host set ID... "
                  "--target NAME, or --once NAME, or --no-once), or use --force",
                  target, (unsigned long long)users.count, users.count == 1 ? "" : "s", users.text,
                  users.count > USERS_SHOWN ? ", ..." : "");
}

static int target_delete(struct session *session)
{
    struct netboot_error error;
    struct edit edit;
    struct netboot_record_key key;

    for (unsigned i = 0; i < session->arguments->word_count; i++)
        if (netboot_record_key_parse(NETBOOT_RECORD_TARGET, session->arguments->words[i], &key, &error) != 0)
            return misused("%s", error.text);
    int code = edit_begin(session, &edit);
    if (code != DONE)
        return code;
    for (unsigned i = 0; code == DONE && i < session->arguments->word_count; i++) {
        if (is_repeated(session->arguments, NETBOOT_RECORD_TARGET, i))
            continue;
        netboot_record_key_parse(NETBOOT_RECORD_TARGET, session->arguments->words[i], &key, &error);
        code = edit_delete(&edit, &key);
        if (code == DONE)
            code = users_check(&edit, key.name);
    }
    return edit_end(&edit, code);
}

/* clang-format off */
const struct command target_commands[] = {
    {.group = "target", .verb = "set", .run = target_set, .words = "NAME", .least = 1, .most = 1,
     .options = target_set_options, .completion = COMPLETE_TARGET,
     .summary = "create a target, or change what is given",
     .details =
         "A target is what a machine boots. Machines without another target boot `default`.\n"
         "Files are paths below the site's server, or URLs. The placeholders {mac}, {mac-hyphen}, {uuid}, {platform},\n"
         "{site} and {target} are filled in; in a kernel's command line, too. A target with a kernel and no script boots\n"
         "from targets/NAME.ipxe, which netbootctl menu writes.\n"
         "\n"
         "  netbootctl target set debian --description 'Debian 12' --order 10 --kernel debian/vmlinuz \\\n"
         "      --initrd debian/initrd.img --command-line 'boot=live BOOTIF=01-{mac-hyphen} console=ttyS0'"},
    {.group = "target", .verb = "show", .run = target_show, .words = "NAME", .least = 1, .most = 1,
     .options = json_options, .completion = COMPLETE_TARGET, .summary = "show a target"},
    {.group = "target", .verb = "list", .run = target_list, .options = json_options, .summary = "list the targets"},
    {.group = "target", .verb = "delete", .run = target_delete, .words = "NAME...", .least = 1, .most = ANY_NUMBER,
     .options = target_delete_options, .completion = COMPLETE_TARGET, .summary = "delete targets, all or none",
     .details = "A target that hosts use is deleted only with --force."},
    {0},
};
/* clang-format on */
