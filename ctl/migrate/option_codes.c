/* SPDX-License-Identifier: MPL-2.0 */
#include "option_codes.h"

#include "findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* dhcp-options(5), by code; "": none that dhcpd names. */
static const char *const names4[] = {
    "",
    "subnet-mask",
    "time-offset",
    "routers",
    "time-servers",
    "ien116-name-servers",
    "domain-name-servers",
    "log-servers",
    "cookie-servers",
    "lpr-servers",
    "impress-servers",
    "resource-location-servers",
    "host-name",
    "boot-size",
    "merit-dump",
    "domain-name",
    "swap-server",
    "root-path",
    "extensions-path",
    "ip-forwarding",
    "non-local-source-routing",
    "policy-filter",
    "max-dgram-reassembly",
    "default-ip-ttl",
    "path-mtu-aging-timeout",
    "path-mtu-plateau-table",
    "interface-mtu",
    "all-subnets-local",
    "broadcast-address",
    "perform-mask-discovery",
    "mask-supplier",
    "router-discovery",
    "router-solicitation-address",
    "static-routes",
    "trailer-encapsulation",
    "arp-cache-timeout",
    "ieee802-3-encapsulation",
    "default-tcp-ttl",
    "tcp-keepalive-interval",
    "tcp-keepalive-garbage",
    "nis-domain",
    "nis-servers",
    "ntp-servers",
    "vendor-encapsulated-options",
    "netbios-name-servers",
    "netbios-dd-server",
    "netbios-node-type",
    "netbios-scope",
    "font-servers",
    "x-display-manager",
    "dhcp-requested-address",
    "dhcp-lease-time",
    "dhcp-option-overload",
    "dhcp-message-type",
    "dhcp-server-identifier",
    "dhcp-parameter-request-list",
    "dhcp-message",
    "dhcp-max-message-size",
    "dhcp-renewal-time",
    "dhcp-rebinding-time",
    "vendor-class-identifier",
    "dhcp-client-identifier",
    "nwip-domain",
    "nwip-suboptions",
    "nisplus-domain",
    "nisplus-servers",
    "tftp-server-name",
    "bootfile-name",
    "mobile-ip-home-agent",
    "smtp-server",
    "pop-server",
    "nntp-server",
    "www-server",
    "finger-server",
    "irc-server",
    "streettalk-server",
    "streettalk-directory-assistance-server",
    "user-class",
    "slp-directory-agent",
    "slp-service-scope",
    "",
    "fqdn",
    "relay-agent-information",
    "",
    "",
    "nds-servers",
    "nds-tree-name",
    "nds-context",
    "bcms-controller-names",
    "bcms-controller-address",
    "",
    "client-last-transaction-time",
    "associated-ip",
    "pxe-system-type",
    "pxe-interface-id",
    "",
    "",
    "pxe-client-id",
    "uap-servers",
    "",
    "pcode",
    "tcode",
    "",
    "",
    "",
    "",
    "",
    "",
    "v6-only-preferred",
    "",
    "",
    "",
    "netinfo-server-address",
    "netinfo-server-tag",
    "default-url",
    "",
    "auto-config",
    "name-service-search",
    "subnet-selection",
    "domain-search",
    "",
    "",
    "",
    "",
    "vivco",
    "vivso",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "pana-agent",
    "v4-lost",
    "capwap-ac-v4",
    "",
    "",
    "sip-ua-cs-domains",
    "ipv4-address-andsf",
    "",
    "",
    "",
    "rdnss-selection",
    "",
    "",
    "",
    "tftp-server-address",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "v4-portparams",
    "v4-captive-portal",
};

static const char *const names6[] = {
    "",
    "client-id",
    "server-id",
    "ia-na",
    "ia-ta",
    "ia-addr",
    "oro",
    "preference",
    "elapsed-time",
    "relay-msg",
    "",
    "auth",
    "unicast",
    "status-code",
    "rapid-commit",
    "user-class",
    "vendor-class",
    "vendor-opts",
    "interface-id",
    "reconf-msg",
    "reconf-accept",
    "sip-servers-names",
    "sip-servers-addresses",
    "name-servers",
    "domain-search",
    "ia-pd",
    "ia-prefix",
    "nis-servers",
    "nisp-servers",
    "nis-domain-name",
    "nisp-domain-name",
    "sntp-servers",
    "info-refresh-time",
    "bcms-server-d",
    "bcms-server-a",
    "",
    "geoconf-civic",
    "remote-id",
    "subscriber-id",
    "fqdn",
    "pana-agent",
    "new-posix-timezone",
    "new-tzdb-timezone",
    "ero",
    "lq-query",
    "client-data",
    "clt-time",
    "lq-relay-data",
    "lq-client-link",
    "",
    "",
    "v6-lost",
    "capwap-ac-v6",
    "relay-id",
    "",
    "",
    "",
    "v6-access-domain",
    "sip-ua-cs-list",
    "bootfile-url",
    "bootfile-param",
    "client-arch-type",
    "nii",
    "",
    "aftr-name",
    "erp-local-domain-name",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "rdnss-selection",
    "",
    "",
    "",
    "",
    "client-linklayer-addr",
    "link-address",
    "",
    "solmax-rt",
    "inf-max-rt",
};

/* Far from the others; and the options in which known spaces are sent. */
static const struct {
    const char *name;
    int codes[2]; /* by family; -1: not there */
} others[] = {
    {"loader-configfile",  {209, -1}},
    {"loader-pathprefix",  {210, -1}},
    {"loader-reboottime",  {211, -1}},
    {"option-6rd",         {212, -1}},
    {"v4-access-domain",   {213, -1}},
    {"v6-captive-portal",  {-1, 103}},
    {"relay-source-port",  {-1, 135}},
    {"ipv6-address-andsf", {-1, 143}},
    {"agent.",             {82, -1} },
    {"fqdn.",              {81, 39} },
    {"nwip.",              {63, -1} },
    {"vendor-class.",      {124, -1}},
    {"vendor.",            {125, -1}},
    {"vsio.",              {-1, 17} },
};

enum { VENDOR_OPTIONS_4 = 43, VENDOR_OPTIONS_6 = 17 };

/* ---- What a configuration defines ------------------------------------------------------------------------------- */

static bool is_definition(const struct statement *statement)
{
    return statement_is(statement, "option") && !statement->block &&
           strcasecmp(statement_word(statement, 2), "code") == 0;
}

static const char *encapsulated(const struct statement *definition)
{
    for (unsigned i = 4; i + 1 < definition->word_count; i++)
        if (strcasecmp(definition->words[i], "encapsulate") == 0)
            return definition->words[i + 1];
    return NULL;
}

const struct option_definition *option_definitions(const struct statement *top, struct memory *memory)
{
    struct option_definition *ret = NULL;

    for (; top; top = top->next) {
        struct option_definition *one = is_definition(top) ? memory_take(memory, sizeof(*one)) : NULL;
        if (!one)
            continue;
        *one = (struct option_definition){statement_word(top, 1), (unsigned)strtoul(statement_word(top, 3), NULL, 10),
                                          encapsulated(top), ret};
        ret = one;
    }
    return ret;
}

/* ---- A name ----------------------------------------------------------------------------------------------------- */

static int table_find(int family, const char *name)
{
    const char *const *names = family == 0 ? names4 : names6;
    size_t count = family == 0 ? COUNT(names4) : COUNT(names6);

    for (size_t i = 1; i < count; i++)
        if (strcasecmp(names[i], name) == 0)
            return (int)i;
    for (size_t i = 0; i < COUNT(others); i++)
        if (strncasecmp(others[i].name, name, strlen(others[i].name)) == 0 &&
            (strchr(others[i].name, '.') || strlen(name) == strlen(others[i].name)))
            return others[i].codes[family];
    return -1;
}

/* "SPACE.NAME", of a space of the configuration's own. */
static int space_find(int family, const char *name, size_t size, const struct option_definition *own)
{
    for (; own; own = own->next)
        if (own->encapsulates && strlen(own->encapsulates) == size && strncasecmp(own->encapsulates, name, size) == 0)
            return (int)own->code;
    return family == 0 ? VENDOR_OPTIONS_4 : VENDOR_OPTIONS_6;
}

int option_code(int family, const char *name, const struct option_definition *own)
{
    const char *plain = strncasecmp(name, "dhcp6.", 6) == 0  ? name + 6
                        : strncasecmp(name, "dhcp.", 5) == 0 ? name + 5
                                                             : name;
    const char *dot = strchr(plain, '.');
    int code;

    if (strncasecmp(plain, "unknown-", 8) == 0)
        return (int)strtoul(plain + 8, NULL, 10);
    for (const struct option_definition *at = own; at; at = at->next)
        if (strcasecmp(at->name, name) == 0 && (!dot || plain != name))
            return (int)at->code;
    code = family == 1 && plain == name && !dot ? -1 : table_find(family, plain);
    return code < 0 && dot ? space_find(family, plain, (size_t)(dot - plain), own) : code;
}

/* ---- A list of codes -------------------------------------------------------------------------------------------- */

static void codes_print(FILE *out, int family, const struct statement *statement, const struct option_definition *own)
{
    const char *name = NULL;

    for (const struct statement *at = statement->child; at; at = at->next)
        codes_print(out, family, at, own);
    /* Behind a label, too: `case 1: option x "y"`. */
    for (unsigned i = 0; i < statement->word_count && !statement->block && !name; i++) {
        const char *word = statement->words[i];
        bool sets = strcasecmp(word, "option") == 0 || strcasecmp(word, "supersede") == 0 ||
                    strcasecmp(word, "append") == 0 || strcasecmp(word, "prepend") == 0 ||
                    (strcasecmp(word, "default") == 0 && i == 0);
        if (sets && !is_definition(statement))
            name = statement_word(statement, i + 1);
    }
    if (statement_is(statement, "vendor-option-space"))
        fprintf(out, "%d ", family == 0 ? VENDOR_OPTIONS_4 : VENDOR_OPTIONS_6);
    int code = name ? option_code(family, name, own) : -1;
    if (code >= 0)
        fprintf(out, "%d ", code);
}

const char *option_codes(int family, const struct statement *statement, const struct option_definition *own,
                         struct memory *memory)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    codes_print(out, family, statement, own);
    if (fclose(out) != 0 || !text) {
        free(text);
        return NULL;
    }
    if (size > 0)
        text[--size] = '\0'; /* the last space */
    const char *ret = (const char *)memory_copy(memory, text, size + 1).data;
    free(text);
    return ret;
}

bool option_codes_have(const char *codes, unsigned code)
{
    char *end;

    if (!codes || strcmp(codes, OPTIONS_ANY) == 0)
        return true;
    while (*codes) {
        unsigned long one = strtoul(codes, &end, 10);
        if (end == codes)
            return false;
        if (one == code)
            return true;
        codes = end + strspn(end, " ");
    }
    return false;
}
