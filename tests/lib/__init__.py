# SPDX-License-Identifier: MPL-2.0
"""What the tests share: network namespaces, real DHCP servers, client packets, target stores."""
