/* SPDX-License-Identifier: MPL-2.0 */
/*
 * netboot_serve() over rows of any content, as damage within values or another writer of the store would leave them.
 *
 * Input: rows, each an octet that says which one, two octets of size (little-endian), and the value. A value of no
 * octets deletes the row. Then two clients that boot, one of each family, and a client of the same machine that shows a
 * UUID alone, are served; whatever happens, a failure changes nothing of the reply, and an answer is one that can be
 * sent.
 */
#include "check.h"
#include "scratch.h"

#include "base/bytes.h"
#include "change/change.h"
#include "dhcp/codes.h"
#include "store/key.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t mac[NETBOOT_MAC_SIZE] = {0x52, 0x54, 0, 0, 0, 1};
static const uint8_t uuid[NETBOOT_UUID_SIZE] = {0x12, 0x34, 0x56, 0x78};
static const uint8_t address4[NETBOOT_ADDRESS_SIZE] = {192, 0, 2, 50};
static const uint8_t address6[NETBOOT_ADDRESS_SIZE] = {0x20, 1, 0x0d, 0xb8};
static const uint8_t last[NETBOOT_ADDRESS_SIZE] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                   255, 255, 255, 255, 255, 255, 255, 255};
static char directory[SCRATCH_SIZE];
static struct netboot_store *store;

static void end(void)
{
    netboot_store_close(store);
    scratch_remove(directory);
}

static void begin(void)
{
    struct netboot_error error = {0};

    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0); /* nothing here is about the disk */
    scratch_make(directory);
    check(netboot_store_create(directory, &error) == 0 && netboot_store_open(directory, NULL, &store, &error) == 0,
          error.text);
    atexit(end);
}

/* ---- Rows */

enum { HOST, HOST_BY_UUID, ALIAS, SITE, RANGE4, RANGE6, LOADER, TARGET, TARGET_DEFAULT, ROWS };

/* The row, and the table that it is in. */
static unsigned key_of_row(unsigned row, struct store_key *ret)
{
    switch (row) {
    case HOST:
        key_of_id(ret, NETBOOT_ID_MAC, mac, sizeof(mac));
        return TABLE_HOST;
    case HOST_BY_UUID:
        key_of_id(ret, NETBOOT_ID_UUID, uuid, sizeof(uuid));
        return TABLE_HOST;
    case ALIAS:
        key_of_name(ret, NETBOOT_ID_NAME, "alias", 5);
        return TABLE_HOST;
    case RANGE4:
        key_of_range(ret, NETBOOT_V4, last);
        return TABLE_POLICY;
    case RANGE6:
        key_of_range(ret, NETBOOT_V6, last);
        return TABLE_POLICY;
    case LOADER:
        key_of_platform(ret, 7);
        return TABLE_POLICY;
    case TARGET:
        key_of_name(ret, ROW_TARGET, "t", 1);
        return TABLE_POLICY;
    case TARGET_DEFAULT:
        key_of_name(ret, ROW_TARGET, NETBOOT_NAME_DEFAULT, strlen(NETBOOT_NAME_DEFAULT));
        return TABLE_POLICY;
    default:
        key_of_name(ret, ROW_SITE, NETBOOT_NAME_DEFAULT, strlen(NETBOOT_NAME_DEFAULT));
        return TABLE_POLICY;
    }
}

static void put_row(struct netboot_change *change, unsigned row, struct netboot_bytes value)
{
    struct store_key key;
    unsigned table = key_of_row(row, &key);
    int code = value.size > 0 ? change_put_row(change, table, &key, value.data, value.size, NULL)
                              : change_delete_row(change, table, &key, NULL);

    check(code == 0, "a row cannot be written");
}

static void put_rows(struct netboot_bytes rest)
{
    struct netboot_change *change;
    struct netboot_error error = {0};

    check(netboot_change_open(store, 1000, &change, &error) == 0, error.text);
    for (unsigned row = 0; row < ROWS; row++)
        put_row(change, row, (struct netboot_bytes){NULL, 0});
    while (rest.size >= 3) {
        size_t size = rest.data[1] | (size_t)rest.data[2] << 8;
        struct netboot_bytes value = {rest.data + 3, smaller(size, rest.size - 3)};
        put_row(change, rest.data[0] % ROWS, value);
        rest = bytes_after(rest, 3 + value.size);
    }
    change->ranges_stale = false; /* they are to be as they were put */
    check(netboot_change_commit(change, &error) == 0, error.text);
}

/* ---- Packets */

static void check_answer(int code, const struct netboot_query *query, const struct netboot_result *result)
{
    check(code == 0 || code == -EBADMSG, "a failure of another kind");
    check(code == 0 || result->answer.edit_count == 0, "a failure edits the reply");
    check(result->answer.edit_count <= NETBOOT_EDITS_MAX, "too many edits");
    for (unsigned i = 0; i < result->answer.edit_count; i++) {
        const struct netboot_edit *edit = &result->answer.edits[i];
        size_t most = edit->field == NETBOOT_FIELD_FILE     ? 127
                      : edit->field == NETBOOT_FIELD_SIADDR ? 4
                      : query->family == NETBOOT_V4         ? 255
                                                            : NETBOOT_FILE_SIZE;
        check(edit->remove || edit->data.size <= most, "an edit that does not fit");
    }
}

static void explain(const struct netboot_query *query)
{
    struct netboot_client client;
    struct netboot_policy policy;
    struct netboot_view *view;
    struct netboot_error error = {0};

    check(netboot_view_open(store, &view, &error) == 0, error.text);
    netboot_client_parse(query, &client);
    int code = netboot_view_policy(view, &client, &policy, &error);
    check(code == 0 || error.text[0], "a failure without a reason");
    netboot_view_close(view);
}

static void serve(const struct netboot_query *query)
{
    static struct netboot_result result;

    check_answer(netboot_serve(store, query, &result), query, &result);
    explain(query);
}

static void serve_v4(bool with_mac)
{
    static const uint8_t class[] = "PXEClient:Arch:00007:UNDI:003016", arch[] = {0, 7}, list[] = {66, 67};
    uint8_t id[1 + NETBOOT_UUID_SIZE] = {0};
    struct netboot_query query = {.size = sizeof(query),
                                  .family = NETBOOT_V4,
                                  .message_type = DHCPDISCOVER,
                                  .reply_type = DHCPOFFER,
                                  .hardware_type = 1};

    if (with_mac)
        query.hardware_address = (struct netboot_bytes){mac, sizeof(mac)};
    memcpy(query.assigned_address, address4, sizeof(address4));
    memcpy(id + 1, uuid, sizeof(uuid));
    netboot_query_add(&query, DHCP4_VENDOR_CLASS, class, sizeof(class) - 1);
    netboot_query_add(&query, DHCP4_CLIENT_ARCH, arch, sizeof(arch));
    netboot_query_add(&query, DHCP4_CLIENT_MACHINE_IDENTIFIER, id, sizeof(id));
    netboot_query_add(&query, DHCP4_PARAMETER_REQUEST_LIST, list, sizeof(list));
    serve(&query);
}

static void serve_v6(void)
{
    static const uint8_t arch[] = {0, 7}, list[] = {0, 59, 0, 60};
    uint8_t duid[4 + NETBOOT_MAC_SIZE] = {0, 3, 0, 1};
    struct netboot_query query = {
        .size = sizeof(query), .family = NETBOOT_V6, .message_type = SOLICIT, .reply_type = ADVERTISE};

    memcpy(duid + 4, mac, sizeof(mac));
    memcpy(query.assigned_address, address6, sizeof(address6));
    netboot_query_add(&query, DHCP6_CLIENT_IDENTIFIER, duid, sizeof(duid));
    netboot_query_add(&query, DHCP6_CLIENT_ARCH, arch, sizeof(arch));
    netboot_query_add(&query, DHCP6_OPTION_REQUEST, list, sizeof(list));
    serve(&query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!store)
        begin();
    put_rows((struct netboot_bytes){data, size});
    serve_v4(true);
    serve_v4(false);
    serve_v6();
    return 0;
}
