/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A targets store whose pages are damaged: it is refused, or everything in it can be read, changed and given up. The
 * input is a list of damages, six octets each: a kind, a page, a place in it and a value, each of the latter two
 * little-endian; then, if there is one octet more, how many pages are cut off the end of the file.
 */
#include "check.h"
#include "scratch.h"

#include "typed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
#define HEADERS 2 /* pages */
#define HOSTS 60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[SCRATCH_SIZE], path[SCRATCH_SIZE + 32];
static uint8_t sound[64 * PAGE], work[64 * PAGE];
static size_t pages;

/* ---- A store with all kinds of pages: branches, leaves, large values, and some that are free */

static struct netboot_bytes text(const char *text)
{
    return (struct netboot_bytes){(const uint8_t *)text, strlen(text)};
}

static int put_large(struct netboot_change *change)
{
    struct netboot_target target = {.name = text("large"), .kernel = text("linux")};
    static char name[1000];

    memset(name, 'i', sizeof(name) - 1);
    for (; target.initrds.count < 6; target.initrds.count++)
        target.initrds.items[target.initrds.count] = text(name);
    return typed_put_target(change, &target, NULL);
}

static int put_host(struct netboot_change *change, unsigned number)
{
    uint8_t id[7] = {NETBOOT_ID_MAC, 0x52, 0x54, 0, 0, 0, (uint8_t)number};
    struct netboot_host host = {
        .ids = {.count = 1, .items = {{id, sizeof(id)}}},
          .target = text("large")
    };

    return typed_put_host(change, &host, NULL);
}

static void fill(struct netboot_store *store)
{
    struct netboot_change *change;

    for (unsigned round = 0; round < 4; round++) {
        check(netboot_change_open(store, 1000, &change, NULL) == 0 && put_large(change) == 0, "no change");
        for (unsigned i = 0; i < HOSTS; i++)
            check(put_host(change, i + round) == 0, "no host");
        check(netboot_change_commit(change, NULL) == 0, "no commit");
    }
}

static void remove_directory(void)
{
    scratch_remove(directory);
}

static void make_sound(void)
{
    struct netboot_store *store = NULL;
    struct netboot_error error = {0};

    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0); /* nothing here is about the disk */
    scratch_make(directory);
    atexit(remove_directory);
    snprintf(path, sizeof(path), "%s/targets/data.mdb", directory);
    check(netboot_store_create(directory, &error) == 0 && netboot_store_open(directory, NULL, &store, &error) == 0,
          error.text);
    fill(store);
    netboot_store_close(store);
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, sound, sizeof(sound));
    close(fd);
    check(size > HEADERS * PAGE && size < (ssize_t)sizeof(sound), "a store of another size");
    pages = (size_t)size / PAGE;
}

/* ---- Damage */

enum { XOR, SET, ZERO, COPY, KINDS, IN_HEADER = 0x80 /* of one of those that say where everything is */ };

static void spoil(const uint8_t octets[6])
{
    bool header = octets[0] & IN_HEADER;
    size_t page = header ? octets[1] % HEADERS : HEADERS + octets[1] % (pages - HEADERS),
           at = (octets[2] | (size_t)octets[3] << 8) % PAGE;
    uint8_t *place = work + page * PAGE;

    switch (octets[0] % KINDS) {
    case XOR:
        place[at] ^= octets[4];
        break;
    case SET:
        memcpy(place + at / 2 * 2, octets + 4, 2);
        break;
    case ZERO:
        memset(place + at / 512 * 512, 0, 512);
        break;
    case COPY:
        memcpy(place, sound + (HEADERS + octets[4] % (pages - HEADERS)) * PAGE, PAGE);
        if (octets[5] % 2)
            memcpy(place, &page, sizeof(page));
    }
}

static void write_file(size_t size)
{
    int fd = open(path, O_WRONLY | O_TRUNC);

    check(fd >= 0 && write(fd, work, size) == (ssize_t)size, "the file cannot be written");
    close(fd);
}

/* ---- What is done with it */

static int pass_octets(const void *data, size_t size, void *user)
{
    const uint8_t *octets = data;

    for (size_t i = 0; i < size; i++)
        *(unsigned *)user += octets[i];
    return 0;
}

static int pass_text(const char *record, void *user)
{
    return pass_octets(record, strlen(record), user);
}

static int pass_history(const struct netboot_history *history, void *user)
{
    return pass_text(history->what, user);
}

static void read_all(struct netboot_store *store)
{
    struct netboot_backup backup;
    struct netboot_view *view;
    unsigned sum = 0;

    if (netboot_view_open(store, &view, NULL) != 0)
        return;
    netboot_view_backup(view, pass_octets, &sum, &backup, NULL);
    netboot_view_damaged(view, pass_text, &sum, NULL);
    netboot_view_history(view, pass_history, &sum, NULL);
    netboot_view_close(view);
}

static void change_all(struct netboot_store *store)
{
    struct netboot_change *change;

    if (netboot_change_open(store, 1000, &change, NULL) != 0)
        return;
    for (unsigned i = 0; i < HOSTS; i += 7) {
        struct netboot_id id = {
            .type = NETBOOT_ID_MAC, .size = 6, .value = {0x52, 0x54, 0, 0, 0, (uint8_t)i}
        };
        put_host(change, i + HOSTS);
        typed_delete_host(change, &id, NULL);
    }
    put_large(change);
    netboot_change_commit(change, NULL);
    if (netboot_change_open(store, 1000, &change, NULL) != 0)
        return;
    change_clear(change, NULL);
    netboot_change_commit(change, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netboot_store_options options = {.size = sizeof(options), .readers = 2, .map_size = (size_t)64 << 20};
    struct netboot_store *store = NULL;
    struct netboot_error error = {0};

    if (pages == 0)
        make_sound();
    memcpy(work, sound, pages * PAGE);
    for (; size >= 6; data += 6, size -= 6)
        spoil(data);
    write_file((pages - (size > 0 ? *data % pages : 0)) * PAGE);
    int code = netboot_store_open(directory, &options, &store, &error);
    check(code == 0 || (error.code == code && error.text[0]), "refused without a reason");
    if (code == 0) {
        read_all(store);
        change_all(store);
        read_all(store);
    }
    netboot_store_close(store);
    return 0;
}
