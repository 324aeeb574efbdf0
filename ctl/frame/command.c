/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/command.h"

#include "json/text/suggest.h"

#include <string.h>

#define ANY_NUMBER 1000000

/* clang-format off */
const struct option_row dry_run_options[] = {
    {.name = "dry-run", .help = "only says what would change"},
    {0},
};
/* clang-format on */

/* clang-format off */
const struct option_row json_options[] = {
    {.name = "json", .help = "as JSON"},
    {0},
};
/* clang-format on */

/* clang-format off */
static const struct option_row status_options[] = {
    {.name = "json", .help = "as JSON"},
    {.name = "check", .help = "look whether all of it is sound"},
    {0},
};
/* clang-format on */

static const struct option_row completion_none[] = {{0}}, no_options[] = {{0}};

/* clang-format off */
const struct command commands[] = {
    {.group = "init", .run = init_run, .summary = "create the store",
     .details = "Creates the directory and a store with a site `default` (without addresses), the loaders x86-bios\n"
         "undionly.kpxe, x86-uefi ipxe32.efi and x64-uefi ipxe.efi, and a target `default` with script.ipxe.\n"
         "Until the site has addresses no DHCP reply changes. A store that is there already stays as it is."},
    {.group = "site", .verb = "set", .run = site_set, .words = "NAME", .least = 1, .most = 1,
     .options = site_set_options, .completion = COMPLETE_SITE, .summary = "create a site, or change what is named",
     .details =
         "A site says where clients find TFTP and HTTP servers. Clients are of the site with the longest prefix\n"
         "that their address is in; all others of site `default`."},
    {.group = "site", .verb = "show", .run = site_show, .words = "NAME", .least = 1, .most = 1,
     .options = json_options, .completion = COMPLETE_SITE, .summary = "show a site"},
    {.group = "site", .verb = "list", .run = site_list, .options = json_options, .summary = "list the sites"},
    {.group = "site", .verb = "delete", .run = site_delete, .words = "NAME...", .least = 1, .most = ANY_NUMBER,
     .options = dry_run_options, .completion = COMPLETE_SITE, .summary = "delete sites, all or none"},
    {.group = "loader", .verb = "set", .run = loader_set, .words = "PLATFORM FILE", .least = 2, .most = 2,
     .options = loader_set_options, .completion = COMPLETE_PLATFORM,
     .summary = "what firmware of a platform loads first",
     .details = "FILE is a path below the site's TFTP or HTTP server, or a URL. Platforms: netbootctl help platforms."},
    {.group = "loader", .verb = "list", .run = loader_list, .options = json_options, .summary = "list the loaders"},
    {.group = "loader", .verb = "delete", .run = loader_delete, .words = "PLATFORM...", .least = 1,
     .most = ANY_NUMBER, .options = dry_run_options, .completion = COMPLETE_PLATFORM,
     .summary = "delete loaders, all or none"},
    {.group = "target", .verb = "set", .run = target_set, .words = "NAME", .least = 1, .most = 1,
     .options = target_set_options, .completion = COMPLETE_TARGET,
     .summary = "create a target, or change what is named",
     .details =
         "A target is what a machine boots. Machines without one of their own boot `default`.\n"
         "Files are paths below the site's server or URLs; {mac}, {mac-hyphen}, {uuid}, {platform}, {site} and\n"
         "{target} are filled in, in a kernel's command line too. A target with a kernel and no script boots from\n"
         "targets/NAME.ipxe, which netbootctl menu writes.\n\n"
         "  netbootctl target set debian --description 'Debian 12' --order 10 --kernel debian/vmlinuz \\\n"
         "      --initrd debian/initrd.img --command-line 'boot=live BOOTIF=01-{mac-hyphen} console=ttyS0'"},
    {.group = "target", .verb = "show", .run = target_show, .words = "NAME", .least = 1, .most = 1,
     .options = json_options, .completion = COMPLETE_TARGET, .summary = "show a target"},
    {.group = "target", .verb = "list", .run = target_list, .options = json_options, .summary = "list the targets"},
    {.group = "target", .verb = "delete", .run = target_delete, .words = "NAME...", .least = 1, .most = ANY_NUMBER,
     .options = target_delete_options, .completion = COMPLETE_TARGET, .summary = "delete targets, all or none",
     .details = "A target that hosts use is not deleted, unless --force says so."},
    {.group = "host", .verb = "set", .run = host_set, .words = "[ID]...", .least = 0, .most = ANY_NUMBER,
     .options = host_set_options, .completion = COMPLETE_HOST, .summary = "create hosts, or change what is named",
     .details =
         "ID is a MAC, UUID, DUID or name. One that no host has creates a host; a name then needs --mac, --uuid or\n"
         "--duid too. The ID that a host is called by stays one of its own; --no-id takes it away.\n"
         "Several hosts are changed all or none. The DHCP servers see the change with the next packet.\n"
         "Which hosts: IDs, those that --from-file names, or all with a label or target (--with-label, --with-target);\n"
         "both together: those of the named that have it. Lines that begin with # and empty ones are none.\n\n"
         "  netbootctl host set 52:54:00:12:34:56 --name web1 --target debian\n"
         "  netbootctl host set web1 --mac 52:54:00:12:34:56 --mac 52:54:00:12:34:57 --label rack=12\n"
         "  netbootctl host set web1 web2 web3 --target default\n"
         "  netbootctl host set web1 --once install --expires 2h\n"
         "  netbootctl host set 52:54:00:12:34:56 --from-seen --name web1 --target debian\n"
         "  netbootctl host set --with-label rack=12 --until-done install --dry-run"},
    {.group = "host", .verb = "show", .run = host_show, .words = "[ID]...", .least = 0, .most = ANY_NUMBER,
     .options = host_show_options, .completion = COMPLETE_HOST, .summary = "show hosts"},
    {.group = "host", .verb = "list", .run = host_list, .options = host_list_options, .summary = "list hosts"},
    {.group = "host", .verb = "delete", .run = host_delete, .words = "[ID]...", .least = 0, .most = ANY_NUMBER,
     .options = host_delete_options, .completion = COMPLETE_HOST, .summary = "delete hosts, all or none",
     .details = "A damaged one too: by the ID that host list calls it by.\n\n"
         "  netbootctl host delete --label rack=12 --dry-run\n"
         "  netbootctl host delete --from-file retired.txt --yes"},
    {.group = "host", .verb = "done", .run = host_done, .words = "[ID]...", .least = 0, .most = ANY_NUMBER,
     .options = host_delete_options, .completion = COMPLETE_HOST,
     .summary = "report that what hosts were to boot once or until done is done",
     .details = "For the end of an installation: from then on the hosts boot their lasting target. Of the hosts with a\n"
         "label or target, those that have a boot-once."},
    {.group = "explain", .run = explain_run, .words = "[ID]", .least = 0, .most = 1, .options = explain_options,
     .completion = COMPLETE_HOST, .summary = "what a machine would get, and why",
     .details =
         "With ID alone: the machine's last steps by the journal, why it got what it got, and what it would get now;\n"
         "with --json: journal, the last steps as netbootctl log has them, and now, a decision for each kind of step,\n"
         "with join_identifiers, and same, whether it is as it was. Otherwise it\n"
         "makes the packet that the client would send, and serves it from the store as the DHCP servers do. ID, or\n"
         "--mac and --uuid, say who it is; --arch what firmware; --address where. Nothing is sent, nothing changes.\n"
         "Servers may join identifiers (docs/journal.md) or not: of a client that shows a UUID and no MAC it says which\n"
         "was assumed.\n\n"
         "  netbootctl explain --family 4 web1 --arch x64-uefi --address 192.0.2.10\n"
         "  netbootctl explain --family 6 --mac 52:54:00:12:34:56 --arch 16\n"
         "  netbootctl explain --family 4 --mac 52:54:00:12:34:56 --arch 7 --user-class iPXE\n\n"
         "With --chain: every file that it loads, in every way in which it can come, and with --root or --fetch\n"
         "whether it is there; exit status 0 all there, 1 something is missing, 2 trouble; see docs/chain.md.\n\n"
         "  netbootctl explain --chain web1 --fetch\n\n"
         "With --json: family, stage (none, PXE, HTTP, iPXE), platform, arch, mac, uuid, duid, address,\n"
         "sent_vendor_class, sent_user_class, requested, join_identifiers; outcome (not-ours, kept, ignored,\n"
         "no-boot-file, silent, answered), host, target, site, boot_file, next_server, tftp_server_name,\n"
         "vendor_class; reasons, a list of texts; edits, what changes in the server's reply: field, remove, value, hex.\n"
         "What is absent is null."},
    {.group = "log", .run = log_run, .words = "[ID]", .least = 0, .most = 1, .options = log_options,
     .completion = COMPLETE_HOST, .summary = "what machines got at each step of their boots, by the journal",
     .details =
         "DHCP servers with netboot keep a journal. A line is one step: the server's replies to one exchange. Reply is\n"
         "offered (OFFER, Advertise), or given (ACK, Reply). ID is a MAC, UUID, DUID or name; of a host that the store\n"
         "has, all its identifiers count. Times are UTC; the newest is at the end. It has the last 32 steps of a\n"
         "machine, and in all what fits into its size.\n\n"
         "  netbootctl log web1\n"
         "  netbootctl log --since 15m\n\n"
         "With --json: number (of the entry; another one when packets were joined to it), first, last, packets,\n"
         "first_reply, last_reply, server; family to address as explain has them; transport (TFTP, HTTP, HTTPS), once\n"
         "(its boot-once was served); outcome to reasons as explain has them."},
    {.group = "watch", .run = watch_run, .words = "[ID]", .least = 0, .most = 1, .options = watch_options,
     .completion = COMPLETE_HOST, .summary = "the same as it happens",
     .details =
         "Begins with what happens next, and ends with Ctrl-C. A step is told of again when more packets of it came,\n"
         "as when what was offered is given. With --json: an object a line, with the keys that log has."},
    {.group = "seen", .run = seen_run, .options = seen_options, .summary = "which machines are out there",
     .details =
         "A machine goes by its MAC, if it shows none by its UUID, else by its DUID. Host is the one that the store\n"
         "has for it now. With --join: a client that shows a UUID alone over DHCPv6, and the machine that alone has\n"
         "shown that UUID over DHCPv4 with its MAC; host set --from-seen takes both for one.\n\n"
         "  netbootctl seen --unknown\n"
         "  netbootctl host set 52:54:00:12:34:56 --from-seen --name web1 --target debian\n\n"
         "With --json: id, host, mac, uuid, duid, shared (what other machines have shown too), platform, arch, stages,\n"
         "transport (of its firmware), addresses, first, last, count (steps), outcome and target (of the last one);\n"
         "with --join: mac, host, uuid, mac_last, uuid_last, command."},
    {.group = "replay",
     .run = replay_run,
     .words = "[FILE|-]",
     .least = 0,
     .most = 1,
     .options = replay_options,
     .completion = COMPLETE_FILE,
     .summary = "what captured packets would get, and whether it is what they got",
     .details =
         "Reads a capture (tcpdump -w FILE, pcap or pcapng) and decides for each question of a network boot client as\n"
         "the DHCP servers would, from the store as it is now: who asks, what is decided and why, what is sent. With\n"
         "--compare each is held against the answer in the capture: same, better (for a reason that is named) or\n"
         "different. Nothing is sent, nothing changes. Exit status as diff(1): 0 the same, 1 better or different,\n"
         "2 trouble.\n\n"
         "  tcpdump -i any -s 0 -w day.pcap 'udp port 67 or udp port 68 or udp port 546 or udp port 547'\n"
         "  netbootctl replay --compare --summary day.pcap\n"
         "  netbootctl replay --compare --existing-boot-file keep day.pcap\n"
         "  netbootctl replay --interface eth0"},
    {.group = "import", .run = import_run, .thorough = true, .words = "FILE|-", .least = 1, .most = 1, .options = import_options,
     .completion = COMPLETE_FILE, .summary = "bring records in from a file",
     .details =
         "All of the file is brought in, or, if one line is wrong, nothing; every wrong line is named. A record that\n"
         "the store has (a host: with the line's first identifier) gets what the line names and keeps the rest; null,\n"
         "or an empty field of CSV, takes a value away; identifiers are added to those it has. With --replace the\n"
         "store is as the file afterwards: records are as their line says, and those without a line are removed; a\n"
         "file of hosts alone (as CSV is) leaves sites, loaders and targets as they are. Where more than 100 hosts would\n"
         "be removed it asks first, unless --yes is given. --dry-run shows the first 20 changes on a terminal; into a\n"
         "file or a pipe it writes all of them.\n"
         "Formats: netbootctl help json, netbootctl help csv."},
    {.group = "export", .run = export_run, .thorough = true, .options = export_options,
     .summary = "write all records to standard output",
     .details = "netbootctl export >FILE; netbootctl import --replace FILE brings the same back."},
    {.group = "history", .run = history_run, .options = history_options, .summary = "who changed what, and when",
     .details =
         "The last 1000 changes, the newest first. GENERATION is the number that the change gave the store; HOSTS and\n"
         "OTHERS, how many hosts, and sites, loaders and targets it put or deleted; REVERT, whether netbootctl revert\n"
         "can go back to the state after it. Of a change that was too large (8 MiB of what was there before), and of\n"
         "those that are long ago (32 MiB in all), what was there before is not kept. Boot once has no part in it.\n\n"
         "With --json: a list of generation, when, by, hosts, others, kept, revertible, what."},
    {.group = "revert", .run = revert_run, .words = "GENERATION", .least = 1, .most = 1, .options = revert_options,
     .summary = "go back to the state of an earlier generation",
     .details =
         "Brings all records back to what they were after that generation's change, as one change of its own, which\n"
         "can be reverted too. What is armed to boot once is never armed by it: a host that comes back is not.\n\n"
         "  netbootctl history --last 5\n"
         "  netbootctl revert 41 --dry-run\n"
         "  netbootctl revert 41"},
    {.group = "backup", .run = backup_run, .thorough = true, .words = "FILE|-", .least = 1, .most = 1, .options = no_options,
     .completion = COMPLETE_FILE, .summary = "write all records into a file",
     .details =
         "One state of the store, while it is in use, with a checksum. The file is there whole or not at all, with\n"
         "mode 0640. The history is not in it, nor what is armed to boot once. A damaged record is named and left\n"
         "out, with exit status 1.\n\n"
         "  netbootctl backup /var/backups/netboot-$(date +%F)"},
    {.group = "restore", .run = restore_run, .thorough = true, .words = "FILE|-", .least = 1, .most = 1, .options = restore_options,
     .completion = COMPLETE_FILE, .summary = "replace all records by those of a backup",
     .details =
         "All of it or nothing: a backup that is damaged, cut short or of a newer version changes nothing. The servers\n"
         "go on meanwhile, and see the old state or the new one. Whatever is armed to boot once is disarmed. Where the\n"
         "store is lost: netbootctl init, then netbootctl restore FILE."},
    {.group = "menu", .run = menu_run, .options = menu_options, .summary = "write the boot menu from the targets",
     .details =
         "Writes an iPXE script that shows the targets with an --order, each where it can work, and says what failed.\n"
         "Without --output it goes to standard output; with it, to DIR/menu.ipxe, and for each target with a kernel\n"
         "to DIR/targets/NAME.ipxe: DIR is the data root that TFTP and HTTP serve. Call it again when targets or kernels\n"
         "change; files that are as they should be stay untouched. A kernel that is below DIR is shown where its file\n"
         "says that it works (64 bits, BIOS, UEFI of which processor). A default that cannot work on a machine is the\n"
         "machine's own disk there. Machines get the menu by\n\n"
         "  netbootctl menu --output /srv/tftp && netbootctl target set default --script menu.ipxe\n\n"
         "As script.ipxe does, it runs a machine's own script first, and settings.ipxe beside it."},
    {.group = "lint", .run = lint_run, .thorough = true, .options = lint_options,
     .summary = "what will not work, before a machine finds out",
     .details =
         "Looks at the store: sites without servers, names and URLs that machines cannot follow, targets that a\n"
         "platform cannot boot, hosts that are one machine, machines of the journal that would get nothing, a store\n"
         "that servers cannot read. With --root also at the files that are named below the data root and in scripts.\n"
         "A line for each finding, with what to do and its code; docs/lint.md has a paragraph for each code. Exit\n"
         "status: 0 nothing found, 1 something found, 2 trouble.\n\n"
         "  netbootctl lint --root /srv/tftp\n\n"
         "With --json: a list of severity, code, record, key, file, path, problem, fix, count."},
    {.group = "migrate", .run = migrate_run, .options = migrate_options,
     .summary = "from ISC dhcpd to Kea with netboot",
     .details =
         "Writes into DIR: kea-dhcp4.conf and kea-dhcp6.conf with the hook in them; netboot.jsonl, for netbootctl\n"
         "import: what hosts and platforms boot; leases as Kea's memfile loads them; REPORT.md, which says what moved,\n"
         "what changed on purpose and what needs a person, with file and line; report.json, the same for programs.\n"
         "Nothing else is touched, and DIR is written whole or not at all. Leases are given on the day of the move.\n"
         "Hosts in them that were made over OMAPI count as hosts.\n\n"
         "  netbootctl migrate -4 /etc/dhcp/dhcpd.conf --leases /var/lib/dhcp/dhcpd.leases --output kea\n\n"
         "With --verify dhcpd with the old files and Kea with those of DIR are started in network namespaces, and asked\n"
         "the same: every platform in every subnet, every host. Needs root; the machine's network is not touched.\n\n"
         "  netbootctl migrate -4 /etc/dhcp/dhcpd.conf --output kea --verify --sample 500\n\n"
         "Exit status: 0 nothing needs a person (--verify: nothing differs but what exactly was announced), 1 something does or\n"
         "it failed, 2 wrong use, or a file that dhcpd does not take either."},
    {.group = "status", .run = status_run, .options = status_options, .summary = "the store at a glance",
     .details =
         "store: its directory; format: of its records; generation: one more with every change; changed: when the\n"
         "last one was; hosts, sites, targets, loaders: how many; size: octets in use; map_size: octets mapped, which\n"
         "grow as needed; readers: look-ups that have a slot, of all DHCP servers and tools; used_by: the other\n"
         "programs that have the store open, so a DHCP server that is not among them does not read it; journal: its\n"
         "steps and machines, and how many records were dropped. What is wrong with the others is in state_trouble and\n"
         "journal_trouble.\n\n"
         "With --check all pages of the three are looked at, as DHCP servers do before they use them; checked says so.\n"
         "Exit status: 1 if anything is damaged, also if it is the state store or the journal. Other commands look\n"
         "at all pages too, but for those of more than 16 MiB where the command reads little of them."},
    {.group = "help", .run = help_run, .words = "[COMMAND|TOPIC]", .least = 0, .most = 2,
     .completion = COMPLETE_COMMAND, .summary = "what there is, or all about one command or topic"},
    {.group = "completion", .run = completion_run, .words = "bash", .least = 1, .most = 1,
     .completion = COMPLETE_WORDS, .word_list = "bash", .summary = "write a script that completes command lines",
     .details = "  source <(netbootctl completion bash)"},
    {.group = "complete", .run = complete_run, .words = "[WORD]...", .least = 0, .most = ANY_NUMBER,
     .options = completion_none},
    {.group = "manual", .run = manual_run, .words = "TEMPLATE", .least = 1, .most = 1},
    {.group = NULL},
};
/* clang-format on */

void command_print(FILE *file, const struct command *command)
{
    fprintf(file, "%s%s%s%s%s%s", command->group, command->verb ? " " : "", command->verb ? command->verb : "",
            command->words ? " " : "", command->words ? command->words : "",
            command->options && command->options->name ? " [OPTION]..." : "");
}

/* "set, show, list or delete" */
static void verbs_text(const char *group, char *text, size_t size)
{
    text[0] = '\0';
    for (const struct command *command = commands; command->group; command++)
        if (command->verb && strcmp(command->group, group) == 0)
            snprintf(text + strlen(text), size - strlen(text), "%s%s", text[0] ? ", " : "", command->verb);
}

static int verb_find(const char *group, const char *verb, const struct command **ret)
{
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE], verbs[128];

    verbs_text(group, verbs, sizeof(verbs));
    if (!verb)
        return -misused("%s wants to be told what to do: %s", group, verbs);
    suggest_begin(&nearest, verb);
    for (const struct command *command = commands; command->group; command++) {
        if (strcmp(command->group, group) != 0)
            continue;
        if (strcmp(command->verb, verb) == 0) {
            *ret = command;
            return 2;
        }
        suggest_offer(&nearest, command->verb);
    }
    return -misused("there is no `%s %s`%s (there is %s)", group, verb, suggest_text(&nearest, hint), verbs);
}

int command_find(int count, char **words, const struct command **ret)
{
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE];

    suggest_begin(&nearest, words[0]);
    for (const struct command *command = commands; command->group; command++) {
        if (strcmp(command->group, words[0]) == 0) {
            *ret = command;
            return command->verb ? verb_find(words[0], count > 1 ? words[1] : NULL, ret) : 1;
        }
        suggest_offer(&nearest, command->group);
    }
    suggest_text(&nearest, hint);
    return -misused("there is no command `%s`%s", words[0], hint[0] ? hint : "; netbootctl help shows those there are");
}
