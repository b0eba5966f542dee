# SPDX-License-Identifier: GPL-2.0-only
"""
cni_result.py VERSION NETNS IFNAME: the result of ADD on standard input is one document of
that version of the specification, for one interface with an address of each family.
"""

import ipaddress
import json
import re
import sys

version, netns, ifname = sys.argv[1:]
result = json.load(sys.stdin)


def equal(what, found, expected):
	if found != expected:
		sys.exit(f"{what}: found {found!r}, expected {expected!r}")


equal("keys", sorted(result), ["cniVersion", "interfaces", "ips", "routes"])
equal("cniVersion", result["cniVersion"], version)

host, peer = result["interfaces"]
equal("keys of the node's end", sorted(host), ["mac", "name"])
equal("keys of the container's end", sorted(peer), ["mac", "name", "sandbox"])
equal("mac of the node's end", host["mac"], "ee:ee:ee:ee:ee:ee")
equal("the container's end", (peer["name"], peer["sandbox"]), (ifname, netns))
equal("mac of the container's end", bool(re.fullmatch("(..:){5}..", peer["mac"])), True)

family = [] if version == "1.0.0" else ["version"]
for ip, number, length in zip(result["ips"], "46", (32, 128), strict=True):
	equal(f"keys of {ip}", sorted(ip), sorted(["address", "interface"] + family))
	equal(f"interface of {ip}", ip["interface"], 1)
	equal(f"version of {ip}", ip.get("version", number), number)
	address = ipaddress.ip_interface(ip["address"])
	equal(f"family of {ip}", str(address.version), number)
	equal(f"length of {ip}", address.network.prefixlen, length)

equal("routes", result["routes"], [
	{"dst": "0.0.0.0/0", "gw": "169.254.1.1"},
	{"dst": "::/0", "gw": "fe80::ecee:eeff:feee:eeee"},
])
