// SPDX-License-Identifier: MPL-2.0
//
// An operator new that can be told to fail.
#ifndef NETBOOT_TESTS_FAILING_NEW_H
#define NETBOOT_TESTS_FAILING_NEW_H

// So many allocations succeed, then one throws std::bad_alloc and this is below 0, where all succeed.
extern long allocations_left;

#endif
