/* SPDX-License-Identifier: MPL-2.0 */
/* The codes of options by the names that dhcpd has for them, for findings that say which options they are about. */
#ifndef NETBOOTCTL_MIGRATE_OPTION_CODES_H
#define NETBOOTCTL_MIGRATE_OPTION_CODES_H

#include "statement.h"

/* `option NAME code N = TYPE`: one that a configuration defines itself. */
struct option_definition {
    const char *name;
    unsigned code;
    const char *encapsulates; /* the space that is in it; NULL: none */
    const struct option_definition *next;
};

/* Those of a configuration; NULL: none, or out of memory. */
const struct option_definition *option_definitions(const struct statement *top, struct arena *memory);

/* option_names.c: by a name that dhcpd itself has, without its space; -1: none. */
int option_name_code(int family, const char *name);

/* The code of an option of the family (index), as its statement names it; of one in another space, that of the option
 * in which that space is sent. -1: not known. */
int option_code(int family, const char *name, const struct option_definition *own);

/* The codes of all options that a statement sets, or those in its block, as "42 119"; "": none that is known. NULL: out
 * of memory. */
const char *option_codes(int family, const struct statement *statement, const struct option_definition *own,
                         struct arena *memory);
/* Whether `codes`, as above, has this one. NULL and "any" have all. */
bool option_codes_have(const char *codes, unsigned code);

#endif
