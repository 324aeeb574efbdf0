/* SPDX-License-Identifier: MPL-2.0 */
/* The targets store: what is put in is found, by every way that leads to it. */
#include "outcome.h"
#include "scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RAW(text) ((struct netboot_bytes){(const uint8_t *)(text), sizeof(text) - 1})

struct fixture {
    char directory[SCRATCH_SIZE];
    struct netboot_store *store;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    scratch_make(fixture->directory);
    OK(netboot_store_create(fixture->directory, &error));
    OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    netboot_store_close(fixture->store);
    scratch_remove(fixture->directory);
    free(fixture);
    return 0;
}

static struct netboot_change *begin(struct fixture *fixture)
{
    struct netboot_change *change = NULL;

    OK(netboot_change_open(fixture->store, 1000, &change, &error));
    return change;
}

static void commit(struct netboot_change *change)
{
    OK(netboot_change_commit(change, &error));
}

static struct netboot_view *view(struct fixture *fixture)
{
    struct netboot_view *opened = NULL;

    OK(netboot_view_open(fixture->store, &opened, &error));
    return opened;
}

static struct netboot_status status_of(struct fixture *fixture)
{
    struct netboot_view *opened = view(fixture);
    struct netboot_status status;

    assert_int_equal(netboot_view_status(opened, &status), 0);
    netboot_view_close(opened);
    return status;
}

static struct netboot_id id_of(const char *text)
{
    struct netboot_id id;

    if (netboot_id_parse(text, &id) != 0)
        fail_msg("no identifier: %s", text);
    return id;
}

/* A host with up to four identifiers, which live in `octets`. */
struct test_host {
    struct netboot_host host;
    uint8_t octets[4][1 + NETBOOT_DUID_MAX];
};

static struct netboot_host *make_host(struct test_host *ret, const char *name, const char *const *ids)
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

static void put_host(struct fixture *fixture, const struct netboot_host *host)
{
    struct netboot_change *change = begin(fixture);

    OK(netboot_change_put_host(change, NULL, host, &error));
    commit(change);
}

/* The name of the host with that identifier, "" if it has none, NULL if there is no such host. */
static const char *host_name(struct fixture *fixture, const char *id_text)
{
    static char name[NETBOOT_NAME_MAX + 1];
    struct netboot_view *opened = view(fixture);
    struct netboot_id id = id_of(id_text);
    struct netboot_host host;
    int code = netboot_view_host(opened, &id, &host);

    if (code == 0)
        snprintf(name, sizeof(name), "%.*s", (int)host.name.size, (const char *)host.name.data);
    else
        assert_int_equal(code, -ENOENT);
    netboot_view_close(opened);
    return code == 0 ? name : NULL;
}

static void assert_host(struct fixture *fixture, const char *id, const char *name)
{
    const char *found = host_name(fixture, id);

    if (!name && found)
        fail_msg("%s is of %s", id, found);
    if (name && (!found || strcmp(name, found) != 0))
        fail_msg("%s is of %s, not of %s", id, found ? found : "no host", name);
}

/* ---- Creation */

static void test_create(void **state)
{
    struct fixture *fixture = *state;
    char path[SCRATCH_SIZE + 32];
    struct stat found;
    static const struct {
        const char *name;
        mode_t mode;
    } files[] = {
        {"",            S_IFDIR | 02750},
        {"/data.mdb",   S_IFREG | 0640 },
        {"/lock.mdb",   S_IFREG | 0660 },
        {"/write.lock", S_IFREG | 0660 },
    };

    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(path, sizeof(path), "%s/targets%s", fixture->directory, files[i].name);
        assert_int_equal(stat(path, &found), 0);
        if (found.st_mode != files[i].mode)
            fail_msg("%s has mode %o", path, found.st_mode);
    }
    FAILS(-EEXIST, "stays as it is", netboot_store_create(fixture->directory, &error));
    snprintf(path, sizeof(path), "%s/new", fixture->directory);
    OK(netboot_store_create(path, &error));
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode, S_IFDIR | 02750);
    snprintf(path, sizeof(path), "%s/slash/", fixture->directory);
    OK(netboot_store_create(path, &error));
    snprintf(path, sizeof(path), "%s/slash/targets/data.mdb", fixture->directory);
    assert_int_equal(stat(path, &found), 0);
    snprintf(path, sizeof(path), "%s/no/where", fixture->directory);
    FAILS(-ENOENT, "/no/where cannot be made", netboot_store_create(path, &error));
    FAILS(-EINVAL, "no directory", netboot_store_open("", NULL, &fixture->store, &error));
}

static void test_fresh(void **state)
{
    struct netboot_status status = status_of(*state);
    struct netboot_view *opened = view(*state);
    struct netboot_site site;
    struct netboot_target target;
    struct netboot_loader loader;

    assert_int_equal(status.format, 1);
    assert_int_equal(status.generation, 1);
    assert_true(status.changed > 1600000000 && status.changed <= (uint64_t)time(NULL));
    assert_int_equal(status.hosts + status.targets + status.loaders, 0);
    assert_int_equal(status.sites, 1);
    assert_true(status.size > 0 && status.map_size >= status.size && status.readers > 0);
    assert_int_equal(netboot_view_site(opened, "default", &site), 0);
    assert_int_equal(site.prefixes.count + site.http4.size + site.tftp4.size, 0);
    assert_int_equal(netboot_view_target(opened, "default", &target), -ENOENT);
    assert_int_equal(netboot_view_loader(opened, 7, &loader), -ENOENT);
    assert_int_equal(netboot_view_target(opened, "", &target), -ENOENT);
    netboot_view_close(opened);
}

static void test_one_handle(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *second = NULL;

    FAILS(-EBUSY, "already", netboot_store_open(fixture->directory, NULL, &second, &error));
    assert_null(second);
    netboot_store_close(fixture->store);
    OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
    netboot_store_close(NULL);
    netboot_view_close(NULL);
    netboot_change_abort(NULL);
}

/* ---- Hosts */

static void test_host_ids(void **state)
{
    put_host(*state, HOST("web1", "52:54:00:77:00:02", "52:54:00:77:00:03", "11223344-5566-7788-99aa-bbccddeeff00",
                          "00:03:00:01:52:54:00:77:00:02"));
    assert_host(*state, "52:54:00:77:00:02", "web1");
    assert_host(*state, "52:54:00:77:00:03", "web1");
    assert_host(*state, "11223344-5566-7788-99aa-bbccddeeff00", "web1");
    assert_host(*state, "44332211-6655-8877-99aa-bbccddeeff00", "web1"); /* the other byte order */
    assert_host(*state, "00:03:00:01:52:54:00:77:00:02", "web1");
    assert_host(*state, "web1", "web1");
    assert_host(*state, "52:54:00:77:00:04", NULL);
    assert_host(*state, "11223344-5566-7788-99aa-bbccddeeff01", NULL);
    assert_host(*state, "web2", NULL);
    assert_int_equal(status_of(*state).hosts, 1);
}

/* EDK2 and iPXE make DUIDs of one UUID that differ in byte order. */
static void test_duid_of_uuid(void **state)
{
    put_host(*state, HOST("vm", "00:04:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00"));
    assert_host(*state, "00:04:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00", "vm");
    assert_host(*state, "00:04:44:33:22:11:66:55:88:77:99:aa:bb:cc:dd:ee:ff:00", "vm");
    assert_host(*state, "00:03:44:33:22:11:66:55:88:77:99:aa:bb:cc:dd:ee:ff:00", NULL);
}

/* The UUID is kept as it was given, also where the other form is the key. */
static void test_uuid_as_given(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id given = id_of("f4332211-6655-8877-99aa-bbccddeeff00"), got;
    struct netboot_host host;

    put_host(fixture, HOST("vm", "f4332211-6655-8877-99aa-bbccddeeff00"));
    struct netboot_view *opened = view(fixture);
    assert_int_equal(netboot_view_host(opened, &given, &host), 0);
    assert_int_equal(netboot_host_id(&host, 0, &got), 0);
    assert_memory_equal(got.value, given.value, given.size);
    netboot_view_close(opened);
}

static void test_host_replaced(void **state)
{
    put_host(*state, HOST("web1", "52:54:00:00:00:01", "52:54:00:00:00:02"));
    /* The same first identifier: the whole record is replaced, with what led to it. */
    put_host(*state, HOST("www", "52:54:00:00:00:01", "52:54:00:00:00:03"));
    assert_host(*state, "52:54:00:00:00:01", "www");
    assert_host(*state, "52:54:00:00:00:02", NULL);
    assert_host(*state, "52:54:00:00:00:03", "www");
    assert_host(*state, "web1", NULL);
    assert_host(*state, "www", "www");
    assert_int_equal(status_of(*state).hosts, 1);
    /* Its identifiers change places. */
    put_host(*state, HOST("www", "52:54:00:00:00:03", "52:54:00:00:00:01"));
    assert_host(*state, "52:54:00:00:00:01", "www");
    assert_host(*state, "52:54:00:00:00:03", "www");
    assert_int_equal(status_of(*state).hosts, 1);
}

static void test_host_by_key(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id name = id_of("web1"), none = id_of("web9");

    put_host(fixture, HOST("web1", "52:54:00:00:00:01"));
    struct netboot_change *change = begin(fixture);
    /* Another MAC altogether: a card was exchanged. */
    OK(netboot_change_put_host(change, &name, HOST("web1", "52:54:00:00:00:09"), &error));
    FAILS(-ENOENT, "no host web9", netboot_change_put_host(change, &none, HOST("web9", "52:54:00:00:00:08"), &error));
    commit(change);
    assert_host(fixture, "52:54:00:00:00:01", NULL);
    assert_host(fixture, "52:54:00:00:00:09", "web1");
    assert_int_equal(status_of(fixture).hosts, 1);
}

static void test_host_conflicts(void **state)
{
    struct fixture *fixture = *state;

    put_host(fixture, HOST("web1", "52:54:00:00:00:01", "11223344-5566-7788-99aa-bbccddeeff00"));
    put_host(fixture, HOST(NULL, "52:54:00:00:00:07"));
    struct netboot_change *change = begin(fixture);
    FAILS(-EEXIST, "52:54:00:00:00:01 belongs to the host web1",
          netboot_change_put_host(change, NULL, HOST("db1", "52:54:00:00:00:02", "52:54:00:00:00:01"), &error));
    FAILS(-EEXIST, "belongs to the host web1",
          netboot_change_put_host(change, NULL,
                                  HOST("db1", "52:54:00:00:00:02", "44332211-6655-8877-99aa-bbccddeeff00"), &error));
    FAILS(-EEXIST, "web1 belongs to the host web1",
          netboot_change_put_host(change, NULL, HOST("web1", "52:54:00:00:00:02"), &error));
    FAILS(-EEXIST, "belongs to the host 52:54:00:00:00:07",
          netboot_change_put_host(change, NULL, HOST("db1", "52:54:00:00:00:02", "52:54:00:00:00:07"), &error));
    FAILS(-EINVAL, "given twice",
          netboot_change_put_host(change, NULL, HOST("db1", "52:54:00:00:00:02", "52:54:00:00:00:02"), &error));
    FAILS(-EINVAL, "given twice",
          netboot_change_put_host(
              change, NULL, HOST("db1", "21223344-5566-7788-99aa-bbccddeeff00", "44332221-6655-8877-99aa-bbccddeeff00"),
              &error));
    FAILS(-EINVAL, "identifier is missing", netboot_change_put_host(change, NULL, HOST("db1", NULL), &error));
    /* What was refused has left nothing, and the change goes on. */
    OK(netboot_change_put_host(change, NULL, HOST("db1", "52:54:00:00:00:02"), &error));
    commit(change);
    assert_host(fixture, "52:54:00:00:00:01", "web1");
    assert_host(fixture, "52:54:00:00:00:02", "db1");
    assert_int_equal(status_of(fixture).hosts, 3);
}

static void test_host_lists(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_host *host = HOST("web1", "52:54:00:00:00:01");
    struct netboot_change *change = begin(fixture);

    host->labels.count = 2;
    host->labels.items[0] = RAW("rack=1");
    host->labels.items[1] = RAW("rack=2");
    FAILS(-EINVAL, "one key", netboot_change_put_host(change, NULL, host, &error));
    host->labels.items[1] = RAW("rac=2");
    host->loaders.count = 2;
    host->loaders.items[0] = RAW("\0\0a.pxe");
    host->loaders.items[1] = RAW("\0\0b.pxe");
    FAILS(-EINVAL, "one platform", netboot_change_put_host(change, NULL, host, &error));
    host->loaders.items[1] = RAW("\0\7b.efi");
    OK(netboot_change_put_host(change, NULL, host, &error));
    netboot_change_abort(change);
    assert_int_equal(status_of(fixture).hosts, 0);
}

static void test_host_delete(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id name = id_of("web1"), mac = id_of("52:54:00:00:00:05");

    put_host(fixture, HOST("web1", "52:54:00:00:00:01", "52:54:00:00:00:02"));
    put_host(fixture, HOST("web2", "52:54:00:00:00:03"));
    struct netboot_change *change = begin(fixture);
    OK(netboot_change_delete_host(change, &name, &error));
    FAILS(-ENOENT, "no host web1", netboot_change_delete_host(change, &name, &error));
    FAILS(-ENOENT, "no host 52:54:00:00:00:05", netboot_change_delete_host(change, &mac, &error));
    commit(change);
    assert_host(fixture, "52:54:00:00:00:01", NULL);
    assert_host(fixture, "52:54:00:00:00:02", NULL);
    assert_host(fixture, "web1", NULL);
    assert_host(fixture, "web2", "web2");
    assert_int_equal(status_of(fixture).hosts, 1);
}

/* ---- Walks over all hosts */

struct names {
    char text[256];
    int stop_after;
};

static int add_name(const struct netboot_host *host, void *user)
{
    struct names *names = user;
    size_t length = strlen(names->text);

    snprintf(names->text + length, sizeof(names->text) - length, "%.*s ", (int)host->name.size,
             (const char *)host->name.data);
    return names->stop_after > 0 && --names->stop_after == 0 ? 42 : 0;
}

static void test_walk(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id second = id_of("52:54:00:00:00:02"), between = id_of("52:54:00:00:00:22"), other = id_of("c"),
                      none = id_of("nobody"), last = id_of("11223344-5566-7788-99aa-bbccddeeff00");
    struct names names = {0};

    put_host(fixture, HOST("c", "52:54:00:00:00:03"));
    put_host(fixture, HOST("a", "52:54:00:00:00:01", "52:54:00:00:00:ff"));
    put_host(fixture, HOST("b", "52:54:00:00:00:02"));
    put_host(fixture, HOST("u", "11223344-5566-7788-99aa-bbccddeeff00"));
    struct netboot_view *opened = view(fixture);
#define WALK(after, stop, result, want)                                                                                \
    names = (struct names){.stop_after = stop};                                                                        \
    assert_int_equal(netboot_view_hosts(opened, after, add_name, &names), result);                                     \
    assert_string_equal(names.text, want)
    WALK(NULL, 0, 0, "a b c u ");
    WALK(NULL, 2, 42, "a b ");
    WALK(&second, 0, 0, "c u ");
    WALK(&other, 0, 0, "u ");
    WALK(&between, 0, 0, "u "); /* a host that is gone: on from its place */
    WALK(&last, 0, 0, "");
    WALK(&none, 0, -ENOENT, "");
    netboot_view_close(opened);
}

struct editing {
    struct netboot_change *change;
    unsigned count;
};

/* Gives each host another name and one more identifier, that comes later in the order. */
static int edit(const struct netboot_host *host, void *user)
{
    struct editing *editing = user;
    struct netboot_id id;
    struct test_host edited;
    char text[NETBOOT_ID_TEXT_SIZE], more[32], name[32];

    assert_int_equal(netboot_host_id(host, 0, &id), 0);
    netboot_id_text(&id, text);
    snprintf(more, sizeof(more), "fe:54:00:00:00:%02x", editing->count);
    snprintf(name, sizeof(name), "n%u", editing->count++);
    make_host(&edited, name, (const char *const[5]){text, more});
    OK(netboot_change_put_host(editing->change, NULL, &edited.host, &error));
    return 0;
}

static void test_walk_and_edit(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);
    char mac[32], name[32];
    unsigned hosts = 100; /* some pages full */

    for (unsigned i = 0; i < hosts; i++) {
        snprintf(mac, sizeof(mac), "52:54:00:00:00:%02x", i);
        snprintf(name, sizeof(name), "old%u", i);
        OK(netboot_change_put_host(change, NULL, HOST(name, mac), &error));
    }
    struct editing editing = {change, 0};
    OK(netboot_view_hosts(netboot_change_view(change), NULL, edit, &editing));
    assert_int_equal(editing.count, hosts);
    commit(change);
    assert_int_equal(status_of(fixture).hosts, hosts);
    for (unsigned i = 0; i < hosts; i++) {
        snprintf(mac, sizeof(mac), "fe:54:00:00:00:%02x", i);
        snprintf(name, sizeof(name), "n%u", i);
        assert_host(fixture, mac, name);
        snprintf(name, sizeof(name), "old%u", i);
        assert_host(fixture, name, NULL);
    }
}

/* ---- Sites, targets, loaders */

static struct netboot_site make_site(const char *name, uint8_t prefixes[][17], const char *const *texts)
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

static int put_site(struct netboot_change *change, const char *name, const char *const *prefixes,
                    struct netboot_error *error)
{
    uint8_t octets[8][17];
    struct netboot_site site = make_site(name, octets, prefixes);

    return netboot_change_put_site(change, &site, error);
}

#define PREFIXES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_site_in(struct netboot_view *opened, const char *address, const char *want)
{
    bool v6 = strchr(address, ':') != NULL;
    struct netboot_client client = {.family = v6 ? NETBOOT_V6 : NETBOOT_V4, .platform = NETBOOT_PLATFORM_NONE};
    struct netboot_policy policy;
    char got[NETBOOT_NAME_MAX + 1];

    assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, address, client.address), 1);
    assert_int_equal(netboot_view_policy(opened, &client, &policy), 0);
    snprintf(got, sizeof(got), "%.*s", (int)policy.site.name.size, (const char *)policy.site.name.data);
    if (strcmp(got, want) != 0)
        fail_msg("%s is in '%s', not in '%s'", address, got, want);
}

static const struct {
    const char *address, *site;
} site_cases[] = {
    {"192.0.2.1",                               "lab"    },
    {"192.0.1.255",                             "default"},
    {"192.0.3.0",                               "default"},
    {"192.0.2.15",                              "lab"    },
    {"192.0.2.16",                              "rack"   }, /* the longer prefix in the middle of another */
    {"192.0.2.31",                              "rack"   },
    {"192.0.2.32",                              "lab"    },
    {"192.0.2.255",                             "lab"    },
    {"192.0.2.20",                              "host"   }, /* in three */
    {"192.0.2.21",                              "rack"   },
    {"10.0.0.0",                                "rack"   }, /* the shorter one begins at the same address */
    {"10.0.0.255",                              "rack"   },
    {"10.0.1.0",                                "campus" },
    {"10.255.255.255",                          "campus" },
    {"11.0.0.0",                                "default"},
    {"172.16.255.255",                          "lab"    }, /* two that end at the same address */
    {"172.16.127.255",                          "campus" },
    {"172.17.0.0",                              "rack"   }, /* and the neighbour begins behind them */
    {"255.255.255.255",                         "end"    },
    {"255.255.255.254",                         "default"},
    {"0.0.0.1",                                 "default"},
    {"0.0.0.0",                                 "default"}, /* absent */
    {"2001:db8::1",                             "lab"    },
    {"2001:db8:1::1",                           "campus" },
    {"2001:db9::",                              "default"},
    {"::",                                      "default"},
    {"ffff::",                                  "end"    },
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "end"    },
    {"fe80::1",                                 "default"},
};

static void test_sites(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24", "172.16.128.0/17", "2001:db8::/48"), &error));
    OK(put_site(change, "rack", PREFIXES("192.0.2.16/28", "10.0.0.0/24", "172.17.0.0/16"), &error));
    OK(put_site(change, "host", PREFIXES("192.0.2.20/32"), &error));
    OK(put_site(change, "campus", PREFIXES("10.0.0.0/8", "172.16.0.0/16", "2001:db8::/32"), &error));
    OK(put_site(change, "end", PREFIXES("255.255.255.255/32", "ffff::/16"), &error));
    for (size_t i = 0; i < COUNT(site_cases); i++)
        assert_site_in(netboot_change_view(change), site_cases[i].address, site_cases[i].site);
    commit(change);
    struct netboot_view *opened = view(fixture);
    for (size_t i = 0; i < COUNT(site_cases); i++)
        assert_site_in(opened, site_cases[i].address, site_cases[i].site);
    netboot_view_close(opened);
}

static void test_sites_change(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24"), &error));
    OK(put_site(change, "all", PREFIXES("0.0.0.0/0", "::/0"), &error));
    commit(change);
    change = begin(fixture);
    assert_site_in(netboot_change_view(change), "192.0.2.1", "lab");
    assert_site_in(netboot_change_view(change), "192.0.3.1", "all");
    assert_site_in(netboot_change_view(change), "::1", "all");
    OK(put_site(change, "lab", PREFIXES("192.0.3.0/24"), &error));
    assert_site_in(netboot_change_view(change), "192.0.2.1", "all");
    assert_site_in(netboot_change_view(change), "192.0.3.1", "lab");
    OK(netboot_change_delete_site(change, "all", &error));
    assert_site_in(netboot_change_view(change), "192.0.2.1", "default");
    OK(netboot_change_delete_site(change, "lab", &error));
    OK(netboot_change_delete_site(change, "default", &error));
    assert_site_in(netboot_change_view(change), "192.0.3.1", "");
    FAILS(-ENOENT, "no site lab", netboot_change_delete_site(change, "lab", &error));
    commit(change);
    assert_int_equal(status_of(fixture).sites, 0);
}

static void test_site_refused(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24", "2001:db8::/32"), &error));
    FAILS(-EEXIST, "192.0.2.0/24 of the site rack is one of the site lab",
          put_site(change, "rack", PREFIXES("10.0.0.0/8", "192.0.2.0/24"), &error));
    FAILS(-EINVAL, "write 192.0.2.0/24", put_site(change, "rack", PREFIXES("192.0.2.1/24"), &error));
    FAILS(-EINVAL, "write 2001:db8::/33", put_site(change, "rack", PREFIXES("2001:db8::1/33"), &error));
    FAILS(-EINVAL, "given twice", put_site(change, "rack", PREFIXES("10.0.0.0/8", "10.0.0.0/8"), &error));
    FAILS(-EINVAL, "default has no prefixes", put_site(change, "default", PREFIXES("10.0.0.0/8"), &error));
    FAILS(-EINVAL, "no name of a site", put_site(change, "a b", NULL, &error));
    OK(put_site(change, "lab", PREFIXES("192.0.2.0/25"), &error)); /* and the other is free again */
    OK(put_site(change, "rack", PREFIXES("192.0.2.0/24"), &error));
    commit(change);
}

/* Random prefixes, and what a plain search over all of them says. */
static void test_sites_at_random(void **state)
{
    enum { SITES = 60, LOOKS = 4000 };
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);
    struct {
        uint32_t address, mask;
        unsigned length;
    } prefixes[SITES];
    unsigned count = 0, seed = 12345;

    while (count < SITES) {
        char name[16], text[32];
        unsigned length = (unsigned)rand_r(&seed) % 9; /* short ones, so that they lie in each other */
        uint32_t mask = length == 0 ? 0 : ~UINT32_C(0) << (32 - length);
        uint32_t address = (uint32_t)rand_r(&seed) << 24 & mask;
        snprintf(name, sizeof(name), "s%u", count);
        snprintf(text, sizeof(text), "%u.0.0.0/%u", address >> 24, length);
        int code = put_site(change, name, PREFIXES(text), NULL);
        assert_true(code == 0 || code == -EEXIST);
        if (code != 0)
            continue;
        prefixes[count].address = address;
        prefixes[count].mask = mask;
        prefixes[count++].length = length;
    }
    for (unsigned i = 0; i < LOOKS; i++) {
        uint32_t address = (uint32_t)rand_r(&seed) << 1 | 1;
        int best = -1;
        char text[32], want[16] = "default";
        for (unsigned j = 0; j < SITES; j++)
            if ((address & prefixes[j].mask) == prefixes[j].address &&
                (best < 0 || prefixes[j].length > prefixes[best].length))
                best = (int)j;
        if (best >= 0)
            snprintf(want, sizeof(want), "s%d", best);
        snprintf(text, sizeof(text), "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
                 address & 255);
        assert_site_in(netboot_change_view(change), text, want);
    }
    commit(change);
}

static int count_target(const struct netboot_target *target, void *user)
{
    assert_true(target->name.size > 0);
    ++*(unsigned *)user;
    return 0;
}

static int count_site(const struct netboot_site *site, void *user)
{
    assert_true(site->name.size > 0);
    ++*(unsigned *)user;
    return 0;
}

static int sum_platforms(const struct netboot_loader *loader, void *user)
{
    *(unsigned *)user = *(unsigned *)user * 100 + loader->platform;
    return 0;
}

static void test_targets_and_loaders(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_target target = {.name = RAW("default"), .script = RAW("script.ipxe")};
    struct netboot_loader loader = {.platform = 7, .file = RAW("ipxe.efi")};
    struct netboot_change *change = begin(fixture);
    unsigned number = 0;

    OK(netboot_change_put_target(change, &target, &error));
    target = (struct netboot_target){.name = RAW("local"), .kind = NETBOOT_KIND_LOCAL};
    OK(netboot_change_put_target(change, &target, &error));
    target.script = RAW("other.ipxe");
    OK(netboot_change_put_target(change, &target, &error));
    target.files = (struct netboot_list){
        2, {RAW("\0\7a"), RAW("\0\7b")}
    };
    FAILS(-EINVAL, "one platform", netboot_change_put_target(change, &target, &error));
    OK(netboot_change_put_loader(change, &loader, &error));
    loader = (struct netboot_loader){.platform = 0, .file = RAW("undionly.kpxe")};
    OK(netboot_change_put_loader(change, &loader, &error));
    loader.platform = 9;
    FAILS(-EINVAL, "platform 9", netboot_change_put_loader(change, &loader, &error));
    commit(change);
    struct netboot_view *opened = view(fixture);
    assert_int_equal(netboot_view_target(opened, "local", &target), 0);
    assert_int_equal(target.kind, NETBOOT_KIND_LOCAL);
    assert_memory_equal(target.script.data, "other.ipxe", target.script.size);
    assert_int_equal(netboot_view_targets(opened, count_target, &number), 0);
    assert_int_equal(number, 2);
    number = 0;
    assert_int_equal(netboot_view_sites(opened, count_site, &number), 0);
    assert_int_equal(number, 1);
    number = 0;
    assert_int_equal(netboot_view_loaders(opened, sum_platforms, &number), 0);
    assert_int_equal(number, 7); /* 0, then 7 */
    netboot_view_close(opened);
    change = begin(fixture);
    OK(netboot_change_delete_target(change, "local", &error));
    FAILS(-ENOENT, "no target local", netboot_change_delete_target(change, "local", &error));
    FAILS(-ENOENT, "no target ''", netboot_change_delete_target(change, "", &error));
    OK(netboot_change_delete_loader(change, 0, &error));
    FAILS(-ENOENT, "loader for x86-bios", netboot_change_delete_loader(change, 0, &error));
    commit(change);
    struct netboot_status status = status_of(fixture);
    assert_int_equal(status.targets, 1);
    assert_int_equal(status.loaders, 1);
}

/* ---- Policy */

static struct netboot_client client_of(const char *mac)
{
    struct netboot_client client = {.family = NETBOOT_V4, .platform = 7, .has_mac = mac != NULL};

    if (mac)
        memcpy(client.mac, id_of(mac).value, sizeof(client.mac));
    return client;
}

static struct netboot_host *with_target(struct netboot_host *host, const char *target)
{
    host->target = bytes_of(target);
    return host;
}

static bool is(struct netboot_bytes bytes, const char *text)
{
    return bytes.size == strlen(text) && (bytes.size == 0 || memcmp(bytes.data, text, bytes.size) == 0);
}

static void test_policy(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_client client;
    struct netboot_policy policy;
    struct netboot_target target = {.name = RAW("debian"), .script = RAW("debian.ipxe")};
    struct netboot_loader loader = {.platform = 7, .file = RAW("ipxe.efi")};
    struct netboot_change *change = begin(fixture);
    struct netboot_view *in = netboot_change_view(change);

#define POLICY(client_)                                                                                                \
    client = (client_);                                                                                                \
    memset(&policy, 0xff, sizeof(policy));                                                                             \
    assert_int_equal(netboot_view_policy(in, &client, &policy), 0)
    POLICY(client_of(NULL));
    assert_false(policy.has_host || policy.has_target || policy.target_is_missing);
    assert_true(is(policy.site.name, "default") && is(policy.loader, ""));
    OK(netboot_change_put_target(change, &target, &error));
    OK(netboot_change_put_loader(change, &loader, &error));
    OK(netboot_change_put_host(change, NULL, with_target(HOST("a", "52:54:00:00:00:01"), "debian"), &error));
    OK(netboot_change_put_host(change, NULL, with_target(HOST("b", "52:54:00:00:00:02"), "gone"), &error));
    OK(netboot_change_put_host(change, NULL, HOST("c", "52:54:00:00:00:03"), &error));
    POLICY(client_of("52:54:00:00:00:01"));
    assert_true(policy.has_host && policy.has_target && !policy.target_is_missing);
    assert_true(is(policy.host.name, "a") && is(policy.target.name, "debian") && is(policy.loader, "ipxe.efi"));
    POLICY(client_of("52:54:00:00:00:02"));
    assert_true(policy.has_host && !policy.has_target && policy.target_is_missing); /* no default either */
    target.name = RAW("default");
    OK(netboot_change_put_target(change, &target, &error));
    POLICY(client_of("52:54:00:00:00:02"));
    assert_true(policy.has_target && policy.target_is_missing && is(policy.target.name, "default"));
    POLICY(client_of("52:54:00:00:00:03"));
    assert_true(policy.has_host && policy.has_target && !policy.target_is_missing && is(policy.target.name, "default"));
    POLICY(client_of("52:54:00:00:00:04"));
    assert_true(!policy.has_host && policy.has_target && is(policy.target.name, "default"));
    client.platform = 11;
    assert_int_equal(netboot_view_policy(in, &client, &policy), 0);
    assert_true(is(policy.loader, ""));
    netboot_change_abort(change);
}

/* MAC before UUID before DUID; each is tried. */
static void test_policy_ids(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_client client = client_of("52:54:00:00:00:01");
    struct netboot_policy policy;
    static const uint8_t duid[] = {0, 3, 0, 1, 0x52, 0x54, 0, 0, 0, 1};
    struct netboot_id uuid = id_of("44332211-6655-8877-99aa-bbccddeeff00");

    put_host(fixture, HOST("by-duid", "00:03:00:01:52:54:00:00:00:01"));
    client.duid = (struct netboot_bytes){duid, sizeof(duid)};
    client.has_uuid = true;
    memcpy(client.uuid, uuid.value, sizeof(client.uuid));
    static const char *const names[] = {"by-duid", "by-uuid", "by-mac"};
    static const char *const ids[] = {NULL, "11223344-5566-7788-99aa-bbccddeeff00", "52:54:00:00:00:01"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (ids[i])
            put_host(fixture, HOST(names[i], ids[i]));
        struct netboot_view *opened = view(fixture);
        assert_int_equal(netboot_view_policy(opened, &client, &policy), 0);
        if (!is(policy.host.name, names[i]))
            fail_msg("not found %s", names[i]);
        netboot_view_close(opened);
    }
}

/* ---- Changes */

static void test_generations(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(netboot_change_put_host(change, NULL, HOST("a", "52:54:00:00:00:01"), &error));
    struct netboot_id id = id_of("a");
    struct netboot_host host;
    assert_int_equal(netboot_view_host(netboot_change_view(change), &id, &host), 0);
    assert_true(host.changed > 1600000000);
    assert_host(fixture, "a", NULL); /* not yet */
    commit(change);
    assert_host(fixture, "a", "a");
    assert_int_equal(status_of(fixture).generation, 2);
    commit(begin(fixture)); /* nothing changed: nothing new */
    assert_int_equal(status_of(fixture).generation, 2);
    change = begin(fixture);
    OK(netboot_change_put_host(change, NULL, HOST("b", "52:54:00:00:00:02"), &error));
    netboot_change_abort(change);
    assert_host(fixture, "b", NULL);
    assert_int_equal(status_of(fixture).generation, 2);
    assert_int_equal(status_of(fixture).hosts, 1);
}

static void test_clear(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change;

    put_host(fixture, HOST("a", "52:54:00:00:00:01"));
    change = begin(fixture);
    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24"), &error));
    OK(netboot_change_clear(change, &error));
    OK(netboot_change_put_host(change, NULL, HOST("b", "52:54:00:00:00:01"), &error));
    commit(change);
    assert_host(fixture, "a", NULL);
    assert_host(fixture, "52:54:00:00:00:01", "b");
    struct netboot_status status = status_of(fixture);
    assert_int_equal(status.hosts, 1);
    assert_int_equal(status.sites + status.targets + status.loaders, 0);
    struct netboot_view *opened = view(fixture);
    assert_site_in(opened, "192.0.2.1", "");
    netboot_view_close(opened);
}

/* A view shows one state for as long as it lives. */
static void test_view_is_a_snapshot(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_view *before;
    struct netboot_status status;
    char mac[32];

    put_host(fixture, HOST("old", "52:54:00:00:00:00"));
    before = view(fixture);
    for (unsigned i = 1; i < 50; i++) {
        snprintf(mac, sizeof(mac), "52:54:00:00:00:%02x", i);
        put_host(fixture, HOST(NULL, mac));
    }
    struct netboot_id id = id_of("52:54:00:00:00:01");
    struct netboot_host host;
    assert_int_equal(netboot_view_host(before, &id, &host), -ENOENT);
    id = id_of("old");
    assert_int_equal(netboot_view_host(before, &id, &host), 0);
    assert_int_equal(netboot_view_status(before, &status), 0);
    assert_int_equal(status.hosts, 1);
    netboot_view_close(before);
    assert_int_equal(status_of(fixture).hosts, 50);
}

/* ---- The packet path */

static void make_query(struct netboot_query *query, bool boots)
{
    static const uint8_t mac[] = {0x52, 0x54, 0, 0, 0, 1}, arch[] = {0, 7};

    *query = (struct netboot_query){
        .family = NETBOOT_V4,
        .message_type = 1,
        .reply_type = 2,
        .hardware_type = 1,
        .hardware_address = {mac, sizeof(mac)},
        .assigned_address = { 192, 0,            2, 9}
    };
    if (boots) {
        netboot_query_add(query, 60, "PXEClient", 9);
        netboot_query_add(query, 93, arch, sizeof(arch));
    }
}

static void test_serve(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t server[] = {192, 0, 2, 1};
    struct netboot_site site = {
        .name = RAW("default"), .tftp4 = {server, 4}
    };
    struct netboot_target target = {.name = RAW("default"), .script = RAW("script.ipxe")};
    struct netboot_loader loader = {.platform = 7, .file = RAW("ipxe.efi")};
    struct netboot_change *change = begin(fixture);
    struct netboot_query query;
    struct netboot_result result;

    OK(netboot_change_put_site(change, &site, &error));
    OK(netboot_change_put_target(change, &target, &error));
    OK(netboot_change_put_loader(change, &loader, &error));
    OK(netboot_change_put_host(change, NULL, HOST("web1", "52:54:00:00:00:01"), &error));
    commit(change);
    make_query(&query, true);
    memset(&result, 0xff, sizeof(result));
    assert_int_equal(netboot_serve(fixture->store, &query, &result), 0);
    assert_int_equal(result.decision.outcome, NETBOOT_ANSWERED);
    assert_string_equal(result.decision.boot_file, "ipxe.efi");
    assert_string_equal(result.decision.host, "web1");
    assert_true(result.answer.edit_count > 0);
    make_query(&query, false);
    memset(&result, 0xff, sizeof(result));
    assert_int_equal(netboot_serve(fixture->store, &query, &result), 0);
    assert_int_equal(result.decision.outcome, NETBOOT_NOT_OURS);
    assert_int_equal(result.answer.edit_count, 0);
}

/* Whatever is changed, the next packet shows it, and that again and again. */
static void test_serve_sees_changes(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t server[2][4] = {
        {192, 0, 2, 1},
        {192, 0, 2, 2}
    };
    static const char *const files[] = {"a.efi", "b.efi"};
    static const char *const prefixes[][2] = {
        {"192.0.2.0/24", NULL},
        {"192.0.2.8/30", NULL}
    };
    struct netboot_target target = {.name = RAW("default")};
    struct netboot_loader loader = {.platform = 7};
    struct netboot_query query;
    struct netboot_result result;

    make_query(&query, true);
    for (unsigned i = 0; i < 32; i++) {
        uint8_t octets[8][17];
        struct netboot_site site = make_site("lab", octets, prefixes[i >> 2 & 1]);
        struct netboot_change *change = begin(fixture);
        site.tftp4 = (struct netboot_bytes){server[i >> 1 & 1], 4};
        loader.file = bytes_of(files[i & 1]);
        target.files.count = i >> 3 & 1;
        target.files.items[0] = RAW("\0\7t.efi");
        OK(netboot_change_put_site(change, &site, &error));
        OK(netboot_change_put_loader(change, &loader, &error));
        OK(netboot_change_put_target(change, &target, &error));
        if (i & 16)
            OK(netboot_change_delete_site(change, "lab", &error));
        commit(change);
        for (unsigned again = 0; again < 2; again++) {
            bool in_lab = !(i & 16);
            assert_int_equal(netboot_serve(fixture->store, &query, &result), 0);
            assert_string_equal(result.decision.site, in_lab ? "lab" : "default");
            assert_int_equal(result.decision.outcome, in_lab ? NETBOOT_ANSWERED : NETBOOT_NO_BOOT_FILE);
            if (!in_lab)
                continue;
            assert_string_equal(result.decision.boot_file, i & 8 ? "t.efi" : files[i & 1]);
            assert_memory_equal(result.decision.next_server, server[i >> 1 & 1], 4);
        }
        /* An address beside the longer prefix, from the same slot. */
        query.assigned_address[3] = 12;
        assert_int_equal(netboot_serve(fixture->store, &query, &result), 0);
        assert_string_equal(result.decision.site, i & 16 || i & 4 ? "default" : "lab");
        query.assigned_address[3] = 9;
    }
}

/* The events of a store that is there: it became usable, and that once. */
static void test_event(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_error error;

    assert_int_equal(netboot_store_event(fixture->store, &error), 1);
    assert_int_equal(netboot_store_event(fixture->store, &error), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_create),
        TEST(test_fresh),
        TEST(test_one_handle),
        TEST(test_host_ids),
        TEST(test_duid_of_uuid),
        TEST(test_uuid_as_given),
        TEST(test_host_replaced),
        TEST(test_host_by_key),
        TEST(test_host_conflicts),
        TEST(test_host_lists),
        TEST(test_host_delete),
        TEST(test_walk),
        TEST(test_walk_and_edit),
        TEST(test_sites),
        TEST(test_sites_change),
        TEST(test_site_refused),
        TEST(test_sites_at_random),
        TEST(test_targets_and_loaders),
        TEST(test_policy),
        TEST(test_policy_ids),
        TEST(test_generations),
        TEST(test_clear),
        TEST(test_view_is_a_snapshot),
        TEST(test_serve),
        TEST(test_serve_sees_changes),
        TEST(test_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
