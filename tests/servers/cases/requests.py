# SPDX-License-Identifier: MPL-2.0
"""What the client asks for, by parameter request list (option 55) or Option Request option, and what it gets."""

from stores import mac, path_of

from . import case, firmware, http, ipxe, script, tftp, without


def _rows():
    for requested in (None, [1, 3, 6], [66], [67], [60], [66, 67], [60, 66, 67], [67, 67, 1]):
        asked = set(requested or ())
        left_out = [code for code in (66, 67) if code not in asked]
        for stage, client, answer in (
            ("PXE", firmware(4, "PXE", 7), tftp(4, "ipxe.efi")),
            ("HTTP", firmware(4, "HTTP", 16), http(4, "ipxe.efi")),
            ("iPXE", ipxe(4), script(4, "script.ipxe")),
        ):
            yield case(
                *(f"asks for {requested or 'nothing'}, {stage}", 4, {**client, "requested": requested}),
                without(answer, *left_out),
            )
        yield case(
            *(f"asks for {requested or 'nothing'}, long name", 4),
            {**firmware(4, "PXE", 7), "requested": requested, "mac": mac("path128")},
            without(tftp(4, path_of(128)), "file", *(code for code in left_out if code == 66)),
        )
    for requested in (None, [23], [59], [16], [59, 60, 23, 16], [23, 24, 59, 60]):
        for stage, client, answer in (
            ("PXE", firmware(6, "PXE", 7), tftp(6, "ipxe.efi")),
            ("HTTP", firmware(6, "HTTP", 16), http(6, "ipxe.efi")),
            ("iPXE", ipxe(6), script(6, "script.ipxe")),
        ):
            yield case(f"asks for {requested or 'nothing'}, {stage}", 6, {**client, "requested": requested}, answer)


CASES = list(_rows())
