# SPDX-License-Identifier: MPL-2.0
"""What a process holds in memory, told exactly enough that a leak shows."""

import re
from pathlib import Path

# For its environment: one arena, thresholds that malloc does not move by itself, and no stacks kept of threads that have
# ended. Otherwise what it keeps for later goes up and down by megabytes, and hides a leak or looks like one.
EXACT_MALLOC = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "GLIBC_TUNABLES": "glibc.pthread.stack_cache_size=0",
}


def anonymous(pid):
    """Octets of resident memory that no file stands behind: maps of the store and the journal are left out."""
    status = (Path("/proc") / str(pid) / "status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status).group(1)) * 1024
