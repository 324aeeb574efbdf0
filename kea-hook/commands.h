// SPDX-License-Identifier: MPL-2.0
//
// netboot-host-get and its like, over Kea's control channel.
#ifndef NETBOOT_KEA_COMMANDS_H
#define NETBOOT_KEA_COMMANDS_H

#include <hooks/hooks.h>

namespace netboot
{

// Offers them for as long as the library is loaded.
void register_commands(isc::hooks::LibraryHandle &handle);

} // namespace netboot

#endif
