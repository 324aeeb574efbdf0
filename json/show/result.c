/* SPDX-License-Identifier: MPL-2.0 */
#include "json/show/result.h"

#include "json/show/fields.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool result_add_text(cJSON *object, const char *key, const char *text)
{
    return text && text[0] ? cJSON_AddStringToObject(object, key, text) != NULL
                           : cJSON_AddNullToObject(object, key) != NULL;
}

static bool add_id(cJSON *object, const char *key, enum netboot_id_type type, const void *value, size_t size)
{
    struct netboot_id id = {.type = type, .size = (uint8_t)size};
    char text[NETBOOT_ID_TEXT_SIZE] = "";

    if (size > 0 && size <= sizeof(id.value)) {
        memcpy(id.value, value, size);
        netboot_id_text(&id, text);
    }
    return result_add_text(object, key, text);
}

bool result_add_client(cJSON *object, const struct netboot_client *client)
{
    static const uint8_t none[NETBOOT_ADDRESS_SIZE];
    char address[INET6_ADDRSTRLEN] = "", platform[NETBOOT_PLATFORM_TEXT_SIZE];
    bool known = client->platform != NETBOOT_PLATFORM_NONE;

    if (memcmp(client->address, none, sizeof(none)) != 0)
        inet_ntop(client->family == NETBOOT_V4 ? AF_INET : AF_INET6, client->address, address, sizeof(address));
    return cJSON_AddNumberToObject(object, "family", client->family) &&
           result_add_text(object, "stage", netboot_stage_name(client->stage)) &&
           result_add_text(object, "platform", known ? netboot_platform_text(client->platform, platform) : "") &&
           (client->arch == NETBOOT_ARCH_NONE ? cJSON_AddNullToObject(object, "arch")
                                              : cJSON_AddNumberToObject(object, "arch", client->arch)) &&
           add_id(object, "mac", NETBOOT_ID_MAC, client->mac, client->has_mac ? NETBOOT_MAC_SIZE : 0) &&
           add_id(object, "uuid", NETBOOT_ID_UUID, client->uuid, client->has_uuid ? NETBOOT_UUID_SIZE : 0) &&
           add_id(object, "duid", NETBOOT_ID_DUID, client->duid.data, client->duid.size) &&
           result_add_text(object, "address", address);
}

static bool add_number(cJSON *list, double number)
{
    cJSON *item = cJSON_CreateNumber(number);

    if (item && cJSON_AddItemToArray(list, item))
        return true;
    cJSON_Delete(item);
    return false;
}

/* Octets in DHCPv4, 16 bits each in DHCPv6. */
bool result_add_requested(cJSON *object, const struct netboot_client *client)
{
    cJSON *list = cJSON_AddArrayToObject(object, "requested");
    size_t width = client->family == NETBOOT_V4 ? 1 : 2;
    struct netboot_bytes codes = client->requested;

    for (size_t i = 0; list && codes.size >= width && i <= codes.size - width; i += width)
        if (!add_number(list, width == 1 ? codes.data[i] : codes.data[i] << 8 | codes.data[i + 1]))
            return false;
    return list;
}

static bool add_reasons(cJSON *object, const struct netboot_client *client, const struct netboot_decision *decision)
{
    char text[NETBOOT_REASON_SIZE];
    cJSON *reasons = cJSON_AddArrayToObject(object, "reasons");

    for (unsigned i = 0; reasons && netboot_reason_text(client, decision, i, text); i++) {
        cJSON *reason = cJSON_CreateString(text);
        if (!reason || !cJSON_AddItemToArray(reasons, reason))
            return false;
    }
    return reasons;
}

bool result_add_decision(cJSON *object, const struct netboot_client *client, const struct netboot_decision *decision)
{
    char next_server[INET_ADDRSTRLEN] = "";

    if (decision->has_next_server)
        inet_ntop(AF_INET, decision->next_server, next_server, sizeof(next_server));
    return result_add_text(object, "outcome", netboot_outcome_name(decision->outcome)) &&
           result_add_text(object, "host", decision->host) && result_add_text(object, "target", decision->target) &&
           result_add_text(object, "site", decision->site) &&
           result_add_text(object, "boot_file", decision->boot_file_size ? decision->boot_file : "") &&
           result_add_text(object, "next_server", next_server) &&
           result_add_text(object, "tftp_server_name", decision->tftp_server_name) &&
           result_add_text(object, "vendor_class", decision->vendor_class ? "HTTPClient" : "") &&
           add_reasons(object, client, decision);
}

static void hex_print(struct netboot_bytes data, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < data.size && 2 * i + 2 < size; i++)
        snprintf(text + 2 * i, size - 2 * i, "%02x", data.data[i]);
}

static cJSON *edit_to_json(const struct boot_fields *fields, const struct netboot_edit *edit)
{
    char value[FIELD_TEXT_SIZE], hex[2 * NETBOOT_FILE_SIZE] = "";
    cJSON *ret = cJSON_CreateObject();

    if (!edit->remove)
        hex_print(edit->data, hex, sizeof(hex));
    bool done = result_add_text(ret, "field", field_name(fields->family, edit->field)) &&
                cJSON_AddBoolToObject(ret, "remove", edit->remove) &&
                result_add_text(ret, "value", field_text(fields, edit->field, value)) &&
                result_add_text(ret, "hex", hex);
    if (done)
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

bool result_add_edits(cJSON *object, enum netboot_family family, const struct netboot_answer *answer)
{
    cJSON *edits = cJSON_AddArrayToObject(object, "edits");
    struct boot_fields fields;

    fields_clear(family, &fields);
    fields_edit(&fields, answer);
    for (unsigned i = 0; edits && i < answer->edit_count; i++) {
        cJSON *edit = edit_to_json(&fields, &answer->edits[i]);
        if (!edit || !cJSON_AddItemToArray(edits, edit))
            return false;
    }
    return edits;
}
