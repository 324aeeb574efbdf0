/* SPDX-License-Identifier: MPL-2.0 */
#include "rules.h"

#define PERSON FINDING_PERSON
#define CHANGED FINDING_CHANGED
#define MOVED FINDING_MOVED
#define SILENT .silent = true

#define DDNS_WHY "Kea updates DNS through a server of its own, kea-dhcp-ddns, which has keys and zones in its own file"
#define DDNS_FIX                                                                                                       \
    "if DNS is to be updated: install kea-dhcp-ddns-server, write forward-ddns, reverse-ddns and tsig-keys into "      \
    "kea-dhcp-ddns.conf, and here \"dhcp-ddns\": { \"enable-updates\": true }, \"ddns-qualifying-suffix\": "           \
    "\"example.org.\""
#define HOOK_FIX                                                                                                       \
    "write a script for Kea's libdhcp_run_script.so (lease4_committed, lease4_expire, lease4_release ...) and add "    \
    "the hook to hooks-libraries"
#define EXPRESSION_WHY "Kea has no variables and evaluates nothing but the tests of classes"

/* The first that fits. */
static const struct rule rules[] = {
  /* clang-format off */
    {"failover", PERSON, "failover is dhcpd's own protocol; Kea has high availability in a hook, libdhcp_ha.so",
     "add libdhcp_lease_cmds.so and libdhcp_ha.so to hooks-libraries on both servers, with both as peers "
     "(mode \"hot-standby\", or \"load-balancing\"); both serve the whole pools", 0, false},
    {"key", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"zone", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-update-style none", MOVED, NULL, NULL, 0, true},
    {"ddns-update-style", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-updates off", MOVED, NULL, NULL, 0, true},
    {"ddns-updates false", MOVED, NULL, NULL, 0, true},
    {"update-static-leases off", MOVED, NULL, NULL, 0, true},
    {"update-optimization off", MOVED, NULL, NULL, 0, true},
    {"ddns-updates", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-domainname", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-rev-domainname", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-hostname", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-ttl", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-guard-id-must-match", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-other-guard-is-dynamic", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-dual-stack-mixed-mode", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-local-address4", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"ddns-local-address6", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"update-static-leases", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"update-conflict-detection", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"update-optimization", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"do-forward-updates", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"do-reverse-updates", PERSON, DDNS_WHY, DDNS_FIX, 0, false},
    {"allow client-updates", CHANGED, "only matters where DNS is updated", NULL, 0, false},
    {"deny client-updates", CHANGED, "only matters where DNS is updated", NULL, 0, false},
    {"ignore client-updates", CHANGED, "only matters where DNS is updated", NULL, 0, false},
    {"omapi-port", PERSON, "Kea has no OMAPI: programs that talk to dhcpd have to talk to Kea's control socket instead",
     "add \"control-socket\", and let those programs send reservation-add and lease4-del; network boot of hosts is set "
     "by netbootctl host set", 0, false},
    {"omapi-key", PERSON, "Kea has no OMAPI: programs that talk to dhcpd have to talk to Kea's control socket instead",
     "add \"control-socket\", and let those programs send reservation-add and lease4-del; network boot of hosts is set "
     "by netbootctl host set", 0, false},
    {"on", PERSON, "Kea runs nothing by itself when a lease is given, expires or is released", HOOK_FIX, 0, false},
    {"execute", PERSON, "Kea runs no programs from its configuration", HOOK_FIX, 0, false},
    {"log", CHANGED, "Kea logs in its own words", "nothing, unless a program reads these lines", 0, false},
    {"set", PERSON, EXPRESSION_WHY, "if another statement uses the variable, write that one as a class", 0, false},
    {"unset", PERSON, EXPRESSION_WHY, "if another statement uses the variable, write that one as a class", 0, false},
    {"define", PERSON, EXPRESSION_WHY, "write what uses the function as a class", 0, false},
    {"function", PERSON, EXPRESSION_WHY, "write what uses the function as a class", 0, false},
    {"eval", PERSON, EXPRESSION_WHY, "write it as a class", 0, false},
    {"add", PERSON, "Kea puts clients into classes by the classes' tests",
     "give the class a \"test\"", ANSWER_OPTIONS, false},
    {"lease limit", PERSON, "Kea has no limit of leases to a class without libdhcp_limits.so",
     "add libdhcp_limits.so to hooks-libraries and \"user-context\": { \"limits\": { \"address-limit\": N } } to the class",
     ANSWER_SILENCE, false},
    {"spawn", PERSON, "Kea makes no class for each value by itself (billing classes)",
     "write a template class (\"template-test\", Kea 2.3.2 and later), or a class for each value", ANSWER_SILENCE, false},
    {"ignore booting", PERSON, "clients that are to get no answer at all are dropped by a class",
     "write a class named DROP, or \"client-classes\": [ \"DROP\" ] into the reservation", ANSWER_SILENCE, false},
    {"deny booting", PERSON, "clients that are to get no answer at all are dropped by a class",
     "write a class named DROP, or \"client-classes\": [ \"DROP\" ] into the reservation", ANSWER_SILENCE, false},
    {"ping-check", CHANGED, "Kea probes no address before it offers it (a hook does, from 2.7 on); it asks no more than "
     "its leases, which were brought over", NULL, 0, false},
    {"ping-timeout", CHANGED, "Kea probes no address before it offers it", NULL, 0, false},
    {"ping-timeout-ms", CHANGED, "Kea probes no address before it offers it", NULL, 0, false},
    {"log-facility", CHANGED, "Kea's log is set in \"loggers\": it goes to the system log here", NULL, 0, false},
    {"pid-file-name", CHANGED, "the service of Kea's package knows its pid file", NULL, 0, false},
    {"lease-file-name", CHANGED, "the leases are where \"lease-database\" says", NULL, 0, false},
    {"dhcpv6-lease-file-name", CHANGED, "the leases are where \"lease-database\" says", NULL, 0, false},
    {"dhcpv6-pid-file-name", CHANGED, "the service of Kea's package knows its pid file", NULL, 0, false},
    {"local-port", PERSON, "Kea takes its port on the command line", "start kea-dhcp4 with -p", 0, false},
    {"remote-port", PERSON, "Kea takes its port on the command line", "start kea-dhcp4 with -P", 0, false},
    {"local-address", PERSON, "Kea is told of interfaces and addresses in interfaces-config",
     "write \"interfaces-config\": { \"interfaces\": [ \"eth0/192.0.2.1\" ] }", 0, false},
    {"local-address6", PERSON, "Kea is told of interfaces and addresses in interfaces-config",
     "write \"interfaces-config\": { \"interfaces\": [ \"eth0/2001:db8::1\" ] }", 0, false},
    {"bind-local-address6", MOVED, NULL, NULL, 0, true},
    {"use-lease-addr-for-default-route", PERSON, "Kea cannot give a client its own address as router",
     "write the router", ANSWER_ROUTERS, false},
    {"vendor-option-space", PERSON, "which vendor options a client gets is chosen by a class in Kea",
     "write the options into a client class with option-def and option-data for option 43 (section \"DHCPv4 "
     "Vendor-Specific Options\" of Kea's manual)", ANSWER_OPTIONS, false},
    {"site-option-space", PERSON, "Kea has private options in the space dhcp4 only",
     "write the definitions of the space into dhcp4", ANSWER_OPTIONS, false},
    {"always-broadcast", CHANGED, "Kea broadcasts if the client asks it to, or has no address yet and cannot be reached",
     NULL, 0, false},
    {"always-reply-rfc1048", CHANGED, "Kea answers so always", NULL, 0, false},
    {"get-lease-hostnames", CHANGED, "Kea asks DNS for no names", "write \"hostname\" into the reservations", 0, false},
    {"one-lease-per-client", CHANGED, "a client of Kea has one lease in a subnet, as here", NULL, 0, false},
    {"adaptive-lease-time-threshold", CHANGED, "Kea does not shorten leases when a pool fills", NULL, ANSWER_LEASE_TIME,
     false},
    {"dhcp-cache-threshold", CHANGED, "Kea gives the whole lease time at each renewal, unless \"cache-threshold\" is set",
     NULL, 0, false},
    {"dynamic-bootp-lease-cutoff", CHANGED, "Kea answers BOOTP by a hook alone", NULL, 0, false},
    {"dynamic-bootp-lease-length", CHANGED, "Kea answers BOOTP by a hook alone", NULL, 0, false},
    {"min-secs", PERSON, "Kea has no such delay", "a second server that waits is made by libdhcp_ha.so", 0, false},
    {"stash-agent-options", MOVED, NULL, NULL, 0, true},
    {"infinite-is-reserved", CHANGED, "a lease of Kea's never becomes a reservation by itself", NULL, 0, false},
    {"delayed-ack", CHANGED, "Kea answers at once", NULL, 0, false},
    {"max-ack-delay", CHANGED, "Kea answers at once", NULL, 0, false},
    {"db-time-format", MOVED, NULL, NULL, 0, true},
    {"server-id-check", MOVED, NULL, NULL, 0, true},
    {"check-secs", MOVED, NULL, NULL, 0, true},
    {"leasequery", PERSON, "lease queries are answered by a hook, libdhcp_lease_query.so", "add the hook", 0, false},
    {"allow leasequery", PERSON, "lease queries are answered by a hook, libdhcp_lease_query.so", "add the hook", 0, false},
    {"prefix-length-mode", CHANGED, "Kea takes a client's wish for a prefix length as a wish", NULL, 0, false},
    {"ldap-", PERSON, "Kea reads no configuration from LDAP", "write those hosts as reservations, or export them", 0, false},
    {"abandon-lease-time", MOVED, NULL, NULL, 0, true},
    {"ignore-client-uids", MOVED, NULL, NULL, 0, true},
    {"use-host-decl-names", MOVED, NULL, NULL, 0, true},
    {"server-duid", MOVED, NULL, NULL, 0, true},
    {"allow booting", MOVED, NULL, NULL, 0, true},
    {"allow bootp", MOVED, NULL, NULL, 0, true},
    {"deny bootp", MOVED, NULL, NULL, 0, true},
    {"ignore bootp", MOVED, NULL, NULL, 0, true},
    {"allow unknown-clients", MOVED, NULL, NULL, 0, true},
    {"deny unknown-clients", MOVED, NULL, NULL, 0, true},
    {"ignore unknown-clients", MOVED, NULL, NULL, 0, true},
    {"boot-unknown-clients", MOVED, NULL, NULL, 0, true},
    {"allow known-clients", MOVED, NULL, NULL, 0, true},
    {"deny known-clients", MOVED, NULL, NULL, 0, true},
    {"allow known", MOVED, NULL, NULL, 0, true},
    {"deny known", MOVED, NULL, NULL, 0, true},
    {"allow unknown", MOVED, NULL, NULL, 0, true},
    {"deny unknown", MOVED, NULL, NULL, 0, true},
    {"allow members", MOVED, NULL, NULL, 0, true},
    {"deny members", MOVED, NULL, NULL, 0, true},
    {"allow all", MOVED, NULL, NULL, 0, true},
    {"allow dynamic", MOVED, NULL, NULL, 0, true},
    {"deny dynamic", MOVED, NULL, NULL, 0, true},
    {"allow", CHANGED, "Kea has no such permission", NULL, ANSWER_SILENCE, false},
    {"deny", PERSON, "Kea has no such permission", "write a class for those that may, and \"client-class\" into the pool",
     ANSWER_SILENCE | ANSWER_ADDRESS, false},
    {"ignore", PERSON, "Kea has no such permission", "write a class for those that may, and \"client-class\" into the pool",
     ANSWER_SILENCE | ANSWER_ADDRESS, false},
  /* clang-format on */
};

const struct rule *rule_find(const struct statement *statement)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (statement_is(statement, rules[i].words))
            return &rules[i];
    return NULL;
}
