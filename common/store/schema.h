/* SPDX-License-Identifier: MPL-2.0 */
/* The types of the records that people set: struct netboot_site, _loader, _target, _host. */
#ifndef NETBOOT_STORE_SCHEMA_H
#define NETBOOT_STORE_SCHEMA_H

#include "record/record.h"

extern const struct record_type record_site, record_loader, record_target, record_host;

#endif
