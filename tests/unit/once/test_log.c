/* SPDX-License-Identifier: MPL-2.0 */
/* The log of boot once: what was written is there, a crash costs what was not, and no older state is ever believed. */
#include "once/log.h"

#include "unit.h"

#include "disk.h"
#include "once/log_format.h"
#include "scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

struct place {
    char path[SCRATCH_SIZE], state[SCRATCH_SIZE + 8], run[SCRATCH_SIZE + 8], file[SCRATCH_SIZE + 16],
        serial[SCRATCH_SIZE + 32];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    memset(&disk, 0, sizeof(disk));
    scratch_make(place->path);
    snprintf(place->state, sizeof(place->state), "%s/state", place->path);
    snprintf(place->run, sizeof(place->run), "%s/run", place->path);
    snprintf(place->file, sizeof(place->file), "%s/once", place->state);
    snprintf(place->serial, sizeof(place->serial), "%s/" RUN_NAME, place->run);
    mkdir(place->run, 0700);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    memset(&disk, 0, sizeof(disk));
    scratch_remove(place->path);
    free(place);
    return 0;
}

/* ---- What is read: a number that goes up, as the record of one host */

static bool read_number(void *user, enum log_kind kind, const struct store_key *key, struct netboot_bytes octets)
{
    uint64_t *number = user;

    if (kind == LOG_FORGET) {
        *number = 0;
        return true;
    }
    if (kind != LOG_HOST || key->size != 7 || octets.size < 8)
        return false;
    *number = be_get64(octets.data);
    return true;
}

static uint64_t open_log(const struct place *place, struct once_log *ret, struct netboot_error *notice)
{
    struct netboot_error error = {0};
    uint64_t number = 0;

    if (log_open(ret, place->state, place->run, read_number, &number, notice, &error) != 0)
        fail_msg("%s", error.text);
    return number;
}

static int write_number(struct once_log *log, uint64_t number, size_t size)
{
    const struct store_key key = {
        .size = 7, .octets = {1, 2, 3, 4, 5, 6, 7}
    };
    struct log_batch batch = {.octets = NULL};
    uint8_t octets[4096];

    memset(octets, 'x', sizeof(octets));
    be_put64(octets, number);
    log_add(&batch, LOG_HOST, &key, (struct netboot_bytes){octets, size});
    int code = log_write(log, &batch);
    log_free(&batch);
    return code;
}

/* What the next start finds. Whether all was given up is in `ret_given_up`. */
static uint64_t start(const struct place *place, bool *ret_given_up)
{
    struct netboot_error notice;
    struct once_log log;
    uint64_t number = open_log(place, &log, &notice);

    log_close(&log);
    *ret_given_up = notice.code != 0;
    return number;
}

static void expect(const struct place *place, uint64_t number)
{
    bool given_up;

    assert_int_equal(start(place, &given_up), number);
    assert_false(given_up);
}

static void expect_given_up(const struct place *place)
{
    char damaged[SCRATCH_SIZE + 32];
    bool given_up;

    assert_int_equal(start(place, &given_up), 0);
    assert_true(given_up);
    disk.change_ns = 0; /* the new one is as new as it says */
    snprintf(damaged, sizeof(damaged), "%s.damaged", place->file);
    assert_int_equal(access(damaged, F_OK), 0);
    expect(place, 0);
}

/* Numbers from 1 to `count`. */
static void write_some(const struct place *place, uint64_t count)
{
    struct netboot_error notice;
    struct once_log log;

    open_log(place, &log, &notice);
    for (uint64_t i = 1; i <= count; i++)
        assert_int_equal(write_number(&log, i, 600), 0);
    log_close(&log);
}

/* ---- Octets of files */

struct octets {
    uint8_t data[65536];
    size_t size;
};

static void read_file(const char *path, struct octets *ret)
{
    int file = open(path, O_RDONLY);

    assert_true(file >= 0);
    ssize_t size = read(file, ret->data, sizeof(ret->data));
    assert_true(size >= 0);
    ret->size = (size_t)size;
    close(file);
}

/* In place. */
static void write_file(const char *path, const uint8_t *data, size_t size)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(file >= 0);
    assert_int_equal(write(file, data, size), size);
    close(file);
}

/* ---- Tests */

static void test_what_was_written_is_there(void **state)
{
    const struct place *place = *state;
    struct stat status;

    expect(place, 0);
    write_some(place, 3);
    for (unsigned i = 0; i < 20; i++)
        expect(place, 3);
    assert_int_equal(stat(place->state, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat(place->file, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    unlink(place->serial); /* the machine starts anew */
    expect(place, 3);
    scratch_remove(place->run); /* or has no such place at all */
    expect(place, 3);
}

/* After a crash: the serial in the run directory is that of the batch before. */
static void test_a_torn_tail_is_cut(void **state)
{
    const struct place *place = *state;
    struct octets before, after, serial;

    write_some(place, 2);
    read_file(place->file, &before);
    read_file(place->serial, &serial);
    struct netboot_error notice;
    struct once_log log;
    assert_int_equal(open_log(place, &log, &notice), 2);
    assert_int_equal(write_number(&log, 3, 1500), 0);
    log_close(&log);
    read_file(place->file, &after);
    for (size_t size = before.size; size < after.size; size++) {
        write_file(place->file, after.data, size);
        write_file(place->serial, serial.data, serial.size);
        expect(place, 2);
        /* And what is written then is there as well. */
        if (size % 100 == 0) {
            write_some(place, 5);
            expect(place, 5);
        }
    }
    /* Sectors that were never written. */
    for (size_t sector = before.size / 512; sector <= after.size / 512; sector++) {
        struct octets holed = after;
        for (size_t i = sector * 512; i < (sector + 1) * 512; i++)
            if (i >= before.size && i < after.size)
                holed.data[i] = 0;
        write_file(place->file, holed.data, holed.size);
        write_file(place->serial, serial.data, serial.size);
        expect(place, 2);
    }
    /* But a batch that was on disk is not cut: the run directory knows of it. */
    write_file(place->file, after.data, after.size);
    write_file(place->serial, serial.data, serial.size);
    expect(place, 3);
    write_file(place->file, before.data, before.size);
    expect_given_up(place);
}

/* With and without what the run directory knows. Only the time of the last touch may be wrong: it is not needed. */
static void test_a_wrong_octet_is_never_overlooked(void **state)
{
    const struct place *place = *state;
    struct octets sound;

    disk.inode = 7; /* a file that is made anew may have any */
    write_some(place, 3);
    read_file(place->file, &sound);
    for (unsigned how = 0; how < 3; how++)
        for (size_t i = 0; i < sound.size; i++) {
            uint8_t octet = how == 0 ? (uint8_t)~sound.data[i] : how == 1 ? 0 : sound.data[i] ^ 1;
            bool given_up, needless = i >= HEAD_TOUCHED && i < HEAD_SIZE;
            struct octets damaged = sound;
            if (octet == sound.data[i])
                continue;
            damaged.data[i] = octet;
            write_file(place->file, damaged.data, damaged.size);
            unlink(place->serial);
            uint64_t number = start(place, &given_up);
            if (given_up ? number != 0 : number != 3 || !needless)
                fail_msg("octet %zu: %llu, given up %d", i, (unsigned long long)number, given_up);
        }
}

/* A sector in the middle that reads as zeros is no torn tail. */
static void test_a_lost_sector_is_never_overlooked(void **state)
{
    const struct place *place = *state;
    struct octets sound;

    disk.inode = 7;
    write_some(place, 12);
    read_file(place->file, &sound);
    for (size_t at = 0; at + 512 < sound.size; at += 8) {
        struct octets damaged = sound;
        bool given_up;
        memset(damaged.data + at, 0, 512 - at % 512);
        if (at + 512 - at % 512 > sound.size - 700) /* of the last batch: it may be one that was torn */
            break;
        write_file(place->file, damaged.data, damaged.size);
        unlink(place->serial);
        uint64_t number = start(place, &given_up);
        if (!given_up || number != 0)
            fail_msg("octet %zu: %llu is believed", at, (unsigned long long)number);
    }
}

/* An hour goes by, and then something is written, or cannot be, or is broken off: that is no older file. */
static void test_time_goes_by(void **state)
{
    const struct place *place = *state;
    struct netboot_error notice;
    struct octets torn;
    struct once_log log;

    write_some(place, 1);
    for (unsigned how = 0; how < 4; how++) {
        disk.passed_ns += INT64_C(3600) * 1000000000;
        if (how == 3)
            unlink(place->serial);
        open_log(place, &log, &notice);
        disk.full = how == 1;
        disk.short_by = how == 2 ? 200 : 0;
        assert_int_equal(write_number(&log, 2, 600), how == 0 || how == 3 ? 0 : -ENOSPC);
        disk.full = false;
        disk.short_by = 0;
        log_close(&log);
        expect(place, 2);
    }
    read_file(place->file, &torn);
    write_file(place->file, torn.data, torn.size - 100);
    unlink(place->serial);
    disk.change_ns = INT64_C(3600) * 1000000000;
    expect_given_up(place); /* broken off by a crash, or by whoever cut it: nobody can tell */
}

/* An older file that was put back in place, with a tail like one that a crash broke off; or the end of it cut away. */
static void test_a_tail_is_no_excuse(void **state)
{
    const struct place *place = *state;
    struct octets now;

    for (unsigned how = 0; how < 3; how++) {
        write_some(place, 2);
        read_file(place->file, &now);
        if (how == 0)
            memset(now.data + now.size, 0, 10);
        else if (how == 1)
            memset(now.data + now.size - 100, 0, 100);
        write_file(place->file, now.data, how == 0 ? now.size + 10 : how == 1 ? now.size : now.size - 100);
        unlink(place->serial);
        disk.change_ns = INT64_C(11) * 1000000000;
        expect_given_up(place);
    }
}

static void test_an_unsound_file_ends_nothing(void **state)
{
    static const char *const texts[] = {"", "x", "NBonce\r\n",
                                        "something else altogether, and longer than the head of a log is"};
    const struct place *place = *state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        write_some(place, 1);
        write_file(place->file, (const uint8_t *)texts[i], strlen(texts[i]));
        unlink(place->serial);
        expect_given_up(place);
    }
    struct netboot_error notice, error = {0};
    struct once_log log;
    uint64_t number = 0;
    unlink(place->file);
    assert_int_equal(mkdir(place->file, 0700), 0);
    assert_true(log_open(&log, place->state, place->run, read_number, &number, &notice, &error) < 0);
    assert_true(strlen(error.text) > 0);
}

/* ---- An older file that is put back */

static void make_copy(const struct place *place, const char *command)
{
    char text[4 * SCRATCH_SIZE];

    snprintf(text, sizeof(text), "cd %s && %s", place->state, command);
    assert_int_equal(system(text), 0);
}

static void test_an_older_file_put_back(void **state)
{
    static const struct {
        const char *take, *put;
    } ways[] = {
        {"cp once older",                               "cp older once"                                 },
        {"cp -p once older",                            "cp -p older once"                              },
        {"cp -p once older",                            "mv older once"                                 },
        {"cp -p once older",                            "rm once && cp -p older once"                   },
        {"cp -p once older",                            "dd if=older of=once conv=notrunc status=none && "
                             "truncate -r older once && touch -r older once"},
        {"ln once kept && cp -p once older && rm kept", "cat older > once"                              },
    };
    const struct place *place = *state;

    for (size_t i = 0; i < COUNT(ways); i++)
        for (unsigned anew = 0; anew < 2; anew++) {
            bool given_up;
            start(place, &given_up);
            struct netboot_error notice;
            struct once_log log;
            write_some(place, 1);
            make_copy(place, ways[i].take);
            open_log(place, &log, &notice);
            assert_int_equal(notice.code, 0);
            assert_int_equal(write_number(&log, 2, 600), 0);
            log_close(&log);
            expect(place, 2);
            make_copy(place, ways[i].put);
            if (anew) { /* hours later */
                unlink(place->serial);
                disk.change_ns = INT64_C(3600) * 1000000000;
            }
            uint64_t number = start(place, &given_up);
            if (!given_up || number != 0)
                fail_msg("%s; machine started anew: %u: %llu is believed", ways[i].put, anew,
                         (unsigned long long)number);
            disk.change_ns = 0;
            expect(place, 0);
        }
}

static void test_a_copy_has_another_inode(void **state)
{
    const struct place *place = *state;

    write_some(place, 2);
    make_copy(place, "cp once copy && mv copy once");
    unlink(place->serial);
    expect_given_up(place);
}

static void test_a_time_before_the_last_batch(void **state)
{
    const struct place *place = *state;
    struct timespec times[2];

    write_some(place, 2);
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= 60;
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, place->file, times, 0), 0);
    unlink(place->serial);
    expect_given_up(place);
}

static void test_one_at_a_time(void **state)
{
    const struct place *place = *state;
    struct netboot_error notice, error = {0};
    struct once_log log, other;
    uint64_t number;

    open_log(place, &log, &notice);
    assert_int_equal(log_open(&other, place->state, place->run, read_number, &number, &notice, &error), -EBUSY);
    assert_non_null(strstr(error.text, "another netbootd"));
    log_close(&log);
    expect(place, 0);
}

/* ---- Failures */

static void test_what_failed_was_never_written(void **state)
{
    const struct place *place = *state;
    struct netboot_error notice;
    struct once_log log;

    open_log(place, &log, &notice);
    assert_int_equal(write_number(&log, 1, 600), 0);
    disk.full = true;
    assert_int_equal(write_number(&log, 2, 600), -ENOSPC);
    disk.full = false;
    for (size_t by = 1; by < 600; by += 37) {
        disk.short_by = by;
        assert_true(write_number(&log, 2, 600) < 0);
        disk.short_by = 0;
        if (by % 2 == 0)
            assert_int_equal(write_number(&log, 1, 40), 0);
    }
    assert_int_equal(write_number(&log, 1, 40), 0);
    disk.syncs_fail = true;
    assert_int_equal(write_number(&log, 2, 600), -EIO);
    disk.syncs_fail = false;
    log_close(&log);
    expect(place, 1);
    write_some(place, 3);
    expect(place, 3);
}

static void test_a_new_file(void **state)
{
    const struct place *place = *state;
    const struct store_key key = {.size = 7};
    struct netboot_error notice;
    struct once_log log;
    struct stat before, after;

    write_some(place, 50);
    assert_int_equal(stat(place->file, &before), 0);
    assert_int_equal(open_log(place, &log, &notice), 50);
    for (unsigned i = 0; i < 3; i++) {
        struct log_batch batch = {.octets = NULL};
        uint8_t octets[8] = {[7] = 51};
        log_add(&batch, LOG_HOST, &key, (struct netboot_bytes){octets, sizeof(octets)});
        disk.full = i == 0; /* then the old one stays */
        assert_int_equal(log_rewrite(&log, &batch), disk.full ? -ENOSPC : 0);
        disk.full = false;
        log_free(&batch);
    }
    assert_int_equal(write_number(&log, 52, 100), 0);
    log_close(&log);
    expect(place, 52);
    unlink(place->serial);
    expect(place, 52);
    assert_int_equal(stat(place->file, &after), 0);
    assert_true(after.st_size < before.st_size / 10);
}

/* ---- kill -9 */

struct shared {
    atomic_uint_fast64_t told, begun; /* the last number that is on disk; that is being written */
};

static void write_until_killed(const struct place *place, struct shared *shared)
{
    struct netboot_error notice;
    struct once_log log;
    const struct store_key key = {.size = 7};
    uint64_t number = open_log(place, &log, &notice);

    for (;;) {
        atomic_store(&shared->begun, ++number);
        if (number % 7 == 0) {
            struct log_batch batch = {.octets = NULL};
            uint8_t octets[8];
            be_put64(octets, number);
            log_add(&batch, LOG_HOST, &key, (struct netboot_bytes){octets, sizeof(octets)});
            if (log_rewrite(&log, &batch) != 0)
                _exit(1);
            log_free(&batch);
        } else if (write_number(&log, number, 8 + number * 97 % 4000) != 0) {
            _exit(1);
        }
        atomic_store(&shared->told, number);
    }
}

static void test_killed_at_any_point(void **state)
{
    enum { ROUNDS = 300 };
    const struct place *place = *state;
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool given_up;

    assert_true(shared != MAP_FAILED);
    srandom(1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t until = atomic_load(&shared->begun) + 1 + (uint64_t)random() % 5;
        volatile unsigned turns = (unsigned)random() % 100000;
        pid_t child = fork();
        if (child == 0)
            write_until_killed(place, shared);
        while (atomic_load(&shared->begun) < until && waitpid(child, NULL, WNOHANG) == 0)
            ;
        while (turns > 0)
            turns--;
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        uint64_t number = start(place, &given_up);
        if (given_up || number < atomic_load(&shared->told) || number > atomic_load(&shared->begun))
            fail_msg("round %u: %llu, told %llu, given up %d", i, (unsigned long long)number,
                     (unsigned long long)atomic_load(&shared->told), given_up);
        atomic_store(&shared->begun, number);
        atomic_store(&shared->told, number);
    }
    munmap(shared, sizeof(*shared));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_written_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_torn_tail_is_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_wrong_octet_is_never_overlooked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_lost_sector_is_never_overlooked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time_goes_by, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_tail_is_no_excuse, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_unsound_file_ends_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_older_file_put_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_copy_has_another_inode, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_time_before_the_last_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_failed_was_never_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_new_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed_at_any_point, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
