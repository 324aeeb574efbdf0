/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A program that is built with the headers of one version and runs with the library of another: LATER with those that
 * the test makes of the present ones. Whatever it hands in, and whatever it has filled, ends at a page that nobody can
 * touch. "program DIRECTORY": what a packet gets; with a text, the default target's description, or in the later
 * version its new field, becomes that first.
 */
#include <netboot-store.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void stop_if(int failed, const struct netboot_error *error)
{
    if (!failed)
        return;
    fprintf(stderr, "%s\n", error->text);
    exit(1);
}

/* Room for so many octets, at the end of accessible memory. */
static void *room(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (size + page - 1) / page;
    uint8_t *memory = mmap(NULL, (pages + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED || mprotect(memory + pages * page, page, PROT_NONE) != 0)
        abort();
    return memory + pages * page - size;
}

static void *copy(const void *data, size_t size)
{
    return memcpy(room(size), data, size);
}

#define COPY(structure) copy(&(structure), sizeof(structure))

static struct netboot_bytes bytes_of(const char *text)
{
    return (struct netboot_bytes){(const uint8_t *)text, strlen(text)};
}

static void packet(struct netboot_store *store)
{
    static const uint8_t mac[] = {0x52, 0x54, 0, 0, 0, 1}, arch[] = {0, 7};
    const struct netboot_error none = {.text = "the packet is not served"};
    struct netboot_result *result = room(sizeof(*result));
    struct netboot_query query;

    netboot_query_init(&query, NETBOOT_V4);
    query.message_type = 1;
    query.reply_type = 2;
    query.hardware_type = 1;
    query.hardware_address = (struct netboot_bytes){mac, sizeof(mac)};
    netboot_query_add(&query, 77, "iPXE", 4);
    netboot_query_add(&query, 93, arch, sizeof(arch));
    stop_if(netboot_serve(store, COPY(query), result) != 0, &none);
    printf("%s %s %u\n", netboot_outcome_name(result->decision.outcome), result->decision.boot_file,
           result->answer.edit_count);
}

/* Changes what it knows of the record and puts all of it, and arms a host with it. */
static void change(struct netboot_store *store, const char *text)
{
    struct netboot_once_request request = {.size = sizeof(request), .target = "default", .window = -1};
    struct netboot_record *record = room(sizeof(*record));
    struct netboot_record_key key;
    struct netboot_change *change;
    struct netboot_error error;
    struct netboot_id id;

    stop_if(netboot_record_key_parse(NETBOOT_RECORD_TARGET, "default", &key, &error) != 0 ||
                netboot_id_parse("52:54:00:00:00:01", &id, &error) != 0 ||
                netboot_change_open(store, 1000, &change, &error) != 0 ||
                netboot_view_get(netboot_change_view(change), &key, record, &error) != 0,
            &error);
    char *script = strndup((const char *)record->target.script.data, record->target.script.size);
    record->target.script = bytes_of(script);
#ifdef LATER
    record->target.later = bytes_of(text);
#else
    struct netboot_record *whole = COPY(*record); /* what it does not know comes along */
    whole->target.description = bytes_of(text);
    record = whole;
#endif
    stop_if(netboot_change_put(change, NULL, record, &error) != 0 ||
                netboot_change_arm(change, &id, 1, COPY(request), &error) != 0 ||
                netboot_change_commit(change, &error) != 0,
            &error);
}

static int count_entry(const struct netboot_journal_entry *entry, void *user)
{
    (void)entry;
    ++*(unsigned *)user;
    return 0;
}

static void show(struct netboot_store *store)
{
    struct netboot_journal_filter filter = {.size = sizeof(filter), .last = 3};
    struct netboot_journal_state *journal = room(sizeof(*journal));
    struct netboot_status *status = room(sizeof(*status));
    struct netboot_record *record = room(sizeof(*record));
    struct netboot_once *once = room(sizeof(*once));
    struct netboot_record_key key;
    struct netboot_error error;
    struct netboot_view *view;
    struct netboot_id id;
    unsigned entries = 0;

    stop_if(netboot_record_key_parse(NETBOOT_RECORD_TARGET, "default", &key, &error) != 0 ||
                netboot_id_parse("52:54:00:00:00:01", &id, &error) != 0 ||
                netboot_view_open(store, &view, &error) != 0 || netboot_view_get(view, &key, record, &error) != 0 ||
                netboot_view_once(view, &id, once, &error) != 0 || netboot_view_status(view, status, &error) != 0 ||
                netboot_journal_entries(store, COPY(filter), count_entry, &entries, &error) != 0 ||
                netboot_journal_status(store, journal, &error) != 0,
            &error);
    printf("%s %u %s\n", netboot_once_state_name(once->state), (unsigned)status->records[NETBOOT_RECORD_HOST],
           once->target);
#ifdef LATER
    printf("%.*s\n", (int)record->target.later.size, (const char *)record->target.later.data);
#else
    printf("%.*s\n", (int)record->target.description.size, (const char *)record->target.description.data);
#endif
    netboot_view_close(view);
}

int main(int count, char **words)
{
    struct netboot_store_options options = {.size = sizeof(options), .readers = 4, .server = "abi"};
    struct netboot_store *store;
    struct netboot_error error;

    stop_if(count < 2 || netboot_store_open(words[1], COPY(options), &store, &error) != 0, &error);
    if (count > 2)
        change(store, words[2]);
    show(store);
    packet(store);
    netboot_store_close(store);
    return 0;
}
