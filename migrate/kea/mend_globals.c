/* SPDX-License-Identifier: MPL-2.0 */
/* What dhcpd does by default, or takes from elsewhere, and Kea has to be told. */
#include "mend.h"

#include "json/record/json.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct statement *global(const struct mend *mend, const char *words)
{
    const struct statement *ret = NULL;

    for (const struct statement *at = mend->reduction->top; at; at = at->next)
        if (statement_is(at, words))
            ret = at;
    return ret;
}

static bool is_on(const struct statement *statement)
{
    const char *value = statement ? statement_word(statement, 1) : "";

    return strcmp(value, "on") == 0 || strcmp(value, "true") == 0;
}

static cJSON *object_set(struct mend *mend, const char *key, const char *json)
{
    cJSON *value = cJSON_Parse(json);

    cJSON_DeleteItemFromObjectCaseSensitive(mend->dhcp, key);
    if (!value || !cJSON_AddItemToObject(mend->dhcp, key, value)) {
        cJSON_Delete(value);
        mend->no_memory = true;
        return NULL;
    }
    return value;
}

/* ---- DHCPv4 ----------------------------------------------------------------------------------------------------- */

static void defaults4(struct mend *mend)
{
    const struct statement *abandoned = global(mend, "abandon-lease-time");

    mend_bool(mend, mend->dhcp, "echo-client-id", is_on(global(mend, "echo-client-id")));
    if (is_on(global(mend, "ignore-client-uids")))
        mend_bool(mend, mend->dhcp, "match-client-id", false);
    if (abandoned)
        mend_number(mend, mend->dhcp, "decline-probation-period", strtod(statement_word(abandoned, 1), NULL));
    if (!cJSON_HasObjectItem(mend->dhcp, "renew-timer")) {
        mend_bool(mend, mend->dhcp, "calculate-tee-times", true);
        mend_number(mend, mend->dhcp, "t1-percent", 0.5);
        mend_number(mend, mend->dhcp, "t2-percent", 0.875);
    }
}

/* ---- DHCPv6 ----------------------------------------------------------------------------------------------------- */

/* The interface of this machine that has an address in the subnet. */
static bool interface_of(const char *subnet, char *name)
{
    char text[64];
    uint8_t prefix[16];
    const char *slash = subnet ? strchr(subnet, '/') : NULL;
    struct ifaddrs *all = NULL;
    bool found = false;

    if (!slash)
        return false;
    snprintf(text, sizeof(text), "%.*s", (int)(slash - subnet), subnet);
    unsigned length = (unsigned)strtoul(slash + 1, NULL, 10);
    if (inet_pton(AF_INET6, text, prefix) != 1 || getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *at = all; at && !found; at = at->ifa_next) {
        if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET6)
            continue;
        const uint8_t *own = ((const struct sockaddr_in6 *)at->ifa_addr)->sin6_addr.s6_addr;
        found = memcmp(prefix, own, length / 8) == 0 &&
                (length % 8 == 0 || (prefix[length / 8] ^ own[length / 8]) >> (8 - length % 8) == 0);
        if (found)
            snprintf(name, IF_NAMESIZE, "%s", at->ifa_name);
    }
    freeifaddrs(all);
    return found;
}

static void interface_put(struct mend *mend, cJSON *network, cJSON *subnet, void *user)
{
    bool *any = user;
    char name[IF_NAMESIZE];

    (void)network;
    if (cJSON_HasObjectItem(subnet, "interface")) {
        *any = true;
    } else if (interface_of(json_text(subnet, "subnet"), name)) {
        mend_text(mend, subnet, "interface", name);
        *any = true;
    }
}

static void defaults6(struct mend *mend)
{
    bool any = false;

    mend_each_subnet(mend, interface_put, &any);
    if (!any)
        findings_add(mend->findings,
                     &(struct finding){
                         .severity = FINDING_CHANGED,
                         .text = "clients on the server's own links",
                         .why = "Kea has to be told which subnet is on which interface, and this machine has no "
                                "address in any of them: as it is, Kea answers relays only",
                         .fix = "unless all clients come through relays: write \"interface\": \"eth0\" into the subnet "
                                "of that link"});
    /* As dhcpd reckons them, unless they are set. */
    if (!cJSON_HasObjectItem(mend->dhcp, "renew-timer")) {
        mend_bool(mend, mend->dhcp, "calculate-tee-times", true);
        mend_number(mend, mend->dhcp, "t1-percent", 0.5);
        mend_number(mend, mend->dhcp, "t2-percent", 0.8);
    }
}

/* ---- Both ------------------------------------------------------------------------------------------------------- */

void mend_globals(struct mend *mend)
{
    static const char *const removed[] = {"hooks-libraries", "dhcp-ddns", "interfaces-config"};
    bool v4 = mend->family == FAMILY_4;

    for (size_t i = 0; i < sizeof(removed) / sizeof(removed[0]); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(mend->dhcp, removed[i]);
    object_set(mend, "interfaces-config", "{\"interfaces\": [\"*\"]}");
    object_set(mend, "lease-database",
               v4 ? "{\"type\": \"memfile\", \"name\": \"/var/lib/kea/kea-leases4.csv\", \"lfc-interval\": 3600}"
                  : "{\"type\": \"memfile\", \"name\": \"/var/lib/kea/kea-leases6.csv\", \"lfc-interval\": 3600}");
    object_set(mend, "control-socket",
               v4 ? "{\"socket-type\": \"unix\", \"socket-name\": \"/run/kea/kea4-ctrl-socket\"}"
                  : "{\"socket-type\": \"unix\", \"socket-name\": \"/run/kea/kea6-ctrl-socket\"}");
    object_set(mend, "loggers",
               v4 ? "[{\"name\": \"kea-dhcp4\", \"severity\": \"INFO\", \"output_options\": [{\"output\": \"stdout\", "
                    "\"pattern\": \"%-5p %m\\n\"}]}]"
                  : "[{\"name\": \"kea-dhcp6\", \"severity\": \"INFO\", \"output_options\": [{\"output\": \"stdout\", "
                    "\"pattern\": \"%-5p %m\\n\"}]}]");
    if (v4)
        defaults4(mend);
    else
        defaults6(mend);
    findings_add(mend->findings,
                 &(struct finding){.severity = FINDING_CHANGED,
                                   .text = "interfaces",
                                   .why = "Kea listens on all interfaces; dhcpd on those of its command line or of "
                                          "/etc/default/isc-dhcp-server",
                                   .fix = "write their names into interfaces-config in place of \"*\""});
}
