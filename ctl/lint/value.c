/* SPDX-License-Identifier: MPL-2.0 */
/* The values of records that name files. */
#include "policy.h"

#include "json/record/json.h"

#include "common/base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

const char *record_name(const char *record)
{
    const char *space = strchr(record, ' ');

    return space ? space + 1 : record;
}

const char *named_text(enum netboot_record_kind kind, struct netboot_bytes name, char text[NETBOOT_RECORD_TEXT_SIZE])
{
    snprintf(text, NETBOOT_RECORD_TEXT_SIZE, "%s %.*s", netboot_record_kind_name(kind), (int)name.size,
             (const char *)name.data);
    return text;
}

#define FIX_SIZE (NETBOOT_RECORD_TEXT_SIZE + 128)

void loader_values(const struct netboot_loader *loader, value_visit *each, void *user)
{
    const struct netboot_record_key key = {.kind = NETBOOT_RECORD_LOADER, .platform = loader->platform};
    char record[NETBOOT_RECORD_TEXT_SIZE], fix[FIX_SIZE];

    netboot_record_key_text(&key, record);
    snprintf(fix, sizeof(fix), "netbootctl loader set %s FILE", record_name(record));
    each(&(struct value){.record = record,
                         .key = "file",
                         .fix = fix,
                         .file = loader->file,
                         .platform = loader->platform,
                         .firmware = true},
         user);
}

/* A list of files by platform: the option `name` of `set`. */
static void platform_values(struct value value, const char *command, const char *name, const struct netboot_list *files,
                            value_visit *each, void *user)
{
    char key[64], fix[FIX_SIZE + 64], platform[NETBOOT_PLATFORM_TEXT_SIZE];

    for (size_t i = 0; i < files->count; i++) {
        if (files->items[i].size < 3)
            continue;
        value.platform = be_get16(files->items[i].data);
        value.file = bytes_after(files->items[i], 2);
        netboot_platform_text(value.platform, platform);
        snprintf(key, sizeof(key), "%s %s", name, platform);
        snprintf(fix, sizeof(fix), "%s --%s %s=FILE", command, name, platform);
        value.key = key;
        value.fix = fix;
        each(&value, user);
    }
}

static void option_value_visit(struct value value, const char *command, const char *option, struct netboot_bytes file,
                               value_visit *each, void *user)
{
    char fix[FIX_SIZE + 64];

    if (file.size == 0)
        return;
    snprintf(fix, sizeof(fix), "%s --%s FILE", command, option);
    value.key = option;
    value.fix = fix;
    value.file = file;
    each(&value, user);
}

/* A target of kind local has one script, whatever its record says. */
static void local_value(struct value value, value_visit *each, void *user)
{
    value.key = "script";
    value.fix = "run boot/install";
    value.file = bytes_of_text("local.ipxe");
    each(&value, user);
}

/* The script that netbootctl menu writes for a target with a kernel and no script of its own. */
static void kernel_script_value(struct value value, const struct netboot_target *target, value_visit *each, void *user)
{
    char script[sizeof("targets/.ipxe") + NETBOOT_NAME_MAX];
    int size =
        snprintf(script, sizeof(script), "targets/%.*s.ipxe", (int)target->name.size, (const char *)target->name.data);

    value.key = "script";
    value.fix = "run netbootctl menu --output with the data root, which writes it";
    value.file = (struct netboot_bytes){(const uint8_t *)script, (size_t)size};
    each(&value, user);
}

static void boot_values(struct value value, const char *command, const struct netboot_target *target, value_visit *each,
                        void *user)
{
    option_value_visit(value, command, "script", target->script, each, user);
    struct value loaded = value;
    loaded.by_script = true;
    option_value_visit(loaded, command, "kernel", target->kernel, each, user);
    for (size_t i = 0; i < target->initrds.count; i++)
        option_value_visit(loaded, command, "initrd", target->initrds.items[i], each, user);
    if (target->script.size == 0 && target->kernel.size > 0)
        kernel_script_value(value, target, each, user);
}

void target_values(const struct netboot_target *target, value_visit *each, void *user)
{
    char record[NETBOOT_RECORD_TEXT_SIZE], command[FIX_SIZE];
    struct value value = {.record = record, .platform = NETBOOT_PLATFORM_NONE, .ipxe = true, .target = target->name};

    if (target->kind == NETBOOT_KIND_SILENT || target->kind == NETBOOT_KIND_IGNORE)
        return;
    named_text(NETBOOT_RECORD_TARGET, target->name, record);
    snprintf(command, sizeof(command), "netbootctl target set %s", record_name(record));
    if (target->kind == NETBOOT_KIND_LOCAL)
        local_value(value, each, user);
    else
        boot_values(value, command, target, each, user);
    value.firmware = true;
    platform_values(value, command, "file", &target->files, each, user);
}

void host_values(const struct netboot_record *host, value_visit *each, void *user)
{
    const struct netboot_list *loaders = &host->host.loaders;
    char record[NETBOOT_RECORD_TEXT_SIZE], command[FIX_SIZE];

    if (loaders->count == 0)
        return;
    netboot_record_text(host, record);
    snprintf(command, sizeof(command), "netbootctl host set %s", record_name(record));
    platform_values((struct value){.record = record, .firmware = true}, command, "loader", loaders, each, user);
}

const char *host_value_key(const struct value *value, char key[HOST_VALUE_KEY_SIZE])
{
    snprintf(key, HOST_VALUE_KEY_SIZE, "%04x%.*s", value->platform, (int)value->file.size,
             (const char *)value->file.data);
    return key;
}

void host_value_of(const char *key, const char *record, value_visit *each, void *user)
{
    char command[FIX_SIZE], digits[5];
    uint8_t file[2 + NETBOOT_FILE_SIZE];
    struct netboot_list files = {.count = 1};

    snprintf(digits, sizeof(digits), "%.4s", key);
    unsigned platform = (unsigned)strtoul(digits, NULL, 16);
    file[0] = (uint8_t)(platform >> 8);
    file[1] = (uint8_t)platform;
    size_t size = strnlen(key + 4, NETBOOT_FILE_SIZE);
    memcpy(file + 2, key + 4, size);
    files.items[0] = (struct netboot_bytes){file, 2 + size};
    snprintf(command, sizeof(command), "netbootctl host set %s", record_name(record));
    platform_values((struct value){.record = record, .firmware = true}, command, "loader", &files, each, user);
}
