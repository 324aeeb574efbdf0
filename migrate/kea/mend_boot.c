/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Boot fields of Kea's own, for clients that do not boot from the network: as dhcpd gives them to such a client, which
 * an `if` may do. So they are no longer where the old configuration had them, but at each subnet and reservation.
 */
#include "mend.h"

#include "json/record/json.h"

#include <string.h>

static const char *const keys[] = {"next-server", "boot-file-name", "server-hostname"};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

/* Of both families, DHCPv4's first: the vendor class stays where it is. */
static const struct {
    int family;
    unsigned code;
    const char *text, *name;
} options[] = {
    {FAMILY_4, 66, "66", "tftp-server-name"},
    {FAMILY_4, 67, "67", "boot-file-name"  },
    {FAMILY_6, 59, "59", "bootfile-url"    },
    {FAMILY_6, 60, "60", "bootfile-param"  },
};
enum { OPTIONS = sizeof(options) / sizeof(options[0]) };

static bool is_option(const struct mend *mend, const cJSON *item)
{
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(item, "code");
    const char *name = json_text(item, "name");

    for (unsigned i = 0; i < OPTIONS; i++)
        if (options[i].family == mend->family && (cJSON_IsNumber(code) ? (unsigned)code->valueint == options[i].code
                                                                       : name && strcmp(name, options[i].name) == 0))
            return true;
    return false;
}

static void scope_clear(const struct mend *mend, cJSON *scope)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(scope, "option-data"), *next;

    for (unsigned i = 0; i < KEYS; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(scope, keys[i]);
    for (cJSON *item = list ? list->child : NULL; item; item = next) {
        next = item->next;
        if (is_option(mend, item))
            cJSON_Delete(cJSON_DetachItemViaPointer(list, item));
    }
    if (list && !list->child)
        cJSON_DeleteItemFromObjectCaseSensitive(scope, "option-data");
}

static void option_put(struct mend *mend, cJSON *scope, unsigned code, const char *name, const char *hex)
{
    cJSON *list = mend_list(mend, scope, "option-data"), *item = list ? cJSON_CreateObject() : NULL;

    if (!item || !cJSON_AddItemToArray(list, item)) {
        cJSON_Delete(item);
        mend->no_memory = true;
        return;
    }
    mend_text(mend, item, "name", name);
    mend_number(mend, item, "code", code);
    mend_bool(mend, item, "csv-format", false);
    mend_text(mend, item, "data", hex);
}

static void scope_put(struct mend *mend, cJSON *scope, const cJSON *reply)
{
    for (unsigned i = 0; i < KEYS; i++)
        if (json_text(reply, keys[i]))
            mend_text(mend, scope, keys[i], json_text(reply, keys[i]));
    for (unsigned i = 0; i < OPTIONS; i++)
        if (options[i].family == mend->family && json_text(reply, options[i].text))
            option_put(mend, scope, options[i].code, options[i].name, json_text(reply, options[i].text));
}

static const cJSON *of_subnet(const struct mend *mend, const cJSON *subnet)
{
    const cJSON *subnets = cJSON_GetObjectItemCaseSensitive(mend->own, "subnets");

    return cJSON_GetObjectItemCaseSensitive(subnets, json_text(subnet, "subnet"));
}

static void subnet_count(struct mend *mend, cJSON *network, cJSON *subnet, void *user)
{
    size_t *counts = user;

    (void)network;
    counts[0]++;
    counts[1] += of_subnet(mend, subnet) != NULL;
}

static void subnet_set(struct mend *mend, cJSON *network, cJSON *subnet, void *user)
{
    (void)user;
    if (network)
        scope_clear(mend, network);
    scope_clear(mend, subnet);
    scope_put(mend, subnet, of_subnet(mend, subnet));
}

/* A value that all subnets have. */
struct common {
    const char *key, *value;
    bool differs;
};

static void common_find(struct mend *mend, cJSON *network, cJSON *subnet, void *user)
{
    struct common *common = user;
    const char *value = json_text(subnet, common->key);

    (void)mend, (void)network;
    common->differs |= !value || (common->value && strcmp(common->value, value) != 0);
    if (!common->value)
        common->value = value;
}

static void common_remove(struct mend *mend, cJSON *network, cJSON *subnet, void *user)
{
    (void)mend, (void)network;
    cJSON_DeleteItemFromObjectCaseSensitive(subnet, user);
}

void mend_boot(struct mend *mend)
{
    size_t counts[2] = {0, 0};

    mend_each_subnet(mend, subnet_count, counts);
    if (!mend->own || counts[0] != counts[1])
        return;
    scope_clear(mend, mend->dhcp);
    mend_each_subnet(mend, subnet_set, NULL);
    for (unsigned i = 0; i < KEYS && counts[0] > 1; i++) {
        struct common common = {.key = keys[i]};
        mend_each_subnet(mend, common_find, &common);
        if (common.differs || !common.value)
            continue;
        mend_text(mend, mend->dhcp, keys[i], common.value);
        mend_each_subnet(mend, common_remove, (void *)keys[i]);
    }
}

void mend_boot_host(struct mend *mend, cJSON *reservation, const char *name, const cJSON *subnet)
{
    const cJSON *hosts = cJSON_GetObjectItemCaseSensitive(mend->own, "hosts");
    const cJSON *host = hosts ? cJSON_GetObjectItemCaseSensitive(hosts, name) : NULL, *reply;

    if (!hosts)
        return;
    scope_clear(mend, reservation);
    reply = subnet ? cJSON_GetObjectItemCaseSensitive(host, json_text(subnet, "subnet")) : host ? host->child : NULL;
    scope_put(mend, reservation, reply);
}
