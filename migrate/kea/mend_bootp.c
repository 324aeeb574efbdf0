/* SPDX-License-Identifier: MPL-2.0 */
/* BOOTP: Kea speaks it with a hook of its package, and then to everybody in all pools; dhcpd in some ranges only. */
#include "mend.h"
#include "migrate/boot/cases.h"

/* Of a pool that is written out BOOTP clients get addresses by default, of a range alone they do not. */
bool mend_is_bootp_range(const struct statement *range)
{
    return !range || statement_is(range, "range dynamic-bootp") || statement_is(range, "pool") ||
           (range->parent && statement_is(range->parent, "pool"));
}

static bool has_written(const struct statement *list)
{
    for (; list; list = list->next)
        if (statement_is(list, "range dynamic-bootp") || statement_is(list, "allow dynamic bootp") ||
            statement_is(list, "allow bootp") || has_written(list->child))
            return true;
    return false;
}

static bool has_range(const struct statement *list)
{
    for (; list; list = list->next)
        if ((statement_is(list, "range") && mend_is_bootp_range(list)) || has_range(list->child))
            return true;
    return false;
}

/* Kea answers BOOTP clients that get no address, too, with an empty reply. */
static void strangers_mend(struct mend *mend)
{
    cJSON *classes = mend_list(mend, mend->dhcp, "client-classes"), *drop = NULL;

    if (!has_range(mend->reduction->top) && (drop = cJSON_CreateObject()) && cJSON_AddItemToArray(classes, drop)) {
        mend_text(mend, drop, "name", "DROP");
        mend_text(mend, drop, "test", "member('BOOTP') and member('UNKNOWN')");
        return;
    }
    cJSON_Delete(drop);
    findings_add(mend->findings, &(struct finding){.severity = FINDING_CHANGED,
                                                   .text = "BOOTP clients that no range is for",
                                                   .why = "Kea answers them without an address, dhcpd did not",
                                                   .differs = ANSWER_SILENCE,
                                                   .family = 4,
                                                   .whom = FINDING_BOOTP});
}

/* That is so of all of them, and no configuration tells the address. */
static void server_find(struct mend *mend)
{
    static const uint8_t nobody[NETBOOT_MAC_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const struct boot_case added = {
        .kind = {.arch = NETBOOT_ARCH_NONE, .stage = NETBOOT_STAGE_NONE, .manner = MANNER_BOOTP},
        .field = MEANING_SERVER,
        .old = CASE_OWN_SERVER,
        .new = ""
    };
    struct texts texts = {0};
    struct cases cases = {.texts = &texts};
    cJSON *json = cases_add(&cases, &added, nobody) == 0 ? cases_to_json(&cases) : NULL;

    mend->no_memory |= !json;
    findings_add(mend->findings,
                 &(struct finding){.severity = FINDING_CHANGED,
                                   .text = "next server of BOOTP clients",
                                   .why = "where the configuration names none, dhcpd tells them its own "
                                          "address, and Kea none",
                                   .fix = "write next-server into the subnets whose BOOTP clients load "
                                          "files from this machine",
                                   .differs = ANSWER_BOOT,
                                   .cases = json,
                                   .family = 4,
                                   .whom = FINDING_BOOTP});
    cJSON_Delete(json);
    cases_free(&cases);
    texts_free(&texts);
}

static void bootp_find(struct mend *mend)
{
    findings_add(mend->findings,
                 &(struct finding){.severity = FINDING_CHANGED,
                                   .text = "options for BOOTP clients",
                                   .why = "they ask for none: Kea sends subnet mask, routers, name servers and domain "
                                          "name, dhcpd sent all that fitted into the packet",
                                   .fix = "write \"always-send\": true into the option-data of others that they need",
                                   .differs = ANSWER_OPTIONS | ANSWER_ROUTERS | ANSWER_DNS,
                                   .family = 4,
                                   .whom = FINDING_BOOTP});
    findings_add(mend->findings,
                 &(struct finding){.severity = FINDING_CHANGED,
                                   .text = "next server of BOOTP clients",
                                   .why = "where no next-server is set, dhcpd names itself to them, and Kea nobody",
                                   .fix = "write \"next-server\" where BOOTP clients load from this machine",
                                   .differs = ANSWER_BOOT,
                                   .family = 4,
                                   .whom = FINDING_BOOTP});
    server_find(mend);
    findings_moved(mend->findings, "BOOTP by libdhcp_bootp.so", 1);
}

/* dhcpd answers BOOTP by default, to hosts with an address; the hook is for those who wrote of it. */
void mend_bootp(struct mend *mend)
{
    bool refused = mend->family != FAMILY_4;

    for (const struct statement *at = mend->reduction->top; at; at = at->next)
        refused = refused || statement_is(at, "deny bootp") || statement_is(at, "ignore bootp");
    mend->bootp = !refused && has_written(mend->reduction->top);
    if (mend->bootp) {
        bootp_find(mend);
        strangers_mend(mend);
    } else if (!refused) {
        findings_add(mend->findings,
                     &(struct finding){.severity = FINDING_CHANGED,
                                       .text = "BOOTP",
                                       .why = "clients without DHCP (BOOTP only) get no answer from Kea by itself",
                                       .fix = "if a host is such a one, write \"allow bootp;\" and convert again: then "
                                              "libdhcp_bootp.so is loaded"});
    }
}
