/* SPDX-License-Identifier: MPL-2.0 */
/* Who a host is: what dhcpd knows it by, as Kea does. */
#include "mend_hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct statement *host_statement(const struct host *host, const char *words)
{
    for (unsigned i = 0; i < host->count; i++)
        if (statement_is(host->statements[i], words))
            return host->statements[i];
    return NULL;
}

static char *hex_text(struct mend *mend, const char *word)
{
    struct netboot_bytes octets;
    char *text;

    if (word[0] == '"')
        octets = word_octets(word, mend->memory);
    else if (!word_hex(word, mend->memory, &octets))
        return NULL;
    text = octets.data ? arena_take(mend->memory, octets.size * 3 + 1) : NULL;
    if (!text) {
        mend->no_memory = true;
        return NULL;
    }
    text[0] = '\0';
    for (size_t i = 0; i < octets.size; i++)
        sprintf(text + i * 3, "%02x%s", octets.data[i], i + 1 < octets.size ? ":" : "");
    return text;
}

/* Kea does not know the host by it: all that it is to have is another's, and maybe an address of another subnet. */
void host_find_identity(struct mend *mend, const struct statement *statement, const char *why, const char *fix)
{
    mend_find(mend, statement,
              &(struct finding){.severity = FINDING_PERSON,
                                .why = why,
                                .fix = fix,
                                .differs = ~(unsigned)ANSWER_BOOT,
                                .options = OPTIONS_ANY});
}

/* Hosts known by any other option, of theirs or of a relay (v6relopt). The hook is not of Debian's Kea. */
static void find_flexible(struct mend *mend, const struct statement *statement)
{
    enum { HOPS_MAX = 32 };
    bool relay = statement_is(statement, "host-identifier v6relopt");
    unsigned index = relay ? 3 : 2;
    unsigned hops = relay ? (unsigned)strtoul(statement_word(statement, 2), NULL, 10) : 0;
    int code = option_code(mend->family, statement_word(statement, index), mend->reduction->definitions);
    const char *value = hex_text(mend, statement_word(statement, index + 1));
    char expression[80], text[64] = "", fix[600];

    /* 1 is the relay nearest to the client, more than there may be is the one nearest to the server: in Kea -1 and 0.
     */
    if (relay && hops > 0)
        snprintf(expression, sizeof(expression), "relay6[%d].option[%d].hex", hops > HOPS_MAX ? 0 : -(int)hops, code);
    else
        snprintf(expression, sizeof(expression), "option[%d].hex", code);
    for (const char *at = value ? value : ""; *at && strlen(text) + 2 < sizeof(text); at++)
        if (*at != ':')
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%c", *at);
    snprintf(fix, sizeof(fix),
             "add {\"library\": \"libdhcp_flex_id.so\", \"parameters\": {\"identifier-expression\": \"%s\"}} to "
             "hooks-libraries, \"flex-id\" to host-reservation-identifiers, and write the host's reservation with "
             "\"flex-id\": \"%s\". There is one expression for all hosts",
             expression, text);
    host_find_identity(mend, statement,
                       "Kea knows hosts by such an option with libdhcp_flex_id.so only, which is no part of "
                       "Debian's Kea",
                       fix);
}

void host_identity_read(struct mend *mend, const struct host *host, struct identity *ret)
{
    const struct statement *hardware = host_statement(host, "hardware");
    const struct statement *client = host_statement(host, "option dhcp-client-identifier");
    const struct statement *other = host_statement(host, "host-identifier"), *uid = host_statement(host, "uid");
    char *mac = hardware ? hex_text(mend, statement_word(hardware, 2)) : NULL;

    *ret = (struct identity){.client = NULL};
    if (mac && statement_is(hardware, "hardware ethernet"))
        snprintf(ret->mac, sizeof(ret->mac), "%s", mac);
    else if (hardware)
        host_find_identity(mend, hardware, "Kea's reservations have hardware addresses of Ethernet only",
                           "name the host by its client identifier or DUID");
    if (!client)
        client = host_statement(host, "option dhcp.dhcp-client-identifier");
    if (client && mend->family == FAMILY_4)
        ret->client = hex_text(mend, statement_word(client, 2));
    if (uid && mend->family == FAMILY_4)
        ret->client = hex_text(mend, statement_word(uid, 1));
    if (uid && mend->family == FAMILY_6)
        ret->client = hex_text(mend, statement_word(uid, 1));
    if (other && mend->family == FAMILY_6 && statement_is(other, "host-identifier option dhcp6.client-id"))
        ret->client = hex_text(mend, statement_word(other, 3));
    else if (other)
        find_flexible(mend, other);
}
