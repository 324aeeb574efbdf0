/* SPDX-License-Identifier: MPL-2.0 */
#include "link/question.h"

#include <stddef.h>

size_t question_size(const struct question *question)
{
    return offsetof(struct question, file) + question->file_size;
}

/* Read as octets: another number in a boolean is not for the compiler to see. */
static bool is_boolean(const void *octet)
{
    return *(const uint8_t *)octet <= 1;
}

bool question_is_sound(const struct question *question, size_t size)
{
    if (size < offsetof(struct question, file) || question->kind < QUESTION_ASK || question->kind > QUESTION_NOT_SENT)
        return false;
    if (question->file_size >= NETBOOT_FILE_SIZE || size != question_size(question))
        return false;
    if (!is_boolean(&question->able) || !is_boolean(&question->last) || !is_boolean(&question->has_script) ||
        !is_boolean(&question->has_mac))
        return false;
    if (question->kind != QUESTION_ASK)
        return true;
    return question->key_size > 1 && question->key_size <= KEY_SIZE && question->method < ONCE_METHODS &&
           question->message >= PHASE_BEGIN && question->message <= PHASE_RENEW;
}

bool answer_is_sound(const struct answer *answer, size_t size)
{
    return size == sizeof(*answer) && answer->verdict >= ANSWER_LASTING && answer->verdict <= ANSWER_WITHHOLD &&
           answer->armed <= NETBOOT_ARMED_UNMARKED;
}
