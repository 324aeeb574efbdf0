// SPDX-License-Identifier: MPL-2.0
//
// Kea's JSON as cJSON's and back: strings are octets in both, UTF-8 where they are text.
#ifndef NETBOOT_KEA_ELEMENTS_H
#define NETBOOT_KEA_ELEMENTS_H

#include <cc/data.h>
#include <cjson/cJSON.h>

#include <memory>

namespace netboot
{

struct JsonDelete {
    void operator()(cJSON *item) const
    {
        cJSON_Delete(item);
    }
};
using Json = std::unique_ptr<cJSON, JsonDelete>;

// Both throw when out of memory; the first one also throws for what cJSON cannot hold.
Json json_of(const isc::data::Element &value);
isc::data::ElementPtr element_of(const cJSON &value);

} // namespace netboot

#endif
