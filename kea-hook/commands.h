// SPDX-License-Identifier: MPL-2.0
//
// The netboot-* commands, over Kea's control channel.
#ifndef NETBOOT_KEA_COMMANDS_H
#define NETBOOT_KEA_COMMANDS_H

#include <hooks/hooks.h>

namespace netboot
{

// Registers them until the library is unloaded.
void register_commands(isc::hooks::LibraryHandle &handle);

} // namespace netboot

#endif
