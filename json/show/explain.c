/* SPDX-License-Identifier: MPL-2.0 */
#include "json/show/explain.h"

#include "common/base/failure.h"
#include "json/show/explain_query.h"
#include "json/show/result.h"

#include <errno.h>

static cJSON *result_to_json(const struct asked *asked, bool joins, const struct netboot_result *result)
{
    cJSON *ret = cJSON_CreateObject();

    if (ret && result_add_client(ret, &result->client) &&
        result_add_text(ret, "sent_vendor_class", asked->vendor_class) &&
        result_add_text(ret, "sent_user_class", asked->user_class) && result_add_requested(ret, &result->client) &&
        cJSON_AddBoolToObject(ret, "join_identifiers", joins) &&
        result_add_decision(ret, &result->client, &result->decision) &&
        result_add_edits(ret, asked->family, &result->answer))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

/* Decides as netboot_serve() does, without writing the mark of an armed host. */
static int decide(struct netboot_view *view, const struct netboot_query *query, struct netboot_result *ret,
                  struct netboot_error *error)
{
    struct netboot_policy policy;

    netboot_client_parse(query, &ret->client);
    int status = netboot_view_policy(view, &ret->client, &policy, error);
    if (status != 0)
        return status;
    netboot_decide(query, &ret->client, &policy, &ret->decision);
    netboot_answer_encode(&ret->client, &ret->decision, &ret->answer);
    return 0;
}

/* Makes the view join identifiers or not, as the arguments say; else it stays. Returns whether it does, as 0 or 1. */
static int join(struct netboot_view *view, const cJSON *arguments, struct netboot_error *error)
{
    static const char key[] = "join-identifiers";
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(arguments, key);
    struct netboot_error reason;

    if (item && !cJSON_IsNull(item) && !cJSON_IsBool(item))
        return failure(error, -EINVAL, "%s: give true or false", key);
    int status = netboot_view_join(view, cJSON_IsBool(item) ? cJSON_IsTrue(item) : -1, &reason);
    if (status == -ENOENT)
        status = -ENODEV; /* callers take -ENOENT for: no host has that name */
    return status >= 0 ? status : failure(error, status, "%s: %.450s", key, reason.text);
}

int explain_to_json(struct netboot_view *view, const cJSON *arguments, cJSON **ret, struct netboot_error *error)
{
    struct asked asked;
    struct netboot_query query;
    struct netboot_result result;
    int status = asked_read(arguments, &asked, error);
    int joins = status == 0 ? join(view, arguments, error) : status;

    status = joins < 0 ? joins : asked_host(view, &asked, error);
    if (status != 0)
        return status;
    asked_query(&asked, &query);
    if ((status = decide(view, &query, &result, error)) != 0)
        return status;
    cJSON *object = result_to_json(&asked, joins, &result);
    if (!object)
        return failure_no_memory(error);
    *ret = object;
    return 0;
}
