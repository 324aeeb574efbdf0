/* SPDX-License-Identifier: MPL-2.0 */
/* The parts of a URL that network boot needs (RFC 3986). */
#ifndef NETBOOT_URL_H
#define NETBOOT_URL_H

#include "netboot.h"

struct url {
    struct netboot_bytes scheme; /* "tftp" */
    struct netboot_bytes host;   /* without brackets */
    struct netboot_bytes port;   /* empty where there is none */
    struct netboot_bytes path;   /* after the slash that ends the authority */
    bool has_user;               /* "user@" */
    enum { URL_NAME, URL_IPV4, URL_IPV6 } host_type;
    uint8_t address[NETBOOT_ADDRESS_SIZE]; /* of an address as host */
};

/* Whether the text has a scheme: else it is a path. */
bool url_is(struct netboot_bytes text);
/* -EINVAL: no scheme and authority, or an authority that is malformed. */
int url_parse(struct netboot_bytes text, struct url *ret);

/* The name of the file that a tftp URL asks for (RFC 3617), in `name`, which has room for the path. Its size, or
 * -EINVAL: a % that is no escape; -EILSEQ: a control character, or invalid UTF-8. */
int url_tftp_name(const struct url *url, char *name);

#endif
