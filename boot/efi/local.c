/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An EFI program that boots the machine's own disk at once.
 *
 * When a network boot program returns, firmware tries all its other ways of network boot before the disk, which takes a
 * minute or more. So this program goes through the firmware's boot options in their order, and starts the first one
 * that is a file on a file system; without such an option, it starts the default loader of a disk (UEFI specification
 * 2.10, sections 3.1 and 3.5.1.1). If there is none, it returns with an error.
 */
#include "efi.h"

struct program {
    efi_handle image;
    struct efi_boot_services *boot;
    struct efi_runtime_services *runtime;
    uintptr_t volume_count;
    efi_handle *volumes; /* with a file system */
};

/* A boot option; everything points into its variable. */
struct option {
    const struct efi_device_path *path;
    size_t path_size; /* without the end */
    const void *data;
    uint32_t data_size;
};

static const struct efi_guid file_system = {
    0x964e5b22, 0x6459, 0x11d2, {0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b}
};
static const struct efi_guid device_path = {
    0x09576e91, 0x6d3f, 0x11d2, {0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b}
};
static const struct efi_guid loaded_image = {
    0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b}
};
static const struct efi_guid global = {
    0x8be4df61, 0x93ca, 0x11d2, {0xaa, 0x0d, 0, 0xe0, 0x98, 0x03, 0x2b, 0x8c}
};

static const struct {
    struct efi_device_path node;
    efi_char name[sizeof(u"\\EFI\\BOOT\\BOOT" EFI_MACHINE u".EFI") / sizeof(efi_char)];
} removable = {
    {EFI_PATH_MEDIA, EFI_MEDIA_FILE, {sizeof(removable), 0}},
    u"\\EFI\\BOOT\\BOOT" EFI_MACHINE u".EFI"
};

static void copy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i]; /* volatile: there is no memcpy to make of it */
}

static bool equal(const void *one, const void *other, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const uint8_t *)one)[i] != ((const uint8_t *)other)[i])
            return false;
    return true;
}

/* ---- Device paths */

static size_t node_size(const struct efi_device_path *node)
{
    return node->length[0] + 256u * node->length[1];
}

static const struct efi_device_path *node_next(const struct efi_device_path *node)
{
    return (const struct efi_device_path *)((const uint8_t *)node + node_size(node));
}

/* Octets of the path without its end; 0 for one that is longer than `limit` or malformed. */
static size_t path_size(const struct efi_device_path *path, size_t limit)
{
    const struct efi_device_path *node = path;
    size_t size = 0;

    while (size + sizeof(*node) <= limit && node->type != EFI_PATH_END) {
        if (node_size(node) < sizeof(*node) || node_size(node) > limit - size)
            return 0;
        size += node_size(node);
        node = node_next(node);
    }
    return size + sizeof(*node) <= limit ? size : 0;
}

/* Whether the option is on the volume at `path`. Then `ret` is the rest of the option's path, which may be empty. An
 * option names only a partition ("short form"), the whole path to a file, or the path to a disk. */
static bool option_is_on(const struct option *option, const struct efi_device_path *path, size_t size,
                         struct option *ret)
{
    const struct efi_device_path *first = option->path;
    const uint8_t *rest = NULL;

    if (first->type == EFI_PATH_MEDIA && first->subtype == EFI_MEDIA_HARD_DRIVE) {
        for (const struct efi_device_path *node = path; node->type != EFI_PATH_END; node = node_next(node))
            if (node_size(node) == node_size(first) && equal(node, first, node_size(node)))
                rest = (const uint8_t *)node_next(first);
    } else if (size <= option->path_size && equal(option->path, path, size)) {
        rest = (const uint8_t *)option->path + size;
    } else if (option->path_size < size && equal(option->path, path, option->path_size)) {
        rest = (const uint8_t *)option->path + option->path_size;
    }
    if (rest == NULL)
        return false;
    *ret = *option;
    ret->path = (const struct efi_device_path *)rest;
    ret->path_size = option->path_size - (size_t)(rest - (const uint8_t *)option->path);
    return true;
}

/* ---- Starting */

/* Starts a file of a volume; returns only if that fails, or when the started program returns. */
static void start(struct program *program, const struct efi_device_path *volume, size_t volume_size,
                  const struct option *file)
{
    static const struct efi_device_path end = {
        EFI_PATH_END, EFI_END_WHOLE, {sizeof(end), 0}
    };
    struct efi_loaded_image *loaded;
    efi_handle image;
    uint8_t *path;

    if (program->boot->allocate_pool(EFI_LOADER_DATA, volume_size + file->path_size + sizeof(end), (void **)&path) !=
        EFI_SUCCESS)
        return;
    copy(path, volume, volume_size);
    copy(path + volume_size, file->path, file->path_size);
    copy(path + volume_size + file->path_size, &end, sizeof(end));
    if (program->boot->load_image(false, program->image, (const struct efi_device_path *)path, NULL, 0, &image) ==
        EFI_SUCCESS) {
        if (file->data_size > 0 &&
            program->boot->handle_protocol(image, &loaded_image, (void **)&loaded) == EFI_SUCCESS) {
            loaded->load_options = (void *)(uintptr_t)file->data;
            loaded->load_options_size = file->data_size;
        }
        program->boot->start_image(image, NULL, NULL);
    }
    program->boot->free_pool(path);
}

/* Starts an option (NULL: the default loader) from each volume that it is on. */
static void start_option(struct program *program, const struct option *option)
{
    static const struct option fallback = {&removable.node, sizeof(removable), NULL, 0};
    struct efi_device_path *path;
    struct option file;

    for (uintptr_t i = 0; i < program->volume_count; i++) {
        if (program->boot->handle_protocol(program->volumes[i], &device_path, (void **)&path) != EFI_SUCCESS)
            continue;
        size_t size = path_size(path, SIZE_MAX);
        if (option == NULL)
            start(program, path, size, &fallback);
        else if (option_is_on(option, path, size, &file))
            start(program, path, size, file.path_size > 0 ? &file : &fallback);
    }
}

/* ---- The firmware's boot options */

static void *variable(struct program *program, const efi_char *name, uintptr_t *size)
{
    void *data;

    *size = 0;
    program->runtime->get_variable(name, &global, NULL, size, NULL);
    if (*size == 0 || program->boot->allocate_pool(EFI_LOADER_DATA, *size, &data) != EFI_SUCCESS)
        return NULL;
    if (program->runtime->get_variable(name, &global, NULL, size, data) == EFI_SUCCESS)
        return data;
    program->boot->free_pool(data);
    return NULL;
}

/* Reads EFI_LOAD_OPTION: attributes, size of the path, description with its NUL, path, data. */
static bool option_read(const uint8_t *data, size_t size, struct option *ret)
{
    enum { HEADER = 6, ACTIVE = 1, CATEGORY = 0x1f };
    size_t at = HEADER, length;

    if (size < HEADER || !(data[0] & ACTIVE) || (data[1] & CATEGORY) != 0)
        return false;
    length = data[4] + 256u * data[5];
    while (at + 2 <= size && (data[at] != 0 || data[at + 1] != 0))
        at += 2;
    at += 2;
    if (at > size || length > size - at)
        return false;
    ret->path = (const struct efi_device_path *)(data + at);
    ret->path_size = path_size(ret->path, length);
    ret->data = data + at + length;
    ret->data_size = (uint32_t)(size - at - length);
    return ret->path_size > 0;
}

static void start_number(struct program *program, uint16_t number)
{
    efi_char name[] = u"Boot0000";
    struct option option;
    uintptr_t size;
    uint8_t *data;

    for (unsigned i = 0; i < 4; i++)
        name[4 + i] = u"0123456789ABCDEF"[number >> (12 - 4 * i) & 15];
    data = variable(program, name, &size);
    if (data == NULL)
        return;
    if (option_read(data, size, &option))
        start_option(program, &option);
    program->boot->free_pool(data);
}

static void start_all(struct program *program)
{
    uintptr_t size;
    uint16_t *order = variable(program, u"BootOrder", &size);

    if (program->boot->locate_handle_buffer(EFI_BY_PROTOCOL, &file_system, NULL, &program->volume_count,
                                            &program->volumes) != EFI_SUCCESS)
        program->volume_count = 0;
    for (uintptr_t i = 0; order != NULL && i < size / sizeof(*order); i++)
        start_number(program, order[i]);
    start_option(program, NULL);
}

/* For a fast boot, firmware connects only the device that it boots from. */
static void connect_all(struct program *program)
{
    efi_handle *handles;
    uintptr_t count;

    if (program->boot->locate_handle_buffer(EFI_ALL_HANDLES, NULL, NULL, &count, &handles) != EFI_SUCCESS)
        return;
    for (uintptr_t i = 0; i < count; i++)
        program->boot->connect_controller(handles[i], NULL, NULL, true);
    program->boot->free_pool(handles);
}

efi_status EFIAPI efi_main(efi_handle image, struct efi_system_table *system)
{
    struct program program = {.image = image, .boot = system->boot, .runtime = system->runtime};

    system->console_out->output_string(system->console_out, u"netboot: booting this machine's own disk\r\n");
    start_all(&program);
    connect_all(&program);
    start_all(&program);
    system->console_out->output_string(system->console_out, u"netboot: no disk has a boot loader\r\n");
    return EFI_NOT_FOUND;
}
