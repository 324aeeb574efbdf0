/* SPDX-License-Identifier: MPL-2.0 */
/* The machine: its identifiers, platforms and addresses. */
#include "machine.h"

#include <errno.h>
#include <string.h>

/* Its identifiers: those of the host that the command names, or the named one itself. */
struct identifiers {
    size_t count;
    struct netboot_id ids[NETBOOT_LIST_MAX];
};

static void id_add(struct identifiers *ids, const struct netboot_id *id)
{
    if (id->type != NETBOOT_ID_NAME && ids->count < NETBOOT_LIST_MAX)
        ids->ids[ids->count++] = *id;
}

static void ids_find(const struct chain *chain, struct identifiers *ids)
{
    static const struct {
        const char *key;
        enum netboot_id_type type;
    } keys[] = {
        {"mac",  NETBOOT_ID_MAC },
        {"uuid", NETBOOT_ID_UUID},
        {"duid", NETBOOT_ID_DUID}
    };
    const char *text = json_text(chain->who, "id");
    struct netboot_record record;
    struct netboot_id id;

    if (text && netboot_id_parse(text, &id, NULL) == 0) {
        id_add(ids, &id);
        if (host_get(chain->session->view, &id, &record) == 0)
            for (size_t i = 0; netboot_host_id(&record.host, i, &id) == 0; i++)
                id_add(ids, &id);
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if ((text = json_text(chain->who, keys[i].key)) &&
            netboot_id_parse_as(keys[i].type, NULL, text, &id, NULL) == 0)
            id_add(ids, &id);
}

/* ---- Platforms -------------------------------------------------------------------------------------------------- */

static void platform_add(struct platforms *platforms, uint16_t platform)
{
    for (unsigned i = 0; i < platforms->count; i++)
        if (platforms->numbers[i] == platform)
            return;
    if (platforms->count < PLATFORMS_MAX)
        platforms->numbers[platforms->count++] = platform;
}

static int platforms_option(const struct session *session, struct platforms *platforms)
{
    struct netboot_error error;
    unsigned index = 0;
    const char *text;
    uint16_t platform;

    while ((text = option_next(session->arguments, "platform", &index))) {
        if (netboot_platform_parse(text, &platform, &error) != 0)
            return misused("--platform: %s", error.text);
        platform_add(platforms, platform);
    }
    return DONE;
}

static int loader_take(const struct netboot_record *record, void *user)
{
    platform_add(user, record->loader.platform);
    return 0;
}

/* ---- What the journal has of it --------------------------------------------------------------------------------- */

struct machine_seen {
    struct chain *chain;
    struct platforms *platforms;
    bool wanted; /* the platforms are wanted */
};

static void address_take(int family, const uint8_t *octets, size_t size, char text[INET6_ADDRSTRLEN])
{
    static const uint8_t none[NETBOOT_ADDRESS_SIZE];

    if (!text[0] && memcmp(octets, none, size) != 0)
        inet_ntop(family, octets, text, INET6_ADDRSTRLEN);
}

static int machine_take(const struct netboot_journal_machine *machine, void *user)
{
    struct machine_seen *seen = user;

    if (seen->wanted && machine->platform != NETBOOT_PLATFORM_NONE)
        platform_add(seen->platforms, machine->platform);
    address_take(AF_INET, machine->address4, sizeof(machine->address4), seen->chain->address4);
    address_take(AF_INET6, machine->address6, sizeof(machine->address6), seen->chain->address6);
    return 0;
}

static void journal_read(struct chain *chain, struct platforms *platforms)
{
    struct machine_seen seen = {chain, platforms, platforms->count == 0};
    struct identifiers ids = {.count = 0};
    struct netboot_error error;

    ids_find(chain, &ids);
    if (ids.count == 0)
        return;
    int status = netboot_journal_machines(chain->session->store, ids.ids, ids.count, machine_take, &seen, &error);
    if (status < 0 && status != -ENOENT)
        note("the journal is not used: %s", error.text);
}

/* What the options do not say is taken from the journal; without it, any platform with a loader counts. */
int machine_find(struct chain *chain, struct platforms *ret)
{
    struct platforms platforms = {.count = 0};
    struct netboot_error error;
    int code = platforms_option(chain->session, &platforms);

    if (code != DONE)
        return code;
    journal_read(chain, &platforms);
    if (platforms.count == 0 &&
        netboot_view_each(chain->session->view, NETBOOT_RECORD_LOADER, NULL, loader_take, &platforms, &error) < 0)
        return failed_with(&error);
    if (platforms.count == 0)
        return failed("no platform has a loader: run netbootctl loader set PLATFORM FILE, or give --platform");
    *ret = platforms;
    return DONE;
}
