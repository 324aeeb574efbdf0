/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The parts of UEFI that the programs here need: UEFI specification 2.10, sections 4 (tables), 7 (boot services), 8
 * (runtime services), 9.1 (loaded image), 10.2 (device paths). Unused entries keep their places in the tables, but have
 * no type.
 */
#ifndef NETBOOT_EFI_H
#define NETBOOT_EFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define EFIAPI __attribute__((ms_abi))
#define EFI_MACHINE u"X64"
#elif defined(__i386__)
#define EFIAPI __attribute__((cdecl))
#define EFI_MACHINE u"IA32"
#elif defined(__aarch64__)
#define EFIAPI
#define EFI_MACHINE u"AA64"
#endif

typedef uintptr_t efi_status;
typedef void *efi_handle;
typedef uint16_t efi_char;

#define EFI_SUCCESS 0
#define EFI_ERROR(number) (((uintptr_t)1 << (8 * sizeof(uintptr_t) - 1)) | (number))
#define EFI_NOT_FOUND EFI_ERROR(14)

struct efi_guid {
    uint32_t first;
    uint16_t second, third;
    uint8_t rest[8];
};

struct efi_header {
    uint64_t signature;
    uint32_t revision, header_size, crc32, reserved;
};

struct efi_device_path {
    uint8_t type, subtype, length[2]; /* of this node, its four octets included; little-endian */
};
enum { EFI_PATH_MEDIA = 4, EFI_PATH_END = 0x7f };
enum { EFI_MEDIA_HARD_DRIVE = 1, EFI_MEDIA_FILE = 4, EFI_END_WHOLE = 0xff };

struct efi_text_output {
    void *reset;
    efi_status(EFIAPI *output_string)(struct efi_text_output *, const efi_char *);
};

enum { EFI_LOADER_DATA = 2 };
enum { EFI_ALL_HANDLES = 0, EFI_BY_PROTOCOL = 2 };

struct efi_boot_services {
    struct efi_header header;
    void *tpl_and_pages[5];
    efi_status(EFIAPI *allocate_pool)(uint32_t type, uintptr_t size, void **ret);
    efi_status(EFIAPI *free_pool)(void *);
    void *events_and_installing[9];
    efi_status(EFIAPI *handle_protocol)(efi_handle, const struct efi_guid *, void **ret);
    void *locating[5];
    efi_status(EFIAPI *load_image)(bool boot_policy, efi_handle parent, const struct efi_device_path *,
                                   const void *source, uintptr_t size, efi_handle *ret);
    efi_status(EFIAPI *start_image)(efi_handle, uintptr_t *exit_data_size, efi_char **exit_data);
    void *exit;
    efi_status(EFIAPI *unload_image)(efi_handle);
    void *miscellaneous[4];
    efi_status(EFIAPI *connect_controller)(efi_handle, efi_handle *drivers, const struct efi_device_path *remaining,
                                           bool recursive);
    void *disconnecting_and_opening[5];
    efi_status(EFIAPI *locate_handle_buffer)(uint32_t search, const struct efi_guid *, void *key, uintptr_t *count,
                                             efi_handle **ret);
};

struct efi_runtime_services {
    struct efi_header header;
    void *time_and_addresses[6];
    efi_status(EFIAPI *get_variable)(const efi_char *name, const struct efi_guid *, uint32_t *attributes,
                                     uintptr_t *size, void *data);
    void *other_variable_services[3];
    void(EFIAPI *reset_system)(uint32_t type, efi_status, uintptr_t size, const void *data);
};
enum { EFI_RESET_COLD = 0, EFI_RESET_SHUTDOWN = 2 };

struct efi_system_table {
    struct efi_header header;
    const efi_char *firmware_vendor;
    uint32_t firmware_revision;
    void *console_in_handle, *console_in, *console_out_handle;
    struct efi_text_output *console_out;
    void *standard_error_handle, *standard_error;
    struct efi_runtime_services *runtime;
    struct efi_boot_services *boot;
};

struct efi_loaded_image {
    uint32_t revision;
    efi_handle parent;
    struct efi_system_table *system;
    efi_handle device;
    struct efi_device_path *file_path;
    void *reserved;
    uint32_t load_options_size;
    void *load_options;
};

efi_status EFIAPI efi_main(efi_handle image, struct efi_system_table *system);

#endif
