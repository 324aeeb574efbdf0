/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An EFI program that prints a banner, which names TITLE as the target, and switches the machine off. It stands for an
 * operating system where there is none at hand, and for what is on a machine's own disk.
 */
#include "efi.h"

#define WIDE_(text) u##text
#define WIDE(text) WIDE_(text)

efi_status EFIAPI efi_main(efi_handle image, struct efi_system_table *system)
{
    struct efi_text_output *console = system->console_out;

    (void)image;
    console->output_string(console, u"\r\n\r\n    +----------------------------------------------------+\r\n"
                                    u"    |  an EFI program for " EFI_MACHINE u"\r\n    |  target: " WIDE(
                                        TITLE) u"\r\n"
                                               u"    +----------------------------------------------------+\r\n\r\n");
    system->runtime->reset_system(EFI_RESET_SHUTDOWN, EFI_SUCCESS, 0, NULL);
    return EFI_SUCCESS;
}
