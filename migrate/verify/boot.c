/* SPDX-License-Identifier: MPL-2.0 */
/* What both servers told a client of network boot, and which finding announced exactly that difference. */
#include "verify.h"

#include "migrate/boot/scene.h"

#include <errno.h>
#include <string.h>

static struct client_kind kind_of(const struct client *client)
{
    const struct kind *kind = client->kind;

    return (struct client_kind){
        .arch = kind->arch < 0 ? NETBOOT_ARCH_NONE : (uint16_t)kind->arch,
        .stage = kind->arch < 0                                ? NETBOOT_STAGE_NONE
                 : kind->user_class                            ? NETBOOT_STAGE_IPXE
                 : strncmp(kind->vendor_class, "HTTP", 4) == 0 ? NETBOOT_STAGE_HTTP
                                                               : NETBOOT_STAGE_PXE,
    };
}

static const char *told(struct texts *texts, const struct client *client, enum netboot_stage stage,
                        const struct boot_fields *fields, enum meaning field)
{
    char text[FIELD_TEXT_SIZE];

    if (field != MEANING_FILE)
        return texts_keep(texts, fields_meaning(fields, field, text));
    const char *load = want_of_fields(texts, fields, stage);
    return load && stage == NETBOOT_STAGE_IPXE ? want_in_ipxe(texts, load, client->mac) : load;
}

/* A BOOTP client is told dhcpd's own address where there is no next server; all else is as for other clients. */
static long find(const struct announcements *announcements, const struct client *client, const struct boot_case *one)
{
    struct boot_case bootp = {.family = one->family, .kind = one->kind, .field = one->field, .new = one->new};
    long finding = 0;

    if (client->kind->bootp && one->field == MEANING_SERVER) {
        bootp.kind.manner = MANNER_BOOTP;
        bootp.old = strcmp(one->old, bench_address(OLD, false)) == 0 ? CASE_OWN_SERVER : one->old;
        finding = cases_find(announcements->cases, &bootp, client->mac);
    }
    return finding == 0 ? cases_find(announcements->cases, one, client->mac) : finding;
}

static const char *shown(const char *text)
{
    return text[0] == '!' ? text + 1 : text;
}

int boot_compare(const struct client *client, const struct boot_fields *old, const struct boot_fields *new,
                 const struct announcements *announcements, boot_difference *call, void *user)
{
    struct boot_case one = {
        .family = (unsigned)client->family, .host = client->host, .subnet = client->subnet, .kind = kind_of(client)};
    struct texts texts = {0};
    long finding = 0;

    for (enum meaning field = 0; finding >= 0 && field < MEANING_COUNT; field++) {
        one.field = field;
        one.old = told(&texts, client, one.kind.stage, old, field);
        one.new = told(&texts, client, one.kind.stage, new, field);
        if (!one.old || !one.new)
            finding = -ENOMEM;
        else if (field == MEANING_FILE ? want_equal(one.kind.stage, one.old, one.new) : strcmp(one.old, one.new) == 0)
            continue;
        else if ((finding = find(announcements, client, &one)) >= 0)
            call(user, finding > 0 ? &announcements->findings->rows[finding - 1] : NULL, meaning_name(field),
                 shown(one.old), shown(one.new));
    }
    texts_free(&texts);
    return finding < 0 ? (int)finding : 0;
}
