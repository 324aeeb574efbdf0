/* SPDX-License-Identifier: MPL-2.0 */
/* What dhcpd has declared, as places and machines. */
#include "scene.h"

#include "common/base/failure.h"
#include "common/dhcp/codes.h"
#include "dump.h"
#include "json/record/json.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_type(const cJSON *line, const char *type)
{
    return strcmp(json_text(line, "type"), type) == 0;
}

/* ---- Places ----------------------------------------------------------------------------------------------------- */

struct inventory_prefix {
    int type;
    unsigned bits;
    uint8_t octets[NETBOOT_ADDRESS_SIZE];
};

static bool prefix_read(unsigned family, const char *text, struct inventory_prefix *ret)
{
    char address[INET6_ADDRSTRLEN];
    size_t size = strcspn(text, "/");

    if (size >= sizeof(address) || text[size] != '/')
        return false;
    memcpy(address, text, size);
    address[size] = '\0';
    memset(ret, 0, sizeof(*ret));
    ret->type = family == 0 ? AF_INET : AF_INET6;
    ret->bits = (unsigned)atoi(text + size + 1);
    return inet_pton(ret->type, address, ret->octets) == 1;
}

static bool prefix_holds(const struct inventory_prefix *prefix, const uint8_t *octets)
{
    unsigned whole = prefix->bits / 8, rest = prefix->bits % 8;

    if (memcmp(prefix->octets, octets, whole) != 0)
        return false;
    return rest == 0 || (prefix->octets[whole] ^ octets[whole]) >> (8 - rest) == 0;
}

const struct scene_place *place_find(const struct scene *scene, unsigned family, const char *address)
{
    uint8_t octets[NETBOOT_ADDRESS_SIZE];
    struct inventory_prefix prefix;

    if (inet_pton(family == 0 ? AF_INET : AF_INET6, address, octets) != 1)
        return NULL;
    for (size_t i = 0; i < scene->place_count; i++)
        if (scene->places[i].family == family && prefix_read(family, scene->places[i].subnet, &prefix) &&
            prefix_holds(&prefix, octets))
            return &scene->places[i];
    return NULL;
}

static int place_add(struct scene *scene, unsigned family, const cJSON *subnet, const char *address)
{
    struct scene_place *places = realloc(scene->places, (scene->place_count + 1) * sizeof(*places));

    if (!places)
        return -ENOMEM;
    scene->places = places;
    places[scene->place_count] = (struct scene_place){.family = family,
                                                      .subnet = json_text(subnet, "prefix"),
                                                      .share = json_text(subnet, "shared-network"),
                                                      .address = texts_keep(&scene->texts, address),
                                                      .tftp = ""};
    return places[scene->place_count++].address ? 0 : -ENOMEM;
}

/* The first address of a range, or of a prefix. */
static const char *range_begin(const cJSON *range, unsigned family, char text[INET6_ADDRSTRLEN])
{
    struct inventory_prefix prefix;

    if (cJSON_IsArray(range))
        return cJSON_GetArrayItem(range, 0)->valuestring;
    if (!prefix_read(family, range->valuestring, &prefix))
        return NULL;
    prefix.octets[15] |= prefix.bits < 128;
    return inet_ntop(prefix.type, prefix.octets, text, INET6_ADDRSTRLEN);
}

/* One place for each range of a pool that is in the subnet: its pools may differ. */
static int pools_add(struct scene *scene, unsigned family, const cJSON *subnet, const cJSON *pool)
{
    const cJSON *ranges = cJSON_GetObjectItemCaseSensitive(pool, family == 0 ? "ranges" : "prefixes"), *range;
    struct inventory_prefix prefix;
    int status = 0;

    if (!prefix_read(family, json_text(subnet, "prefix"), &prefix))
        return 0;
    cJSON_ArrayForEach(range, ranges)
    {
        uint8_t octets[NETBOOT_ADDRESS_SIZE];
        char text[INET6_ADDRSTRLEN];
        const char *begin = range_begin(range, family, text);
        if (begin && inet_pton(prefix.type, begin, octets) == 1 && prefix_holds(&prefix, octets)) {
            status = place_add(scene, family, subnet, begin);
            break;
        }
    }
    return status;
}

static int subnet_add(struct scene *scene, unsigned family, const cJSON *subnet)
{
    size_t before = scene->place_count;
    const char *share = json_text(subnet, "shared-network");
    char text[INET6_ADDRSTRLEN];
    struct inventory_prefix prefix;
    const cJSON *line;
    int status = 0;

    cJSON_ArrayForEach(line, scene->inventory[family])
    {
        if (status == 0 && is_type(line, "pool") && strcmp(json_text(line, "shared-network"), share) == 0)
            status = pools_add(scene, family, subnet, line);
    }
    if (status < 0 || scene->place_count > before || !prefix_read(family, json_text(subnet, "prefix"), &prefix))
        return status;
    prefix.octets[family == 0 ? 3 : 15] |= 1;
    return place_add(scene, family, subnet, inet_ntop(prefix.type, prefix.octets, text, sizeof(text)));
}

static int by_address(const void *one, const void *other)
{
    const struct scene_place *a = one, *b = other;
    uint8_t x[NETBOOT_ADDRESS_SIZE] = {0}, y[NETBOOT_ADDRESS_SIZE] = {0};

    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    inet_pton(a->family == 0 ? AF_INET : AF_INET6, a->address, x);
    inet_pton(a->family == 0 ? AF_INET : AF_INET6, b->address, y);
    return memcmp(x, y, sizeof(x));
}

/* ---- Machines --------------------------------------------------------------------------------------------------- */

static struct machine *machine_add(struct scene *scene, unsigned family, const cJSON *declared)
{
    if ((scene->machine_count & (scene->machine_count - 1)) == 0) { /* a power of two: full */
        size_t room = scene->machine_count ? 2 * scene->machine_count : 1;
        struct machine *machines = realloc(scene->machines, room * sizeof(*machines));
        if (!machines)
            return NULL;
        scene->machines = machines;
    }
    struct machine *machine = &scene->machines[scene->machine_count++];
    memset(machine, 0, sizeof(*machine));
    machine->family = family;
    machine->declared = declared;
    machine->name = json_text(declared, "name");
    return machine;
}

static void set_mac(struct machine *machine, const uint8_t *hardware, size_t size)
{
    if (size != 1 + NETBOOT_MAC_SIZE || hardware[0] != HARDWARE_ETHERNET)
        return;
    machine->has_mac = true;
    memcpy(machine->mac, hardware + 1, NETBOOT_MAC_SIZE);
}

static int host_add(struct scene *scene, unsigned family, const cJSON *line)
{
    struct machine *machine = machine_add(scene, family, line);
    uint8_t hardware[1 + NETBOOT_MAC_SIZE + 1];
    const char *id = json_text(line, family == 0 ? "client-id" : "identifier");
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(line, "identifier-code");

    if (!machine)
        return -ENOMEM;
    set_mac(machine, hardware, hex_read(json_text(line, "hardware"), hardware, sizeof(hardware)));
    if (!id && family == 0 && cJSON_IsNumber(code) && code->valueint == DHCP4_CLIENT_IDENTIFIER)
        id = json_text(line, "identifier");
    if (id && (family == 0 || (cJSON_IsNumber(code) && code->valueint == DHCP6_CLIENT_IDENTIFIER)))
        machine->id_size = (uint8_t)hex_read(id, machine->id, 255);
    return 0;
}

/* A subclass of hardware addresses names machines as hosts do. */
static int subclass_add(struct scene *scene, unsigned family, const cJSON *line)
{
    uint8_t data[1 + NETBOOT_MAC_SIZE + 1] = {HARDWARE_ETHERNET};
    size_t size = hex_read(json_text(line, "data"), data + 1, NETBOOT_MAC_SIZE + 1);
    struct machine *machine;

    if (!scene->hardware_matters || (size != NETBOOT_MAC_SIZE && !(size == NETBOOT_MAC_SIZE + 1 && data[1] == 1)))
        return 0;
    machine = machine_add(scene, family, line);
    if (!machine)
        return -ENOMEM;
    if (size == NETBOOT_MAC_SIZE)
        set_mac(machine, data, 1 + size);
    else
        set_mac(machine, data + 1, size);
    return 0;
}

static int by_name(const void *one, const void *other)
{
    const struct machine *a = one, *b = other;
    int order = strcmp(a->name ? a->name : "", b->name ? b->name : "");

    if (order == 0)
        order = (int)a->family - (int)b->family;
    return order != 0 ? order : memcmp(a->mac, b->mac, NETBOOT_MAC_SIZE);
}

/* ---- What expressions tell apart -------------------------------------------------------------------------------- */

static void name_arch(struct scene *scene, unsigned arch)
{
    scene->told[arch < ARCH_COUNT ? arch : ARCH_COUNT] = true;
}

/* A code as two octets or as the one that counts, or in a text as "00007". */
static void name_constant(struct scene *scene, const char *hex)
{
    uint8_t data[256];
    size_t size = hex_read(hex, data, sizeof(data));

    if (size == 1 || (size == 2 && !isdigit(data[0])))
        name_arch(scene, size == 1 ? data[0] : (unsigned)(data[0] << 8 | data[1]));
    for (size_t i = 0; i < size;) {
        unsigned value = 0, digits = 0;
        for (; i < size && isdigit(data[i]); i++, digits++)
            value = value * 10 + (unsigned)(data[i] - '0');
        if (digits > 0)
            name_arch(scene, value);
        i++;
    }
}

static void expression_read(struct scene *scene, const cJSON *line)
{
    const cJSON *inputs = cJSON_GetObjectItemCaseSensitive(line, "inputs"), *input, *constant;
    bool arch = false;

    cJSON_ArrayForEach(input, inputs)
    {
        const cJSON *code = cJSON_GetObjectItemCaseSensitive(input, "code");
        const char *kind = json_text(input, "kind");
        scene->hardware_matters |= strcmp(kind, "hardware") == 0 || strcmp(kind, "packet") == 0;
        arch |= cJSON_IsNumber(code) && (code->valueint == DHCP4_CLIENT_ARCH || code->valueint == DHCP4_VENDOR_CLASS ||
                                         code->valueint == DHCP6_CLIENT_ARCH || code->valueint == DHCP6_VENDOR_CLASS);
    }
    if (arch)
        cJSON_ArrayForEach(constant, cJSON_GetObjectItemCaseSensitive(line, "constants"))
            name_constant(scene, constant->valuestring);
}

/* ---- All of it -------------------------------------------------------------------------------------------------- */

static int inventory_read(struct scene *scene, unsigned family)
{
    const cJSON *line;
    int status = 0;

    cJSON_ArrayForEach(line, scene->inventory[family])
    {
        if (is_type(line, "expression"))
            expression_read(scene, line);
    }
    cJSON_ArrayForEach(line, scene->inventory[family])
    {
        if (status == 0 && is_type(line, "subnet"))
            status = subnet_add(scene, family, line);
        else if (status == 0 && is_type(line, "host"))
            status = host_add(scene, family, line);
        else if (status == 0 && is_type(line, "subclass"))
            status = subclass_add(scene, family, line);
    }
    return status;
}

int scene_read(struct scene *scene)
{
    static const uint8_t usual[] = {0, 6, 7, 9, 10, 11, 15, 16};
    static const uint8_t unusual[] = {27, 29, 33, 35, 37, 2};
    int status = 0;

    for (unsigned family = 0; status == 0 && family < BOOT_FAMILIES; family++) {
        struct dump dump = {scene->input->dhcpd, scene->input->config[family], scene->input->leases[family],
                            client_family(family)};
        if (!dump.config)
            continue;
        status = dump_inventory(&dump, &scene->inventory[family], scene->error);
        if (status == 0 && (status = inventory_read(scene, family)) < 0)
            failure(scene->error, status, "out of memory");
    }
    for (size_t i = 0; i < sizeof(unusual) && (i == 0 || scene->told[scene->other]); i++)
        scene->other = unusual[i];
    scene->named[scene->other] = true;
    for (size_t i = 0; i < sizeof(usual); i++)
        scene->named[usual[i]] = true;
    for (unsigned i = 0; i <= ARCH_COUNT; i++)
        scene->named[i] |= scene->told[i];
    if (scene->place_count > 0)
        qsort(scene->places, scene->place_count, sizeof(*scene->places), by_address);
    if (status == 0 && scene->machine_count > 0)
        qsort(scene->machines, scene->machine_count, sizeof(*scene->machines), by_name);
    return status;
}
