/* SPDX-License-Identifier: MPL-2.0 */
/* The records of the targets store: there and back, and damaged ones. */
#include "guarded.h"
#include "records.h"

static size_t encode(const struct record_type *type, const void *record, uint8_t *buffer)
{
    struct netboot_error error = {0};
    ssize_t size;

    if (record_check(type, record, &error) != 0)
        fail_msg("%s", error.text);
    size = record_encode(type, record, buffer, RECORD_SIZE_MAX);
    assert_true(size > 0);
    return (size_t)size;
}

static uint8_t buffer[RECORD_SIZE_MAX];

/* Into octets and back. */
static void carry(const struct record_type *type, const void *record, void *ret)
{
    assert_int_equal(record_decode(type, bytes_at(buffer, encode(type, record, buffer)), ret), 0);
}

/* ---- There and back */

static void test_site(void **state)
{
    struct netboot_site site = full_site(), got;

    (void)state;
    carry(&record_site, &site, &got);
    assert_bytes(got.name, site.name);
    assert_list(&got.prefixes, &site.prefixes);
    assert_bytes(got.tftp4, site.tftp4);
    assert_bytes(got.tftp6, site.tftp6);
    assert_bytes(got.http4, site.http4);
    assert_bytes(got.http6, site.http6);
}

static void test_loader(void **state)
{
    struct netboot_loader loader = {.platform = 11, .file = RAW("snp-arm64.efi")}, got;

    (void)state;
    carry(&record_loader, &loader, &got);
    assert_int_equal(got.platform, 11);
    assert_bytes(got.file, loader.file);
}

static void test_target(void **state)
{
    struct netboot_target target = full_target(), got;

    (void)state;
    carry(&record_target, &target, &got);
    assert_bytes(got.name, target.name);
    assert_int_equal(got.kind, NETBOOT_KIND_LOCAL);
    assert_bytes(got.script, target.script);
    assert_list(&got.files, &target.files);
    assert_bytes(got.description, target.description);
    assert_bytes(got.kernel, target.kernel);
    assert_list(&got.initrds, &target.initrds);
    assert_bytes(got.command_line, target.command_line);
    assert_int_equal(got.order, target.order);
}

static void test_host(void **state)
{
    struct netboot_host host = full_host(), got;

    (void)state;
    carry(&record_host, &host, &got);
    assert_bytes(got.name, host.name);
    assert_list(&got.ids, &host.ids);
    assert_bytes(got.target, host.target);
    assert_list(&got.loaders, &host.loaders);
    assert_list(&got.labels, &host.labels);
    assert_bytes(got.note, host.note);
    assert_true(got.changed == host.changed);
}

/* As docs/store-format.md has it. */
static void test_octets(void **state)
{
    struct netboot_host host = {
        .name = RAW("a"), .ids = LIST(RAW("M\x52\x54\0\0\0\1")), .target = RAW("b"), .changed = 0x65000000};
    static const uint8_t want[] = "\1"
                                  "\1\0\1a"
                                  "\2\0\7M\x52\x54\0\0\0\1"
                                  "\3\0\1b"
                                  "\7\0\10\0\0\0\0\x65\0\0\0";
    size_t size = encode(&record_host, &host, buffer);

    (void)state;
    assert_bytes(bytes_at(buffer, size), bytes_at(want, sizeof(want) - 1));
}

/* Whatever was in the structure before is gone; items past the count are left alone. */
static void test_clears(void **state)
{
    struct netboot_host host = full_host(), got;

    (void)state;
    memset(&got, 0xff, sizeof(got));
    host.name = host.target = host.note = bytes_at(NULL, 0);
    host.loaders.count = host.labels.count = 0;
    host.changed = 0;
    carry(&record_host, &host, &got);
    assert_int_equal(got.name.size + got.target.size + got.note.size, 0);
    assert_int_equal(got.loaders.count + got.labels.count, 0);
    assert_true(got.changed == 0);
}

/* The largest host that passes the check fits. */
static void test_largest(void **state)
{
    static uint8_t name[NETBOOT_NAME_MAX], text[1023], ids[64][1 + NETBOOT_DUID_MAX], files[64][2 + 1023],
        labels[64][1023];
    static const uint8_t platforms[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14};
    struct netboot_host host = {.name = bytes_at(name, sizeof(name)), .changed = 1}, got;

    (void)state;
    memset(name, 'n', sizeof(name));
    memset(text, 't', sizeof(text));
    host.target = host.name;
    host.note = bytes_at(text, sizeof(text));
    host.ids.count = host.loaders.count = host.labels.count = NETBOOT_LIST_MAX;
    for (size_t i = 0; i < NETBOOT_LIST_MAX; i++) {
        memset(ids[i], (int)(i + 1), sizeof(ids[i]));
        ids[i][0] = 'D';
        ids[i][1] = 0;
        memset(files[i], 'f', sizeof(files[i]));
        files[i][0] = 0;
        files[i][1] = platforms[i % sizeof(platforms)];
        memset(labels[i], 'l', sizeof(labels[i]));
        labels[i][100] = '=';
        host.ids.items[i] = bytes_at(ids[i], sizeof(ids[i]));
        host.loaders.items[i] = bytes_at(files[i], sizeof(files[i]));
        host.labels.items[i] = bytes_at(labels[i], sizeof(labels[i]));
    }
    size_t size = encode(&record_host, &host, buffer);
    assert_int_equal(record_decode(&record_host, bytes_at(buffer, size), &got), 0);
    assert_list(&got.loaders, &host.loaders);
    for (size_t room = 0; room < size; room += room < 300 ? 1 : 997)
        assert_int_equal(record_encode(&record_host, &host, buffer, room), -ENOBUFS);
}

/* ---- Damaged ones */

static const struct {
    const char *name;
    const struct record_type *type;
    const char *octets;
    size_t size;
    int code;
} decode_cases[] = {
#define CASE(name, type, octets, code)                                                                                 \
    {                                                                                                                  \
        name, &record_##type, octets, sizeof(octets) - 1, code                                                         \
    }
    CASE("nothing", site, "", -EBADMSG),
    CASE("version 0, an alias", site, "\0\1\0\1a", -EBADMSG),
    CASE("version 2", site, "\2\1\0\1a", -EBADMSG),
    CASE("version only", site, "\1", -EBADMSG),
    CASE("name only", site, "\1\1\0\1a", 0),
    CASE("cut off after the tag", site, "\1\1\0\1a\5", -EBADMSG),
    CASE("cut off in the length", site, "\1\1\0\1a\5\0", -EBADMSG),
    CASE("cut off in the value", site, "\1\1\0\2a", -EBADMSG),
    CASE("length of 65535", site, "\1\1\377\377a", -EBADMSG),
    CASE("empty name", site, "\1\1\0\0", -EBADMSG),
    CASE("unknown tag after", site, "\1\1\0\1a\310\0\3xyz", 0),
    CASE("unknown tag before", site, "\1\310\0\3xyz\1\0\1a", 0),
    CASE("unknown empty tag", site, "\1\377\0\0\1\0\1a", 0),
    CASE("tag 0", site, "\1\0\0\1x\1\0\1a", 0),
    CASE("unknown tag cut off", site, "\1\1\0\1a\310\0\3xy", -EBADMSG),
    CASE("IPv4 prefix", site, "\1\1\0\1a\2\0\5\x20zzzz", 0),
    CASE("IPv4 prefix of 33 bits", site, "\1\1\0\1a\2\0\5\x21zzzz", -EBADMSG),
    CASE("IPv6 prefix of 128 bits", site, "\1\1\0\1a\2\0\21\x80zzzzzzzzzzzzzzzz", 0),
    CASE("IPv6 prefix of 129 bits", site, "\1\1\0\1a\2\0\21\x81zzzzzzzzzzzzzzzz", -EBADMSG),
    CASE("prefix of six octets", site, "\1\1\0\1a\2\0\6\x10zzzzz", -EBADMSG),
    CASE("TFTP server of three octets", site, "\1\1\0\1a\3\0\3zzz", -EBADMSG),
    CASE("TFTP server of five octets", site, "\1\1\0\1a\3\0\5zzzzz", -EBADMSG),
    CASE("IPv6 TFTP server of four octets", site, "\1\1\0\1a\4\0\4zzzz", -EBADMSG),
    CASE("the name twice: the last counts", site, "\1\1\0\1b\1\0\1a", 0),
    CASE("loader", loader, "\1\1\0\2\0\7\2\0\1f", 0),
    CASE("loader without a file", loader, "\1\1\0\2\0\7", -EBADMSG),
    CASE("platform of one octet", loader, "\1\1\0\1\7\2\0\1f", -EBADMSG),
    CASE("platform of three octets", loader, "\1\1\0\3\0\0\7\2\0\1f", -EBADMSG),
    CASE("kind ignore", target, "\1\1\0\1t\2\0\1\3", 0),
    CASE("a kind that is not known", target, "\1\1\0\1t\2\0\1\4", -EBADMSG),
    CASE("kind of two octets", target, "\1\1\0\1t\2\0\2\0\1", -EBADMSG),
    CASE("platform file without a file", target, "\1\1\0\1t\4\0\2\0\7", -EBADMSG),
    CASE("host", host, "\1\2\0\7Mabcdef", 0),
    CASE("host without identifiers", host, "\1\1\0\1h", -EBADMSG),
    CASE("MAC of five octets", host, "\1\2\0\6Mabcde", -EBADMSG),
    CASE("MAC of seven octets", host, "\1\2\0\10Mabcdefg", -EBADMSG),
    CASE("UUID of 15 octets", host, "\1\2\0\20Uabcdefghijklmno", -EBADMSG),
    CASE("DUID of two octets", host, "\1\2\0\3Dab", -EBADMSG),
    CASE("DUID of three octets", host, "\1\2\0\4Dabc", 0),
    CASE("identifier of no type", host, "\1\2\0\7Xabcdef", -EBADMSG),
    CASE("a name among the identifiers", host, "\1\2\0\7Nabcdef", -EBADMSG),
    CASE("empty identifier", host, "\1\2\0\0", -EBADMSG),
    CASE("time of seven octets", host, "\1\2\0\7Mabcdef\7\0\7abcdefg", -EBADMSG),
#undef CASE
};

static union {
    struct netboot_site site;
    struct netboot_loader loader;
    struct netboot_target target;
    struct netboot_host host;
} decoded;

static void test_decode_cases(void **state)
{
    struct guarded guarded = guarded_new();

    (void)state;
    for (size_t i = 0; i < COUNT(decode_cases); i++) {
        const uint8_t *copy = guarded_copy(&guarded, decode_cases[i].octets, decode_cases[i].size);
        int code = record_decode(decode_cases[i].type, bytes_at(copy, decode_cases[i].size), &decoded);
        if (code != decode_cases[i].code)
            fail_msg("%s: %d", decode_cases[i].name, code);
    }
    guarded_free(&guarded);
}

static void test_too_many_items(void **state)
{
    uint8_t octets[1 + 65 * 10] = {1}, *at = octets + 1;

    (void)state;
    for (unsigned i = 0; i < 65; i++, at += 10)
        memcpy(at, "\2\0\7Mabcdef", 10);
    assert_int_equal(record_decode(&record_host, bytes_at(octets, 1 + 64 * 10), &decoded), 0);
    assert_int_equal(decoded.host.ids.count, 64);
    assert_int_equal(record_decode(&record_host, bytes_at(octets, 1 + 65 * 10), &decoded), -EBADMSG);
}

static bool is_inside(struct netboot_bytes value, const uint8_t *data, size_t size)
{
    return value.size == 0 || (value.data >= data && value.size <= size - (size_t)(value.data - data));
}

/* Cut off at every octet, and with every octet changed: never read past the end, never a view to elsewhere. */
static void try_damage(const struct record_type *type, const void *record)
{
    struct guarded guarded = guarded_new();
    size_t size = encode(type, record, buffer);

    for (size_t cut = 0; cut <= size; cut++) {
        const uint8_t *copy = guarded_copy(&guarded, buffer, cut);
        int code = record_decode(type, bytes_at(copy, cut), &decoded);
        assert_true(code == 0 || code == -EBADMSG);
        assert_true(cut < size || code == 0);
    }
    for (size_t at = 0; at < size; at++)
        for (unsigned flip = 1; flip < 256; flip <<= 1) {
            uint8_t *copy = guarded_copy(&guarded, buffer, size);
            copy[at] ^= (uint8_t)flip;
            int code = record_decode(type, bytes_at(copy, size), &decoded);
            assert_true(code == 0 || code == -EBADMSG);
            if (code == 0 && type == &record_host) {
                assert_true(is_inside(decoded.host.name, copy, size));
                for (size_t i = 0; i < decoded.host.ids.count; i++)
                    assert_true(is_inside(decoded.host.ids.items[i], copy, size));
            }
        }
    guarded_free(&guarded);
}

static void test_damage(void **state)
{
    struct netboot_site site = full_site();
    struct netboot_target target = full_target();
    struct netboot_host host = full_host();
    struct netboot_loader loader = {.platform = 7, .file = RAW("ipxe.efi")};

    (void)state;
    try_damage(&record_site, &site);
    try_damage(&record_target, &target);
    try_damage(&record_host, &host);
    try_damage(&record_loader, &loader);
}

/* ---- By the tables: whatever field a record has or will have is cleared and compared */

static union {
    struct netboot_site site;
    struct netboot_loader loader;
    struct netboot_target target;
    struct netboot_host host;
} one, other;

static void set_member(const struct record_field *field, void *record)
{
    void *member = (uint8_t *)record + field->offset;
    struct netboot_list *list = member;

    if (field->kind == RECORD_BYTES)
        *(struct netboot_bytes *)member = RAW("x");
    else if (field->kind == RECORD_LIST)
        list->items[list->count++] = RAW("x");
    else
        *(uint8_t *)member = 1;
}

static void test_tables(void **state)
{
    static const struct record_type *const types[] = {&record_site, &record_loader, &record_target, &record_host};

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++)
        for (size_t j = 0; j < types[i]->count; j++) {
            const struct record_field *field = &types[i]->fields[j];
            memset(&one, 0xff, sizeof(one));
            record_clear(types[i], &one);
            record_clear(types[i], &other);
            assert_true(record_same(types[i], &one, &other));
            set_member(field, &one);
            if (record_same(types[i], &one, &other) != field->incidental)
                fail_msg("type %zu: a different %s", i, field->name);
            record_clear(types[i], &one);
            assert_true(record_same(types[i], &one, &other));
        }
}

static void test_equal(void **state)
{
    struct netboot_host host = full_host(), same = full_host();

    (void)state;
    same.changed++;
    assert_true(record_same(&record_host, &host, &same)); /* when it was set is not what it says */
    same.labels.items[0] = RAW("rack=13");
    assert_false(record_same(&record_host, &host, &same));
    same = full_host();
    same.ids.count--;
    assert_false(record_same(&record_host, &host, &same));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_site),    cmocka_unit_test(test_loader),       cmocka_unit_test(test_target),
        cmocka_unit_test(test_host),    cmocka_unit_test(test_octets),       cmocka_unit_test(test_clears),
        cmocka_unit_test(test_largest), cmocka_unit_test(test_decode_cases), cmocka_unit_test(test_too_many_items),
        cmocka_unit_test(test_damage),  cmocka_unit_test(test_tables),       cmocka_unit_test(test_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
