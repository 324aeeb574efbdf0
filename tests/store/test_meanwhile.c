/* SPDX-License-Identifier: MPL-2.0 */
/* What is done to a data file while a server has it mapped, though nobody should: it is cut, or copied over. */
#include "store_test.h"

#include "store/view.h"

struct copy {
    uint8_t octets[1 << 20];
    size_t size;
};

static void take_copy(const char *path, struct copy *ret)
{
    int fd = open(path, O_RDONLY);

    assert_true(fd >= 0);
    ssize_t size = read(fd, ret->octets, sizeof(ret->octets));
    assert_true(size > 0 && size < (ssize_t)sizeof(ret->octets));
    ret->size = (size_t)size;
    close(fd);
}

/* As cp does. */
static void copy_over(const char *path, const struct copy *copy)
{
    int fd = open(path, O_WRONLY | O_TRUNC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, copy->octets, copy->size), copy->size);
    close(fd);
}

static struct netboot_store *open_server(struct fixture *fixture)
{
    return open_with(fixture, (struct netboot_store_options){.follow = true, .readers = 4});
}

/* It is given up before anyone has to read behind its end, and taken up again. */
static void test_cut(void **state)
{
    static const size_t sizes[] = {0, 5000, 12288};
    static struct copy whole;
    struct fixture *fixture = *state;
    const char *data = path_in(fixture, "targets/data.mdb");
    struct netboot_error told;

    fill(fixture);
    take_copy(data, &whole);
    struct netboot_store *store = open_server(fixture);
    assert_int_equal(netboot_store_event(store, &told), NETBOOT_EVENT_USABLE);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        assert_int_equal(truncate(data, (off_t)sizes[i]), 0);
        EVENTUALLY(netboot_store_event(store, &told) == NETBOOT_EVENT_UNUSABLE);
        assert_int_equal(told.code, -EBADMSG);
        assert_false(is_served(store, 1, NULL));
        copy_over(data, &whole);
        EVENTUALLY(netboot_store_event(store, &told) == NETBOOT_EVENT_USABLE);
        assert_true(is_served(store, 1, "round3-1"));
    }
}

/* A copy of before, of the same size or not: LMDB's lock file does not know of it. */
static void try_copied_over(unsigned rounds)
{
    static struct copy before;
    struct fixture *fixture;
    struct netboot_store *store;

    setup((void **)&fixture);
    const char *data = path_in(fixture, "targets/data.mdb");
    fill(fixture);
    take_copy(data, &before);
    store = open_with(fixture, (struct netboot_store_options){0});
    for (unsigned round = 4; round < 4 + rounds; round++)
        OK(put_round(store, round, &error));
    close_store(fixture);
    store = open_server(fixture);
    assert_true(is_served(store, 1, NULL));
    size_t epoch = store->place.epoch;
    copy_over(data, &before);
    EVENTUALLY(*(volatile size_t *)&store->place.epoch != epoch);
    EVENTUALLY(is_served(store, 1, "round3-1"));
    OK(put_round(store, 60, &error));
    assert_true(is_served(store, 1, "round60-1"));
    teardown((void **)&fixture);
}

static void test_copied_over(void **state)
{
    (void)state;
    try_copied_over(2);
    try_copied_over(3);
    try_copied_over(50);
}

/* Nothing is written to a file that is not the one that was opened. */
static void test_copied_over_under_writer(void **state)
{
    static struct copy before;
    struct fixture *fixture = *state;
    const char *data = path_in(fixture, "targets/data.mdb");

    fill(fixture);
    take_copy(data, &before);
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){0});
    for (unsigned round = 4; round < 30; round++)
        OK(put_round(store, round, &error));
    copy_over(data, &before);
    OK(put_round(store, 60, &error));
    close_store(fixture);
    store = open_with(fixture, (struct netboot_store_options){0});
    assert_true(is_served(store, 1, "round60-1"));
    assert_true(status_of(store).generation == 5); /* three rounds, and one behind them */
}

static void test_other_header(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_error told;
    char zeros[4096] = {0};

    fill(fixture);
    struct netboot_store *store = open_server(fixture);
    assert_int_equal(netboot_store_event(store, &told), NETBOOT_EVENT_USABLE);
    int fd = open(path_in(fixture, "targets/data.mdb"), O_WRONLY);
    assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 0), sizeof(zeros));
    close(fd);
    EVENTUALLY(netboot_store_event(store, &told) == NETBOOT_EVENT_UNUSABLE);
    assert_int_equal(told.code, -EBADMSG);
    assert_false(is_served(store, 1, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
        cmocka_unit_test(test_copied_over),
        cmocka_unit_test_setup_teardown(test_copied_over_under_writer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_header, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
