/* SPDX-License-Identifier: MPL-2.0 */
/* Topics of help beside the commands. */
#include "commands.h"

#include <netboot.h>

#include <stdio.h>
#include <string.h>

static int platforms_help(void)
{
    const struct netboot_arch *arch;

    puts("Platforms, and their architecture types (IANA). Instead of a platform, you can always give the number of one "
         "of\nits types.\n");
    for (unsigned code = 0; (arch = netboot_arch_find(code)); code++)
        printf("%4u  %-18s %s%s\n", code,
               netboot_platform_name(arch->platform) ? netboot_platform_name(arch->platform) : "-", arch->name,
               arch->http && !strstr(arch->name, "HTTP") ? " (HTTP)" : "");
    return DONE;
}

static int json_help(void)
{
    puts("The keys of show, list, export and import in JSON. show and list print all of them, with null, [] or {} "
         "for\nabsent values; export leaves absent values out, and import does not need them.\n\n"
         "host    name, mac [..], uuid [..], duid [..], target, loader {platform: file}, labels {key: value}, note,\n"
         "        changed (RFC 3339, set by the store); once, if it was ever armed (not in export)\n"
         "site    name, prefixes [..], tftp4, tftp6, http4, http6\n"
         "target  name, kind (boot, local, silent, ignore), script, files {platform: file}, description,\n"
         "        kernel, initrds [..], command_line, order (number: place in the menu)\n"
         "loader  platform, file\n\n"
         "export and import have one object a line (JSON Lines), with its \"type\": \"site\", \"loader\",\n"
         "\"target\" or \"host\"; without a type it is a host. A single mac, uuid or duid need not be in a list.\n\n"
         "  {\"type\": \"target\", \"name\": \"debian\", \"script\": \"debian.ipxe\"}\n"
         "  {\"name\": \"web1\", \"mac\": \"52:54:00:12:34:56\", \"target\": \"debian\", \"labels\": {\"rack\": "
         "\"12\"}}\n\n"
         "status has store, format, generation, changed, hosts, sites, targets, loaders, size, map_size, readers,\n"
         "used_by [{program, pid}], oldest_reader {program, pid, behind: changes; absent if none is},\n"
         "journal {entries, machines, dropped, size, limit}.\n"
         "explain: netbootctl help explain.");
    return DONE;
}

static int csv_help(void)
{
    puts("Hosts as comma-separated values (RFC 4180). The first line names the columns, in any order:\n\n"
         "  name,mac,uuid,duid,target,note,labels,loader\n"
         "  web1,52:54:00:12:34:56 52:54:00:12:34:57,,,debian,\"spare, rear\",rack=12 role=db,x64-uefi=snponly.efi\n\n"
         "Several values of a field are separated by spaces or, if a value contains a space, by semicolons:\na=1;b=two "
         "words. In a value, write \\; for a semicolon and \\\\ for a backslash.");
    return DONE;
}

const struct topic netbootctl_topics[] = {
    {"platforms",                                             platforms_help, "names of platforms and numbers of architecture types"},
    {"json", json_help, "the keys in JSON, and the lines of import and export"},
    {"csv",                                                  csv_help, "the columns of import and export --format csv"},
    {0},
};
