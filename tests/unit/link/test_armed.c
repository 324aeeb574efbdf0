/* SPDX-License-Identifier: MPL-2.0 */
/* The set of armed hosts: what the writer puts is found, nothing else is, and no memory of a stranger is mapped. */
#include "link/armed.h"

#include "unit.h"

#include "store/key.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct pair {
    struct armed_set writer, reader;
};

static int set_up(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    struct netboot_error error = {0};

    assert_int_equal(armed_create(&pair->writer, &error), 0);
    assert_int_equal(armed_open(pair->writer.fd, &pair->reader, &error), 0);
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;

    armed_close(&pair->reader);
    armed_close(&pair->writer);
    free(pair);
    return 0;
}

static struct armed_entry entry_of(uint8_t token, const char *target)
{
    struct armed_entry entry;

    memset(entry.token, token, sizeof(entry.token));
    snprintf(entry.target, sizeof(entry.target), "%s", target);
    return entry;
}

static void put(struct pair *pair, uint64_t host, uint8_t token, const char *target)
{
    struct armed_entry entry = entry_of(token, target);

    assert_int_equal(armed_put(&pair->writer, host, &entry), 0);
}

static void assert_armed(struct pair *pair, uint64_t host, uint8_t token, const char *target)
{
    struct armed_entry found = {.target = "untouched"}, wanted = entry_of(token, target ? target : "");
    bool armed = armed_find(&pair->reader, host, &found);

    assert_int_equal(armed, target != NULL);
    if (!target) {
        assert_string_equal(found.target, "untouched");
        return;
    }
    assert_string_equal(found.target, wanted.target);
    assert_memory_equal(found.token, wanted.token, sizeof(wanted.token));
}

static void test_put_and_remove(void **state)
{
    struct pair *pair = *state;
    char longest[NETBOOT_NAME_MAX + 1];

    memset(longest, 'x', NETBOOT_NAME_MAX);
    longest[NETBOOT_NAME_MAX] = '\0';
    assert_armed(pair, 100, 0, NULL);
    put(pair, 100, 1, "install");
    put(pair, 101, 2, longest);
    assert_armed(pair, 100, 1, "install");
    assert_armed(pair, 101, 2, longest);
    assert_armed(pair, 102, 0, NULL);
    put(pair, 100, 3, "rescue"); /* armed anew */
    assert_armed(pair, 100, 3, "rescue");
    assert_int_equal(pair->writer.count, 2);
    assert_true(armed_remove(&pair->writer, 100));
    assert_false(armed_remove(&pair->writer, 100));
    assert_armed(pair, 100, 0, NULL);
    assert_armed(pair, 101, 2, longest);
    assert_int_equal(pair->writer.count, 1);
}

/* Hosts that meet in one place, also around the end of the slots, in every order of going. */
static void test_one_place(void **state)
{
    struct pair *pair = *state;
    static const uint64_t last = ARMED_SLOTS - 1;

    for (unsigned order = 0; order < 6; order++) {
        static const uint8_t orders[6][3] = {
            {0, 1, 2},
            {0, 2, 1},
            {1, 0, 2},
            {1, 2, 0},
            {2, 0, 1},
            {2, 1, 0}
        };
        bool gone[3] = {false};
        for (unsigned i = 0; i < 3; i++)
            put(pair, last + (i + 1) * (uint64_t)ARMED_SLOTS, (uint8_t)(i + 1), "t");
        for (unsigned step = 0; step < 3; step++) {
            unsigned goes = orders[order][step];
            assert_true(armed_remove(&pair->writer, last + (goes + 1) * (uint64_t)ARMED_SLOTS));
            gone[goes] = true;
            for (unsigned i = 0; i < 3; i++)
                assert_armed(pair, last + (i + 1) * (uint64_t)ARMED_SLOTS, (uint8_t)(i + 1), gone[i] ? NULL : "t");
        }
        assert_int_equal(pair->writer.count, 0);
    }
}

/* It fills up to three quarters, is refused then, and after as many came and went there are still ends of searches. */
static void test_full(void **state)
{
    struct pair *pair = *state;
    struct armed_entry entry = entry_of(9, "t");
    struct store_key key = {
        .size = 7, .octets = {NETBOOT_ID_MAC, 0x52, 0x54}
    };
    uint64_t hosts[ARMED_MOST / 1000];

    for (uint32_t i = 0; i < 3 * ARMED_MOST; i++) {
        memcpy(key.octets + 3, &i, sizeof(i));
        uint64_t host = armed_hash(&key);
        if (i % 1000 == 0 && i < ARMED_MOST)
            hosts[i / 1000 % (ARMED_MOST / 1000)] = host;
        if (i >= ARMED_MOST) {
            assert_int_equal(armed_put(&pair->writer, host, &entry), -ENOSPC);
            uint32_t earlier = i - ARMED_MOST;
            memcpy(key.octets + 3, &earlier, sizeof(earlier));
            assert_true(armed_remove(&pair->writer, armed_hash(&key)));
        }
        assert_int_equal(armed_put(&pair->writer, host, &entry), 0);
        if (i % 4096 == 0)
            assert_armed(pair, host, 9, "t");
    }
    assert_int_equal(pair->writer.count, ARMED_MOST);
    for (unsigned i = 0; i < ARMED_MOST / 1000; i++)
        assert_armed(pair, hosts[i], 0, NULL);
}

static void test_bad_targets(void **state)
{
    struct pair *pair = *state;
    struct armed_entry entry = entry_of(1, "");

    assert_int_equal(armed_put(&pair->writer, 5, &entry), -EINVAL);
    entry = entry_of(1, "a b");
    assert_int_equal(armed_put(&pair->writer, 5, &entry), -EINVAL);
    assert_int_equal(pair->writer.count, 0);
    assert_armed(pair, 5, 0, NULL);
}

/* ---- What a server does not take */

static void test_refused(void **state)
{
    struct pair *pair = *state;
    struct netboot_error error;
    struct armed_set set;
    off_t size = lseek(pair->writer.fd, 0, SEEK_END);
    int unsealed = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING), file = open("/dev/null", O_RDWR);
    int small = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_int_equal(ftruncate(unsealed, size), 0);
    assert_int_equal(armed_open(unsealed, &set, &error), -EPERM);
    assert_int_equal(armed_open(file, &set, &error), -EPERM);
    assert_int_equal(armed_open(-1, &set, &error), -EPERM);
    assert_int_equal(ftruncate(small, size - 4096), 0);
    assert_int_equal(fcntl(small, F_ADD_SEALS, fcntl(pair->writer.fd, F_GET_SEALS)), 0);
    assert_int_equal(armed_open(small, &set, &error), -EBADMSG);
    /* one of the right size that says nothing of itself */
    assert_int_equal(fcntl(unsealed, F_ADD_SEALS, fcntl(pair->writer.fd, F_GET_SEALS)), 0);
    assert_int_equal(armed_open(unsealed, &set, &error), -EBADMSG);
    close(small);
    close(unsealed);
    close(file);
}

/* Nobody but its writer writes it, not even with the writer's own descriptor, and it stays as long as it is. */
static void test_sealed(void **state)
{
    struct pair *pair = *state;
    uint8_t octet = 1;

    assert_int_equal(pwrite(pair->writer.fd, &octet, 1, 4096), -1);
    assert_int_equal(ftruncate(pair->writer.fd, 4096), -1);
    assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, pair->writer.fd, 0), MAP_FAILED);
    put(pair, 77, 7, "still");
    assert_armed(pair, 77, 7, "still");
}

/* A slot that was left half written, and octets that are nobody's: nothing is armed there. */
static void test_spoilt(void **state)
{
    struct pair *pair = *state;
    uint8_t *slot = (uint8_t *)pair->writer.slots + 300 * (size_t)192;

    put(pair, 300, 1, "install");
    slot[0] ^= 1; /* its sequence number is odd */
    assert_armed(pair, 300, 1, NULL);
    slot[0] ^= 1;
    assert_armed(pair, 300, 1, "install");
    for (unsigned at = 16; at < 168; at++) { /* token, target and check */
        slot[at] ^= 0x40;
        assert_armed(pair, 300, 1, NULL);
        slot[at] ^= 0x40;
    }
    assert_armed(pair, 300, 1, "install");
    for (size_t i = 0; i < 65536; i++) /* no end to any search */
        memset((uint8_t *)pair->writer.slots + i * 192 + 8, 0x55, 8);
    assert_armed(pair, 400, 1, NULL);
}

/* ---- While it is read */

struct crowd {
    struct pair *pair;
    atomic_bool ended;
    atomic_uint found, missed, wrong;
};

static void *read_on(void *data)
{
    struct crowd *crowd = data;
    struct armed_entry found;

    while (!atomic_load(&crowd->ended)) {
        if (!armed_find(&crowd->pair->reader, 1000, &found)) {
            atomic_fetch_add(&crowd->missed, 1);
            continue;
        }
        bool whole = true;
        for (size_t i = 1; i < sizeof(found.token); i++)
            whole &= found.token[i] == found.token[0];
        whole &= found.target[0] == 'a' + found.token[0] % 26 && strlen(found.target) == 1u + found.token[0] % 100;
        atomic_fetch_add(whole ? &crowd->found : &crowd->wrong, 1);
    }
    return NULL;
}

static void test_while_it_is_read(void **state)
{
    enum { THREADS = 3, ROUNDS = 20000 };
    struct crowd crowd = {.pair = *state};
    pthread_t threads[THREADS];
    char target[NETBOOT_NAME_MAX + 1];

    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &crowd), 0);
    for (unsigned round = 0; round < ROUNDS || atomic_load(&crowd.found) < 100; round++) {
        memset(target, 'a' + (uint8_t)round % 26, sizeof(target));
        target[1 + (uint8_t)round % 100] = '\0';
        put(crowd.pair, 1000, (uint8_t)round, target);
        if (round % 7 == 0)
            armed_remove(&crowd.pair->writer, 1000);
    }
    atomic_store(&crowd.ended, true);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd.wrong), 0);
    assert_true(atomic_load(&crowd.found) >= 100);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_put_and_remove), TEST(test_one_place), TEST(test_full),   TEST(test_bad_targets),
        TEST(test_refused),        TEST(test_sealed),    TEST(test_spoilt), TEST(test_while_it_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
