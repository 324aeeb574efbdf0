/* SPDX-License-Identifier: MPL-2.0 */
/* The answer: a decision as edits of the fields and options of the server's reply. */
#include "netboot.h"

#include "base/bytes.h"
#include "dhcp/codes.h"

static const char http_client[] = "HTTPClient";

/* RFC 8415, section 21.16: enterprise 343 (Intel, which defined the class), then the class with its length. EDK2 looks
 * for the text at octet 6 and for 16 octets in all. */
static const uint8_t http_client6[] = {0, 0, 1, 87, 0, 10, 'H', 'T', 'T', 'P', 'C', 'l', 'i', 'e', 'n', 't'};

static void set(struct netboot_answer *answer, uint32_t field, const void *data, size_t size)
{
    answer->edits[answer->edit_count++] = (struct netboot_edit){
        .field = field, .data = {data, size}
    };
}

static void unset(struct netboot_answer *answer, uint32_t field)
{
    answer->edits[answer->edit_count++] = (struct netboot_edit){.field = field, .remove = true};
}

static void set_if(struct netboot_answer *answer, bool condition, uint32_t field, const void *data, size_t size)
{
    if (condition)
        set(answer, field, data, size);
    else
        unset(answer, field);
}

/* Both field and option: some firmware reads only one of them. Clients that ask for the options get them, and all
 * clients do where the field has no room: for a long file name, or a server's name. */
static void answer4(const struct netboot_client *client, const struct netboot_decision *decision,
                    struct netboot_answer *ret)
{
    bool fits = decision->boot_file_size <= FILE_FIELD_MAX;
    bool only_name = decision->has_next_server && is_zero(decision->next_server, 4);
    const char *server_name = decision->tftp_server_name;

    if (decision->has_next_server) {
        set(ret, NETBOOT_FIELD_SIADDR, decision->next_server, 4);
        unset(ret, NETBOOT_FIELD_SNAME);
    }
    set_if(ret, fits, NETBOOT_FIELD_FILE, decision->boot_file, decision->boot_file_size);
    set_if(ret, server_name[0] && (only_name || netboot_client_requested(client, DHCP4_TFTP_SERVER_NAME)),
           DHCP4_TFTP_SERVER_NAME, server_name, strlen(server_name));
    set_if(ret, !fits || only_name || netboot_client_requested(client, DHCP4_BOOT_FILE_NAME), DHCP4_BOOT_FILE_NAME,
           decision->boot_file, decision->boot_file_size);
    if (decision->vendor_class)
        set(ret, DHCP4_VENDOR_CLASS, http_client, strlen(http_client));
}

/* Option 60 is removed: the server's own boot file parameters do not fit our file, and EDK2 reads them as its size. */
static void answer6(const struct netboot_decision *decision, struct netboot_answer *ret)
{
    set(ret, DHCP6_BOOT_FILE_URL, decision->boot_file, decision->boot_file_size);
    unset(ret, DHCP6_BOOT_FILE_PARAMETERS);
    if (decision->vendor_class)
        set(ret, DHCP6_VENDOR_CLASS, http_client6, sizeof(http_client6));
}

/* Removes the server's own boot file alone: iPXE may have an embedded script that uses the next server. */
static void remove_file(const struct netboot_client *client, struct netboot_answer *ret)
{
    bool v4 = client->family == NETBOOT_V4;

    unset(ret, v4 ? NETBOOT_FIELD_FILE : DHCP6_BOOT_FILE_URL);
    unset(ret, v4 ? DHCP4_BOOT_FILE_NAME : DHCP6_BOOT_FILE_PARAMETERS);
}

static void silence(const struct netboot_client *client, struct netboot_answer *ret)
{
    static const uint32_t fields4[] = {NETBOOT_FIELD_SIADDR, NETBOOT_FIELD_SNAME, NETBOOT_FIELD_FILE,
                                       DHCP4_TFTP_SERVER_NAME, DHCP4_BOOT_FILE_NAME};
    static const uint32_t fields6[] = {DHCP6_BOOT_FILE_URL, DHCP6_BOOT_FILE_PARAMETERS};
    bool v4 = client->family == NETBOOT_V4;
    const uint32_t *fields = v4 ? fields4 : fields6;
    size_t count = v4 ? sizeof(fields4) / sizeof(fields4[0]) : sizeof(fields6) / sizeof(fields6[0]);

    for (size_t i = 0; i < count; i++)
        unset(ret, fields[i]);
    if (client->stage == NETBOOT_STAGE_HTTP)
        unset(ret, v4 ? DHCP4_VENDOR_CLASS : DHCP6_VENDOR_CLASS);
}

void netboot_answer_encode(const struct netboot_client *client, const struct netboot_decision *decision,
                           struct netboot_answer *ret)
{
    ret->edit_count = 0;
    if (decision->outcome == NETBOOT_SILENT)
        silence(client, ret);
    else if (decision->own_file_goes)
        remove_file(client, ret);
    else if (decision->outcome == NETBOOT_ANSWERED && client->family == NETBOOT_V4)
        answer4(client, decision, ret);
    else if (decision->outcome == NETBOOT_ANSWERED)
        answer6(decision, ret);
}
