# SPDX-License-Identifier: MPL-2.0
"""Completion scripts, in a real bash."""

import subprocess

# Sets what bash would set for the line, with words split at its own breaks, and prints what is offered.
DRIVER = r'''
set -u
source "$1"
COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
COMPREPLY=()
compopt() { :; }
"_$3" "$3" "" ""
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
'''


def offered(script, program, line, **options):
    """What the script of that program offers at the end of the line."""
    done = subprocess.run(["bash", "-c", DRIVER, "bash", str(script), line, program], timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().split()
