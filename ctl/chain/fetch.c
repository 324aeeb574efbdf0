/* SPDX-License-Identifier: MPL-2.0 */
#include "fetch.h"

#include "bootfile/bootfile.h"
#include "curl.h"
#include "frame/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fetch {
    struct curl_calls calls;
    CURL *curl;
    unsigned seconds;
    char error[CURL_ERROR_SIZE];
    char told[128]; /* a TFTP server's own words; "": none */
};

int fetch_open(unsigned seconds, struct fetch **ret, struct netboot_error *error)
{
    struct fetch *fetch = calloc(1, sizeof(*fetch));
    int status = fetch ? curl_load(&fetch->calls, error) : failure_no_memory(error);

    if (status != 0) {
        free(fetch);
        return status;
    }
    if (fetch->calls.global_init(CURL_GLOBAL_DEFAULT) == 0) {
        fetch->seconds = seconds;
        if ((fetch->curl = fetch->calls.easy_init())) {
            *ret = fetch;
            return 0;
        }
        fetch->calls.global_cleanup();
    }
    curl_unload(&fetch->calls);
    free(fetch);
    return failure(error, -ENOMEM, "cannot start libcurl: out of memory");
}

void fetch_close(struct fetch *fetch)
{
    if (!fetch)
        return;
    fetch->calls.easy_cleanup(fetch->curl);
    fetch->calls.global_cleanup();
    curl_unload(&fetch->calls);
    free(fetch);
}

bool fetch_can(const char *url)
{
    static const char *const schemes[] = {"tftp://", "http://", "https://"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

/* ---- One transfer ----------------------------------------------------------------------------------------------- */

/* What was received; with `data` NULL, only that something was. */
struct received {
    char *data;
    size_t size, room;
    bool any;
};

static size_t receive(char *data, size_t one, size_t count, void *user)
{
    struct received *received = user;
    size_t size = one * count;

    received->any |= size > 0;
    if (size > received->room - received->size)
        return 0; /* enough: libcurl ends the transfer, and tells a TFTP server so */
    memcpy(received->data + received->size, data, size);
    received->size += size;
    return size;
}

/* Keeps the text of a TFTP server's error, which libcurl gives in no other way. */
static int listen_to(CURL *curl, curl_infotype type, char *data, size_t size, void *user)
{
    static const char before[] = "TFTP error: ";
    size_t skipped = strlen(before);
    struct fetch *fetch = user;

    (void)curl;
    if (type == CURLINFO_TEXT && size > skipped && memcmp(data, before, skipped) == 0)
        snprintf(fetch->told, sizeof(fetch->told), "%.*s", (int)(size - skipped - (data[size - 1] == '\n')),
                 data + skipped);
    return 0;
}

/* Straight to the server, as machines do: no proxy, nothing of the user's. */
static CURLcode transfer(struct fetch *fetch, const char *url, bool redirected, bool head, struct received *received)
{
    CURLcode (*set)(CURL * curl, CURLoption option, ...) = fetch->calls.easy_setopt;
    CURL *curl = fetch->curl;

    fetch->error[0] = fetch->told[0] = '\0';
    fetch->calls.easy_reset(curl);
    set(curl, CURLOPT_URL, url);
    set(curl, CURLOPT_PROTOCOLS_STR, "tftp,http,https");
    set(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(curl, CURLOPT_PROXY, "");
    set(curl, CURLOPT_USERAGENT, "netbootctl/" NETBOOT_VERSION);
    set(curl, CURLOPT_FOLLOWLOCATION, redirected ? 1L : 0L);
    set(curl, CURLOPT_MAXREDIRS, 5L);
    set(curl, CURLOPT_TIMEOUT, (long)fetch->seconds);
    set(curl, CURLOPT_NOSIGNAL, 1L);
    set(curl, CURLOPT_ERRORBUFFER, fetch->error);
    set(curl, CURLOPT_VERBOSE, 1L);
    set(curl, CURLOPT_DEBUGFUNCTION, listen_to);
    set(curl, CURLOPT_DEBUGDATA, fetch);
    set(curl, CURLOPT_NOBODY, head ? 1L : 0L);
    set(curl, CURLOPT_WRITEFUNCTION, receive);
    set(curl, CURLOPT_WRITEDATA, received);
    return fetch->calls.easy_perform(curl);
}

static bool is_tftp(const char *url)
{
    return strncasecmp(url, "tftp:", 5) == 0;
}

/* ---- What went wrong -------------------------------------------------------------------------------------------- */

static const struct {
    CURLcode code;
    const char *problem, *fix;
} failures[] = {
    {CURLE_TFTP_NOTFOUND,            NULL,                                      "put it below the server's data root"                 },
    {CURLE_TFTP_PERM,                NULL,                                      "chmod o+r the file, o+x its directories"             },
    {CURLE_TFTP_ILLEGAL,             "the TFTP server's response is malformed", "check whether the file is empty"                     },
    {CURLE_COULDNT_RESOLVE_HOST,     "cannot resolve the server's name",        "correct the name, or use an address"                 },
    {CURLE_COULDNT_CONNECT,          "no server listens there",                 "start the server; check the address and the firewall"},
    {CURLE_PEER_FAILED_VERIFICATION, "the server's certificate is not trusted",
     "correct the certificate; machines may trust other authorities"                                                                  },
};

static void timeout_tell(const struct fetch *fetch, bool tftp, struct fetch_result *ret)
{
    snprintf(ret->problem, sizeof(ret->problem), "no response within %u second%s", fetch->seconds,
             fetch->seconds == 1 ? "" : "s");
    snprintf(ret->fix, sizeof(ret->fix), "%s",
             tftp ? "start the TFTP server; allow UDP port 69, and responses from any port"
                  : "start the HTTP server; check the address and the firewall");
}

/* libcurl's own words for a failure of TFTP are about its sockets. */
static void failure_tell(const struct fetch *fetch, CURLcode code, bool tftp, struct fetch_result *ret)
{
    const char *problem = fetch->error[0] && !tftp ? fetch->error : fetch->calls.easy_strerror(code);
    const char *fix = "see the server's log";

    if (code == CURLE_OPERATION_TIMEDOUT) {
        timeout_tell(fetch, tftp, ret);
        return;
    }
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
        if (failures[i].code == code) {
            problem = failures[i].problem ? failures[i].problem : problem;
            fix = failures[i].fix;
        }
    if (fetch->told[0] && code == CURLE_TFTP_ILLEGAL) /* the error code says nothing, but the server's words do */
        fix = "check the file's mode and the server's log";
    if (fetch->told[0])
        snprintf(ret->problem, sizeof(ret->problem), "the TFTP server says: %s", fetch->told);
    else
        snprintf(ret->problem, sizeof(ret->problem), "%s", problem);
    snprintf(ret->fix, sizeof(ret->fix), "%s", fix);
}

static void status_tell(struct fetch *fetch, long status, struct fetch_result *ret)
{
    const char *location = NULL;

    fetch->calls.easy_getinfo(fetch->curl, CURLINFO_REDIRECT_URL, &location);
    if (status == 404) {
        snprintf(ret->problem, sizeof(ret->problem), "the HTTP server does not have it (404)");
        snprintf(ret->fix, sizeof(ret->fix), "put it below the server's data root");
    } else if (status == 403) {
        snprintf(ret->problem, sizeof(ret->problem), "the HTTP server refuses it (403)");
        snprintf(ret->fix, sizeof(ret->fix), "chmod o+r the file, o+x its directories, or correct the server's rules");
    } else if (location) {
        snprintf(ret->problem, sizeof(ret->problem),
                 "the HTTP server redirects to %.300s (%ld), which firmware does not follow", location, status);
        snprintf(ret->fix, sizeof(ret->fix), "serve it under this URL");
    } else {
        snprintf(ret->problem, sizeof(ret->problem), "the HTTP server responds with %ld", status);
        snprintf(ret->fix, sizeof(ret->fix), "see the server's log");
    }
}

/* ---- Asking ----------------------------------------------------------------------------------------------------- */

void fetch_ask(struct fetch *fetch, const char *url, bool redirected, struct fetch_result *ret)
{
    struct received received = {NULL, 0, 0, false};
    bool tftp = is_tftp(url);
    curl_off_t size = -1;
    long status = 200;

    *ret = (struct fetch_result){.size = -1};
    CURLcode code = transfer(fetch, url, redirected, !tftp, &received);
    if (!tftp && code == CURLE_OK)
        fetch->calls.easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
    fetch->calls.easy_getinfo(fetch->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    if (code == CURLE_WRITE_ERROR && received.any)
        code = CURLE_OK; /* the file began to come, and that was the question */
    if (code != CURLE_OK)
        failure_tell(fetch, code, tftp, ret);
    else if (status < 200 || status > 299)
        status_tell(fetch, status, ret);
    else {
        ret->there = true;
        ret->size = (int64_t)size;
    }
}

char *fetch_text(struct fetch *fetch, const char *url)
{
    struct received received = {malloc(SCRIPT_SIZE_MAX + 1), 0, SCRIPT_SIZE_MAX, false};
    long status = 200;

    if (!received.data)
        return NULL;
    CURLcode code = transfer(fetch, url, true, false, &received);
    if (!is_tftp(url) && code == CURLE_OK)
        fetch->calls.easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200) {
        free(received.data);
        return NULL;
    }
    received.data[received.size] = '\0';
    return received.data;
}
