/* SPDX-License-Identifier: MPL-2.0 */
/* The decoders of all records: the first octet of the input says which. What they accept is encoded and read again. */
#include "guarded.h"
#include "record/record.h"
#include "store/schema.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct record_type *const types[] = {&record_site, &record_loader, &record_target, &record_host};

static union record {
    struct netboot_site site;
    struct netboot_loader loader;
    struct netboot_target target;
    struct netboot_host host;
} record, again;

static uint8_t first[RECORD_SIZE_MAX], second[RECORD_SIZE_MAX];

/* What was read is written in one form only: reading and writing it once more changes no octet. */
static void check_again(const struct record_type *type)
{
    ssize_t size = record_encode(type, &record, first, sizeof(first));

    if (size < 0 || record_decode(type, (struct netboot_bytes){first, (size_t)size}, &again) != 0)
        abort();
    if (record_encode(type, &again, second, sizeof(second)) != size || memcmp(first, second, (size_t)size) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct record_type *type = types[data[0] % 4];
    if (record_decode(type, (struct netboot_bytes){data + 1, size - 1}, &record) == 0) {
        record_check(type, &record, NULL);
        check_again(type);
    }
    return 0;
}
