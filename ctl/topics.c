/* SPDX-License-Identifier: MPL-2.0 */
/* What there is help on beside the commands. */
#include "commands.h"

#include <netboot.h>

#include <stdio.h>
#include <string.h>

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

const struct topic netbootctl_topics[] = {
    {"platforms",                                             platforms_help, "names of platforms and numbers of architecture types"},
    {"json", json_help, "the keys in JSON, and the lines of import and export"},
    {"csv",                                                  csv_help, "the columns of import and export --format csv"},
    {0},
};
