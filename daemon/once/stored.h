/* SPDX-License-Identifier: MPL-2.0 */
/* The record of an arming as octets, as the log and the memory hold it. */
#ifndef NETBOOTD_ONCE_STORED_H
#define NETBOOTD_ONCE_STORED_H

#include "once/boot.h"

#define ONCE_RECORD_MAX 2048

/* The record is made of views into `octets`. -EBADMSG. */
int stored_read(struct netboot_bytes octets, struct once_record *ret);
/* Its size, or -ENOBUFS. */
ssize_t stored_write(struct once_record *record, uint8_t octets[ONCE_RECORD_MAX]);

#endif
