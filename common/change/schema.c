/* SPDX-License-Identifier: MPL-2.0 */
/* The fields of an entry of the history. A tag is never used again for another field. */
#include "change/schema.h"
#include "record/type.h"

static const struct record_field history_fields[] = {
    FIELD_NUMBER(1, history_record, when, 8, "time"),
    FIELD_NUMBER(2, history_record, hosts, 8, "number of hosts"),
    FIELD_NUMBER(3, history_record, others, 8, "number of other records"),
    FIELD_BYTES(4, history_record, by, 1, NETBOOT_HISTORY_BY_SIZE - 1, "name of who changes", NULL, NULL),
    FIELD_BYTES(5, history_record, what, 1, NETBOOT_HISTORY_WHAT_SIZE - 1, "change", NULL, NULL),
};

const struct record_type record_history = RECORD_TYPE(history_fields, 1);
