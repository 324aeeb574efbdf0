/* SPDX-License-Identifier: MPL-2.0 */
/* A targets store for one test, and what the tests do with it. */
#ifndef STORE_UNIT_H
#define STORE_UNIT_H

#include "outcome.h"
#include "store_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RAW(text) ((struct netboot_bytes){(const uint8_t *)(text), sizeof(text) - 1})

static inline int setup(void **state)
{
    struct fixture *fixture = fixture_new();

    OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
    *state = fixture;
    return 0;
}

static inline struct netboot_change *begin(struct fixture *fixture)
{
    struct netboot_change *change = NULL;

    OK(netboot_change_open(fixture->store, 1000, &change, &error));
    return change;
}

static inline void commit(struct netboot_change *change)
{
    OK(netboot_change_commit(change, &error));
}

static inline struct netboot_view *view(struct fixture *fixture)
{
    struct netboot_view *opened = NULL;

    OK(netboot_view_open(fixture->store, &opened, &error));
    return opened;
}

static inline struct netboot_status status_of(struct fixture *fixture)
{
    struct netboot_view *opened = view(fixture);
    struct netboot_status status;

    assert_int_equal(netboot_view_status(opened, &status, NULL), 0);
    netboot_view_close(opened);
    return status;
}

static inline struct netboot_id id_of(const char *text)
{
    struct netboot_id id;

    if (netboot_id_parse(text, &id, NULL) != 0)
        fail_msg("no identifier: %s", text);
    return id;
}

/* A host with up to four identifiers, which live in `octets`. */
struct test_host {
    struct netboot_host host;
    uint8_t octets[4][1 + NETBOOT_DUID_MAX];
};

static inline struct netboot_host *make_host(struct test_host *ret, const char *name, const char *const *ids)
{
    memset(ret, 0, sizeof(*ret));
    ret->host.name = bytes_of(name);
    for (size_t i = 0; i < 4 && ids[i]; i++) {
        struct netboot_id id = id_of(ids[i]);
        ret->octets[i][0] = (uint8_t)id.type;
        memcpy(ret->octets[i] + 1, id.value, id.size);
        ret->host.ids.items[i] = (struct netboot_bytes){ret->octets[i], 1u + id.size};
        ret->host.ids.count = i + 1;
    }
    return &ret->host;
}

#define HOST(name, ...) make_host(&(struct test_host){0}, name, (const char *const[5]){__VA_ARGS__})

static inline void put_host(struct fixture *fixture, const struct netboot_host *host)
{
    struct netboot_change *change = begin(fixture);

    OK(typed_put_host(change, host, &error));
    commit(change);
}

/* The name of the host with that identifier, "" if it has none, NULL if there is no such host. */
static inline const char *host_name(struct fixture *fixture, const char *id_text)
{
    static char name[NETBOOT_NAME_MAX + 1];
    struct netboot_view *opened = view(fixture);
    struct netboot_id id = id_of(id_text);
    struct netboot_host host;
    int code = typed_get_host(opened, &id, &host);

    if (code == 0)
        snprintf(name, sizeof(name), "%.*s", (int)host.name.size, (const char *)host.name.data);
    else
        assert_int_equal(code, -ENOENT);
    netboot_view_close(opened);
    return code == 0 ? name : NULL;
}

static inline void assert_host(struct fixture *fixture, const char *id, const char *name)
{
    const char *found = host_name(fixture, id);

    if (!name && found)
        fail_msg("%s is of %s", id, found);
    if (name && (!found || strcmp(name, found) != 0))
        fail_msg("%s is of %s, not of %s", id, found ? found : "no host", name);
}

/* ---- Sites */

static inline struct netboot_site make_site(const char *name, uint8_t prefixes[][17], const char *const *texts)
{
    struct netboot_site site = {.name = bytes_of(name)};

    for (size_t i = 0; texts && texts[i]; i++) {
        char address[64];
        int length;
        assert_int_equal(sscanf(texts[i], "%63[^/]/%d", address, &length), 2);
        prefixes[i][0] = (uint8_t)length;
        bool v6 = strchr(address, ':') != NULL;
        assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, address, prefixes[i] + 1), 1);
        site.prefixes.items[i] = (struct netboot_bytes){prefixes[i], v6 ? 17 : 5};
        site.prefixes.count = i + 1;
    }
    return site;
}

static inline int put_site(struct netboot_change *change, const char *name, const char *const *prefixes,
                           struct netboot_error *error)
{
    uint8_t octets[8][17];
    struct netboot_site site = make_site(name, octets, prefixes);

    return typed_put_site(change, &site, error);
}

#define PREFIXES(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline void assert_site_in(struct netboot_view *opened, const char *address, const char *want)
{
    bool v6 = strchr(address, ':') != NULL;
    struct netboot_client client = {.family = v6 ? NETBOOT_V6 : NETBOOT_V4, .platform = NETBOOT_PLATFORM_NONE};
    struct netboot_policy policy;
    char got[NETBOOT_NAME_MAX + 1];

    assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, address, client.address), 1);
    assert_int_equal(netboot_view_policy(opened, &client, &policy, NULL), 0);
    snprintf(got, sizeof(got), "%.*s", policy.site ? (int)policy.site->name.size : 0,
             policy.site ? (const char *)policy.site->name.data : "");
    if (strcmp(got, want) != 0)
        fail_msg("%s is in '%s', not in '%s'", address, got, want);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#ifdef NETBOOTD
static inline int setup_once(void **state)
{
    int code = setup(state);
    struct fixture *fixture = *state;

    fixture->netbootd = netbootd_start(fixture->directory);
    return code;
}

#define TEST_ONCE(name) cmocka_unit_test_setup_teardown(name, setup_once, teardown)
#endif

#endif
