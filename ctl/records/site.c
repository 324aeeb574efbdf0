/* SPDX-License-Identifier: MPL-2.0 */
#include "commands.h"
#include "edit/edit.h"
#include "list.h"

#include <string.h>

#define CLEAR(name_, key_, help_)                                                                                      \
    {                                                                                                                  \
        .name = name_, .help = help_, .effect = EFFECT_CLEAR, .key = key_                                              \
    }

/* clang-format off */
static const struct option_row site_set_options[] = {
    {.name = "prefix", .value = "PREFIX",
     .help =
         "prefix of the addresses of this site; may be given several times, the list replaces the old one",
     .effect = EFFECT_LIST, .key = "prefixes", .repeated = true},
    {.name = "tftp4", .value = "ADDRESS", .help = "IPv4 address of the TFTP server", .effect = EFFECT_TEXT,
     .key = "tftp4"},
    {.name = "tftp6", .value = "ADDRESS", .help = "IPv6 address of the TFTP server", .effect = EFFECT_TEXT,
     .key = "tftp6"},
    {.name = "http4", .value = "URL", .help = "base URL for IPv4 clients, http://192.0.2.1/", .effect = EFFECT_TEXT,
     .key = "http4"},
    {.name = "http6", .value = "URL", .help = "base URL for IPv6 clients, http://[2001:db8::1]/",
     .effect = EFFECT_TEXT, .key = "http6"},
    CLEAR("no-prefix", "prefixes", "remove all prefixes"),
    CLEAR("no-tftp4", "tftp4", "remove the address"),
    CLEAR("no-tftp6", "tftp6", "remove the address"),
    CLEAR("no-http4", "http4", "remove the URL"),
    CLEAR("no-http6", "http6", "remove the URL"),
    {.name = "dry-run", .help = "only print what would change"},
    {0},
};
static const struct option_row site_delete_options[] = {
    {.name = "force", .help = "delete it even if it is `default`"},
    {.name = "dry-run", .help = "only print what would change"},
    {0},
};
/* clang-format on */

static const struct column columns[] = {
    {"NAME",     "name"    },
    {"PREFIXES", "prefixes"},
    {"TFTP4",    "tftp4"   },
    {"TFTP6",    "tftp6"   },
    {"HTTP4",    "http4"   },
    {"HTTP6",    "http6"   },
    {NULL,       NULL      },
};

static int site_set(struct session *session)
{
    return edit_set_command(session, NETBOOT_RECORD_SITE, (const char *const[]){"name"});
}

static int site_show(struct session *session)
{
    return show_command(session, NETBOOT_RECORD_SITE);
}

static int site_list(struct session *session)
{
    return list_command(session, NETBOOT_RECORD_SITE, "sites", columns, (struct list_rows){0});
}

static int site_delete(struct session *session)
{
    for (unsigned i = 0; i < session->arguments->word_count; i++)
        if (strcmp(session->arguments->words[i], NETBOOT_NAME_DEFAULT) == 0 && !session_has(session, "force"))
            return failed("site default is for all clients that no other site's prefix contains: use --force to delete "
                          "it anyway");
    return edit_delete_command(session, NETBOOT_RECORD_SITE);
}

/* clang-format off */
const struct command site_commands[] = {
    {.group = "site", .verb = "set", .run = site_set, .words = "NAME", .least = 1, .most = 1,
     .options = site_set_options, .completion = COMPLETE_SITE, .summary = "create a site, or change what is given",
     .details =
         "A site has the TFTP and HTTP servers for its clients. The site of a client has the longest prefix that contains\n"
         "the client's address; without one it is site `default`."},
    {.group = "site", .verb = "show", .run = site_show, .words = "NAME", .least = 1, .most = 1,
     .options = json_options, .completion = COMPLETE_SITE, .summary = "show a site"},
    {.group = "site", .verb = "list", .run = site_list, .options = json_options, .summary = "list the sites"},
    {.group = "site", .verb = "delete", .run = site_delete, .words = "NAME...", .least = 1, .most = ANY_NUMBER,
     .options = site_delete_options, .completion = COMPLETE_SITE, .summary = "delete sites, all or none"},
    {0},
};
/* clang-format on */
