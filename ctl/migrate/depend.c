/* SPDX-License-Identifier: MPL-2.0 */
#include "migrate/fold.h"

int depend(struct fold *fold)
{
    (void)fold;
    return 0;
}
