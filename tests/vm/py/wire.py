# SPDX-License-Identifier: GPL-2.0-only
"""
Frames from the inside out: ether(ip4(udp(1, 2))). Every field that is not given
has the value that a well-behaved sender would give it; octets (bytes) may stand for any
layer. Addresses that are not given are those of `default`.
"""

import socket
import struct

default = {
	"smac": bytes(6), "dmac": bytes.fromhex("eeeeeeeeeeee"),
	"src4": "0.0.0.0", "dst4": "0.0.0.0", "src6": "::", "dst6": "::",
}


class Layer(bytes):
	"""
	Octets of a layer. sum_at: where its checksum stands, which covers the addresses
	too if pseudo; announced: fields of the layer below that name it.
	"""

	def __new__(cls, octets, sum_at=None, pseudo=True, **announced):
		self = super().__new__(cls, octets)
		self.sum_at, self.pseudo, self.announced = sum_at, pseudo, announced
		return self


def mac(text):
	return text if isinstance(text, bytes) else bytes.fromhex(text.replace(":", ""))


def a4(text):
	return socket.inet_aton(text)


def a6(text):
	return socket.inet_pton(socket.AF_INET6, text)


def checksum(octets):
	octets += bytes(len(octets) % 2)
	total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
	while total >> 16:
		total = (total & 0xffff) + (total >> 16)
	return total ^ 0xffff


def finish(payload, pseudo):
	"""The payload with its checksum filled in, if it has one."""
	at = getattr(payload, "sum_at", None)
	if at is None:
		return payload
	total = checksum((pseudo if payload.pseudo else b"") + payload)
	return payload[:at] + struct.pack("!H", total) + payload[at + 2:]


def says(payload, field, given, otherwise):
	"""A field that announces the payload, unless it is given."""
	if given is not None:
		return given
	return getattr(payload, "announced", {}).get(field, otherwise)


def ether(payload=b"", dst=None, src=None, kind=None):
	return Layer(mac(dst or default["dmac"]) + mac(src or default["smac"]) +
		     struct.pack("!H", says(payload, "ether", kind, 0x88b5)) + payload)


def vlan(payload, vid=0, tpid=0x8100):
	return Layer(struct.pack("!HH", vid, says(payload, "ether", None, 0x88b5)) + payload,
		     ether=tpid)


def arp(op, sip, tip, sha=None, tha=bytes(6), hrd=1, pro=0x800, hln=6, pln=4):
	return Layer(struct.pack("!HHBBH", hrd, pro, hln, pln, op) +
		     mac(sha or default["smac"]) + a4(sip) + mac(tha) + a4(tip), ether=0x806)


def ip4(payload=b"", src=None, dst=None, proto=None, version=4, ihl=5, tos=0, total=None,
	ident=1, frag=0, ttl=64, options=b""):
	src, dst = a4(src or default["src4"]), a4(dst or default["dst4"])
	number = says(payload, "proto", proto, 253)
	ihl += len(options) // 4
	payload = finish(payload, src + dst + struct.pack("!HH", number, len(payload)))
	if total is None:
		total = 20 + len(options) + len(payload)
	head = struct.pack("!BBHHHBBH", version << 4 | ihl & 15, tos, total, ident,
			   frag, ttl, number, 0) + src + dst + options
	head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
	return Layer(head + payload, ether=0x800, proto=4)


def ip6(payload=b"", src=None, dst=None, nexthdr=None, version=6, length=None, hops=64):
	src, dst = a6(src or default["src6"]), a6(dst or default["dst6"])
	number = says(payload, "proto", nexthdr, 59)
	payload = finish(payload, src + dst + struct.pack("!II", len(payload), number))
	if length is None:
		length = len(payload)
	return Layer(struct.pack("!IHBB", version << 28, length, number, hops) + src + dst +
		     payload, ether=0x86dd, proto=41)


def udp(sport=1000, dport=2000, data=b"data"):
	return Layer(struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data,
		     sum_at=6, proto=17)


def tcp(sport=1000, dport=2000, flags=2):
	return Layer(struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 0x50, flags, 1000, 0, 0),
		     sum_at=16, proto=6)


def icmp(kind=8, code=0, rest=bytes(4), data=b"data"):
	return Layer(bytes([kind, code, 0, 0]) + rest + data, sum_at=2, pseudo=False, proto=1)


def icmp6(kind=128, code=0, rest=bytes(4), data=b""):
	return Layer(bytes([kind, code, 0, 0]) + rest + data, sum_at=2, proto=58)


def solicit(target, options=None, code=0):
	"""A neighbour solicitation: ICMPv6 alone."""
	if options is None:
		options = bytes([1, 1]) + default["smac"]
	return icmp6(135, code, bytes(4), a6(target) + options)


def advertise(target, lladdr, flags):
	return icmp6(136, 0, struct.pack("!I", flags << 24), a6(target) + bytes([2, 1]) +
		     mac(lladdr))


def many(target):
	"""The multicast address where a solicitation for target goes, and its MAC address."""
	tail = a6(target)[13:]
	address = socket.inet_ntop(socket.AF_INET6, a6("ff02::1:ff00:0")[:13] + tail)
	return address, b"\x33\x33\xff" + tail


def who_has(target, source=None):
	"""An ARP request and the answer that the module gives."""
	source = source or default["src4"]
	own, gateway = default["smac"], default["dmac"]
	return (ether(arp(1, source, target), dst=b"\xff" * 6),
		ether(arp(2, target, source, sha=gateway, tha=own), dst=own, src=gateway))


def who_is(target, source=None, unicast=False, flags=0xe0, **options):
	"""The same for IPv6; the answer's flags are router, solicited, override."""
	source = source or default["src6"]
	own, gateway = default["smac"], default["dmac"]
	address, address_mac = (target, gateway) if unicast else many(target)
	return (ether(ip6(solicit(target, **options), src=source, dst=address, hops=255),
		      dst=address_mac),
		ether(ip6(advertise(target, gateway, flags), src=target, dst=source, hops=255),
		      dst=own, src=gateway))
