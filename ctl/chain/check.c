/* SPDX-License-Identifier: MPL-2.0 */
/* Whether a file is there. */
#include "chain.h"

#include "bootfile/bootfile.h"
#include "frame/identity.h"
#include "json/record/json.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void readers_text(const struct chain *chain, unsigned bits, char text[2 * ACCOUNT_NAME_SIZE + 8])
{
    snprintf(text, 2 * ACCOUNT_NAME_SIZE + 8, "%.63s%s%.63s", bits & 1 ? chain->readers[0].name : "",
             bits == 3 ? " and " : "", bits & 2 ? chain->readers[1].name : "");
}

static void obstacle_tell(const struct chain *chain, const char *path, const struct obstacle *obstacle,
                          struct step *step)
{
    char readers[2 * ACCOUNT_NAME_SIZE + 8];

    step->state = STEP_MISSING;
    if (obstacle->error) {
        snprintf(step->problem, sizeof(step->problem), "%s%s",
                 obstacle->error == ENOENT ? "does not exist" : strerror(obstacle->error),
                 identity_note(obstacle->error));
        snprintf(step->fix, sizeof(step->fix), "put it at %s", path);
        return;
    }
    readers_text(chain, obstacle->accounts, readers);
    snprintf(step->problem, sizeof(step->problem), "%s may not %s %.400s", readers,
             obstacle->is_directory ? "enter" : "read", obstacle->path);
    snprintf(step->fix, sizeof(step->fix), "chmod o+%s %s", obstacle->is_directory ? "x" : "r", obstacle->path);
}

static bool path_make(const struct chain *chain, const struct location *location, char path[ACCESS_PATH_SIZE])
{
    int size = snprintf(path, ACCESS_PATH_SIZE, "%s/%s", chain->root, location->path);

    return size >= 0 && size < ACCESS_PATH_SIZE;
}

static void root_check(const struct chain *chain, struct step *step)
{
    char path[ACCESS_PATH_SIZE];
    struct obstacle obstacle;
    struct stat status;

    if (!step->location.below || !path_make(chain, &step->location, path)) {
        step->state = STEP_UNKNOWN;
        snprintf(step->problem, sizeof(step->problem), "is not on a server of the site");
        snprintf(step->fix, sizeof(step->fix), "use --fetch");
    } else if (!access_check(path, 0, chain->readers, CHAIN_READERS, R_OK, &obstacle)) {
        obstacle_tell(chain, path, &obstacle, step);
    } else {
        step->state = STEP_THERE;
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
            step->size = status.st_size;
    }
}

/* Each URL is asked for once: many ways lead to the same. */
static cJSON *url_ask(const struct journey *journey, const char *url)
{
    struct chain *chain = journey->chain;
    cJSON *answer = cJSON_GetObjectItemCaseSensitive(chain->asked, url);
    struct fetch_result result;

    if (answer || !(answer = cJSON_AddObjectToObject(chain->asked, url)))
        return answer;
    fetch_ask(chain->fetch, url, ways[journey->way].stage == NETBOOT_STAGE_IPXE, &result);
    if (cJSON_AddBoolToObject(answer, "there", result.there) &&
        cJSON_AddNumberToObject(answer, "size", (double)result.size) &&
        cJSON_AddStringToObject(answer, "problem", result.problem) &&
        cJSON_AddStringToObject(answer, "fix", result.fix))
        return answer;
    cJSON_DeleteItemFromObjectCaseSensitive(chain->asked, url);
    return NULL;
}

static void fetch_check(const struct journey *journey, struct step *step)
{
    if (!fetch_can(step->location.url)) {
        step->state = STEP_UNKNOWN;
        snprintf(step->problem, sizeof(step->problem), "only the machine itself can ask for it");
        return;
    }
    const cJSON *answer = url_ask(journey, step->location.url);
    step->state = STEP_MISSING;
    if (!answer) {
        snprintf(step->problem, sizeof(step->problem), "cannot ask for it: out of memory");
        return;
    }
    step->state = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "there")) ? STEP_THERE : STEP_MISSING;
    step->size = (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(answer, "size"));
    snprintf(step->problem, sizeof(step->problem), "%s", json_text(answer, "problem"));
    snprintf(step->fix, sizeof(step->fix), "%s", json_text(answer, "fix"));
}

void step_check(const struct journey *journey, struct step *step, bool optional)
{
    const struct chain *chain = journey->chain;

    step->size = -1;
    step->state = STEP_UNCHECKED;
    if (chain->fetch)
        fetch_check(journey, step);
    else if (chain->root)
        root_check(chain, step);
    if (step->state == STEP_THERE && step->size == 0) {
        step->state = STEP_MISSING;
        snprintf(step->problem, sizeof(step->problem), "is empty");
        snprintf(step->fix, sizeof(step->fix), "put the whole file there");
    }
    if (optional && step->state == STEP_MISSING)
        step->state = STEP_OPTIONAL;
}

char *step_content(const struct journey *journey, const struct step *step)
{
    const struct chain *chain = journey->chain;
    char path[ACCESS_PATH_SIZE];

    if (step->state != STEP_THERE)
        return NULL;
    if (chain->fetch)
        return fetch_text(chain->fetch, step->location.url);
    return chain->root && path_make(chain, &step->location, path) ? bootfile_text(path, NULL) : NULL;
}
