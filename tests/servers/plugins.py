# SPDX-License-Identifier: MPL-2.0
"""
The DHCP servers that the table is run against. A plug-in is a class with

    name                                     as the cases' `servers` call it; variants of a server share one
    all_unasked                              whether a client without a list of requests gets all options
    __init__(link, family, settings, store)  `settings` is a key of settings.SETTINGS; `store` the directory of a
                                             targets store, None: the server as it is without netboot
    start() -> self, stop(), check()         check() raises if the server is gone

and a row in PLUGINS. NETBOOT_SERVER names the one for the tests that are not of a certain server: kea unless it is set.
"""

import glob
import os

from lib import dhcpd, kea
from settings import SETTINGS

BOOTP_HOOKS = "/usr/lib/*/kea/hooks/libdhcp_bootp.so"


class Plugin:
    """`_server` is the program."""

    def start(self):
        self._server.__enter__()
        return self

    def stop(self, check=True):
        self._server.stop(check)

    def check(self):
        self._server.check()


class Kea(Plugin):
    name, all_unasked = "kea", False

    _HEADER4 = {"file": "boot-file-name", "siaddr": "next-server", "sname": "server-hostname"}

    threads = 0

    def __init__(self, link, family, settings, store, severity="INFO"):
        wanted = SETTINGS[settings]
        subnets = [dict(subnet) for subnet in kea.SUBNETS[family]]
        if family == 6:
            subnets = [dict(subnet, **{"rapid-commit": True}) for subnet in subnets]
        elif "reservation" in wanted:
            subnets[0]["reservations"] = [self._reservation(wanted["reservation"])]
        server_settings = self._own(wanted.get("own", {}).get(family, {}))
        if self.threads:
            server_settings["multi-threading"] = {
                "enable-multi-threading": True,
                "thread-pool-size": self.threads,
                "packet-queue-size": 64,
            }
        parameters = None
        if store is not None:
            parameters = {"database": str(store), "existing-boot-file": wanted.get("existing", "keep")}
        self._server = kea.Kea(
            *(link, family, parameters, server_settings, subnets),
            hooks=[{"library": bootp_hook()}] if wanted.get("bootp") and family == 4 else [],
            severity=severity,
        )

    @classmethod
    def _own(cls, fields):
        settings = {cls._HEADER4[name]: value for name, value in fields.items() if isinstance(name, str)}
        options = [cls._option(code, value) for code, value in fields.items() if isinstance(code, int)]
        return {**settings, "option-data": options}

    @classmethod
    def _reservation(cls, row):
        return {"hw-address": row["mac"], "ip-address": row["address"], **cls._own(row["own"][4])}

    @staticmethod
    def _option(code, value):
        data = value if isinstance(value, bytes) else value.encode()
        return {"code": code, "csv-format": False, "data": data.hex()}


def bootp_hook():
    found = glob.glob(BOOTP_HOOKS)
    if not found:
        raise FileNotFoundError(f"no {BOOTP_HOOKS}: install kea-common")
    return found[0]


class KeaThreads(Kea):
    """Kea with packets served by several threads, as newer ones do unless told otherwise."""

    threads = 4


class Dhcpd(Plugin):
    """ISC dhcpd with netboot built in; NETBOOT_DHCPD says where it is."""

    name, all_unasked = "dhcpd", True

    _STATEMENTS = {
        4: {
            "file": 'filename "{}";',
            "siaddr": "next-server {};",
            "sname": 'server-name "{}";',
            60: 'option vendor-class-identifier "{}";',
            66: 'option tftp-server-name "{}";',
            67: 'option bootfile-name "{}";',
        },
        6: {59: "option dhcp6.boot-url {};", 60: "option dhcp6.boot-parameters {};"},
    }
    _DEFINITIONS6 = ["option dhcp6.boot-url code 59 = string;", "option dhcp6.boot-parameters code 60 = string;"]

    def __init__(self, link, family, settings, store):
        wanted = SETTINGS[settings]
        lines = self._own(wanted.get("own", {}).get(family, {}), family)
        if family == 6:
            lines = [*self._DEFINITIONS6, *lines, "option dhcp6.rapid-commit;"]
        elif "reservation" in wanted:
            lines.append(self._host(wanted["reservation"]))
        if store is not None:
            lines += [f'netboot-database "{store}";', f'netboot-existing-boot-file {wanted.get("existing", "keep")};']
        self._server = dhcpd.Dhcpd(link, family, lines, bootp=wanted.get("bootp", False), stock=store is None)

    @classmethod
    def _own(cls, fields, family):
        return [cls._STATEMENTS[family][field].format(cls._text(value, family)) for field, value in fields.items()]

    @staticmethod
    def _text(value, family):
        data = value if isinstance(value, bytes) else value.encode()
        return data.hex(":") if family == 6 else value

    @classmethod
    def _host(cls, row):
        own = " ".join(cls._own(row["own"][4], 4))
        return f'host reserved {{ hardware ethernet {row["mac"]}; fixed-address {row["address"]}; {own} }}'


PLUGINS = {"kea": Kea, "kea-threads": KeaThreads, "dhcpd": Dhcpd}


def chosen():
    return os.environ.get("NETBOOT_SERVER", "kea")
