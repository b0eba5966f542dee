# SPDX-License-Identifier: GPL-2.0-only
"""
xdp.py LINK [pass]: attaches a program to a link of the present namespace that drops whatever
comes in, or lets it pass (generic XDP; "ip link set LINK xdpgeneric off" takes it away).
"""

import ctypes
import os
import socket
import struct
import sys

from netlink import NLM_F_ACK, Netlink, attribute

SYS_BPF, BPF_PROG_LOAD, BPF_PROG_TYPE_XDP = 321, 5, 6
RTM_NEWLINK, IFLA_XDP, IFLA_XDP_FD, IFLA_XDP_FLAGS, XDP_FLAGS_SKB_MODE = 16, 43, 1, 3, 2
XDP_DROP, XDP_PASS = 1, 2


def load(verdict):
	"""A file descriptor of the program: r0 = verdict; exit"""
	code = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xb7, 0, 0, verdict,
						       0x95, 0, 0, 0))
	licence = ctypes.create_string_buffer(b"GPL")
	attributes = ctypes.create_string_buffer(
		struct.pack("=IIQQ", BPF_PROG_TYPE_XDP, 2, ctypes.addressof(code),
			    ctypes.addressof(licence)), 48)
	libc = ctypes.CDLL(None, use_errno=True)
	program = libc.syscall(SYS_BPF, BPF_PROG_LOAD, attributes, 48)
	if program < 0:
		sys.exit("no program: " + os.strerror(ctypes.get_errno()))
	return program


def main(link, *does):
	index = socket.if_nametoindex(link)
	program = load(XDP_PASS if does else XDP_DROP)
	Netlink(socket.NETLINK_ROUTE).request(
		RTM_NEWLINK, struct.pack("=BxHiII", 0, 0, index, 0, 0) +
		attribute(IFLA_XDP, [attribute(IFLA_XDP_FD, program),
				     attribute(IFLA_XDP_FLAGS, XDP_FLAGS_SKB_MODE)]),
		NLM_F_ACK)


main(*sys.argv[1:])
