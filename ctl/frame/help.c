/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/command.h"
#include "json/text/suggest.h"

#include <string.h>

#define NAME_WIDTH 26
#define COMMAND_WIDTH 29
#define LINE_WIDTH 78

static int platforms_help(void)
{
    const struct netboot_arch *arch;

    puts("Platforms, and the architecture types (IANA) that are of them. Where a platform is wanted, the number of a\n"
         "type does too.\n");
    for (unsigned code = 0; (arch = netboot_arch_find(code)); code++)
        printf("%4u  %-18s %s%s\n", code,
               netboot_platform_name(arch->platform) ? netboot_platform_name(arch->platform) : "-", arch->name,
               arch->http && !strstr(arch->name, "HTTP") ? " (HTTP)" : "");
    return DONE;
}

static int json_help(void)
{
    puts("The keys that show, list, export and import have in JSON. show and list have all of them, with null, [] or "
         "{}\n"
         "for what is absent; export leaves that out, import need not have it.\n\n"
         "host    name, mac [..], uuid [..], duid [..], target, loader {platform: file}, labels {key: value}, note,\n"
         "        changed (RFC 3339, set by the store); once, if it was ever armed (not in export)\n"
         "site    name, prefixes [..], tftp4, tftp6, http4, http6\n"
         "target  name, kind (boot, local, silent, ignore), script, files {platform: file}, description,\n"
         "        kernel, initrds [..], command_line, order (number: place in the menu)\n"
         "loader  platform, file\n\n"
         "For export and import there is one object a line (JSON Lines), with its \"type\": \"site\", \"loader\",\n"
         "\"target\" or \"host\"; without one it is a host. A single mac, uuid or duid need not be in a list.\n\n"
         "  {\"type\": \"target\", \"name\": \"debian\", \"script\": \"debian.ipxe\"}\n"
         "  {\"name\": \"web1\", \"mac\": \"52:54:00:12:34:56\", \"target\": \"debian\", \"labels\": {\"rack\": "
         "\"12\"}}\n\n"
         "status has store, format, generation, changed, hosts, sites, targets, loaders, size, map_size, readers,\n"
         "used_by [{program, pid}], journal {entries, machines, dropped, size, limit}.\n"
         "explain: netbootctl help explain.");
    return DONE;
}

static int csv_help(void)
{
    puts(
        "Hosts as comma-separated values (RFC 4180). The first line names the columns, in any order:\n\n"
        "  name,mac,uuid,duid,target,note,labels,loader\n"
        "  web1,52:54:00:12:34:56 52:54:00:12:34:57,,,debian,\"spare, rear\",rack=12 role=db,x64-uefi=snponly.efi\n\n"
        "Several values of a field are separated by spaces or, if there is one in it, by semicolons: a=1;b=two words.\n"
        "In a value a semicolon is \\; and a backslash \\\\.");
    return DONE;
}

static const struct topic {
    const char *name;
    int (*print)(void);
    const char *summary;
} topics[] = {
    {"platforms", platforms_help, "names of platforms and numbers of architecture types"},
    {"json",      json_help,      "the keys in JSON, and the lines of import and export"},
    {"csv",       csv_help,       "the columns of import and export --format csv"       },
};

const char *help_topic(unsigned index)
{
    return index < sizeof(topics) / sizeof(topics[0]) ? topics[index].name : NULL;
}

/* ---- Commands --------------------------------------------------------------------------------------------------- */

/* Prints words in the column after the name, broken into lines. */
static void wrap_print(const char *text)
{
    int column = NAME_WIDTH;

    while (*text) {
        int size = (int)strcspn(text, " ");
        if (column > NAME_WIDTH && column + 1 + size > LINE_WIDTH) {
            printf("\n%*s", NAME_WIDTH, "");
            column = NAME_WIDTH;
        }
        column += printf("%s%.*s", column > NAME_WIDTH ? " " : "", size, text);
        text += size;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void options_help(const struct option_row *rows)
{
    for (; rows && rows->name; rows++) {
        char name[64], letter[8] = "";
        if (rows->letter)
            snprintf(letter, sizeof(letter), "-%c, ", rows->letter);
        snprintf(name, sizeof(name), "  %s--%s%s%s", letter, rows->name, rows->value ? " " : "",
                 rows->value ? rows->value : "");
        if (strlen(name) + 2 > NAME_WIDTH)
            printf("%s\n%*s", name, NAME_WIDTH, "");
        else
            printf("%-*s", NAME_WIDTH, name);
        wrap_print(rows->help);
    }
}

static void command_help(const struct command *command)
{
    fputs("netbootctl ", stdout);
    command_print(stdout, command);
    putchar('\n');
    if (command->summary)
        printf("  %s\n", command->summary);
    if (command->options && command->options->name) {
        putchar('\n');
        options_help(command->options);
    }
    if (command->details)
        printf("\n%s\n", command->details);
}

static void commands_help(void)
{
    puts("netbootctl [-d DIR] COMMAND ...\n"
         "  what network-booting machines get from their DHCP server\n");
    for (const struct command *command = commands; command->group; command++) {
        char name[64];
        if (!command->summary)
            continue;
        snprintf(name, sizeof(name), "  %s%s%s%s%s", command->group, command->verb ? " " : "",
                 command->verb ? command->verb : "", command->words ? " " : "", command->words ? command->words : "");
        printf("%-*s%s\n", COMMAND_WIDTH, name, command->summary);
    }
    putchar('\n');
    options_help(common_options);
    puts("\nnetbootctl help COMMAND tells all about one. Topics: netbootctl help");
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
        printf("  %-*s%s\n", COMMAND_WIDTH - 2, topics[i].name, topics[i].summary);
    puts("\nExit status: 0 done, 1 failed, 2 used wrongly.");
}

static int unknown_help(const char *word)
{
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE];

    suggest_begin(&nearest, word);
    for (const struct command *command = commands; command->group; command++)
        if (command->summary)
            suggest_offer(&nearest, command->group);
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
        suggest_offer(&nearest, topics[i].name);
    suggest_text(&nearest, hint);
    return misused("there is no help on `%s`%s", word, hint[0] ? hint : "; netbootctl help shows what there is");
}

int help_print(unsigned count, const char *const *words)
{
    unsigned found = 0;

    if (count == 0) {
        commands_help();
        return DONE;
    }
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
        if (count == 1 && strcmp(topics[i].name, words[0]) == 0)
            return topics[i].print();
    for (const struct command *command = commands; command->group; command++) {
        if (strcmp(command->group, words[0]) != 0 ||
            (count > 1 && (!command->verb || strcmp(command->verb, words[1]) != 0)))
            continue;
        if (found++)
            putchar('\n');
        command_help(command);
    }
    if (found)
        return DONE;
    const struct command *command;
    char *typed[] = {(char *)words[0], count > 1 ? (char *)words[1] : NULL};
    bool is_group = false;
    for (command = commands; command->group; command++)
        is_group = is_group || strcmp(command->group, words[0]) == 0;
    return is_group ? -command_find((int)count, typed, &command) : unknown_help(words[0]);
}

int help_run(struct session *session)
{
    return help_print(session->arguments->word_count, session->arguments->words);
}
