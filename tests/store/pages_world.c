/* SPDX-License-Identifier: MPL-2.0 */
#include "pages_world.h"

#include <sys/mman.h>

const char *const files[FILES] = {"targets/data.mdb"};

static void read_image(const char *path, struct image *ret)
{
    struct stat status;
    int fd = open(path, O_RDONLY);

    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    ret->size = (size_t)status.st_size;
    ret->pages = ret->size / PAGE;
    ret->octets = malloc(ret->size);
    assert_non_null(ret->octets);
    assert_int_equal(read(fd, ret->octets, ret->size), ret->size);
    close(fd);
}

void write_image(const char *path, const uint8_t *octets, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

    if (fd < 0 || write(fd, octets, size) != (ssize_t)size)
        abort();
    close(fd);
}

/* ---- What is in it */

static int put_large_target(struct netboot_change *change, struct netboot_error *error)
{
    struct netboot_target target = {.name = bytes_of("large"), .description = bytes_of("in pages of its own")};
    static char path[1000];

    memset(path, 'i', sizeof(path) - 1);
    for (; target.initrds.count < 8; target.initrds.count++)
        target.initrds.items[target.initrds.count] = bytes_of(path);
    target.kernel = bytes_of("linux");
    return typed_put_target(change, &target, error);
}

static void fill_hosts(struct netboot_store *store, unsigned hosts, unsigned each)
{
    struct netboot_change *change;

    for (unsigned first = 0; first < hosts; first += each) {
        OK(netboot_change_open(store, 1000, &change, &error));
        for (unsigned i = first; i < first + each; i++)
            OK(put_host(change, i, NULL, &error));
        OK(put_large_target(change, &error));
        OK(netboot_change_commit(change, &error));
    }
}

static void boot(struct netboot_store *store, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        is_served(store, i, NULL);
}

static void read_images(struct world *world, struct image *images)
{
    for (size_t i = 0; i < FILES; i++)
        read_image(path_in(&world->fixture, files[i]), &images[i]);
}

/* As they are read where nothing is damaged. */
static void read_digests(struct world *world)
{
    struct netboot_store *store = open_with(&world->fixture, (struct netboot_store_options){.readers = 4});

    read_store(world, store, world->digests);
    close_store(&world->fixture);
}

void make_world(struct world *world, unsigned hosts, unsigned each)
{
    struct netboot_store_options options = {.size = sizeof(options)};

    memset(world, 0, sizeof(*world));
    scratch_make(world->fixture.directory);
    OK(netboot_store_create(world->fixture.directory, &error));
    world->hosts = hosts;
    struct netboot_store *store = open_with(&world->fixture, options);
    for (unsigned round = 1; round < 4; round++)
        OK(put_round(store, round, &error));
    fill_hosts(store, hosts, each);
    boot(store, 0, 6);
    close_store(&world->fixture);
    read_images(world, world->before);
    store = open_with(&world->fixture, options);
    for (unsigned round = 4; round < 9; round++)
        OK(put_round(store, round, &error));
    boot(store, 4, 12);
    close_store(&world->fixture);
    read_images(world, world->now);
    read_digests(world);
    world->report = mmap(NULL, sizeof(*world->report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(world->report != MAP_FAILED);
}

void free_world(struct world *world)
{
    for (size_t i = 0; i < FILES; i++) {
        free(world->now[i].octets);
        free(world->before[i].octets);
    }
    munmap(world->report, sizeof(*world->report));
    scratch_remove(world->fixture.directory);
}

void change_store(struct netboot_store *store, unsigned hosts, unsigned seed)
{
    struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = 6};
    struct netboot_change *change;
    struct netboot_error error;

    for (unsigned i = 0; i < 6; i++)
        is_served(store, i, NULL);
    mac_of(seed % hosts, id.value);
    put_round(store, 99, &error);
    if (netboot_change_open(store, 1000, &change, &error) != 0)
        return;
    put_large_target(change, &error);
    typed_delete_host(change, &id, &error);
    if (seed % 8 == 0)
        change_clear(change, &error);
    if (seed % 4 == 0)
        netboot_change_abort(change);
    else
        netboot_change_commit(change, &error);
    if (netboot_change_open(store, 1000, &change, &error) != 0)
        return;
    if (netboot_change_revert(change, 6, NULL, NULL, &error) == 0)
        netboot_change_commit(change, &error);
    else
        netboot_change_abort(change);
}
