// SPDX-License-Identifier: MPL-2.0
#include "hook.h"

#include <cstring>

namespace netboot
{

Hook *hook = nullptr;

Hook::Hook(const Parameters &wanted) : parameters(wanted), store(nullptr)
{
    netboot_store_options options;
    netboot_error error;

    memset(&options, 0, sizeof(options));
    options.size = sizeof(options);
    options.follow = true;
    options.journal = parameters.journal;
    options.question_ms = parameters.question_ms;
    options.join = parameters.join_identifiers;
    // With `follow` a missing store is not an error. No other error may keep Kea from serving.
    if (netboot_store_open(parameters.database.c_str(), &options, &store, &error) < 0) {
        store = nullptr;
        LOG_ERROR(logger, NETBOOT_STORE_UNUSABLE).arg(std::string(error.text));
    }
}

Hook::~Hook()
{
    netboot_store_close(store);
}

} // namespace netboot
