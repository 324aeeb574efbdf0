/* SPDX-License-Identifier: MPL-2.0 */
#include "chain.h"

#include "frame/output.h"
#include "journal/join.h"
#include "machine.h"
#include "json/show/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TROUBLE 2 /* as diff(1) has it: 1 says that something is missing */
#define SECONDS 5
#define SECONDS_MAX 300

/* ---- Options ---------------------------------------------------------------------------------------------------- */

bool chain_wanted(const struct session *session)
{
    static const char *const options[] = {"chain", "platform", "root", "fetch", "timeout"};

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (session_has(session, options[i]))
            return true;
    return false;
}

static int options_check(const struct session *session)
{
    static const char *const others[] = {"arch", "vendor-class", "user-class", "requested"};

    if (!session_has(session, "chain"))
        return misused("--platform, --root, --fetch and --timeout need --chain");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (session_has(session, others[i]))
            return misused("--%s cannot be combined with --chain, which asks as each stage does: use --platform",
                           others[i]);
    if (session_has(session, "root") && session_has(session, "fetch"))
        return misused("--root and --fetch exclude each other: give one of them");
    if (session_has(session, "timeout") && !session_has(session, "fetch"))
        return misused("--timeout needs --fetch");
    return DONE;
}

static int timeout_option(const struct session *session, unsigned *ret)
{
    const char *text = option_value(session->arguments, "timeout");
    char *end;

    *ret = SECONDS;
    if (!text)
        return DONE;
    unsigned long seconds = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || seconds < 1 || seconds > SECONDS_MAX)
        return misused("--timeout: give seconds from 1 to %d, not `%s`", SECONDS_MAX, text);
    *ret = (unsigned)seconds;
    return DONE;
}

static int root_option(struct chain *chain)
{
    struct stat status;

    chain->root = option_value(chain->session->arguments, "root");
    if (!chain->root)
        return DONE;
    if (stat(chain->root, &status) != 0)
        return failed("%s: %s: --root needs the data root that TFTP and HTTP serve", chain->root, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return failed("%s is not a directory: --root needs the data root that TFTP and HTTP serve", chain->root);
    return DONE;
}

/* One address finds the site for its family; the journal may know the other one. */
static int address_take(struct chain *chain)
{
    const char *address = json_text(chain->who, "address");
    uint8_t octets[NETBOOT_ADDRESS_SIZE];

    if (!address)
        return DONE;
    bool v4 = inet_pton(AF_INET, address, octets) == 1;
    if (!v4 && inet_pton(AF_INET6, address, octets) != 1)
        return misused("--address: `%s` is not an IP address", address);
    snprintf(v4 ? chain->address4 : chain->address6, INET6_ADDRSTRLEN, "%s", address);
    cJSON_DeleteItemFromObjectCaseSensitive(chain->who, "address");
    return DONE;
}

static int family_take(struct chain *chain)
{
    chain->family = option_value(chain->session->arguments, "family");
    if (chain->family && strcmp(chain->family, "4") != 0 && strcmp(chain->family, "6") != 0)
        return misused("--family: give 4 or 6, not `%s`", chain->family);
    cJSON_DeleteItemFromObjectCaseSensitive(chain->who, "family");
    return DONE;
}

static int who_make(struct chain *chain)
{
    int code = options_to_changes(chain->session->arguments, &chain->who);

    if (code == DONE && chain->session->arguments->word_count > 0 &&
        !cJSON_AddStringToObject(chain->who, "id", chain->session->arguments->words[0]))
        code = failed("out of memory");
    if (code == DONE)
        code = family_take(chain);
    return code == DONE ? address_take(chain) : code;
}

static int fetch_begin(struct chain *chain)
{
    struct netboot_error error;
    unsigned seconds;
    int code = timeout_option(chain->session, &seconds);

    if (code == DONE && session_has(chain->session, "fetch") && fetch_open(seconds, &chain->fetch, &error) != 0)
        code = failed("%s", error.text);
    return code;
}

/* ---- The command ------------------------------------------------------------------------------------------------ */

static int ways_find(struct chain *chain)
{
    struct platforms platforms;
    int code = machine_find(chain, &platforms);

    for (unsigned i = 0; code == DONE && i < platforms.count; i++)
        code = chain_platform(chain, platforms.numbers[i]);
    return code;
}

static int result_show(struct chain *chain, cJSON *object)
{
    bool json = session_has(chain->session, "json");

    if (json)
        return show_object(object, true);
    chain_print(object);
    cJSON_Delete(object);
    return DONE;
}

/* The object that will be shown: it says where files are looked for, and has `ways`, still empty. */
static cJSON *object_make(struct chain *chain)
{
    cJSON *object = cJSON_CreateObject();

    if (object &&
        result_add_text(object, "looked",
                        chain->fetch  ? "at-servers"
                        : chain->root ? "below-root"
                                      : "nowhere") &&
        result_add_text(object, "root", chain->root) && (chain->ways = cJSON_AddArrayToObject(object, "ways")))
        return object;
    cJSON_Delete(object);
    return NULL;
}

int chain_run(struct session *session)
{
    struct chain chain = {.session = session};
    cJSON *object = NULL;
    int code = options_check(session);

    account_find("tftp", &chain.readers[0]);
    account_find("www-data", &chain.readers[1]);
    if (code == DONE)
        code = root_option(&chain);
    if (code == DONE)
        code = who_make(&chain);
    if (code == DONE)
        code = session_view(session);
    if (code == DONE)
        code = join_view(session);
    if (code == DONE)
        code = fetch_begin(&chain);
    if (code == DONE && (!(chain.asked = cJSON_CreateObject()) || !(object = object_make(&chain))))
        code = failed("out of memory");
    if (code == DONE)
        code = ways_find(&chain);
    if (code == DONE)
        code = result_show(&chain, object);
    else
        cJSON_Delete(object);
    fetch_close(chain.fetch);
    cJSON_Delete(chain.asked);
    cJSON_Delete(chain.who);
    return code != DONE ? TROUBLE : chain.missing ? FAILED : DONE;
}
