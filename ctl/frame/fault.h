/* SPDX-License-Identifier: MPL-2.0 */
/* The last words of a program that damaged data ended. */
#ifndef NETBOOTCTL_FAULT_H
#define NETBOOTCTL_FAULT_H

/* From now on a signal that means damage says so on standard error before it ends the program. */
void fault_explain(void);

#endif
