// SPDX-License-Identifier: MPL-2.0
//
// The hook's "parameters" in Kea's configuration.
#ifndef NETBOOT_KEA_PARAMETERS_H
#define NETBOOT_KEA_PARAMETERS_H

#include "kea_versions.h"

#include <cc/data.h>
#include <netboot.h>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace netboot
{

struct Parameters {
    std::string database;
    netboot_existing_boot_file existing_boot_file = NETBOOT_EXISTING_KEEP;
    bool allow_changes = false;
    bool journal = true;
    bool join_identifiers = false; // with the journal only
    unsigned question_ms = 100;    // that a packet of an armed host waits for netbootd
};

// Its text has the key, the value and the rule.
struct ParameterError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Checks everything before it returns anything. `configured` may be null: all defaults. Throws ParameterError.
Parameters read_parameters(const isc::data::ConstElementPtr &configured);

} // namespace netboot

#endif
