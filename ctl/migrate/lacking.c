/* SPDX-License-Identifier: MPL-2.0 */
/* The library's own findings, which have the name that this folder gives to its. */
#include "common/reason.h"
#include "netboot.h"

/* trial.h */
bool decision_lacks_server(const struct netboot_decision *decision);

bool decision_lacks_server(const struct netboot_decision *decision)
{
    bool lacks = false;

    for (unsigned i = 0; i < decision->reason_count; i++) {
        unsigned found = decision->reasons[i].finding;
        lacks |= found == FINDING_NO_TFTP || found == FINDING_NO_HTTP || found == FINDING_NO_BASE;
    }
    return lacks;
}
