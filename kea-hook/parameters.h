// SPDX-License-Identifier: MPL-2.0
//
// The hook's "parameters" in Kea's configuration.
#ifndef NETBOOT_KEA_PARAMETERS_H
#define NETBOOT_KEA_PARAMETERS_H

#include "kea_versions.h"

#include <cc/data.h>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace netboot
{

struct Parameters {
    std::string database;
    bool replace_boot_file = false;
    bool remove_boot_file = false; // replaces, too
    bool allow_changes = false;
    bool journal = true;
    size_t journal_mebibytes = 256;
    bool join_identifiers = false; // with the journal only
};

// Names the key, its value and the rule that it breaks.
struct ParameterError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Checks everything before it returns anything. `configured` may be null: all defaults. Throws ParameterError.
Parameters read_parameters(const isc::data::ConstElementPtr &configured);

} // namespace netboot

#endif
