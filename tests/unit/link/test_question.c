/* SPDX-License-Identifier: MPL-2.0 */
/* What is no question, and what is no answer. */
#include "link/question.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct question sound(void)
{
    struct question question = {
        .kind = QUESTION_ASK,
        .sequence = 1,
        .method = ONCE_IPXE4,
        .message = PHASE_REQUEST,
        .able = true,
        .has_mac = true,
        .key_size = 7,
        .file_size = 4,
        .file = "file",
    };

    return question;
}

/* As it comes: in memory of just that size. */
static bool is_sound(const struct question *question, size_t size)
{
    struct question *copy = calloc(1, sizeof(*copy)), *exact = malloc(size > 0 ? size : 1);

    assert_true(copy && exact && size <= sizeof(*copy));
    *copy = *question;
    memcpy(exact, copy, size);
    bool ret = question_is_sound(exact, size);
    free(copy);
    free(exact);
    return ret;
}

static void sound_ones(void **state)
{
    struct question question = sound();

    (void)state;
    assert_true(is_sound(&question, question_size(&question)));
    question.file_size = 0;
    assert_true(is_sound(&question, offsetof(struct question, file)));
    question.file_size = NETBOOT_FILE_SIZE - 1;
    question.key_size = KEY_SIZE;
    assert_true(is_sound(&question, question_size(&question)));
    question = (struct question){.kind = QUESTION_SENT, .sequence = 3};
    assert_true(is_sound(&question, question_size(&question)));
    question.kind = QUESTION_NOT_SENT;
    assert_true(is_sound(&question, question_size(&question)));
}

static void other_sizes(void **state)
{
    struct question question = sound();

    (void)state;
    for (size_t size = 0; size <= sizeof(question); size++)
        assert_int_equal(is_sound(&question, size), size == question_size(&question));
}

/* One member is wrong. */
static void wrong_members(void **state)
{
#define MEMBER(member) offsetof(struct question, member), sizeof(((struct question *)0)->member)
    static const struct {
        size_t at, size;
        uint64_t value;
    } cases[] = {
        {MEMBER(kind),       0                },
        {MEMBER(kind),       4                },
        {MEMBER(kind),       UINT32_MAX       },
        {MEMBER(method),     ONCE_METHODS     },
        {MEMBER(method),     255              },
        {MEMBER(message),    PHASE_NONE       },
        {MEMBER(message),    PHASE_BARE       },
        {MEMBER(message),    PHASE_RENEW + 1  },
        {MEMBER(message),    255              },
        {MEMBER(able),       2                },
        {MEMBER(last),       2                },
        {MEMBER(has_script), 255              },
        {MEMBER(has_mac),    2                },
        {MEMBER(key_size),   0                },
        {MEMBER(key_size),   1                },
        {MEMBER(key_size),   KEY_SIZE + 1     },
        {MEMBER(key_size),   UINT16_MAX       },
        {MEMBER(file_size),  NETBOOT_FILE_SIZE},
        {MEMBER(file_size),  UINT16_MAX       },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct question question = sound();
        size_t size = question_size(&question);
        memcpy((uint8_t *)&question + cases[i].at, &cases[i].value, cases[i].size);
        if (is_sound(&question, size))
            fail_msg("case %zu", i);
        if (question_size(&question) <= sizeof(question) && is_sound(&question, question_size(&question)))
            fail_msg("case %zu with its size", i);
    }
}

static void answers(void **state)
{
    const struct answer good = {.sequence = 1, .verdict = ANSWER_ONCE, .armed = NETBOOT_ARMED_SERVED};
    struct answer bad = good;

    (void)state;
    for (size_t size = 0; size < sizeof(good); size++)
        assert_false(answer_is_sound(&good, size));
    assert_true(answer_is_sound(&good, sizeof(good)));
    assert_false(answer_is_sound(&good, sizeof(good) + 1));
    for (unsigned value = 0; value < 256; value++) {
        bad = good;
        bad.verdict = (uint8_t)value;
        assert_int_equal(answer_is_sound(&bad, sizeof(bad)), value >= ANSWER_LASTING && value <= ANSWER_WITHHOLD);
        bad = good;
        bad.armed = (uint8_t)value;
        assert_int_equal(answer_is_sound(&bad, sizeof(bad)), value <= NETBOOT_ARMED_UNMARKED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_ones),
        cmocka_unit_test(other_sizes),
        cmocka_unit_test(wrong_members),
        cmocka_unit_test(answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
