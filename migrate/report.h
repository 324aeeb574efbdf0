/* SPDX-License-Identifier: MPL-2.0 */
#ifndef NETBOOTCTL_MIGRATE_REPORT_H
#define NETBOOTCTL_MIGRATE_REPORT_H

#include "migrate.h"

#include <stdio.h>

/* The report as Markdown: what moved, what changed on purpose, what needs a person, what to do next. */
void migrate_report(FILE *out, const struct migration *migration);

#endif
