/* SPDX-License-Identifier: MPL-2.0 */
/* Captured frames by libpcap: out of a file, or live from an interface. Only source.c calls libpcap. */
#ifndef NETBOOTCTL_SOURCE_H
#define NETBOOTCTL_SOURCE_H

#include "netboot.h"

struct source;

struct source_frame {
    uint64_t number;           /* in the capture, from 1 */
    uint64_t time;             /* microseconds since 1970 */
    struct netboot_bytes data; /* until the next call; NULL: no frame came, but time went on */
    size_t wire_size;
};

/* "-" is standard input. Negative errno value, with the reason. */
int source_open_file(const char *path, struct source **ret, struct netboot_error *error);
/* Reads until SIGINT or SIGTERM, which end the capture and not the program. */
int source_open_interface(const char *name, struct source **ret, struct netboot_error *error);
void source_close(struct source *source);

int source_link_type(const struct source *source); /* one of libpcap's DLT_ */
const char *source_link_name(const struct source *source);

/* 1: *ret is filled; 0: the end; negative: the capture cannot be read further, with the reason. */
int source_next(struct source *source, struct source_frame *ret, struct netboot_error *error);
/* Frames that a live capture lost. */
uint64_t source_dropped(const struct source *source);

#endif
