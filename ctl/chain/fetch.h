/* SPDX-License-Identifier: MPL-2.0 */
/* Asking real servers for boot files, by TFTP (with the size of RFC 2349) and HTTP. Nothing here prints. */
#ifndef NETBOOTCTL_FETCH_H
#define NETBOOTCTL_FETCH_H

#include "netboot.h"

struct fetch;

#define FETCH_TEXT_SIZE 512
struct fetch_result {
    bool there;
    int64_t size;                  /* octets; -1: the server does not tell */
    char problem[FETCH_TEXT_SIZE]; /* why the file cannot be had */
    char fix[FETCH_TEXT_SIZE];
};

/* Each file has to come within `seconds`. -ENOMEM. */
int fetch_open(unsigned seconds, struct fetch **ret, struct netboot_error *error);
void fetch_close(struct fetch *fetch); /* NULL is fine */
/* Whether the URL is of a scheme that can be asked. */
bool fetch_can(const char *url);
/* Asks for the file; by TFTP it takes no more than the first block. Firmware follows no redirection, iPXE does. */
void fetch_ask(struct fetch *fetch, const char *url, bool redirected, struct fetch_result *ret);
/* The whole text with a NUL; free() it. NULL: it cannot be had within the bounds. */
char *fetch_text(struct fetch *fetch, const char *url);

#endif
