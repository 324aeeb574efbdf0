/* SPDX-License-Identifier: MPL-2.0 */
#include "vary.h"

#include "common/dhcp/codes.h"
#include "dump.h"
#include "json/record/json.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIATIONS_MAX 4000
#define CONSTANTS_MAX 32

/* ---- What clients of every kind show already -------------------------------------------------------------------- */

struct varied_input {
    const char *kind, *space, *name;
    int code;
};

static struct varied_input input_read(const cJSON *item)
{
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(item, "code");
    const char *space = json_text(item, "space"), *name = json_text(item, "name");

    return (struct varied_input){json_text(item, "kind"), space ? space : "", name ? name : "",
                                 cJSON_IsNumber(code) ? code->valueint : 0};
}

static bool is_option(const struct varied_input *input, const char *space, int code)
{
    return strcmp(input->kind, "option") == 0 && strcmp(input->space, space) == 0 && input->code == code;
}

static bool is_class_option(const struct varied_input *input)
{
    return is_option(input, "dhcp", DHCP4_VENDOR_CLASS) || is_option(input, "dhcp", DHCP4_USER_CLASS) ||
           is_option(input, "dhcp6", DHCP6_VENDOR_CLASS) || is_option(input, "dhcp6", DHCP6_USER_CLASS);
}

/* Architecture and the options of iPXE. */
static bool is_shown(const struct varied_input *input)
{
    return is_option(input, "dhcp", DHCP4_CLIENT_ARCH) || is_option(input, "dhcp6", DHCP6_CLIENT_ARCH) ||
           is_option(input, "dhcp", DHCP4_IPXE_ENCAPSULATED) || is_option(input, "dhcp", 94) ||
           is_option(input, "dhcp", DHCP4_PARAMETER_REQUEST_LIST) || is_option(input, "dhcp6", DHCP6_OPTION_REQUEST) ||
           strcmp(input->space, "ipxe") == 0 || strcmp(input->space, "gpxe") == 0;
}

static bool is_in(const char *constant, size_t size, const char *text)
{
    return size > 0 && memmem(text, strlen(text), constant, size) != NULL;
}

/* Whether firmware or iPXE says it: then every kind of client has been tried with it. */
static bool is_said(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    bool digits = size > 0;

    for (size_t i = 0; i < size; i++)
        digits &= isdigit(data[i]) != 0;
    return digits || is_in(text, size, "PXEClient:Arch:") || is_in(text, size, "HTTPClient:Arch:") ||
           is_in(text, size, ":UNDI:003016") || is_in(text, size, "iPXE") ||
           (size >= 9 && memcmp(text, "PXEClient", 9) == 0) || (size >= 10 && memcmp(text, "HTTPClient", 10) == 0) ||
           (size == 5 && memcmp(text, "\4iPXE", 5) == 0) || (size == 6 && memcmp(text, "\0\4iPXE", 6) == 0);
}

/* ---- Variations ------------------------------------------------------------------------------------------------- */

static struct variation *variation_add(struct scene *scene, unsigned family, const cJSON *expression)
{
    struct variation *larger;

    if (scene->variation_count == VARIATIONS_MAX)
        return NULL;
    larger = realloc(scene->variations, (scene->variation_count + 1) * sizeof(*larger));
    if (!larger)
        return NULL;
    scene->variations = larger;
    struct variation *variation = &larger[scene->variation_count++];
    *variation = (struct variation){.family = family, .expression = expression};
    return variation;
}

static void value_print(FILE *file, const uint8_t *data, size_t size)
{
    bool text = size > 0;

    for (size_t i = 0; i < size; i++)
        text &= data[i] >= ' ' && data[i] <= '~';
    if (text)
        fprintf(file, "\"%.*s\"", (int)size, (const char *)data);
    for (size_t i = 0; !text && i < size; i++)
        fprintf(file, "%s%02x", i ? ":" : "", data[i]);
}

static int text_set(struct scene *scene, struct variation *variation, const char *what, const uint8_t *data,
                    size_t size)
{
    char value[400];
    FILE *file = fmemopen(value, sizeof(value), "w");

    if (!file)
        return -ENOMEM;
    value_print(file, data, size < 100 ? size : 100);
    fclose(file);
    variation->value = texts_keep(&scene->texts, value);
    variation->text = texts_format(&scene->texts, "%s %s", what, value);
    return variation->value && variation->text ? 0 : -ENOMEM;
}

static int vary_hardware(struct scene *scene, unsigned family, const cJSON *expression, const uint8_t *data,
                         size_t size)
{
    struct variation *variation;

    if (size == 0 || size > NETBOOT_MAC_SIZE)
        return 0;
    variation = variation_add(scene, family, expression);
    if (!variation)
        return 0;
    variation->hardware = true;
    memcpy(variation->mac, nobodys_mac, NETBOOT_MAC_SIZE);
    memcpy(variation->mac, data, size);
    return text_set(scene, variation, "the hardware address begins with", data, size);
}

/* The octets of an option, a suboption of the relay agent's as it stands in option 82. */
static int vary_option(struct scene *scene, unsigned family, const cJSON *expression, const struct varied_input *input,
                       const uint8_t *data, size_t size)
{
    bool agent = strcmp(input->space, "agent") == 0;
    uint8_t octets[2 + 253] = {(uint8_t)input->code, (uint8_t)size};
    struct variation *variation;

    if (size == 0 || size > 253)
        return 0;
    memcpy(octets + 2, data, size);
    const uint8_t *copy = arena_copy(&scene->memory, agent ? octets : octets + 2, agent ? size + 2 : size).data;
    const char *what = texts_format(&scene->texts, "option %s is", input->name);
    if (!copy || !what)
        return -ENOMEM;
    variation = variation_add(scene, family, expression);
    if (!variation)
        return 0;
    variation->option.code = agent ? 82 : (uint16_t)input->code;
    variation->option.data = copy;
    variation->option.size = (uint16_t)(agent ? size + 2 : size);
    return text_set(scene, variation, what, data, size);
}

static bool can_say(const struct varied_input *input)
{
    return strcmp(input->kind, "option") == 0 &&
           (strcmp(input->space, "dhcp") == 0 || strcmp(input->space, "dhcp6") == 0 ||
            strcmp(input->space, "agent") == 0);
}

static bool has_pattern(const cJSON *expression)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(expression, "inputs"))
    {
        if (strcmp(json_text(item, "kind"), "pattern") == 0)
            return true;
    }
    return false;
}

/* A constant, without the anchors of a pattern. */
static int vary_constant(struct scene *scene, unsigned family, const cJSON *expression,
                         const struct varied_input *input, const uint8_t *data, size_t size)
{
    bool hardware = strcmp(input->kind, "hardware") == 0;
    int status;

    if (has_pattern(expression)) {
        size_t begin = size > 0 && data[0] == '^', end = size > begin && data[size - 1] == '$';
        data += begin;
        size -= begin + end;
    }
    if (!hardware)
        return is_class_option(input) && is_said(data, size)
                   ? 0
                   : vary_option(scene, family, expression, input, data, size);
    status = vary_hardware(scene, family, expression, data, size);
    if (status == 0 && size > 1 && data[0] == HARDWARE_ETHERNET)
        status = vary_hardware(scene, family, expression, data + 1, size - 1);
    return status;
}

/* A value of no meaning, where an expression only asks whether there is one, or hands it on. */
static int vary_presence(struct scene *scene, unsigned family, const cJSON *expression,
                         const struct varied_input *input)
{
    static const uint8_t small[NETBOOT_MAC_SIZE] = {2, 1, 10, 11, 12, 13}; /* octets of one digit */

    if (strcmp(input->kind, "hardware") == 0)
        return vary_hardware(scene, family, expression, small, sizeof(small));
    return is_class_option(input) ? 0 : vary_option(scene, family, expression, input, (const uint8_t *)"netboot", 7);
}

static int vary_input(struct scene *scene, unsigned family, const cJSON *expression, const struct varied_input *input)
{
    const cJSON *constant;
    uint8_t data[256];
    unsigned count = 0;
    int status = 0;

    if (is_shown(input) || (!can_say(input) && strcmp(input->kind, "hardware") != 0))
        return 0;
    cJSON_ArrayForEach(constant, cJSON_GetObjectItemCaseSensitive(expression, "constants"))
    {
        size_t size = hex_read(constant->valuestring, data, sizeof(data));
        if (status == 0 && count++ < CONSTANTS_MAX)
            status = vary_constant(scene, family, expression, input, data, size);
    }
    return status == 0 ? vary_presence(scene, family, expression, input) : status;
}

/* The data of its subclasses are what a class is compared with. */
static int vary_subclasses(struct scene *scene, unsigned family, const cJSON *expression,
                           const struct varied_input *input)
{
    const char *class = json_text(expression, "scope") + strlen("class ");
    const cJSON *line;
    uint8_t data[256];
    unsigned count = 0;
    int status = 0;

    if (!can_say(input) || is_shown(input))
        return 0; /* hardware addresses of subclasses are machines */
    cJSON_ArrayForEach(line, scene->inventory[family])
    {
        if (status != 0 || count == CONSTANTS_MAX || strcmp(json_text(line, "type"), "subclass") != 0 ||
            strcmp(json_text(line, "class"), class) != 0)
            continue;
        size_t size = hex_read(json_text(line, "data"), data, sizeof(data));
        status = vary_constant(scene, family, expression, input, data, size);
        count++;
    }
    return status;
}

/* ---- Expressions that matter ------------------------------------------------------------------------------------ */

/* Whether it can decide what is booted: names of options that an operator has defined may be any. */
static bool matters(const cJSON *expression)
{
    static const char *const others[] = {"server.ddns-",         "server.log-",      "dhcp.host-name",
                                         "dhcp.domain-name",     "dhcp.routers",     "dhcp.ntp-",
                                         "server.default-lease", "server.max-lease", "server.min-lease"};
    const cJSON *set;

    cJSON_ArrayForEach(set, cJSON_GetObjectItemCaseSensitive(expression, "sets"))
    {
        bool other = false;
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
            other |= strncmp(set->valuestring, others[i], strlen(others[i])) == 0;
        if (!other)
            return true;
    }
    return false;
}

static int vary_expression(struct scene *scene, unsigned family, const cJSON *expression)
{
    const cJSON *item;
    bool match = strcmp(json_text(expression, "kind"), "match") == 0;
    int status = 0;

    if (!match && !matters(expression)) /* what a class sets, its subclasses do */
        return 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(expression, "inputs"))
    {
        struct varied_input input = input_read(item);
        if (status == 0)
            status = match ? vary_subclasses(scene, family, expression, &input)
                           : vary_input(scene, family, expression, &input);
    }
    return status;
}

int vary(struct scene *scene)
{
    int status = 0;

    for (unsigned family = 0; family < BOOT_FAMILIES; family++) {
        const cJSON *line;
        cJSON_ArrayForEach(line, scene->inventory[family])
        {
            if (status == 0 && strcmp(json_text(line, "type"), "expression") == 0)
                status = vary_expression(scene, family, line);
        }
    }
    return status;
}

const char *vary_untried(const cJSON *expression)
{
    static const struct {
        const char *kind, *why;
    } kinds[] = {
        {"packet",         "it looks at the octets of the packet itself, which could not be tried out"     },
        {"leased-address", "it depends on the very address that a client has, which could not be tried out"},
        {"relay",          "it looks at what a relay agent adds, which could not be tried out"             },
        {"client-state",   "it depends on the state of a client, which could not be tried out"             },
    };
    const cJSON *item;

    if (strcmp(json_text(expression, "type"), "expression") != 0 || !matters(expression))
        return NULL;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(expression, "inputs"))
    {
        struct varied_input input = input_read(item);
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
            if (strcmp(input.kind, kinds[i].kind) == 0)
                return kinds[i].why;
        if (strcmp(input.kind, "option") == 0 && !can_say(&input) && !is_shown(&input))
            return "it looks at an option of a space of its own, which could not be tried out";
    }
    return NULL;
}

const char *vary_closest(const struct variation *variation)
{
    if (variation->hardware)
        return "give the machines of that maker a target: netbootctl seen --unknown lists them, netbootctl host set "
               "MAC "
               "--target NAME";
    switch (variation->option.code) {
    case 82:
        return "give the machines behind that port a target: netbootctl host set MAC --target NAME; if it stands for a "
               "network, a site with its prefix";
    case DHCP4_VENDOR_CLASS:
        return "if they are no clients that boot by PXE, HTTP or iPXE: a client class with boot-file-name in Kea's "
               "configuration, which netboot leaves as it is; else a target for each machine";
    default:
        return "give these machines a target: netbootctl host set MAC --target NAME";
    }
}
