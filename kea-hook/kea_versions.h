// SPDX-License-Identifier: MPL-2.0
//
// All differences between the versions of Kea that this source can be built against (2.2 to 3.3).
#ifndef NETBOOT_KEA_VERSIONS_H
#define NETBOOT_KEA_VERSIONS_H

#include <config.h>

#include <hooks/hooks.h>
#include <util/buffer.h>

#include <cstdint>

namespace netboot
{

// KEA_HOOKS_VERSION is a constant, not a macro: #if cannot test it. Code that depends on the version has to compile
// with every version.
inline int kea_version()
{
    return KEA_HOOKS_VERSION;
}

// OutputBuffer::getData() returned const void * until 2.6.
inline const uint8_t *data_of(const isc::util::OutputBuffer &buffer)
{
    return static_cast<const uint8_t *>(buffer.getData());
}

} // namespace netboot

#endif
