// SPDX-License-Identifier: MPL-2.0
#include "failing_new.h"

#include <cstdlib>
#include <new>

long allocations_left = -1;

void *operator new(size_t size)
{
    if (allocations_left >= 0 && allocations_left-- == 0)
        throw std::bad_alloc();
    if (void *const memory = malloc(size))
        return memory;
    throw std::bad_alloc();
}

void operator delete(void *memory) noexcept
{
    free(memory);
}

void operator delete(void *memory, size_t) noexcept
{
    free(memory);
}
