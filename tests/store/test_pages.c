/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Damage inside of LMDB's pages, as bad disks, memory and power losses leave it. A child process opens, reads and
 * changes what is damaged; whatever it finds there, it has to come to its end, with a reason or with right answers.
 */
#include "store_test.h"

#include <sys/mman.h>

#define PAGE 4096
#define SMALL_HOSTS 40
#define CASE_SECONDS 20

/* ---- Files to be damaged: as they are now, and as they were some changes ago */

static const char *const files[] = {"targets/data.mdb", "state/data.mdb", "journal/data.mdb"};

enum { FILES = COUNT(files) };

struct image {
    uint8_t *octets;
    size_t size, pages;
};

struct world {
    struct fixture fixture;
    struct image now[FILES], before[FILES];
    unsigned hosts;
    uint64_t digests[FILES]; /* of all that can be read of each */
    uint8_t *work;           /* the file being damaged */
    struct report *report;
};

/* What the child says, in memory that both see. */
struct report {
    unsigned next; /* the case that it works at */
    unsigned refused, same, other;
    size_t unused; /* a page that was filled with zeros, and nobody noticed */
    char trouble[1024];
};

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

static void write_image(const char *path, const uint8_t *octets, size_t size)
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

static void arm(struct netboot_store *store, unsigned first, unsigned count)
{
    struct netboot_once_request request = {.size = sizeof(request), .target = "default", .until_done = true};

    for (unsigned i = first; i < first + count; i++) {
        struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = 6};
        mac_of(i, id.value);
        OK(netboot_once_arm(store, &id, 1, &request, 1000, &error));
    }
}

static void boot(struct netboot_store *store, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        is_served(store, i, NULL);
    EVENTUALLY(netboot_journal_written(store) + netboot_journal_dropped(store) > 0);
}

static void read_images(struct world *world, struct image *images)
{
    for (size_t i = 0; i < FILES; i++)
        read_image(path_in(&world->fixture, files[i]), &images[i]);
}

static void make_world(struct world *world, unsigned hosts, unsigned each)
{
    struct netboot_store_options options = {.size = sizeof(options), .journal = true};

    memset(world, 0, sizeof(*world));
    scratch_make(world->fixture.directory);
    OK(netboot_store_create(world->fixture.directory, &error));
    world->hosts = hosts;
    struct netboot_store *store = open_with(&world->fixture, options);
    for (unsigned round = 1; round < 4; round++)
        OK(put_round(store, round, &error));
    fill_hosts(store, hosts, each);
    arm(store, 0, 3);
    boot(store, 0, 6);
    close_store(&world->fixture);
    read_images(world, world->before);
    store = open_with(&world->fixture, options);
    for (unsigned round = 4; round < 9; round++)
        OK(put_round(store, round, &error));
    arm(store, 3, 8);
    boot(store, 4, 12);
    close_store(&world->fixture);
    read_images(world, world->now);
    world->report = mmap(NULL, sizeof(*world->report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(world->report != MAP_FAILED);
}

static void free_world(struct world *world)
{
    for (size_t i = 0; i < FILES; i++) {
        free(world->now[i].octets);
        free(world->before[i].octets);
    }
    munmap(world->report, sizeof(*world->report));
    scratch_remove(world->fixture.directory);
}

/* ---- All that can be read, as one number */

static void digest_octets(uint64_t *digest, const void *data, size_t size)
{
    const uint8_t *octets = data;

    for (size_t i = 0; i < size; i++)
        *digest = (*digest ^ octets[i]) * UINT64_C(0x100000001b3);
}

static void digest_bytes(uint64_t *digest, struct netboot_bytes bytes)
{
    digest_octets(digest, bytes.data, bytes.size);
    digest_octets(digest, &bytes.size, sizeof(bytes.size));
}

static int digest_host(const struct netboot_host *host, void *user)
{
    digest_bytes(user, host->name);
    for (size_t i = 0; i < host->ids.count; i++)
        digest_bytes(user, host->ids.items[i]);
    return 0;
}

static int digest_site(const struct netboot_site *site, void *user)
{
    digest_bytes(user, site->name);
    return 0;
}

static int digest_target(const struct netboot_target *target, void *user)
{
    digest_bytes(user, target->name);
    digest_bytes(user, target->script);
    for (size_t i = 0; i < target->initrds.count; i++)
        digest_bytes(user, target->initrds.items[i]);
    return 0;
}

static int digest_loader(const struct netboot_loader *loader, void *user)
{
    digest_bytes(user, loader->file);
    return 0;
}

static int digest_history(const struct netboot_history *history, void *user)
{
    digest_octets(user, &history->generation, sizeof(history->generation));
    digest_bytes(user, bytes_of(history->what));
    return 0;
}

static int digest_damaged(const char *record, void *user)
{
    digest_octets(user, record, strlen(record));
    return 0;
}

static int digest_backup(const void *data, size_t size, void *user)
{
    digest_octets(user, data, size);
    return 0;
}

static int digest_entry(const struct netboot_journal_entry *entry, void *user)
{
    digest_octets(user, &entry->number, sizeof(entry->number));
    digest_octets(user, entry->client.mac, sizeof(entry->client.mac));
    return 0;
}

static int digest_machine(const struct netboot_journal_machine *machine, void *user)
{
    digest_octets(user, machine->id.value, machine->id.size);
    digest_octets(user, &machine->exchanges, sizeof(machine->exchanges));
    return 0;
}

static int digest_join(const struct netboot_journal_join *join, void *user)
{
    digest_octets(user, &join->mac_last, sizeof(join->mac_last));
    return 0;
}

static uint64_t read_targets(const struct world *world, struct netboot_view *view)
{
    uint64_t digest = 1;
    struct netboot_backup backup;
    struct netboot_host host;

    typed_each_hosts(view, digest_host, &digest);
    typed_each_sites(view, digest_site, &digest);
    typed_each_targets(view, digest_target, &digest);
    typed_each_loaders(view, digest_loader, &digest);
    netboot_view_history(view, digest_history, &digest, NULL);
    netboot_view_damaged(view, digest_damaged, &digest, NULL);
    netboot_view_backup(view, digest_backup, &digest, &backup, NULL);
    for (unsigned i = 0; i < world->hosts + 2; i += 1 + world->hosts / 100) {
        struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = 6};
        mac_of(i, id.value);
        digest_octets(&digest, &i, typed_get_host(view, &id, &host) == 0 ? sizeof(i) : 1);
    }
    return digest;
}

static uint64_t read_once(struct netboot_view *view)
{
    uint64_t digest = 1, counts[NETBOOT_ONCE_NEVER_DONE + 1] = {0};
    struct netboot_once once;

    netboot_view_once_counts(view, counts, sizeof(counts) / sizeof((counts)[0]), NULL);
    digest_octets(&digest, counts, sizeof(counts));
    for (unsigned i = 0; i < 16; i++) {
        struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = 6};
        mac_of(i, id.value);
        if (netboot_view_once(view, &id, &once, NULL) == 0)
            digest_octets(&digest, &once.armed, sizeof(once.armed));
    }
    return digest;
}

static uint64_t read_journal(struct netboot_store *store)
{
    uint64_t digest = 1;

    netboot_journal_entries(store, NULL, digest_entry, &digest, NULL);
    netboot_journal_machines(store, NULL, 0, digest_machine, &digest, NULL);
    netboot_journal_joins(store, digest_join, &digest, NULL);
    return digest;
}

static void read_store(const struct world *world, struct netboot_store *store, uint64_t ret[FILES])
{
    struct netboot_view *view;

    memset(ret, 0, FILES * sizeof(*ret));
    if (netboot_view_open(store, &view, NULL) != 0)
        return;
    ret[0] = read_targets(world, view);
    ret[1] = read_once(view);
    netboot_view_close(view);
    ret[2] = read_journal(store);
}

/* Each kind of change; whether they can be made is no matter. */
static void change_store(struct netboot_store *store, unsigned seed)
{
    struct netboot_once_request request = {.size = sizeof(request), .target = "default"};
    struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = 6};
    struct netboot_change *change;
    struct netboot_error error;

    for (unsigned i = 0; i < 6; i++)
        is_served(store, i, NULL);
    mac_of(seed % SMALL_HOSTS, id.value);
    netboot_once_arm(store, &id, 1, &request, 1000, &error);
    netboot_once_done(store, &id, 1, 1000, &error);
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

/* ---- Kinds of damage: each changes the page at `page`, and tells whether it did */

struct damage {
    const struct image *now, *before;
    uint8_t *page;
    size_t number;
    unsigned seed;
};

static bool flip_header(const struct damage *damage)
{
    damage->page[damage->seed % 16] ^= (uint8_t)(1 << damage->seed / 16 % 8);
    return true;
}

static bool spoil_header(const struct damage *damage)
{
    damage->page[damage->seed % 16] ^= 0xff;
    return true;
}

/* The place of a node, by its number; 0: none. */
static unsigned node_at(const uint8_t *page, unsigned number)
{
    unsigned lower = page[12] | (unsigned)page[13] << 8, nodes = lower < 16 || lower > PAGE ? 0 : (lower - 16) / 2;

    if (nodes == 0)
        return 0;
    unsigned at = 16 + 2 * (number % nodes);
    return page[at] | (unsigned)page[at + 1] << 8;
}

static bool flip_pointer(const struct damage *damage)
{
    unsigned lower = damage->page[12] | (unsigned)damage->page[13] << 8;

    if (lower <= 16 || lower > PAGE)
        return false;
    damage->page[16 + damage->seed / 8 % (lower - 16)] ^= (uint8_t)(1 << damage->seed % 8);
    return true;
}

static bool flip_node(const struct damage *damage)
{
    unsigned at = node_at(damage->page, damage->seed / 64);

    if (at < 16 || at > PAGE - 8)
        return false;
    damage->page[at + damage->seed / 8 % 8] ^= (uint8_t)(1 << damage->seed % 8);
    return true;
}

static bool all_ones_in_node(const struct damage *damage)
{
    unsigned at = node_at(damage->page, damage->seed / 8);

    if (at < 16 || at > PAGE - 8)
        return false;
    damage->page[at + damage->seed % 8] = 0xff;
    return true;
}

static bool flip_any(const struct damage *damage)
{
    damage->page[damage->seed / 8 % PAGE] ^= (uint8_t)(1 << damage->seed % 8);
    return true;
}

static bool zero_page(const struct damage *damage)
{
    memset(damage->page, 0, PAGE);
    return true;
}

static bool zero_sector(const struct damage *damage)
{
    memset(damage->page + damage->seed % 8 * 512, 0, 512);
    return true;
}

static bool random_sector(const struct damage *damage)
{
    unsigned seed = damage->seed;

    for (size_t i = 0; i < 512; i++)
        damage->page[damage->seed % 8 * 512 + i] = (uint8_t)rand_r(&seed);
    return true;
}

static bool stale_page(const struct damage *damage)
{
    const uint8_t *old = damage->before->octets + damage->number * PAGE;

    if (damage->number >= damage->before->pages || memcmp(old, damage->page, PAGE) == 0)
        return false;
    memcpy(damage->page, old, PAGE);
    return true;
}

static bool other_page(const struct damage *damage)
{
    memcpy(damage->page, damage->now->octets + (damage->number + 1 + damage->seed) % damage->now->pages * PAGE, PAGE);
    return true;
}

/* A page that was written to the wrong place says which it is; here that is right again. */
static bool other_page_renumbered(const struct damage *damage)
{
    other_page(damage);
    memcpy(damage->page, &damage->number, sizeof(damage->number));
    return true;
}

static const struct kind {
    const char *name;
    bool (*apply)(const struct damage *damage);
    unsigned times; /* with another seed each, for each page of a small store */
    unsigned step;  /* between two seeds */
    bool whole;     /* what is read is right, or it is refused: it does not fall on values alone */
} kinds[] = {
  /* the first one tells whether the page is used at all */
    {"a page of zeros",          zero_page,             1,  1,    true },
    {"a bit of the header",      flip_header,           8,  21,   true },
    {"an octet of the header",   spoil_header,          8,  3,    true },
    {"a bit of a pointer",       flip_pointer,          6,  37,   false},
    {"a bit of a node",          flip_node,             12, 29,   false},
    {"ones in a node",           all_ones_in_node,      8,  11,   false},
    {"any bit",                  flip_any,              6,  2749, false},
    {"a sector of zeros",        zero_sector,           4,  3,    false},
    {"a random sector",          random_sector,         4,  3,    false},
    {"a page of before",         stale_page,            1,  1,    false},
    {"another page",             other_page,            1,  1,    true },
    {"another page, renumbered", other_page_renumbered, 1,  1,    false},
};

/* ---- Cases */

struct one_case {
    size_t file, page;
    const struct kind *kind;
    unsigned seed;
};

static void say_trouble(const struct world *world, const struct one_case *one, const char *what, const char *text)
{
    snprintf(world->report->trouble, sizeof(world->report->trouble), "%s, page %zu, %s (%u): %s: %s", files[one->file],
             one->page, one->kind->name, one->seed, what, text);
    _exit(3);
}

/* LMDB's two headers have none that is looked at, and what a large value goes on in has none. */
static bool has_header(const struct image *image, size_t page)
{
    size_t number;

    memcpy(&number, image->octets + page * PAGE, sizeof(number));
    return page > 1 && number == page;
}

static void write_files(struct world *world, const struct one_case *one, const uint8_t *octets)
{
    for (size_t i = 0; i < FILES; i++)
        write_image(path_in(&world->fixture, files[i]), i == one->file ? octets : world->now[i].octets,
                    world->now[i].size);
}

/* What is refused is so at once: the targets store is not opened, the others are not used, or made anew. */
static bool is_refused(struct netboot_store *store, const struct one_case *one)
{
    struct netboot_error error;

    if (one->file == 1)
        return netboot_once_check(store, &error) == -EBADMSG;
    return one->file == 2 && netboot_journal_event(store, &error) == NETBOOT_EVENT_USABLE && error.code == -EBADMSG;
}

static void read_and_change(struct world *world, const struct one_case *one, struct netboot_store *store)
{
    struct report *report = world->report;
    uint64_t digests[FILES];

    bool refused = is_refused(store, one);
    read_store(world, store, digests);
    bool same = digests[one->file] == world->digests[one->file];
    if (!refused && !same && one->kind->whole && has_header(&world->now[one->file], one->page))
        say_trouble(world, one, "wrong answers", "");
    for (size_t i = 0; i < FILES; i++)
        if (i != one->file && digests[i] != world->digests[i])
            say_trouble(world, one, "wrong answers of another one", files[i]);
    *(refused ? &report->refused : same ? &report->same : &report->other) += 1;
    if (one->kind->apply == zero_page)
        report->unused = same && !refused ? one->page : 0;
    change_store(store, one->seed);
    read_store(world, store, digests);
}

/* All of it in the child. */
static void try_case(struct world *world, const struct one_case *one)
{
    struct netboot_store_options options = {
        .size = sizeof(options), .readers = 4, .journal = true, .map_size = (size_t)64 << 20};
    const struct image *now = &world->now[one->file];
    struct netboot_error error = {0};
    struct netboot_store *store = NULL;
    uint8_t *octets = malloc(now->size);

    memcpy(octets, now->octets, now->size);
    struct damage damage = {now, &world->before[one->file], octets + one->page * PAGE, one->page, one->seed};
    if (one->kind->apply == zero_page)
        world->report->unused = 0;
    if ((one->page == 0 || world->report->unused != one->page) && one->kind->apply(&damage)) {
        write_files(world, one, octets);
        int code = netboot_store_open(world->fixture.directory, &options, &store, &error);
        if (code != 0 && (error.code != code || !strstr(error.text, world->fixture.directory)))
            say_trouble(world, one, "a reason without a reason", error.text);
        if (code != 0 && code != -EBADMSG && code != -ENOTSUP && one->page > 1)
            say_trouble(world, one, "another reason", error.text);
        world->report->refused += code != 0;
        if (code == 0)
            read_and_change(world, one, store);
        netboot_store_close(store);
    }
    free(octets);
}

/* cmocka would take them for the end of a test. */
static void die_of_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};

    for (size_t i = 0; i < COUNT(signals); i++)
        signal(signals[i], SIG_DFL);
}

/* Runs cases in children, a new one behind each that ends before its time, and tells of the first few of those. */
static void try_cases(struct world *world, const struct one_case *cases, unsigned count)
{
    unsigned failed = 0;

    while (world->report->next < count && failed < 10) {
        int status;
        fflush(NULL);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            die_of_signals();
            for (; world->report->next < count; world->report->next++) {
                alarm(CASE_SECONDS);
                try_case(world, &cases[world->report->next]);
            }
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            break;
        const struct one_case *one = &cases[world->report->next++];
        failed++;
        if (WIFSIGNALED(status))
            print_error("%s, page %zu, %s (%u): signal %d\n", files[one->file], one->page, one->kind->name, one->seed,
                        WTERMSIG(status));
        else
            print_error("%s\n", world->report->trouble[0] ? world->report->trouble : "the child failed");
        world->report->trouble[0] = '\0';
    }
    print_message("%u cases: %u refused, %u read as before, %u otherwise\n", world->report->next,
                  world->report->refused, world->report->same, world->report->other);
    if (failed > 0)
        fail_msg("%u cases ended the process that read them, or were told wrongly", failed);
    assert_true(world->report->refused > 0 && world->report->same > 0);
}

static void find_digest(struct world *world)
{
    struct netboot_store *store = open_with(&world->fixture, (struct netboot_store_options){.readers = 4});

    read_store(world, store, world->digests);
    close_store(&world->fixture);
}

/* Each kind of damage at each page. */
static void test_every_page(void **state)
{
    struct world world;
    unsigned count = 0, room = 0;
    struct one_case *cases = NULL;

    (void)state;
    make_world(&world, SMALL_HOSTS, 8);
    find_digest(&world);
    for (size_t file = 0; file < FILES; file++)
        for (size_t page = 0; page < world.now[file].pages; page++)
            for (size_t kind = 0; kind < COUNT(kinds); kind++)
                for (unsigned i = 0; i < kinds[kind].times; i++) {
                    if (count == room) {
                        room = room * 2 + 1024;
                        cases = realloc(cases, room * sizeof(*cases));
                        assert_non_null(cases);
                    }
                    cases[count++] = (struct one_case){file, page, &kinds[kind], i * kinds[kind].step};
                }
    try_cases(&world, cases, count);
    free(cases);
    free_world(&world);
}

/* A tree of three levels, a free list, and damage at random places of them. */
static void test_larger_store(void **state)
{
    enum { CASES = 150 };
    struct one_case cases[CASES];
    struct world world;
    unsigned seed = 20;

    (void)state;
    make_world(&world, 8000, 2000);
    find_digest(&world);
    for (unsigned i = 0; i < CASES; i++)
        cases[i] = (struct one_case){0, (size_t)rand_r(&seed) % world.now[0].pages, &kinds[i % COUNT(kinds)],
                                     (unsigned)rand_r(&seed)};
    try_cases(&world, cases, CASES);
    free_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_page),
        cmocka_unit_test(test_larger_store),
    };

    /* Nothing here is about the disk, and thousands of changes would wait for it. */
    if (access("/dev/shm", W_OK) == 0 && setenv("TMPDIR", "/dev/shm", 0) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
