#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
requests.py NODE

NODE - is the present namespace.

Sends netlink requests and looks how they are answered. Standard input has one a line,
as Python with the names of manx.py and the functions below:

	ANSWER <tab> REQUEST

	OK		it is accepted
	CODE WORDS...	it is refused with that error and those words among its own;
			what it points at, if anything, lies in the request
	CODE (none)	it is refused by the core, which says no more

Status 0 if all answers were as expected.
"""

import os
import socket
import struct
import sys

import manx
import netlink
from manx import *	# names, for the requests
from netlink import NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, Netlink, Refused, attribute

NETLINK_ROUTE = 0
RTM_NEWLINK, RTM_DELLINK = 16, 17
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINKINFO, IFLA_NET_NS_FD = 1, 3, 4, 18, 28
IFLA_INFO_KIND, IFLA_INFO_DATA = 1, 2
IFINFOMSG = bytes(16)

sockets = {}


def port(number):
	"""One of several sockets of the family; the first is made at the first use."""
	if number not in sockets:
		sockets[number] = manx.Manx()
	return sockets[number]


def do(command, *attrs, by=0):
	"""A command of the family by the socket of that number."""
	return port(by).do(command, *attrs)


def dump(command, *attrs):
	return port(0).dump(command, *attrs)


def close(by):
	"""The end of a socket, as when its process dies."""
	sockets.pop(by).socket.close()


def rule(number, action, *more):
	"""A rule of a table; further attributes as pairs."""
	attrs = [(A_RULE_ID, number), (A_RULE_ACTION, action), *more]
	return A_TABLE_RULE, [attribute(*attr) for attr in attrs]


def table(name, *rules, direction=0, default=1):
	"""The attributes of TABLE_NEW."""
	return ((A_TABLE_NAME, name), (A_TABLE_DIRECTION, direction),
		(A_TABLE_DEFAULT_ACTION, default), *rules)


def endpoint(number, *more):
	"""The attributes of ENDPOINT_NEW."""
	return (A_ENDPOINT_ID, number), *more


def link(name, *data, peer=None, flags=NLM_F_CREATE | NLM_F_EXCL, extra=()):
	"""A manx link is to be made, or changed without flags; data: of IFLA_INFO_DATA."""
	data = [attribute(*attr) for attr in data]
	if peer is not None:
		body = IFINFOMSG + b"".join(attribute(*attr) for attr in peer)
		data.append(attribute(IFLA_MANX_PEER, body))
	info = [attribute(IFLA_INFO_KIND, "manx"), attribute(IFLA_INFO_DATA, data)]
	body = IFINFOMSG + b"".join(attribute(*attr) for attr in extra)
	body += attribute(IFLA_IFNAME, name) + attribute(IFLA_LINKINFO, info)
	return Netlink(NETLINK_ROUTE).request(RTM_NEWLINK, body, flags | NLM_F_ACK)


def complaint(answer, request):
	"""None, or what was wrong."""
	code, _, words = answer.partition(" ")
	try:
		eval(request)
	except Refused as refusal:
		if words == "(none)":
			words, refusal.words = "", refusal.words or words
		if refusal.code != code or words not in refusal.words:
			return str(refusal)
		if refusal.words == "":
			return f"{code} without words"
		if refusal.offset is not None and not 16 <= refusal.offset < 1 << 16:
			return f"points at octet {refusal.offset}"
		return None
	return None if answer == "OK" else "accepted"


def main(node):
	if node != "-":
		netlink.enter(node)
	wrong = lines = 0
	for line in sys.stdin:
		answer, _, request = line.strip().partition("\t")
		if not request:
			continue
		lines += 1
		problem = complaint(answer, request.strip())
		if problem:
			wrong += 1
			print(f"{request.strip()}\n\texpected {answer}\n\tfound    {problem}")
	if not lines:
		sys.exit("no requests")
	sys.exit(wrong != 0)


main(*sys.argv[1:])
