/* SPDX-License-Identifier: MPL-2.0 */
/* An EFI program that starts the machine anew, as an installer does when it is done. */
#include "efi.h"

efi_status EFIAPI efi_main(efi_handle image, struct efi_system_table *system)
{
    (void)image;
    system->runtime->reset_system(EFI_RESET_COLD, EFI_SUCCESS, 0, NULL);
    return EFI_SUCCESS;
}
