# SPDX-License-Identifier: GPL-2.0-only
"""What the module says of its state in this network namespace, as JSON: octets and
classes, and of each table its form and octets. Nothing for what it does not report."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../tests/vm/py"))
import manx  # noqa: E402
from netlink import number, pick  # noqa: E402


def named(message, **wanted):
	found = {key: pick(message, attr) for key, attr in wanted.items()}
	return {key: number(octets) for key, octets in found.items() if octets is not None}


socket = manx.Manx()
node = named(socket.do(manx.CMD_NODE_GET)[0], memory=manx.A_NODE_MEMORY,
	     classes=manx.A_NODE_CLASSES)
# a long table comes in several messages
tables = {pick(message, manx.A_TABLE_NAME): named(message, form=manx.A_TABLE_FORM,
						  memory=manx.A_TABLE_MEMORY)
	  for message in socket.dump(manx.CMD_TABLE_GET)}
print(json.dumps(node | {"tables": [table for table in tables.values() if table]}))
