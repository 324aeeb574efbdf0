/* SPDX-License-Identifier: MPL-2.0 */
#include "remedy.h"

#include "script.h"

#include <stdio.h>
#include <string.h>

/* What to do about a finding. A row without a source is for all sources that have no row of their own. */
static const struct {
    enum netboot_finding finding;
    enum netboot_source source;
    const char *fix;
} fixes[] = {
    {NETBOOT_FINDING_NO_TARGET,   NETBOOT_SOURCE_NONE,          "netbootctl target set default --script FILE"                      },
    {NETBOOT_FINDING_NO_SITE,     NETBOOT_SOURCE_NONE,          "netbootctl site set default --tftp${4} ADDRESS --http${4} URL"    },
    {NETBOOT_FINDING_NO_TFTP,     NETBOOT_SOURCE_NONE,          "netbootctl site set ${site} --tftp${4} ADDRESS"                   },
    {NETBOOT_FINDING_NO_HTTP,     NETBOOT_SOURCE_NONE,          "netbootctl site set ${site} --http${4} URL"                       },
    {NETBOOT_FINDING_NO_BASE,     NETBOOT_SOURCE_NONE,          "netbootctl site set ${site} --http${4} URL, or --tftp${4} ADDRESS"},
    {NETBOOT_FINDING_ABSENT,      NETBOOT_SOURCE_TARGET_SCRIPT, "netbootctl target set ${target} --script FILE"                    },
    {NETBOOT_FINDING_ABSENT,      NETBOOT_SOURCE_TARGET_FILE,
     "netbootctl target set ${target} --script FILE, or --file ${platform}=FILE"                                                   },
    {NETBOOT_FINDING_ABSENT,      NETBOOT_SOURCE_LOADER,        "netbootctl loader set ${platform} FILE"                           },
    {NETBOOT_FINDING_TOO_LONG,    NETBOOT_SOURCE_NONE,          "use a shorter name: ${command}"                                   },
    {NETBOOT_FINDING_NO_VALUE,    NETBOOT_SOURCE_NONE,          "use a name without that placeholder: ${command}"                  },
    {NETBOOT_FINDING_NO_PLATFORM, NETBOOT_SOURCE_NONE,
     "look at what the machine sends: netbootctl replay --interface INTERFACE"                                                     },
    {NETBOOT_FINDING_SCHEME,      NETBOOT_SOURCE_NONE,          "use a path, which each client can load: ${command}"               },
    {NETBOOT_FINDING_FAMILY,      NETBOOT_SOURCE_NONE,          "use a path, which each client can load: ${command}"               },
    {NETBOOT_FINDING_URL,         NETBOOT_SOURCE_NONE,          "use a path, which each client can load: ${command}"               },
};

/* The command that sets each source: ${command} above. */
static const char *const commands[] = {
    [NETBOOT_SOURCE_NONE] = "",
    [NETBOOT_SOURCE_TARGET_SCRIPT] = "netbootctl target set ${target} --script FILE",
    [NETBOOT_SOURCE_TARGET_FILE] = "netbootctl target set ${target} --file ${platform}=FILE",
    [NETBOOT_SOURCE_HOST_LOADER] = "netbootctl host set ${host} --loader ${platform}=FILE",
    [NETBOOT_SOURCE_LOADER] = "netbootctl loader set ${platform} FILE",
};

static const char *fix_find(enum netboot_finding finding, enum netboot_source source)
{
    for (size_t i = 0; i < sizeof(fixes) / sizeof(fixes[0]); i++)
        if (fixes[i].finding == finding && (fixes[i].source == source || fixes[i].source == NETBOOT_SOURCE_NONE))
            return fixes[i].fix;
    return NULL;
}

struct placeholder {
    const char *name, *text;
};

static const char *placeholder_text(const char *name, void *user)
{
    const struct placeholder *row = user;

    while (row->name && strcmp(row->name, name) != 0)
        row++;
    return row->text;
}

static void fill_in(const char *text, struct placeholder *placeholders, char ret[NETBOOT_FILE_SIZE])
{
    char unknown[SCRIPT_SETTING_SIZE];

    if (!text || script_expand(text, placeholder_text, placeholders, ret, unknown) < 0)
        ret[0] = '\0';
}

static void fix_write(const struct netboot_client *client, const struct netboot_decision *decision,
                      struct remedy *remedy)
{
    char platform[NETBOOT_PLATFORM_TEXT_SIZE] = "PLATFORM", command[NETBOOT_FILE_SIZE] = "";
    struct placeholder placeholders[] = {
        {"platform", platform                                                     },
        {"host",     decision->host                                               },
        {"target",   decision->target[0] ? decision->target : NETBOOT_NAME_DEFAULT},
        {"site",     decision->site[0] ? decision->site : NETBOOT_NAME_DEFAULT    },
        {"4",        client->family == NETBOOT_V4 ? "4" : "6"                     },
        {"command",  command                                                      },
        {NULL,       NULL                                                         },
    };

    if (client->platform != NETBOOT_PLATFORM_NONE)
        netboot_platform_text(client->platform, platform);
    fill_in(commands[remedy->source], placeholders, command);
    fill_in(fix_find(remedy->finding, remedy->source), placeholders, remedy->fix);
}

/* Findings that only say where one is. */
static bool is_reason(const struct netboot_reason *reason)
{
    return fix_find((enum netboot_finding)reason->finding, (enum netboot_source)reason->source) != NULL;
}

void remedy_find(const struct netboot_client *client, const struct netboot_decision *decision, struct remedy *ret)
{
    unsigned found = decision->reason_count > 0 ? decision->reason_count - 1 : 0;
    bool absent = true;

    for (unsigned i = 0; i < decision->reason_count; i++) {
        const struct netboot_reason *reason = &decision->reasons[i];
        bool is_absent = reason->finding == NETBOOT_FINDING_ABSENT || reason->finding == NETBOOT_FINDING_NO_PLATFORM;
        if (!is_reason(reason) || (is_absent && !absent))
            continue;
        found = i;
        absent = is_absent;
    }
    *ret = (struct remedy){.finding = NETBOOT_FINDING_NOTHING};
    if (decision->reason_count == 0)
        return;
    ret->finding = (enum netboot_finding)decision->reasons[found].finding;
    ret->source = (enum netboot_source)decision->reasons[found].source;
    netboot_reason_text(client, decision, found, ret->reason);
    fix_write(client, decision, ret);
}
