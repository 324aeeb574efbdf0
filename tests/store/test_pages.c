/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Damage inside of LMDB's pages, as bad disks, memory and power losses leave it. A child process opens, reads and
 * changes what is damaged; whatever it finds there, it has to come to its end, with a reason or with right answers.
 */
#include "pages_damage.h"

#define SMALL_HOSTS 40
#define CASE_SECONDS 20

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

static void read_and_change(struct world *world, const struct one_case *one, struct netboot_store *store)
{
    struct report *report = world->report;
    uint64_t digests[FILES];

    read_store(world, store, digests);
    bool same = digests[one->file] == world->digests[one->file];
    if (!same && one->kind->whole && has_header(&world->now[one->file], one->page))
        say_trouble(world, one, "wrong answers", "");
    *(same ? &report->same : &report->other) += 1;
    if (one->kind == KIND_UNUSED)
        report->unused = same ? one->page : 0;
    change_store(store, SMALL_HOSTS, one->seed);
    read_store(world, store, digests);
}

/* All of it in the child. */
static void try_case(struct world *world, const struct one_case *one)
{
    struct netboot_store_options options = {.size = sizeof(options), .readers = 4, .map_size = (size_t)64 << 20};
    const struct image *now = &world->now[one->file];
    struct netboot_error error = {0};
    struct netboot_store *store = NULL;
    uint8_t *octets = malloc(now->size);

    memcpy(octets, now->octets, now->size);
    struct damage damage = {now, &world->before[one->file], octets + one->page * PAGE, one->page, one->seed};
    if (one->kind == KIND_UNUSED)
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

/* Each kind of damage at each page. */
static void test_every_page(void **state)
{
    struct world world;
    unsigned count = 0, room = 0;
    struct one_case *cases = NULL;

    (void)state;
    make_world(&world, SMALL_HOSTS, 8);
    for (size_t file = 0; file < FILES; file++)
        for (size_t page = 0; page < world.now[file].pages; page++)
            for (size_t kind = 0; kind < KINDS; kind++)
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
    for (unsigned i = 0; i < CASES; i++)
        cases[i] = (struct one_case){0, (size_t)rand_r(&seed) % world.now[0].pages, &kinds[i % KINDS],
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
