/* SPDX-License-Identifier: MPL-2.0 */
/* Whose answers differ for want of a statement, and in what: as exactly as it can be known. */
#include "reduce.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Of an answer, not whether there is one nor with which address. */
enum { CONTENT = ANSWER_OPTIONS | ANSWER_ROUTERS | ANSWER_DNS | ANSWER_LEASE_TIME };
enum { WHERE = ANSWER_ADDRESS | ANSWER_SILENCE };

unsigned statement_differs(const struct statement *statement)
{
    static const struct {
        const char *words;
        unsigned differs;
    } known[] = {
        {"option routers",                   ANSWER_ROUTERS   },
        {"option domain-name-servers",       ANSWER_DNS       },
        {"option dhcp6.name-servers",        ANSWER_DNS       },
        {"option dhcp-lease-time",           ANSWER_LEASE_TIME},
        {"default-lease-time",               ANSWER_LEASE_TIME},
        {"max-lease-time",                   ANSWER_LEASE_TIME},
        {"min-lease-time",                   ANSWER_LEASE_TIME},
        {"preferred-lifetime",               ANSWER_LEASE_TIME},
        {"use-lease-addr-for-default-route", ANSWER_ROUTERS   },
        {"range",                            WHERE            },
        {"range6",                           WHERE            },
        {"prefix6",                          WHERE            },
        {"fixed-address",                    WHERE            },
        {"fixed-address6",                   WHERE            },
        {"fixed-prefix6",                    WHERE            },
        {"option",                           ANSWER_OPTIONS   },
        {"supersede",                        ANSWER_OPTIONS   },
        {"append",                           ANSWER_OPTIONS   },
        {"prepend",                          ANSWER_OPTIONS   },
        {"default",                          ANSWER_OPTIONS   },
        {"vendor-option-space",              ANSWER_OPTIONS   },
        {"site-option-space",                ANSWER_OPTIONS   },
    };
    unsigned differs = 0;

    for (const struct statement *at = statement->child; at; at = at->next)
        differs |= statement_differs(at);
    if (statement->block || is_boot_statement(statement))
        return differs;
    for (size_t i = 0; i < COUNT(known); i++)
        if (statement_is(statement, known[i].words))
            return known[i].differs;
    return 0;
}

const char *statement_whom(const struct statement *statement, struct arena *memory)
{
    static const struct {
        const char *words, *kind;
    } scopes[] = {
        {"host",           "host"          },
        {"class",          "class"         },
        {"subclass",       "class"         },
        {"subnet",         "subnet"        },
        {"subnet6",        "subnet"        },
        {"shared-network", "shared-network"},
    };

    for (; statement; statement = statement->parent)
        for (size_t i = 0; i < COUNT(scopes); i++) {
            char *ret;
            if (!statement->block || !statement_is(statement, scopes[i].words))
                continue;
            struct netboot_bytes name = word_octets(statement_word(statement, 1), memory);
            ret = name.data ? arena_take(memory, name.size + 24) : NULL;
            if (ret)
                sprintf(ret, "%s %s", scopes[i].kind, (const char *)name.data);
            return ret;
        }
    return NULL;
}

void finding_locate(const struct reduction *reduction, const struct statement *statement, struct finding *finding)
{
    finding->file = statement->file;
    finding->line = statement->line;
    finding->family = reduction->family == FAMILY_4 ? 4 : 6;
    if (!finding->text)
        finding->text = statement->text;
    if (!finding->options && finding->differs & ANSWER_OPTIONS)
        finding->options = option_codes(reduction->family, statement, reduction->definitions, reduction->memory);
    if (finding->whom)
        return;
    finding->whom = statement_whom(statement, reduction->memory);
    finding->executed = (finding->differs & CONTENT) && !(finding->differs & ~(unsigned)CONTENT);
}
