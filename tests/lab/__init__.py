# SPDX-License-Identifier: MPL-2.0
"""The firmware lab: real firmware in QEMU boots from real servers in network namespaces."""
