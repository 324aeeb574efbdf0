/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An EFI program that prints a banner, `TITLE`, and switches the machine off. It stands for an operating system where
 * there is none at hand, and for what is on a machine's own disk. UEFI specification 2.10, sections 4.3, 8.5.1, 12.4.
 */
#include <stdint.h>

typedef uint16_t character;

struct table_header {
    uint64_t signature;
    uint32_t revision, header_size, crc32, reserved;
};

struct text_output {
    void *reset;
    uintptr_t(EFIAPI *output_string)(struct text_output *, const character *);
};

struct runtime_services {
    struct table_header header;
    void *time_and_variable_services[10]; /* GetTime to GetNextHighMonotonicCount */
    void(EFIAPI *reset_system)(uint32_t type, uintptr_t status, uintptr_t data_size, const void *data);
};

struct system_table {
    struct table_header header;
    const character *firmware_vendor;
    uint32_t firmware_revision;
    void *console_in_handle, *console_in, *console_out_handle;
    struct text_output *console_out;
    void *standard_error_handle, *standard_error;
    struct runtime_services *runtime_services;
};

#define WIDE_(text) u##text
#define WIDE(text) WIDE_(text)
#define RESET_SHUTDOWN 2

uintptr_t EFIAPI efi_main(void *image, struct system_table *system);

uintptr_t EFIAPI efi_main(void *image, struct system_table *system)
{
    struct text_output *console = system->console_out;

    (void)image;
    console->output_string(console,
                           u"\r\n\r\n    +----------------------------------------------------+\r\n"
                           u"    |  an EFI program for " WIDE(MACHINE) u"\r\n    |  target: " WIDE(
                               TITLE) u"\r\n    +----------------------------------------------------+\r\n\r\n");
    system->runtime_services->reset_system(RESET_SHUTDOWN, 0, 0, 0);
    return 0;
}
