/* SPDX-License-Identifier: MPL-2.0 */
#include "base/notice.h"

void notice_init(struct notice *notice)
{
    pthread_mutex_init(&notice->mutex, NULL);
}

void notice_fini(struct notice *notice)
{
    pthread_mutex_destroy(&notice->mutex);
}

static void set(struct notice *notice, enum netboot_event event, const struct netboot_error *cause)
{
    notice->cause = *cause;
    atomic_store(&notice->event, event);
}

void notice_tell(struct notice *notice, bool usable, const struct netboot_error *cause)
{
    pthread_mutex_lock(&notice->mutex);
    bool news =
        !notice->known || usable != notice->usable || (usable ? cause->code != 0 : cause->code != notice->cause.code);
    notice->known = true;
    notice->usable = usable;
    if (news)
        set(notice, usable ? NETBOOT_EVENT_USABLE : NETBOOT_EVENT_UNUSABLE, cause);
    pthread_mutex_unlock(&notice->mutex);
}

void notice_tell_event(struct notice *notice, enum netboot_event event, const struct netboot_error *cause)
{
    pthread_mutex_lock(&notice->mutex);
    set(notice, event, cause);
    pthread_mutex_unlock(&notice->mutex);
}

enum netboot_event notice_take(struct notice *notice, struct netboot_error *error)
{
    if (!notice_waits(notice))
        return NETBOOT_EVENT_NONE;
    pthread_mutex_lock(&notice->mutex);
    enum netboot_event event = (enum netboot_event)atomic_exchange(&notice->event, NETBOOT_EVENT_NONE);
    if (event != NETBOOT_EVENT_NONE && error)
        *error = notice->cause;
    pthread_mutex_unlock(&notice->mutex);
    return event;
}

int notice_trouble(struct notice *notice, struct netboot_error *error)
{
    pthread_mutex_lock(&notice->mutex);
    int code = notice->usable ? 0 : notice->cause.code;
    if (code != 0 && error)
        *error = notice->cause;
    pthread_mutex_unlock(&notice->mutex);
    return code;
}
