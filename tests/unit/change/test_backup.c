/* SPDX-License-Identifier: MPL-2.0 */
/* Backups: what is written can be read and nothing else, and what is restored is what was backed up. */
#include "store_unit.h"

#include "change/backup.h"
#include "change/change.h"

/* ---- A backup in memory */

struct memory_file {
    uint8_t octets[8192];
    size_t size, at;
    size_t piece; /* read at most that many octets at once; 0: all */
    int fails;    /* after what there is */
};

static int write_to(const void *data, size_t size, void *user)
{
    struct memory_file *file = user;

    if (size > sizeof(file->octets) - file->size)
        return -ENOSPC;
    memcpy(file->octets + file->size, data, size);
    file->size += size;
    return 0;
}

static ssize_t read_from(void *data, size_t size, void *user)
{
    struct memory_file *file = user;
    size_t count = file->size - file->at;

    count = count < size ? count : size;
    count = file->piece > 0 && file->piece < count ? file->piece : count;
    memcpy(data, file->octets + file->at, count);
    file->at += count;
    return count == 0 && file->fails ? file->fails : (long)count;
}

static struct netboot_backup back_up(struct fixture *fixture, struct memory_file *ret)
{
    struct netboot_view *opened = view(fixture);
    struct netboot_backup backup;

    *ret = (struct memory_file){.size = 0};
    OK(netboot_view_backup(opened, write_to, ret, &backup, &error));
    netboot_view_close(opened);
    return backup;
}

static int check(struct memory_file *file, struct netboot_error *error)
{
    struct netboot_backup backup;

    file->at = 0;
    return netboot_backup_check(read_from, file, &backup, error);
}

static struct netboot_backup restore(struct fixture *fixture, struct memory_file *file)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_backup backup;

    file->at = 0;
    OK(netboot_change_restore(change, read_from, file, &backup, &error));
    commit(change);
    return backup;
}

/* Brings the checksum up to date with what was changed before it. */
static void sign(struct memory_file *file)
{
    struct checksum checksum;

    checksum_begin(&checksum);
    checksum_add(&checksum, file->octets, file->size - 8);
    uint64_t sum = checksum_end(&checksum);
    for (unsigned i = 0; i < 8; i++)
        file->octets[file->size - 8 + i] = (uint8_t)(sum >> 8 * (7 - i));
}

static void fill(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_target target = {.name = bytes_of("rescue"), .script = bytes_of("rescue.ipxe")};
    struct netboot_host *host = HOST("a", "52:54:00:00:00:01", "11223344-5566-7788-99aa-bbccddeeff00");

    host->target = bytes_of("rescue");
    OK(typed_put_host(change, host, &error));
    OK(typed_put_host(change, HOST(NULL, "00:03:00:01:52:54:00:00:00:02"), &error));
    OK(typed_put_target(change, &target, &error));
    OK(typed_put_loader(change, &(struct netboot_loader){7, bytes_of("ipxe.efi")}, &error));
    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24"), &error));
    commit(change);
}

/* ---- Cases */

/* "123456789" is what everyone checks a CRC with. */
static void test_checksum(void **state)
{
    struct checksum checksum;

    (void)state;
    checksum_begin(&checksum);
    checksum_add(&checksum, "123456789", 9);
    assert_true(checksum_end(&checksum) == UINT64_C(0x995dc9bbdf1939fa));
}

static void test_round_trip(void **state)
{
    struct fixture *fixture = *state;
    struct memory_file first, second;

    fill(fixture);
    struct netboot_backup backup = back_up(fixture, &first), read;
    assert_int_equal(backup.generation, 2);
    assert_int_equal(backup.records[NETBOOT_RECORD_HOST], 2);
    assert_int_equal(backup.records[NETBOOT_RECORD_SITE], 2);
    assert_int_equal(backup.records[NETBOOT_RECORD_TARGET], 1);
    assert_int_equal(backup.records[NETBOOT_RECORD_LOADER], 1);
    assert_int_equal(backup.damaged, 0);
    for (first.piece = 0; first.piece < 3; first.piece++)
        OK(check(&first, &error));
    put_host(fixture, HOST("changed", "52:54:00:00:00:01"));
    put_host(fixture, HOST("new", "52:54:00:00:00:09"));
    read = restore(fixture, &first);
    assert_memory_equal(&read, &backup, sizeof(read));
    assert_int_equal(status_of(fixture).generation, 5);
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], 2);
    assert_host(fixture, "52:54:00:00:00:01", "a");
    assert_host(fixture, "11223344-5566-7788-99aa-bbccddeeff00", "a");
    assert_host(fixture, "52:54:00:00:00:09", NULL);
    struct netboot_view *opened = view(fixture);
    assert_site_in(opened, "192.0.2.1", "lab");
    netboot_view_close(opened);
    back_up(fixture, &second);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.octets + BACKUP_HEADER_SIZE, second.octets + BACKUP_HEADER_SIZE,
                        first.size - BACKUP_HEADER_SIZE - 8); /* times of change too */
}

/* Into a store of its own, as after the loss of a machine. */
static void test_into_fresh_store(void **state)
{
    struct fixture *fixture = *state;
    struct memory_file file;

    fill(fixture);
    back_up(fixture, &file);
    assert_int_equal(teardown(state), 0);
    assert_int_equal(setup(state), 0);
    fixture = *state;
    restore(fixture, &file);
    assert_host(fixture, "a", "a");
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_TARGET], 1);
}

/* A field of a later version comes through. */
static void test_unknown_field(void **state)
{
    static const char record[] = "\1\1\0\1a\2\0\7MRT\0\0\0\1\3\0\1b\7\0\10\0\0\0\0e\0\0\0\310\0\2hi";
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);
    struct memory_file first, second;

    OK(change_restore_host(change, RAW(record), &error));
    commit(change);
    back_up(fixture, &first);
    restore(fixture, &first);
    back_up(fixture, &second);
    assert_int_equal(first.size, second.size);
    assert_non_null(memmem(second.octets, second.size, record, sizeof(record) - 1));
}

static void test_restored_can_be_reverted(void **state)
{
    struct fixture *fixture = *state;
    struct memory_file file;

    fill(fixture);
    back_up(fixture, &file);
    put_host(fixture, HOST("changed", "52:54:00:00:00:01"));
    restore(fixture, &file);
    struct netboot_change *change = begin(fixture);
    OK(netboot_change_revert(change, 3, NULL, NULL, &error));
    commit(change);
    assert_host(fixture, "52:54:00:00:00:01", "changed");
}

/* ---- What is refused */

static void test_cut_short(void **state)
{
    struct fixture *fixture = *state;
    struct memory_file file;

    fill(fixture);
    back_up(fixture, &file);
    for (size_t whole = file.size; file.size-- > 0;) {
        const char *reason = file.size < BACKUP_MAGIC_SIZE ? "not a netboot backup" : "cut short";
        FAILS(-EBADMSG, reason, check(&file, &error));
        assert_true(file.size < whole);
    }
}

static void test_any_octet_changed(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_backup backup;
    struct memory_file file;

    fill(fixture);
    back_up(fixture, &file);
    for (size_t i = 0; i < file.size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            file.octets[i] ^= (uint8_t)(1 << bit);
            file.at = 0;
            int code = netboot_backup_check(read_from, &file, &backup, NULL);
            if (code != -EBADMSG && code != -ENOTSUP)
                fail_msg("octet %zu, bit %u: %d", i, bit, code);
            file.octets[i] ^= (uint8_t)(1 << bit);
        }
    OK(check(&file, &error));
}

static void test_refused(void **state)
{
    struct fixture *fixture = *state;
    struct memory_file file;

    fill(fixture);
    back_up(fixture, &file);
    file.octets[file.size++] = 0;
    FAILS(-EBADMSG, "damaged", check(&file, &error));
    file.size--;
    file.octets[BACKUP_MAGIC_SIZE + 3] = BACKUP_FORMAT + 1;
    sign(&file);
    FAILS(-ENOTSUP, "upgrade netboot", check(&file, &error));
    file.octets[BACKUP_MAGIC_SIZE + 3] = 0;
    sign(&file);
    FAILS(-EBADMSG, "damaged", check(&file, &error));
    file.octets[BACKUP_MAGIC_SIZE + 3] = BACKUP_FORMAT;
    sign(&file);
    OK(check(&file, &error));
    file.octets[BACKUP_HEADER_SIZE] = 'x';
    sign(&file);
    FAILS(-EBADMSG, "damaged", check(&file, &error));
    back_up(fixture, &file);
    file.octets[file.size - 9]++;
    sign(&file);
    FAILS(-EBADMSG, "damaged", check(&file, &error));
    back_up(fixture, &file);
    file.fails = -EIO;
    file.size--;
    FAILS(-EIO, "cannot read the backup", check(&file, &error));
}

/* A change that fails so far leaves the store as it is. */
static void test_failed_restore(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_backup backup;
    struct memory_file file;

    fill(fixture);
    back_up(fixture, &file);
    file.size -= 9;
    struct netboot_change *change = begin(fixture);
    FAILS(-EBADMSG, "cut short", netboot_change_restore(change, read_from, &file, &backup, &error));
    netboot_change_abort(change);
    assert_host(fixture, "a", "a");
    assert_int_equal(status_of(fixture).generation, 2);
}

/* Two hosts with one address: no store has that. */
static void test_contradictory(void **state)
{
    static const char twice[] = "h\0\0\0\13\1\2\0\7MRT\0\0\0\1";
    struct fixture *fixture = *state;
    struct netboot_backup backup;
    struct memory_file file;

    back_up(fixture, &file);
    size_t end = file.size - 17;
    memcpy(file.octets + end + 2 * (sizeof(twice) - 1), file.octets + end, 17);
    for (unsigned i = 0; i < 2; i++)
        memcpy(file.octets + end + i * (sizeof(twice) - 1), twice, sizeof(twice) - 1);
    file.size += 2 * (sizeof(twice) - 1);
    file.octets[file.size - 9] = 3;
    sign(&file);
    OK(check(&file, &error));
    file.at = 0;
    struct netboot_change *change = begin(fixture);
    FAILS(-EBADMSG, "two hosts have the identifier or name 52:54:00:00:00:01",
          netboot_change_restore(change, read_from, &file, &backup, &error));
    netboot_change_abort(change);
}

static void test_write_fails(void **state)
{
    struct fixture *fixture = *state;
    struct memory_file file = {.size = sizeof(file.octets) - 40};
    struct netboot_view *opened = view(fixture);
    struct netboot_backup backup;

    FAILS(-ENOSPC, "No space left", netboot_view_backup(opened, write_to, &file, &backup, &error));
    netboot_view_close(opened);
}

/* ---- Boot once */

static void test_disarms(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id id = id_of("52:54:00:00:00:01");
    struct netboot_once once;
    struct memory_file file;

    fixture->netbootd = netbootd_start(fixture->directory);
    fill(fixture);
    OK(netboot_once_arm(
        fixture->store, &id, 1,
        &(struct netboot_once_request){.size = sizeof(struct netboot_once_request), .target = "rescue", .window = -1},
        1000, &error));
    back_up(fixture, &file);
    restore(fixture, &file);
    for (unsigned i = 0; i < 2; i++) {
        struct netboot_view *opened = view(fixture);
        int code = netboot_view_once(opened, &id, &once, NULL);
        netboot_view_close(opened);
        assert_int_equal(code, -ENOENT);
        if (i == 0) { /* and going back behind that does not arm either */
            struct netboot_change *change = begin(fixture);
            OK(netboot_change_revert(change, 2, NULL, NULL, &error));
            commit(change);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_checksum),      TEST(test_round_trip),    TEST(test_into_fresh_store),
        TEST(test_unknown_field), TEST(test_cut_short),     TEST(test_restored_can_be_reverted),
        TEST(test_refused),       TEST(test_disarms),       TEST(test_any_octet_changed),
        TEST(test_write_fails),   TEST(test_contradictory), TEST(test_failed_restore),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
