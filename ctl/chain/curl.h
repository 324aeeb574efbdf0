/* SPDX-License-Identifier: MPL-2.0 */
/*
 * libcurl, loaded when it is first needed: it comes with some forty libraries, which would double the time that any
 * other command takes to start.
 */
#ifndef NETBOOTCTL_CURL_H
#define NETBOOTCTL_CURL_H

#include "netboot.h"

#include <curl/curl.h>

struct curl_calls {
    void *library;
    CURLcode (*global_init)(long flags);
    void (*global_cleanup)(void);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *curl);
    void (*easy_reset)(CURL *curl);
    CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
    CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
    CURLcode (*easy_perform)(CURL *curl);
    const char *(*easy_strerror)(CURLcode code);
};

/* -ENOENT: it is not installed. */
int curl_load(struct curl_calls *ret, struct netboot_error *error);
void curl_unload(struct curl_calls *calls);

#endif
