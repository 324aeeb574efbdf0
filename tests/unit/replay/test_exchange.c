/* SPDX-License-Identifier: MPL-2.0 */
/* Which answer of a capture is to which question. */
#include "octets.h"

#include "replay/exchange.h"

#include <stdbool.h>

static struct datagram datagram4(uint8_t op, uint8_t type, uint8_t xid, uint8_t relay, struct octets *octets)
{
    *octets = message4(op, (uint8_t[]){53, 1, type, 255}, 4);
    octets->data[7] = xid;
    octets->data[27] = relay;
    return (struct datagram){
        .family = NETBOOT_V4, .payload = {octets->data, octets->size}
    };
}

/* Which question each answer is given to. */
static const struct {
    const char *name;
    struct {
        uint8_t op, type, xid, relay;
    } packets[5];
    unsigned count;
    uint8_t answers[5]; /* of the exchanges given out at the end, by number; 0: none */
} matched[] = {
    {"offer",                       {{1, 1, 1, 0}, {2, 2, 1, 0}},                             2, {2}   },
    {"none",                        {{1, 1, 1, 0}},                                           1, {0}   },
    {"another transaction",         {{1, 1, 1, 0}, {2, 2, 2, 0}},                             2, {0}   },
    {"discover and request in one", {{1, 1, 1, 0}, {2, 2, 1, 0}, {1, 3, 1, 0}, {2, 5, 1, 0}}, 4, {2, 4}},
    {"the offer was lost",          {{1, 1, 1, 0}, {1, 3, 1, 0}, {2, 5, 1, 0}},               3, {0, 3}},
    {"rapid commit",                {{1, 1, 1, 0}, {2, 5, 1, 0}},                             2, {2}   },
    {"nak",                         {{1, 3, 1, 0}, {2, 6, 1, 0}},                             2, {2}   },
    {"retransmitted",               {{1, 1, 1, 0}, {1, 1, 1, 0}, {2, 2, 1, 0}},               3, {3, 0}},
    {"by two relays",               {{1, 1, 1, 8}, {1, 1, 1, 9}, {2, 2, 1, 9}, {2, 2, 1, 8}}, 4, {4, 3}},
    {"both sides of a relay",       {{1, 1, 1, 0}, {1, 1, 1, 9}, {2, 2, 1, 9}, {2, 2, 1, 9}}, 4, {4, 3}},
    {"an answer alone",             {{2, 2, 1, 0}},                                           1, {0}   },
};

static void answers_find_their_questions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(matched); i++) {
        struct exchanges *exchanges = exchanges_new(true);
        const struct exchange *exchange;
        unsigned given = 0, questions = 0;
        print_message("%s\n", matched[i].name);
        for (unsigned j = 0; j < matched[i].count; j++) {
            struct octets octets;
            struct datagram datagram = datagram4(matched[i].packets[j].op, matched[i].packets[j].type,
                                                 matched[i].packets[j].xid, matched[i].packets[j].relay, &octets);
            assert_int_equal(exchanges_add(exchanges, j + 1, 1, &datagram), 0);
            questions += matched[i].packets[j].op == 1;
        }
        while ((exchange = exchanges_next(exchanges, UINT64_MAX)))
            assert_int_equal(exchange->answer ? exchange->answer->number : 0, matched[i].answers[given++]);
        assert_int_equal(given, questions);
        assert_int_equal(exchanges_counts(exchanges)->questions, questions);
        exchanges_free(exchanges);
    }
}

static void what_waits_is_bounded(void **state)
{
    struct exchanges *exchanges = exchanges_new(true);
    struct octets octets;
    struct datagram datagram = datagram4(1, 1, 1, 0, &octets);
    unsigned given = 0;

    (void)state;
    for (unsigned i = 0; i < EXCHANGES_MAX + 100; i++) {
        octets.data[5] = (uint8_t)(i >> 8);
        octets.data[6] = (uint8_t)i;
        assert_int_equal(exchanges_add(exchanges, i + 1, 1, &datagram), 0);
        while (exchanges_next(exchanges, 1))
            given++;
    }
    assert_int_equal(given, 100);
    assert_null(exchanges_next(exchanges, 1 + EXCHANGE_SECONDS * UINT64_C(1000000)));
    while (exchanges_next(exchanges, 2 + EXCHANGE_SECONDS * UINT64_C(1000000)))
        given++;
    assert_int_equal(given, EXCHANGES_MAX + 100);
    exchanges_free(exchanges);
}

static void two_servers_answer(void **state)
{
    struct exchanges *exchanges = exchanges_new(true);
    const struct exchange *exchange;
    struct octets question, answer;
    struct datagram datagram = datagram4(1, 1, 1, 0, &question), other = datagram4(2, 2, 1, 0, &answer);

    (void)state;
    assert_int_equal(exchanges_add(exchanges, 1, 1, &datagram), 0);
    assert_int_equal(exchanges_add(exchanges, 2, 1, &other), 0);
    assert_int_equal(exchanges_add(exchanges, 3, 1, &other), 0); /* the same octets: captured twice */
    answer.data[20] = 99;
    assert_int_equal(exchanges_add(exchanges, 4, 1, &other), 0);
    exchange = exchanges_next(exchanges, 1);
    assert_int_equal(exchange->answer->number, 2);
    assert_false(exchange->one_more);
    exchange = exchanges_next(exchanges, 1);
    assert_int_equal(exchange->question->number, 1);
    assert_int_equal(exchange->answer->number, 4);
    assert_true(exchange->one_more);
    assert_null(exchanges_next(exchanges, UINT64_MAX));
    assert_int_equal(exchanges_counts(exchanges)->repeated_answers, 1);
    exchanges_free(exchanges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_find_their_questions),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(two_servers_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
