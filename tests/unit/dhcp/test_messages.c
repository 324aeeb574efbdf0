/* SPDX-License-Identifier: MPL-2.0 */
/* What each exchange of DHCP is to network boot, as the RFCs have it. */
#include "unit.h"

#include "dhcp/messages.h"

/* Every exchange that there is, with the numbers of the wire. */
static const struct {
    uint8_t family, message, reply;
    enum message_phase phase;
    bool usual; /* the reply that is assumed where none was seen */
} exchanges[] = {
    {4, 0,  0, PHASE_WHOLE,   true }, /* RFC 951: BOOTREQUEST, BOOTREPLY */
    {4, 1,  2, PHASE_BEGIN,   true }, /* RFC 2131, section 3.1: DISCOVER, OFFER */
    {4, 1,  5, PHASE_WHOLE,   false}, /* RFC 4039, section 3.1: DISCOVER, ACK */
    {4, 3,  5, PHASE_REQUEST, true }, /* RFC 2131, section 3.1: REQUEST, ACK */
    {4, 3,  6, PHASE_BARE,    false}, /* RFC 2131, section 4.3.2: REQUEST, NAK */
    {4, 8,  5, PHASE_WHOLE,   true }, /* RFC 2131, section 4.3.5: INFORM, ACK */
    {6, 1,  2, PHASE_BEGIN,   true }, /* RFC 8415, section 18.3.1: Solicit, Advertise */
    {6, 1,  7, PHASE_WHOLE,   false}, /* RFC 8415, section 18.3.1: Solicit with rapid commit, Reply */
    {6, 3,  7, PHASE_REQUEST, true }, /* RFC 8415, section 18.3.2: Request, Reply */
    {6, 4,  7, PHASE_BARE,    true }, /* RFC 8415, section 18.3.3: Confirm, Reply */
    {6, 5,  7, PHASE_RENEW,   true }, /* RFC 8415, section 18.3.4: Renew, Reply */
    {6, 6,  7, PHASE_RENEW,   true }, /* RFC 8415, section 18.3.5: Rebind, Reply */
    {6, 8,  7, PHASE_BARE,    true }, /* RFC 8415, section 18.3.7: Release, Reply */
    {6, 9,  7, PHASE_BARE,    true }, /* RFC 8415, section 18.3.8: Decline, Reply */
    {6, 11, 7, PHASE_WHOLE,   true }, /* RFC 8415, section 18.3.6: Information-request, Reply */
};

static int row_of(unsigned family, unsigned message, unsigned reply)
{
    for (size_t i = 0; i < COUNT(exchanges); i++)
        if (exchanges[i].family == family && exchanges[i].message == message && exchanges[i].reply == reply)
            return (int)i;
    return -1;
}

static struct netboot_query query_of(unsigned family, unsigned message, unsigned reply)
{
    return (struct netboot_query){
        .family = (enum netboot_family)family, .message_type = (uint8_t)message, .reply_type = (uint8_t)reply};
}

static void all_exchanges_are_known_and_no_others(void **state)
{
    (void)state;
    for (unsigned family = 4; family <= 6; family += 2) {
        for (unsigned number = 0; number < 256 * 256; number++) {
            unsigned message = number / 256, reply = number % 256;
            struct netboot_query query = query_of(family, message, reply);
            int row = row_of(family, message, reply);
            enum message_phase phase = row < 0 ? PHASE_NONE : exchanges[row].phase;
            if (message_phase(&query) != phase || message_boots(&query) != (phase > PHASE_BARE))
                fail_msg("v%u: %u, %u is %d", family, message, reply, (int)message_phase(&query));
        }
    }
}

/* RFC 2131, section 4.3.6: only who renews or rebinds has an address in ciaddr. */
static void who_has_an_address_renews(void **state)
{
    struct netboot_query query = query_of(4, 3, 5);

    (void)state;
    query.client_address[3] = 1;
    assert_int_equal(message_phase(&query), PHASE_RENEW);
    assert_true(message_boots(&query));
    query.reply_type = 6;
    assert_int_equal(message_phase(&query), PHASE_BARE);
    query = query_of(4, 8, 5); /* an INFORM has one always */
    query.client_address[0] = 10;
    assert_int_equal(message_phase(&query), PHASE_WHOLE);
    query = query_of(6, 3, 7); /* no such field */
    query.client_address[0] = 10;
    assert_int_equal(message_phase(&query), PHASE_REQUEST);
}

static void a_message_has_a_usual_reply(void **state)
{
    (void)state;
    for (unsigned family = 4; family <= 6; family += 2) {
        for (unsigned message = 0; message < 256; message++) {
            int usual = -1;
            for (size_t i = 0; i < COUNT(exchanges); i++)
                if (exchanges[i].family == family && exchanges[i].message == message && exchanges[i].usual)
                    usual = exchanges[i].reply;
            assert_int_equal(message_usual_reply((enum netboot_family)family, (uint8_t)message), usual);
        }
    }
}

static void replies_are_known(void **state)
{
    (void)state;
    for (unsigned family = 4; family <= 6; family += 2) {
        for (unsigned reply = 0; reply < 256; reply++) {
            bool answers = false, offers = false;
            for (size_t i = 0; i < COUNT(exchanges); i++) {
                bool same = exchanges[i].family == family && exchanges[i].reply == reply;
                answers |= same;
                offers |= same && exchanges[i].phase == PHASE_BEGIN;
            }
            assert_int_equal(message_is_reply((enum netboot_family)family, (uint8_t)reply), answers);
            assert_int_equal(message_is_offer((enum netboot_family)family, (uint8_t)reply), offers);
        }
    }
}

static void messages_have_names(void **state)
{
    static const struct {
        enum netboot_family family;
        uint8_t type;
        const char *name, *reply_name;
    } names[] = {
        {NETBOOT_V4, 0,   NULL,                  "BOOTP"    },
        {NETBOOT_V4, 1,   "DHCPDISCOVER",        NULL       },
        {NETBOOT_V4, 2,   "DHCPOFFER",           "OFFER"    },
        {NETBOOT_V4, 3,   "DHCPREQUEST",         NULL       },
        {NETBOOT_V4, 4,   "DHCPDECLINE",         NULL       },
        {NETBOOT_V4, 5,   "DHCPACK",             "ACK"      },
        {NETBOOT_V4, 6,   "DHCPNAK",             NULL       },
        {NETBOOT_V4, 7,   "DHCPRELEASE",         NULL       },
        {NETBOOT_V4, 8,   "DHCPINFORM",          NULL       },
        {NETBOOT_V4, 9,   NULL,                  NULL       },
        {NETBOOT_V6, 0,   NULL,                  NULL       },
        {NETBOOT_V6, 1,   "Solicit",             NULL       },
        {NETBOOT_V6, 2,   "Advertise",           "ADVERTISE"},
        {NETBOOT_V6, 3,   "Request",             NULL       },
        {NETBOOT_V6, 4,   "Confirm",             NULL       },
        {NETBOOT_V6, 5,   "Renew",               NULL       },
        {NETBOOT_V6, 6,   "Rebind",              NULL       },
        {NETBOOT_V6, 7,   "Reply",               "REPLY"    },
        {NETBOOT_V6, 8,   "Release",             NULL       },
        {NETBOOT_V6, 9,   "Decline",             NULL       },
        {NETBOOT_V6, 10,  "Reconfigure",         NULL       },
        {NETBOOT_V6, 11,  "Information-request", NULL       },
        {NETBOOT_V6, 12,  NULL,                  NULL       },
        {NETBOOT_V6, 255, NULL,                  NULL       },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *name = message_name(names[i].family, names[i].type);
        const char *reply_name = message_reply_name(names[i].family, names[i].type);
        if (!name != !names[i].name || (name && strcmp(name, names[i].name) != 0))
            fail_msg("row %zu is %s", i, name);
        if (!reply_name != !names[i].reply_name || (reply_name && strcmp(reply_name, names[i].reply_name) != 0))
            fail_msg("row %zu is the reply %s", i, reply_name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_exchanges_are_known_and_no_others),
        cmocka_unit_test(who_has_an_address_renews),
        cmocka_unit_test(a_message_has_a_usual_reply),
        cmocka_unit_test(replies_are_known),
        cmocka_unit_test(messages_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
