# SPDX-License-Identifier: MPL-2.0
"""A finding excuses what it is about, for whom it is, and nothing else: Kea's configuration broken by hand is named."""

import json

import pytest

from conftest import found

SUBNET = "subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.64 192.0.2.99; option routers 192.0.2.254; %s }\n"
COMPUTED = 'option root-path = concat ("/nfs/", "x");'
UNTESTED = 'class "pxe" { match if lcase (substring (option vendor-class-identifier, 0, 9)) = "pxeclient"; %s }\n'


def converted(migrate, text):
    (migrate.start / "dhcpd.conf").write_text("default-lease-time 7200;\noption domain-name \"example.org\";\n" + text)
    report = migrate("-4", "dhcpd.conf")
    assert len(found(report)) == 1, report
    return report


def broken(migrate, change, family=4):
    """Kea's configuration after `change`; what verify says of it."""
    path = migrate.output / f"kea-dhcp{family}.conf"
    whole = json.loads(path.read_text())
    change(whole[f"Dhcp{family}"])
    path.write_text(json.dumps(whole))
    done = migrate.run(f"-{family}", "dhcpd.conf", "--verify", "--json")
    assert done.returncode in (0, 1), done.stderr
    rows = json.loads(done.stdout)
    assert done.returncode == (1 if any(not row["announced"] for row in rows) else 0), done.stderr
    return {(row["field"], row["announced"]) for row in rows}


def options_of(kea):
    return {option["code"]: option for option in kea["subnet4"][0]["option-data"]}


def other_router(kea):
    options_of(kea)[3]["data"] = "192.0.2.253"


def other_time(kea):
    kea["subnet4"][0].update({"valid-lifetime": 600, "min-valid-lifetime": 600, "max-valid-lifetime": 600})


def no_name(kea):
    kea["option-data"] = [option for option in kea["option-data"] if option["code"] != 15]


@pytest.mark.parametrize("change, field", [
    (other_router, "routers"),
    (other_time, "lease time"),
    (no_name, "option 15"),
])
def test_what_no_finding_is_about(migrate, change, field):
    converted(migrate, SUBNET % COMPUTED)
    said = broken(migrate, change)
    assert said == {(field, None), ("option 17", "dhcpd.conf:3: option root-path = concat (\"/nfs/\", \"x\")")}


def test_of_the_same_option_elsewhere(migrate):
    other = "subnet 198.51.100.0 netmask 255.255.255.0 { range 198.51.100.64 198.51.100.99; %s }\n"
    converted(migrate, SUBNET % COMPUTED + other % 'option root-path "/other";')
    assert {field for field, announced in broken(migrate, lambda kea: None) if not announced} == set()

    def drop(kea):
        kea["subnet4"][1]["option-data"] = []
    assert ("option 17", None) in broken(migrate, drop)


def test_of_a_class_for_its_members_only(migrate):
    converted(migrate, UNTESTED % "option www-server 192.0.2.80;" + SUBNET % "")
    assert broken(migrate, lambda kea: None) == {("option 72", 'dhcpd.conf:3: class "pxe"')}

    def for_all(kea):
        kea["option-data"].append({"code": 72, "data": "192.0.2.81"})
    assert ("option 72", None) in broken(migrate, for_all)


# ---- up to the lease, and DHCPv6

def wrong_class(kea):
    """Only clients that say whom they want get an answer to their DHCPREQUEST."""
    kea["client-classes"] = [{"name": "DROP", "test": "option[54].exists"}]


def test_the_lease_is_asked_for(migrate):
    converted(migrate, SUBNET % COMPUTED)
    assert ("answer in the lease", None) in broken(migrate, wrong_class)


PREFIXES = """
subnet6 2001:db8:0:1::/64 {
  range6 2001:db8:0:1::1000 2001:db8:0:1::1fff;
  prefix6 2001:db8:100:: 2001:db8:1ff:ff00:: /56;
  option dhcp6.rapid-commit;
}
host router { host-identifier option dhcp6.client-id 00:03:00:01:52:54:00:d0:00:01; fixed-prefix6 2001:db8:500::/48; }
"""


def other_pool(kea):
    kea["subnet6"][0]["pd-pools"][0]["prefix"] = "2001:db8:900::"


def other_length(kea):
    kea["subnet6"][0]["pd-pools"][0]["delegated-len"] = 60


def other_prefix(kea):
    kea["reservations"][0]["prefixes"] = ["2001:db8:501::/48"]


def not_at_once(kea):
    kea["subnet6"][0]["rapid-commit"] = False


@pytest.mark.parametrize("change, field", [
    (other_pool, "prefix"),
    (other_length, "prefix"),
    (other_prefix, "prefix"),
    (not_at_once, "option 14"),
])
def test_delegation_and_rapid_commit(migrate, change, field):
    (migrate.start / "dhcpd.conf").write_text(PREFIXES)
    assert found(migrate("-6", "dhcpd.conf")) == []
    assert migrate.verify("-6", "dhcpd.conf") == []
    assert broken(migrate, change, 6) == {(field, None)}


def test_hosts_by_a_relays_option_have_their_text(migrate):
    (migrate.start / "dhcpd.conf").write_text(
        "subnet6 2001:db8:0:1::/64 { range6 2001:db8:0:1::1000 2001:db8:0:1::1fff; }\n"
        'host a { host-identifier v6relopt 1 dhcp6.interface-id "port7"; fixed-address6 2001:db8:0:1::7; }\n')
    finding, = (each for each in migrate("-6", "dhcpd.conf")["findings"] if "flex_id" in (each["fix"] or ""))
    assert '"relay6[-1].option[18].hex"' in finding["fix"] and '"flex-id": "706f727437"' in finding["fix"]
    assert finding["whom"] == "host a"


def test_codes_are_in_the_report(migrate):
    report = converted(migrate, SUBNET % COMPUTED)
    finding, = (each for each in report["findings"] if each["severity"] == "person")
    assert (finding["options"], finding["whom"], finding["executed"]) == ("17", "subnet 192.0.2.0", True)
