/* SPDX-License-Identifier: MPL-2.0 */
/* The fields of a host's arming as it is stored. A tag is never used again for something else. */
#include "once/boot.h"
#include "record/type.h"
#include "record/value.h"

static const struct record_field once_fields[] = {
    FIELD_BYTES(1, once_record, token, ONCE_TOKEN_SIZE, ONCE_TOKEN_SIZE, "token", NULL, NULL),
    FIELD_NUMBER(2, once_record, store, 8, "store"),
    FIELD_BYTES(3, once_record, target, 1, NETBOOT_NAME_MAX, "name of a target", NULL, record_check_name),
    FIELD_BYTES(4, once_record, by, 1, NETBOOT_ONCE_BY_SIZE - 1, "name of who arms", NULL, record_check_text),
    FIELD_NUMBER(5, once_record, armed, 8, "time of arming"),
    FIELD_NUMBER(6, once_record, expires, 8, "time of expiry"),
    FIELD_NUMBER(7, once_record, window, 8, "window"),
    FIELD_NUMBER(8, once_record, tries, 2, "number of tries"),
    FIELD_NUMBER(9, once_record, until_done, 2, "mode"),
    FIELD_NUMBER(10, once_record, count, 2, "number of boots"),
    FIELD_NUMBER(11, once_record, phase, 2, "phase"),
    FIELD_NUMBER(12, once_record, started, 8, "time of start"),
    FIELD_NUMBER(13, once_record, used, 8, "time of use"),
    FIELD_NUMBER(14, once_record, done, 8, "time of the report"),
    FIELD_BYTES(15, once_record, server, 1, NETBOOT_ONCE_BY_SIZE - 1, "server", NULL, NULL),
    FIELD_BYTES(16, once_record, file, 1, NETBOOT_FILE_SIZE - 1, "boot file", NULL, NULL),
    FIELD_NUMBER(17, once_record, method, 2, "method"),
    FIELD_NUMBER(18, once_record, ms, 8, "milliseconds of use"),
    FIELD_NUMBER(19, once_record, clock, 8, "clock"),
    FIELD_NUMBER(20, once_record, doubt, 8, "doubt"),
    FIELD_LIST(21, once_record, stored, ONCE_EXCHANGE_SIZE, ONCE_EXCHANGE_SIZE, "exchange", NULL, NULL),
    FIELD_OPTIONAL(22, once_record, born, 8, "number of the host"),
};

const struct record_type record_once = RECORD_TYPE(once_fields, 1);
