// SPDX-License-Identifier: MPL-2.0
//
// The hook's state between load() and unload().
#ifndef NETBOOT_KEA_HOOK_H
#define NETBOOT_KEA_HOOK_H

#include "messages.h"
#include "parameters.h"
#include "statistics.h"

#include <netboot.h>

namespace netboot
{

class Hook
{
  public:
    explicit Hook(const Parameters &parameters);
    ~Hook();
    Hook(const Hook &) = delete;
    Hook &operator=(const Hook &) = delete;

    const Parameters parameters;
    Statistics statistics;
    RateLimits limits;
    StoreEvents events;
    DaemonEvents daemon_events;
    netboot_store *store; // null if it could not be made; not for a missing store
};

// Null while the hook is not loaded. Set and deleted by load() and unload(), while Kea handles no packets.
extern Hook *hook;

} // namespace netboot

#endif
