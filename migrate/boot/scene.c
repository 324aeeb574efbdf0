/* SPDX-License-Identifier: MPL-2.0 */
/* Asking dhcpd. */
#include "scene.h"

#include "common/base/failure.h"
#include "dump.h"
#include "json/record/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MACHINE_PLACES_MAX 8 /* that a host without an address is tried in */

/* Locally administered, and every octet has two digits: what is made of it has, too. */
const uint8_t nobodys_mac[NETBOOT_MAC_SIZE] = {0xa2, 0x5e, 0x4d, 0x3c, 0x2b, 0x1a};

/* BIOS and the PC-98 boot over DHCPv4 alone. */
bool arch_speaks(unsigned arch, unsigned family)
{
    const struct netboot_arch *row = netboot_arch_find(arch);

    return family == 0 || !row || row->platform > 1;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

struct row *scene_add(struct scene *scene, uint32_t place, int32_t machine, struct client_kind kind)
{
    if (scene->row_count == scene->row_room) {
        size_t room = scene->row_room ? 2 * scene->row_room : 1024;
        struct row *rows = realloc(scene->rows, room * sizeof(*rows));
        if (!rows)
            return NULL;
        scene->rows = rows;
        scene->row_room = room;
    }
    struct row *row = &scene->rows[scene->row_count++];
    *row = (struct row){.place = place, .machine = machine, .variation = -1, .kind = kind};
    return row;
}

void row_sample(const struct scene *scene, const struct row *row, struct client_sample *ret)
{
    const struct machine *machine = row->machine == NOBODY ? NULL : &scene->machines[row->machine];
    const struct variation *variation = row->variation < 0 ? NULL : &scene->variations[row->variation];

    memset(ret, 0, sizeof(*ret));
    ret->family = client_family(scene->places[row->place].family);
    ret->kind = row->kind;
    memcpy(ret->mac, machine && machine->has_mac ? machine->mac : nobodys_mac, NETBOOT_MAC_SIZE);
    if (machine) {
        ret->id_size = machine->id_size;
        memcpy(ret->id, machine->id, machine->id_size);
    }
    if (variation && variation->hardware)
        memcpy(ret->mac, variation->mac, NETBOOT_MAC_SIZE);
    else if (variation)
        ret->instead = variation->option;
}

static void hex_print(FILE *file, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        fprintf(file, "%02x", data[i]);
    if (size == 0)
        fputc('-', file);
}

static void row_print(const struct scene *scene, const struct row *row, FILE *file)
{
    struct client_sample sample;
    uint8_t options[CLIENT_OPTIONS_SIZE];
    uint8_t hardware[1 + NETBOOT_MAC_SIZE] = {1};

    row_sample(scene, row, &sample);
    memcpy(hardware + 1, sample.mac, NETBOOT_MAC_SIZE);
    size_t size = client_options(&sample, options);
    fprintf(file, "%s ", scene->places[row->place].address);
    hex_print(file, hardware, sizeof(hardware));
    fputc(' ', file);
    hex_print(file, options, size);
    fputc('\n', file);
}

struct scene_reading {
    struct scene *scene;
    unsigned family;
    size_t at; /* the row that is answered next */
};

static size_t row_next(const struct scene *scene, unsigned family, size_t at)
{
    while (at < scene->row_count && scene->places[scene->rows[at].place].family != family)
        at++;
    return at;
}

/* A fixed address may lie in another subnet of the network than the one that was asked for. */
static void row_move(struct scene *scene, struct row *row, const cJSON *answer)
{
    const char *subnet = json_text(answer, "subnet"), *address = json_text(answer, "address");
    const struct scene_place *place = &scene->places[row->place];

    if (address)
        inet_pton(place->family == 0 ? AF_INET : AF_INET6, address, row->address);
    if (!subnet || strcmp(subnet, place->subnet) == 0)
        return;
    for (uint32_t i = 0; i < scene->place_count; i++)
        if (scene->places[i].family == place->family && strcmp(scene->places[i].subnet, subnet) == 0) {
            row->place = i;
            return;
        }
}

static int row_fill(struct scene *scene, struct row *row, unsigned family, const cJSON *answer)
{
    struct boot_fields fields;
    struct reply_room room;
    struct reply reply;
    struct client_sample sample;
    char text[FIELD_TEXT_SIZE];
    bool boots = row->kind.stage != NETBOOT_STAGE_NONE;
    int status = reply_read(&scene->texts, family, answer, &reply);

    if (status < 0)
        return status;
    reply_fields(&reply, family, &room, &fields);
    row->want = want_of_fields(&scene->texts, &fields, row->kind.stage);
    if (row->want && row->kind.stage == NETBOOT_STAGE_IPXE && strstr(row->want, "${")) {
        row_sample(scene, row, &sample);
        row->want = want_in_ipxe(&scene->texts, row->want, sample.mac);
    }
    row->reply = boots ? NULL : (const struct reply *)arena_copy(&scene->memory, &reply, sizeof(reply)).data;
    if (!row->want || (!boots && !row->reply))
        return -ENOMEM;
    for (enum meaning meaning = MEANING_FILE + 1; meaning < MEANING_COUNT; meaning++)
        if (!(row->told[meaning] = texts_keep(&scene->texts, fields_meaning(&fields, meaning, text))))
            return -ENOMEM;
    return 0;
}

static int answer_read(const cJSON *answer, void *user)
{
    struct scene_reading *reading = user;
    struct scene *scene = reading->scene;

    if (reading->at >= scene->row_count)
        return failure(scene->error, -EPROTO, "dhcpd gave more answers than there were clients");
    struct row *row = &scene->rows[reading->at];
    row->refused = cJSON_HasObjectItem(answer, "refused");
    if (row_fill(scene, row, reading->family, answer) < 0)
        return failure_no_memory(scene->error);
    row_move(scene, row, answer);
    reading->at = row_next(scene, reading->family, reading->at + 1);
    return 0;
}

static struct dump dump_of(const struct scene *scene, unsigned family)
{
    return (struct dump){.dhcpd = scene->input->dhcpd,
                         .config = scene->input->config[family],
                         .leases = scene->input->leases[family],
                         .family = client_family(family)};
}

static int ask_family(struct scene *scene, unsigned family, size_t first)
{
    struct scene_reading reading = {scene, family, row_next(scene, family, first)};
    struct dump dump = dump_of(scene, family);

    if (reading.at == scene->row_count)
        return 0;
    FILE *clients = tmpfile();
    if (!clients)
        return failure(scene->error, -errno, "no temporary file: %s", strerror(errno));
    for (size_t i = reading.at; i < scene->row_count; i = row_next(scene, family, i + 1))
        row_print(scene, &scene->rows[i], clients);
    int status = dump_answers(&dump, clients, answer_read, &reading, scene->error);
    if (status == 0 && reading.at != scene->row_count)
        status = failure(scene->error, -EPROTO, "dhcpd gave fewer answers than there were clients");
    fclose(clients);
    return status;
}

int scene_ask(struct scene *scene, size_t first)
{
    int status = 0;

    for (unsigned family = 0; status == 0 && family < BOOT_FAMILIES; family++)
        status = ask_family(scene, family, first);
    return status;
}

/* ---- Every kind of client in every place ------------------------------------------------------------------------ */

static int add_kinds(struct scene *scene, uint32_t place, int32_t machine, unsigned arch)
{
    static const enum netboot_stage stages[] = {NETBOOT_STAGE_PXE, NETBOOT_STAGE_HTTP, NETBOOT_STAGE_IPXE};

    if (!arch_speaks(arch, scene->places[place].family))
        return 0;
    for (unsigned i = 0; i < 3; i++)
        if (!scene_add(scene, place, machine, (struct client_kind){(uint16_t)arch, stages[i], MANNER_USUAL}))
            return -ENOMEM;
    return 0;
}

/* A machine that does not boot from the network. */
static int add_ordinary(struct scene *scene, uint32_t place, int32_t machine)
{
    struct client_kind ordinary = {NETBOOT_ARCH_NONE, NETBOOT_STAGE_NONE, MANNER_USUAL};

    return scene_add(scene, place, machine, ordinary) ? 0 : -ENOMEM;
}

/* How else iPXE may show itself, on a platform that all know. */
static int add_others(struct scene *scene, uint32_t place, int32_t machine)
{
    for (int manner = MANNER_USUAL + 1; manner < MANNER_COUNT; manner++) {
        struct client_kind kind = {7, NETBOOT_STAGE_IPXE, (enum client_manner)manner};
        if (!scene_add(scene, place, machine, kind))
            return -ENOMEM;
    }
    return add_ordinary(scene, place, machine);
}

int scene_ask_places(struct scene *scene)
{
    int status = 0;
    size_t first = scene->row_count;

    for (uint32_t place = 0; status == 0 && place < scene->place_count; place++) {
        scene->places[place].row = scene->row_count;
        for (unsigned arch = 0; status == 0 && arch <= ARCH_COUNT; arch++)
            status = add_kinds(scene, place, NOBODY, arch < ARCH_COUNT ? arch : NETBOOT_ARCH_NONE);
        if (status == 0)
            status = add_others(scene, place, NOBODY);
        scene->places[place].row_count = scene->row_count - scene->places[place].row;
    }
    if (status < 0)
        return failure(scene->error, status, "out of memory");
    return scene_ask(scene, first);
}

/* ---- Every machine ---------------------------------------------------------------------------------------------- */

static bool told_alike(const struct row *one, const struct row *other)
{
    for (enum meaning meaning = MEANING_FILE + 1; meaning < MEANING_COUNT; meaning++)
        if (one->told[meaning] != other->told[meaning])
            return false;
    return true;
}

/* Places whose clients without a host entry get the same, of which one will do for hosts without an address. */
static bool places_alike(const struct scene *scene, const struct scene_place *one, const struct scene_place *other)
{
    const struct row *a = &scene->rows[one->row], *b = &scene->rows[other->row];

    if (one->family != other->family || one->row_count != other->row_count)
        return false;
    for (size_t i = 0; i < one->row_count; i++)
        if (a[i].want != b[i].want || a[i].refused != b[i].refused || !told_alike(&a[i], &b[i]))
            return false;
    return true;
}

/* One place of each sort. */
static unsigned places_choose(const struct scene *scene, unsigned family, uint32_t ret[MACHINE_PLACES_MAX])
{
    unsigned count = 0, i;

    for (uint32_t place = 0; place < scene->place_count && count < MACHINE_PLACES_MAX; place++) {
        if (scene->places[place].family != family)
            continue;
        for (i = 0; i < count && !places_alike(scene, &scene->places[ret[i]], &scene->places[place]);)
            i++;
        if (i == count)
            ret[count++] = place;
    }
    return count;
}

static int ask_in(struct scene *scene, int32_t machine, uint32_t place)
{
    int status = 0;

    for (unsigned arch = 0; status == 0 && arch <= ARCH_COUNT; arch++)
        if (scene->named[arch])
            status = add_kinds(scene, place, machine, arch < ARCH_COUNT ? arch : NETBOOT_ARCH_NONE);
    return status == 0 ? add_ordinary(scene, place, machine) : status;
}

/* Where it has its fixed addresses, else in one place of each sort. */
static int ask_machine(struct scene *scene, int32_t index, const uint32_t *sorts, unsigned sort_count)
{
    struct machine *machine = &scene->machines[index];
    const cJSON *fixed = cJSON_GetObjectItemCaseSensitive(machine->declared, "fixed-addresses"), *address;
    int status = 0;

    machine->row = scene->row_count;
    cJSON_ArrayForEach(address, fixed)
    {
        const struct scene_place *place = place_find(scene, machine->family, address->valuestring);
        if (place && status == 0)
            status = ask_in(scene, index, (uint32_t)(place - scene->places));
    }
    for (unsigned i = 0; !fixed && status == 0 && i < sort_count; i++)
        status = ask_in(scene, index, sorts[i]);
    machine->row_count = scene->row_count - machine->row;
    return status;
}

int scene_ask_machines(struct scene *scene)
{
    uint32_t sorts[BOOT_FAMILIES][MACHINE_PLACES_MAX];
    unsigned counts[BOOT_FAMILIES];
    size_t first = scene->row_count;
    int status = 0;

    for (unsigned family = 0; family < BOOT_FAMILIES; family++)
        counts[family] = places_choose(scene, family, sorts[family]);
    for (size_t i = 0; status == 0 && i < scene->machine_count; i++) {
        struct machine *machine = &scene->machines[i];
        if (machine->has_mac || machine->id_size > 0)
            status = ask_machine(scene, (int32_t)i, sorts[machine->family], counts[machine->family]);
    }
    if (status < 0)
        return failure(scene->error, status, "out of memory");
    return scene_ask(scene, first);
}

void scene_free(struct scene *scene)
{
    for (unsigned family = 0; family < BOOT_FAMILIES; family++)
        cJSON_Delete(scene->inventory[family]);
    free(scene->places);
    free(scene->machines);
    free(scene->variations);
    free(scene->rows);
    texts_free(&scene->texts);
    arena_free(&scene->memory);
    memset(scene, 0, sizeof(*scene));
}
