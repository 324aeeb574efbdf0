/* SPDX-License-Identifier: MPL-2.0 */
/* The set of joined identifiers; what it shares with the set of armed hosts is tested there. */
#include "link/joins.h"

#include "unit.h"

#include "link/armed.h"
#include "store/key.h"

#include <errno.h>

static struct store_key key_of(uint32_t number)
{
    struct store_key key = {.size = 17, .octets = {NETBOOT_ID_UUID}};

    memcpy(key.octets + 1, &number, sizeof(number));
    return key;
}

static void test_put_find_remove(void **state)
{
    (void)state;
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 1}, other[] = {2, 0, 0, 0, 0, 2};
    struct store_key one = key_of(1), two = key_of(2);
    struct netboot_error error = {0};
    struct joins writer, reader;
    uint8_t found[NETBOOT_MAC_SIZE];

    assert_int_equal(joins_create(&writer, &error), 0);
    assert_int_equal(joins_open(writer.fd, &reader, &error), 0);
    assert_false(joins_find(&reader, &one, found));
    assert_int_equal(joins_put(&writer, &one, mac), 0);
    assert_true(joins_find(&reader, &one, found));
    assert_memory_equal(found, mac, sizeof(mac));
    assert_false(joins_find(&reader, &two, found));
    assert_int_equal(joins_put(&writer, &one, other), 0);
    assert_true(joins_find(&reader, &one, found));
    assert_memory_equal(found, other, sizeof(other));
    assert_int_equal(writer.count, 1);
    assert_true(joins_remove(&writer, &one));
    assert_false(joins_remove(&writer, &one));
    assert_false(joins_find(&reader, &one, found));
    joins_close(&reader);
    assert_false(joins_find(&reader, &one, found));
    joins_close(&writer);
}

static void test_full_and_foreign(void **state)
{
    (void)state;
    static const uint8_t mac[NETBOOT_MAC_SIZE] = {2};
    struct netboot_error error = {0};
    struct armed_set armed;
    struct joins writer;
    struct store_key key;

    assert_int_equal(joins_create(&writer, &error), 0);
    assert_int_equal(armed_open(writer.fd, &armed, &error), -EBADMSG);
    for (uint32_t i = 0; i < JOINS_SLOTS / 4 * 3; i++) {
        key = key_of(i);
        assert_int_equal(joins_put(&writer, &key, mac), 0);
    }
    key = key_of(JOINS_SLOTS);
    assert_int_equal(joins_put(&writer, &key, mac), -ENOSPC);
    joins_close(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_find_remove),
        cmocka_unit_test(test_full_and_foreign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
