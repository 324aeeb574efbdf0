/* SPDX-License-Identifier: MPL-2.0 */
/* Client classes: parents of subclasses, tests that keama could not make, and options that a subnet's would beat. */
#include "mend.h"

#include "json/record/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The class that "sub#NAME#N" is a subclass of. */
static bool is_subclass_of(const cJSON *class, const char *name)
{
    const char *own = json_text(class, "name");
    size_t size = strlen(name);

    return own && strncmp(own, "sub#", 4) == 0 && strncmp(own + 4, name, size) == 0 && own[4 + size] == '#';
}

/* A parent's members are those of its subclasses. */
static char *members_test(const cJSON *classes, const char *name)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const cJSON *class;
    const char *join = "";

    if (!out)
        return NULL;
    cJSON_ArrayForEach(class, classes)
    {
        if (!is_subclass_of(class, name) || !json_text(class, "test"))
            continue;
        fprintf(out, "%smember('%s')", join, json_text(class, "name"));
        join = " or ";
    }
    fclose(out);
    return text;
}

static bool is_if_branch(const struct statement *statement)
{
    return statement && !statement_is(statement, "class") && !statement_is(statement, "subclass");
}

/* What is in a class or branch whose condition Kea cannot test. */
static void find_untested(struct mend *mend, const struct statement *statement)
{
    struct finding finding = {
        .severity = FINDING_PERSON,
        .why = "its condition could not be written as a test of Kea's",
        .fix = "write a client class with a \"test\" that says the same (section \"Client Classification\" of Kea's "
               "manual), and this in it",
    };

    if (statement && !is_if_branch(statement)) {
        finding.differs = statement_differs(statement);
        mend_find(mend, statement, &finding);
        return;
    }
    for (const struct statement *at = statement ? statement->child : NULL; at; at = at->next) {
        finding.differs = statement_differs(at);
        if (!at->block && !is_boot_statement(at))
            mend_find(mend, at, &finding);
    }
}

/* Only network boot hangs on it, or nothing does: no loss. */
static bool is_needless(const struct mend *mend, const cJSON *class, const struct statement *statement)
{
    (void)mend;
    for (const struct statement *at = statement ? statement->child : NULL; at; at = at->next)
        if (!at->block && !is_boot_statement(at) && !statement_is(at, "match"))
            return false;
    return !cJSON_HasObjectItem(class, "option-data") && !is_if_branch(statement);
}

/* Finds the pools that are open to a class, or closed, though Kea cannot tell its members. Whether there are any. */
static bool find_pools_of(struct mend *mend, const struct statement *list, const char *name)
{
    char quoted[256];
    bool found = false;

    snprintf(quoted, sizeof(quoted), "\"%s\"", name);
    for (; list; list = list->next) {
        found = find_pools_of(mend, list->child, name) || found;
        if ((!statement_is(list, "allow members") && !statement_is(list, "deny members")) ||
            strcmp(statement_word(list, 3), quoted) != 0)
            continue;
        found = true;
        mend_find(mend, list,
                  &(struct finding){.severity = FINDING_PERSON,
                                    .why = "Kea cannot tell the members of the class, whose condition could not be "
                                           "written as a test of Kea's",
                                    .fix = "give the class its \"test\"",
                                    .differs = ANSWER_ADDRESS | ANSWER_SILENCE | ANSWER_SUBNET});
    }
    return found;
}

/* Whether the class stays. */
static bool class_mend(struct mend *mend, cJSON *classes, cJSON *class)
{
    const struct statement *statement = mend_statement(mend, class);
    const char *name = json_text(class, "name");

    if (!name || strncmp(name, "gen#", 4) == 0 || cJSON_HasObjectItem(class, "//"))
        return false;
    cJSON_DeleteItemFromObjectCaseSensitive(class, "match-if");
    if (json_text(class, "test")) {
        findings_moved(mend->findings, is_if_branch(statement) ? "conditions, as classes" : "classes", 1);
        return true;
    }
    char *test = members_test(classes, name);
    mend->no_memory |= !test;
    bool parent = test && test[0];
    if (parent) {
        mend_text(mend, class, "test", test);
        findings_moved(mend->findings, "classes", 1);
    }
    free(test);
    if (parent)
        return true;
    bool needed = find_pools_of(mend, mend->reduction->top, name);
    if (needed || !is_needless(mend, class, statement))
        find_untested(mend, statement);
    return needed; /* a class without a test has no members: the pool stays closed */
}

/* Moves to the end, in their order, the classes whose member `key` begins so. */
static void move_last(struct mend *mend, cJSON *classes, const char *key, const char *begin)
{
    cJSON *next;
    int left = cJSON_GetArraySize(classes);

    for (cJSON *at = classes->child; left > 0; at = next, left--) {
        const char *text = json_text(at, key);
        next = at->next;
        if (text && strncmp(text, begin, strlen(begin)) == 0 &&
            !cJSON_AddItemToArray(classes, cJSON_DetachItemViaPointer(classes, at)))
            mend->no_memory = true;
    }
}

/* Kea takes the option of the first class that has it, dhcpd that of the last statement. */
static void branches_turn(struct mend *mend, cJSON *classes)
{
    cJSON *turned = cJSON_CreateArray(), *next;

    for (cJSON *at = classes->child; at && turned; at = next) {
        next = at->next;
        if (is_if_branch(mend_statement(mend, at)))
            cJSON_InsertItemInArray(turned, 0, cJSON_DetachItemViaPointer(classes, at));
    }
    while (turned && turned->child)
        cJSON_AddItemToArray(classes, cJSON_DetachItemFromArray(turned, 0));
    mend->no_memory |= !turned;
    cJSON_Delete(turned);
}

/* A test may only name classes that come before its own. */
static void parents_last(struct mend *mend, cJSON *classes)
{
    move_last(mend, classes, "test", "member('sub#");
    branches_turn(mend, classes);
    move_last(mend, classes, "name", "pool-");
}

void mend_classes(struct mend *mend)
{
    cJSON *classes = cJSON_GetObjectItemCaseSensitive(mend->dhcp, "client-classes"), *next;

    for (cJSON *at = classes ? classes->child : NULL; at; at = next) {
        next = at->next;
        if (!class_mend(mend, classes, at))
            cJSON_Delete(cJSON_DetachItemViaPointer(classes, at));
    }
    if (!classes)
        return;
    parents_last(mend, classes);
    if (!classes->child)
        cJSON_DeleteItemFromObjectCaseSensitive(mend->dhcp, "client-classes");
}
