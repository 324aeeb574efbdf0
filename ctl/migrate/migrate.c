/* SPDX-License-Identifier: MPL-2.0 */
#include "migrate.h"

#include "command.h"

/* clang-format off */
const struct option_row migrate_options[] = {
    {.name = "dhcpd4", .letter = '4', .value = "FILE", .help = "the dhcpd.conf for DHCPv4", .completion = COMPLETE_FILE},
    {.name = "dhcpd6", .letter = '6', .value = "FILE", .help = "the dhcpd.conf for DHCPv6", .completion = COMPLETE_FILE},
    {.name = "output", .value = "DIR", .help = "where to write; must be empty or not there",
     .completion = COMPLETE_DIRECTORY},
    {.name = "dry-run", .help = "writes nothing, prints the report"},
    {0},
};
/* clang-format on */

int migrate_run(struct session *session)
{
    if (!session_has(session, "dhcpd4") && !session_has(session, "dhcpd6"))
        return misused("migrate wants the configuration of dhcpd: -4 /etc/dhcp/dhcpd.conf, -6 /etc/dhcp/dhcpd6.conf");
    return failed("this version cannot migrate yet: nothing was read, nothing was written");
}
