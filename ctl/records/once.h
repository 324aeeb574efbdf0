/* SPDX-License-Identifier: MPL-2.0 */
/* Boot-once in `host set` and `host done`. */
#ifndef NETBOOTCTL_ONCE_H
#define NETBOOTCTL_ONCE_H

#include "edit/edit.h"
#include "select.h"
#include "json/show/boot_once.h"

/* Arms or disarms all hosts of a selection together with the edit, and adds that to its report. An exit code. */
int once_join(struct edit *edit, const struct once *once, const struct selection *selection);
/* Says so if netbootd cannot be asked: what is armed is then not known. */
void once_note_trouble(struct session *session);

#endif
