/* SPDX-License-Identifier: MPL-2.0 */
/* The targets store as a whole: what is put in decides what a packet gets. */
#include "asking.h"
#include "store_unit.h"

/* ---- Creation */

#define GROUP 54321 /* nobody's */

/* The modes of what is made in a directory that its group may use, and where it may not. */
static void check_modes(const char *directory, bool shared)
{
    static const struct {
        const char *name;
        mode_t shared, own;
    } files[] = {
        {"",                    S_IFDIR | 02750, S_IFDIR | 0700},
        {"/targets",            S_IFDIR | 02750, S_IFDIR | 0700},
        {"/targets/data.mdb",   S_IFREG | 0640,  S_IFREG | 0600},
        {"/targets/lock.mdb",   S_IFREG | 0660,  S_IFREG | 0600},
        {"/targets/write.lock", S_IFREG | 0660,  S_IFREG | 0600},
    };
    char path[SCRATCH_SIZE + 64];
    struct stat found, top;

    assert_int_equal(stat(directory, &top), 0);
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(path, sizeof(path), "%s%s", directory, files[i].name);
        assert_int_equal(stat(path, &found), 0);
        if (found.st_mode != (shared ? files[i].shared : files[i].own))
            fail_msg("%s has mode %o", path, found.st_mode);
        if (found.st_uid != top.st_uid || found.st_gid != top.st_gid)
            fail_msg("%s is of %u:%u", path, found.st_uid, found.st_gid);
    }
}

/* Files belong to whom their directory belongs, and are as open to its group; root's group is nobody's. */
static void test_modes(void **state)
{
    static const struct {
        uid_t user;
        gid_t group;
        mode_t mode;
        bool shared;
    } directories[] = {
        {0,     GROUP, 02750, true },
        {0,     GROUP, 0700,  false},
        {54322, GROUP, 02750, true },
        {54322, 0,     02750, false},
        {0,     0,     0700,  false},
    };
    const struct fixture *fixture = *state;
    char path[SCRATCH_SIZE + 32];

    for (size_t i = 0; i < COUNT(directories); i++) {
        snprintf(path, sizeof(path), "%s/dir%zu", fixture->directory, i);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(chown(path, directories[i].user, directories[i].group), 0);
        assert_int_equal(chmod(path, directories[i].mode), 0);
        OK(netboot_store_create(path, &error));
        assert_int_equal(chmod(path, directories[i].shared ? 02750 : 0700), 0);
        check_modes(path, directories[i].shared);
    }
}

static void test_create(void **state)
{
    struct fixture *fixture = *state;
    char path[SCRATCH_SIZE + 32], reason[SCRATCH_SIZE + 64];
    struct stat found;

    FAILS(-EEXIST, "stays as it is", netboot_store_create(fixture->directory, &error));
    snprintf(path, sizeof(path), "%s/new", fixture->directory);
    OK(netboot_store_create(path, &error));
    check_modes(path, geteuid() != 0); /* made by root, it is for nobody else */
    snprintf(path, sizeof(path), "%s/slash/", fixture->directory);
    OK(netboot_store_create(path, &error));
    snprintf(path, sizeof(path), "%s/slash/targets/data.mdb", fixture->directory);
    assert_int_equal(stat(path, &found), 0);
    snprintf(path, sizeof(path), "%s/no/where", fixture->directory);
    snprintf(reason, sizeof(reason), "cannot create the directory %s", path);
    FAILS(-ENOENT, reason, netboot_store_create(path, &error));
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
    assert_int_equal(status.records[NETBOOT_RECORD_HOST] + status.records[NETBOOT_RECORD_TARGET] +
                         status.records[NETBOOT_RECORD_LOADER],
                     0);
    assert_int_equal(status.records[NETBOOT_RECORD_SITE], 1);
    assert_true(status.size > 0 && status.map_size >= status.size && status.readers > 0);
    assert_int_equal(typed_get_site(opened, "default", &site), 0);
    assert_int_equal(site.prefixes.count + site.http4.size + site.tftp4.size, 0);
    assert_int_equal(typed_get_target(opened, "default", &target), -ENOENT);
    assert_int_equal(typed_get_loader(opened, 7, &loader), -ENOENT);
    assert_int_equal(typed_get_target(opened, "", &target), -ENOENT);
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
    assert_int_equal(netboot_view_policy(in, &client, &policy, NULL), 0)
    POLICY(client_of(NULL));
    assert_false(policy.host || policy.target || policy.target_is_missing);
    assert_true(is(policy.site->name, "default") && is(policy.loader, ""));
    OK(typed_put_target(change, &target, &error));
    OK(typed_put_loader(change, &loader, &error));
    OK(typed_put_host(change, with_target(HOST("a", "52:54:00:00:00:01"), "debian"), &error));
    OK(typed_put_host(change, with_target(HOST("b", "52:54:00:00:00:02"), "gone"), &error));
    OK(typed_put_host(change, HOST("c", "52:54:00:00:00:03"), &error));
    POLICY(client_of("52:54:00:00:00:01"));
    assert_true(policy.host && policy.target && !policy.target_is_missing);
    assert_true(is(policy.host->name, "a") && is(policy.target->name, "debian") && is(policy.loader, "ipxe.efi"));
    POLICY(client_of("52:54:00:00:00:02"));
    assert_true(policy.host && !policy.target && policy.target_is_missing); /* no default either */
    target.name = RAW("default");
    OK(typed_put_target(change, &target, &error));
    POLICY(client_of("52:54:00:00:00:02"));
    assert_true(policy.target && policy.target_is_missing && is(policy.target->name, "default"));
    POLICY(client_of("52:54:00:00:00:03"));
    assert_true(policy.host && policy.target && !policy.target_is_missing && is(policy.target->name, "default"));
    POLICY(client_of("52:54:00:00:00:04"));
    assert_true(!policy.host && policy.target && is(policy.target->name, "default"));
    client.platform = 11;
    assert_int_equal(netboot_view_policy(in, &client, &policy, NULL), 0);
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
        assert_int_equal(netboot_view_policy(opened, &client, &policy, NULL), 0);
        if (!is(policy.host->name, names[i]))
            fail_msg("not found %s", names[i]);
        netboot_view_close(opened);
    }
}

/* ---- Changes */

static void test_generations(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(typed_put_host(change, HOST("a", "52:54:00:00:00:01"), &error));
    struct netboot_id id = id_of("a");
    struct netboot_host host;
    assert_int_equal(typed_get_host(netboot_change_view(change), &id, &host), 0);
    assert_true(host.changed > 1600000000);
    assert_host(fixture, "a", NULL); /* not yet */
    commit(change);
    assert_host(fixture, "a", "a");
    assert_int_equal(status_of(fixture).generation, 2);
    commit(begin(fixture)); /* nothing changed: nothing new */
    assert_int_equal(status_of(fixture).generation, 2);
    change = begin(fixture);
    OK(typed_put_host(change, HOST("b", "52:54:00:00:00:02"), &error));
    netboot_change_abort(change);
    assert_host(fixture, "b", NULL);
    assert_int_equal(status_of(fixture).generation, 2);
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], 1);
}

static void test_clear(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change;

    put_host(fixture, HOST("a", "52:54:00:00:00:01"));
    change = begin(fixture);
    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24"), &error));
    OK(change_clear(change, &error));
    OK(typed_put_host(change, HOST("b", "52:54:00:00:00:01"), &error));
    commit(change);
    assert_host(fixture, "a", NULL);
    assert_host(fixture, "52:54:00:00:00:01", "b");
    struct netboot_status status = status_of(fixture);
    assert_int_equal(status.records[NETBOOT_RECORD_HOST], 1);
    assert_int_equal(status.records[NETBOOT_RECORD_SITE] + status.records[NETBOOT_RECORD_TARGET] +
                         status.records[NETBOOT_RECORD_LOADER],
                     0);
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
    assert_int_equal(typed_get_host(before, &id, &host), -ENOENT);
    id = id_of("old");
    assert_int_equal(typed_get_host(before, &id, &host), 0);
    assert_int_equal(netboot_view_status(before, &status, NULL), 0);
    assert_int_equal(status.records[NETBOOT_RECORD_HOST], 1);
    netboot_view_close(before);
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], 50);
}

/* What a view shows keeps its pages; the status says how far back that is, and who holds it. */
static void test_status_tells_the_oldest_view(void **state)
{
    static const uint64_t behind[] = {0, 5, 3, 3, 0};
    struct fixture *fixture = *state;
    struct netboot_view *older = view(fixture), *old = NULL;
    struct netboot_status seen[COUNT(behind)] = {status_of(fixture)};

    for (unsigned i = 1; i <= 5; i++) {
        char mac[32];
        snprintf(mac, sizeof(mac), "52:54:00:00:00:%02x", i);
        put_host(fixture, HOST(NULL, mac));
        if (i == 2)
            old = view(fixture);
    }
    seen[1] = status_of(fixture);
    netboot_view_close(older);
    seen[2] = status_of(fixture);
    netboot_view_status(old, &seen[3], NULL); /* of the store, not of the view */
    netboot_view_close(old);
    seen[4] = status_of(fixture);
    for (size_t i = 0; i < COUNT(behind); i++) {
        assert_int_equal(seen[i].oldest_behind, behind[i]);
        assert_int_equal(seen[i].oldest_pid, behind[i] > 0 ? getpid() : 0);
    }
}

/* ---- The packet path */

static void make_query(struct netboot_query *query, bool boots)
{
    static const uint8_t mac[] = {0x52, 0x54, 0, 0, 0, 1}, address[] = {192, 0, 2, 9}, arch[] = {0, 7};

    *query = query_from(mac);
    memcpy(query->assigned_address, address, sizeof(address));
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

    OK(typed_put_site(change, &site, &error));
    OK(typed_put_target(change, &target, &error));
    OK(typed_put_loader(change, &loader, &error));
    OK(typed_put_host(change, HOST("web1", "52:54:00:00:00:01"), &error));
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
/* Whatever was in the caller's memory: nobody is told about a reply that no one asked for. */
static void test_no_ticket(void **state)
{
    static const uint8_t mac[NETBOOT_MAC_SIZE] = {0x52, 0x54, 0, 0, 0, 1};
    struct fixture *fixture = *state;
    struct netboot_query ordinary = query_from(mac), boots = ordinary, refused, strange = ordinary;
    struct netboot_result result;

    netboot_query_add(&boots, 60, "PXEClient", 9);
    netboot_query_add(&boots, 93, "\0\7", 2);
    refused = boots;
    refused.message_type = 3;
    refused.reply_type = 6; /* a NAK */
    strange.size = 1;
    const struct netboot_query *const queries[] = {&ordinary, &boots, &refused, &strange};
    for (size_t i = 0; i < COUNT(queries); i++) {
        memset(&result, 0xff, sizeof(result));
        netboot_serve(fixture->store, queries[i], &result);
        assert_int_equal(result.answer.ticket, 0);
    }
}

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
        OK(typed_put_site(change, &site, &error));
        OK(typed_put_loader(change, &loader, &error));
        OK(typed_put_target(change, &target, &error));
        if (i & 16)
            OK(typed_delete_site(change, "lab", &error));
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

    assert_int_equal(netboot_store_event(fixture->store, &error), NETBOOT_EVENT_USABLE);
    assert_int_equal(netboot_store_event(fixture->store, &error), NETBOOT_EVENT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create),
        TEST(test_modes),
        TEST(test_fresh),
        TEST(test_one_handle),
        TEST(test_policy),
        TEST(test_policy_ids),
        TEST(test_generations),
        TEST(test_clear),
        TEST(test_view_is_a_snapshot),
        TEST(test_serve),
        TEST(test_no_ticket),
        TEST(test_serve_sees_changes),
        TEST(test_event),
        TEST(test_status_tells_the_oldest_view),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
