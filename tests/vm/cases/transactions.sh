# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The module's state changes as a whole or not at all, and it says why not.

# unchanged NODE FILE: nothing differs from what "show" had written
unchanged() {
	local now

	now=$(on "$1" manxctl dp show node -o json | grep -o '"generation":[^,]*')
	[ "generation ${now##*[!0-9]}" = "$(on "$1" manxctl dp load "$2")" ] ||
		fail "differs from before: $(on "$1" manxctl dp show -o json)"
}

transactions_requests_that_make_no_sense_are_refused() {
	node n1
	python requests n1 <<-'END'
		OK	do(CMD_NODE_GET)
		EOPNOTSUPP (none)	do(CMD_MAX + 1)
		EOPNOTSUPP (none)	do(CMD_EVENT_NTF)
		EOPNOTSUPP (none)	do(0)
		EOPNOTSUPP (none)	dump(CMD_SET_NEW)
		EINVAL Unknown attribute	do(CMD_NODE_GET, (A_NODE_GENERATION + 1, 1))
		EINVAL Unknown attribute	do(CMD_SET_NEW, (A_SET_NAME, "s"), (A_SET_MEMBERS, 1))
		EINVAL Unknown attribute	do(CMD_PEER_NEW, (A_PEER_ADDRESS, 1), (500, b""))
		EINVAL leftover	do(CMD_NODE_GET, b"\1\2\3")
		EINVAL 	do(CMD_NODE_SET, (A_NODE_MARK_MASK, b"\1\2"))
		EINVAL at least four bits	do(CMD_NODE_SET, (A_NODE_MARK_MASK, 0x7))
		ERANGE 	do(CMD_NODE_SET, (A_NODE_ENDPOINT_TO_NODE, 5))
		EINVAL allow or deny	do(CMD_NODE_SET, (A_NODE_ENDPOINT_TO_NODE, ACTION_REJECT))
		ERANGE 	do(CMD_NODE_SET, (A_NODE_FAST, FAST_MAX + 1))
		ERANGE 0 to 65536	do(CMD_NODE_SET, (A_NODE_QUEUE_PACKETS, 65537))
		EINVAL mark-stay 0x10000 and mark-mask 0xffff0000 have bits in common	do(CMD_NODE_SET, (A_NODE_MARK_STAY, 0x10000))
		ERANGE 	do(CMD_FLOW_GET, (A_FLOW_WAY, WAY_MAX + 1))
		EINVAL Unknown attribute	do(CMD_FLOW_GET, (A_FLOW_REPLY_WAY, WAY_STACK))
		ESTALE another generation	do(CMD_NODE_GET, (A_NODE_GENERATION, 77))
		ESTALE another generation	do(CMD_TXN_BEGIN, (A_NODE_GENERATION, 77))
		ENOENT no transaction open	do(CMD_TXN_END)
		ENOENT no transaction open	do(CMD_TXN_END, (A_NODE_COMMIT, b""))
	END
}

transactions_bad_sets_are_refused() {
	node n1
	python requests n1 <<-'END'
		EINVAL needs a name	do(CMD_SET_NEW)
		EINVAL empty name	do(CMD_SET_NEW, (A_SET_NAME, ""))
		EINVAL 	do(CMD_SET_NEW, (A_SET_NAME, b"no end"))
		EINVAL 	do(CMD_SET_NEW, (A_SET_NAME, "x" * 128))
		EINVAL not a prefix	do(CMD_SET_NEW, (A_SET_NAME, "s"), (A_SET_MEMBER, b""))
		EINVAL not a prefix	do(CMD_SET_NEW, (A_SET_NAME, "s"), (A_SET_MEMBER, bytes(4)))
		EINVAL not a prefix	do(CMD_SET_NEW, (A_SET_NAME, "s"), (A_SET_MEMBER, bytes(18)))
		EINVAL not a prefix	do(CMD_SET_NEW, (A_SET_NAME, "s"), (A_SET_MEMBER, b"\n\0\0\0\41"))
		EINVAL not a prefix	do(CMD_SET_NEW, (A_SET_NAME, "s"), (A_SET_MEMBER, b"\n\0\0\1\30"))
		EINVAL not a prefix	do(CMD_SET_NEW, (A_SET_NAME, "s"), (A_SET_MEMBER, bytes(15) + b"\1\177"))
		EINVAL not a prefix	do(CMD_SET_NEW, (A_SET_NAME, "s"), (A_SET_MEMBER, bytes(16) + b"\x81"))
		ENOENT no such set	do(CMD_SET_DEL, (A_SET_NAME, "s"))
		ENOENT no such set	do(CMD_SET_GET, (A_SET_NAME, "s"))
		ENOENT no such set	do(CMD_MEMBER_ADD, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.0.1")))
		OK	do(CMD_SET_NEW, (A_SET_NAME, "x" * 127), (A_SET_MEMBER, prefix("10.0.0.1")))
		OK	do(CMD_SET_NEW, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.0.1")), (A_SET_MEMBER, prefix("10.0.0.1")))
		ENOENT not in the set	do(CMD_MEMBER_DEL, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.0.2")))
		ENOENT not in the set	do(CMD_MEMBER_DEL, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.0.1")), (A_SET_MEMBER, prefix("10.0.0.2")))
		OK	do(CMD_MEMBER_DEL, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.0.1")))
		OK	do(CMD_SET_DEL, (A_SET_NAME, "s"))
	END
}

transactions_bad_tables_are_refused() {
	node n1
	python requests n1 <<-'END'
		EINVAL needs a name	do(CMD_TABLE_NEW)
		EINVAL needs a direction	do(CMD_TABLE_NEW, (A_TABLE_NAME, "t"))
		EINVAL needs a default	do(CMD_TABLE_NEW, (A_TABLE_NAME, "t"), (A_TABLE_DIRECTION, 0))
		EINVAL empty name	do(CMD_TABLE_NEW, *table(""))
		ERANGE 	do(CMD_TABLE_NEW, *table("t", direction=2))
		EINVAL deny or pass	do(CMD_TABLE_NEW, *table("t", default=ACTION_ALLOW))
		EINVAL deny or pass	do(CMD_TABLE_NEW, *table("t", default=ACTION_LOG))
		EINVAL needs id and action	do(CMD_TABLE_NEW, *table("t", (A_TABLE_RULE, [attribute(A_RULE_ID, 1)])))
		EINVAL needs id and action	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_PACKETS, bytes(8)))))
		ERANGE 	do(CMD_TABLE_NEW, *table("t", rule(1, 5)))
		EINVAL Unknown attribute	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (99, 1))))
		EINVAL 	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_PROTOCOL, b"\6"))))
		EINVAL NLA_F_NESTED	do(CMD_TABLE_NEW, *table("t", (A_TABLE_RULE, b"")))
		EINVAL 	do(CMD_TABLE_NEW, *table("t", (A_TABLE_RULE | 0x8000, b"\x40\0\1\0")))
		EINVAL 4 or 6	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_IP_VERSION, 5))))
		ERANGE 0 to 255	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_PROTOCOL, 256))))
		EINVAL ports need	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_DST_PORT, 0x500050))))
		EINVAL ports need	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_NOT_SRC_PORT, 0x500050), (A_RULE_PROTOCOL, 1))))
		EINVAL ends before it begins	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_PROTOCOL, 6), (A_RULE_DST_PORT, 0x510050))))
		EINVAL code needs a type	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_PROTOCOL, 1), (A_RULE_ICMP_CODE, 1))))
		EINVAL type needs protocol	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_PROTOCOL, 6), (A_RULE_ICMP_TYPE, 1))))
		EINVAL not a prefix	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_SRC_NET, b"\n\0\0\1\30"))))
		EINVAL empty or too long	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_SRC_SET, ""))))
		ENOENT table t, rule 7: there is no set nobody	do(CMD_TABLE_NEW, *table("t", rule(7, 0, (A_RULE_SRC_SET, "nobody"))))
		ENOENT table t, rule 7: there is no set nobody	do(CMD_TABLE_NEW, *table("t", rule(7, 0, (A_RULE_NOT_DST_SET, "nobody"))))
		EEXIST table t: two rules have id 3	do(CMD_TABLE_NEW, *table("t", rule(3, 0), rule(4, 0), rule(3, 1)))
		ENOENT no such table	do(CMD_TABLE_DEL, (A_TABLE_NAME, "t"))
		ENOENT no such table	do(CMD_RULE_ADD, (A_TABLE_NAME, "t"), rule(1, 0))
		OK	do(CMD_TABLE_NEW, *table("t", rule(1, 0)))
		EPERM did not create or replace	do(CMD_RULE_ADD, (A_TABLE_NAME, "t"), rule(2, 0))
		OK	do(CMD_SET_NEW, (A_SET_NAME, "s"))
		OK	do(CMD_TABLE_NEW, *table("t", rule(1, 0, (A_RULE_SRC_SET, "s"))))
		ENOENT table t, rule 1: there is no set s	do(CMD_SET_DEL, (A_SET_NAME, "s"))
		OK	do(CMD_TXN_BEGIN)
		OK	do(CMD_SET_DEL, (A_SET_NAME, "s"))
		OK	do(CMD_TABLE_DEL, (A_TABLE_NAME, "t"))
		OK	do(CMD_TXN_END, (A_NODE_COMMIT, b""))
	END
}

transactions_bad_endpoints_and_peers_are_refused() {
	node n1
	python requests n1 <<-'END'
		EINVAL 	do(CMD_ENDPOINT_NEW)
		ERANGE 	do(CMD_ENDPOINT_NEW, *endpoint(0))
		ERANGE 	do(CMD_ENDPOINT_NEW, *endpoint(1))
		ERANGE 	do(CMD_ENDPOINT_NEW, *endpoint(0xffffffff))
		EINVAL prefix length 32 or 128	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_ADDRESS, prefix("10.0.0.0/24"))))
		ERANGE size	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_MAC, bytes(5))))
		EINVAL not a unicast MAC	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_MAC, bytes(6))))
		EINVAL not a unicast MAC	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_MAC, b"\1" * 6)))
		EINVAL 	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_FLAGS, 4)))
		ENOENT there is no table nothing	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_INGRESS, "nothing")))
		ENOENT there is no table nothing	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_EGRESS, "nothing")))
		OK	do(CMD_TABLE_NEW, *table("in", direction=DIRECTION_INGRESS))
		EINVAL 	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_EGRESS, "in")))
		OK	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_INGRESS, "in")))
		ENOENT there is no table in	do(CMD_TABLE_DEL, (A_TABLE_NAME, "in"))
		ENOENT no such endpoint	do(CMD_ENDPOINT_DEL, (A_ENDPOINT_ID, 3))
		ENOENT no such endpoint	do(CMD_ENDPOINT_GET, (A_ENDPOINT_ID, 3))
		EINVAL needs an address	do(CMD_PEER_NEW)
		EINVAL not a unicast address	do(CMD_PEER_NEW, (A_PEER_ADDRESS, bytes(4)))
		EINVAL not a unicast address	do(CMD_PEER_NEW, (A_PEER_ADDRESS, b"\xff" * 4))
		EINVAL not a unicast address	do(CMD_PEER_NEW, (A_PEER_ADDRESS, b"\xe0\0\0\1"))
		EINVAL not a unicast address	do(CMD_PEER_NEW, (A_PEER_ADDRESS, b"\x7f\0\0\1"))
		OK	do(CMD_PEER_NEW, (A_PEER_ADDRESS, b"\n\0\0\1"))
		EEXIST registered already	do(CMD_PEER_NEW, (A_PEER_ADDRESS, b"\n\0\0\1"))
		ENOENT no such peer	do(CMD_PEER_DEL, (A_PEER_ADDRESS, b"\n\0\0\2"))
		ENOENT no such peer	do(CMD_PEER_GET, (A_PEER_ADDRESS, b"\n\0\0\2"))
	END
}

transactions_that_fail_change_nothing() {
	one_node
	members n1 s $a4
	commit n1
	on n1 manxctl dp show -o json > "$scratch/before"
	python requests n1 <<-'END'
		OK	do(CMD_TXN_BEGIN)
		OK	do(CMD_SET_NEW, (A_SET_NAME, "new"))
		OK	do(CMD_SET_DEL, (A_SET_NAME, "s"))
		OK	do(CMD_TABLE_NEW, *table("any-in", rule(5, ACTION_DENY)))
		OK	do(CMD_ENDPOINT_NEW, *endpoint(3, (A_ENDPOINT_INGRESS, "absent")))
		OK	do(CMD_NODE_SET, (A_NODE_ENDPOINT_TO_NODE, 0))
		OK	do(CMD_PEER_NEW, (A_PEER_ADDRESS, b"\n\0\0\1"))
		ENOENT endpoint 3: there is no table absent	do(CMD_TXN_END, (A_NODE_COMMIT, b""))
		ENOENT no transaction open	do(CMD_TXN_END)
		OK	do(CMD_TXN_BEGIN)
		OK	do(CMD_TABLE_DEL, (A_TABLE_NAME, "any-in"))
		OK	do(CMD_TXN_END)
	END
	unchanged n1 "$scratch/before"
	reaches a $b4
}

transactions_exclude_other_writers() {
	one_node
	python requests n1 <<-'END'
		OK	do(CMD_TXN_BEGIN)
		EALREADY a transaction open already	do(CMD_TXN_BEGIN)
		EBUSY another transaction is open	do(CMD_TXN_BEGIN, by=1)
		EBUSY another transaction is open	do(CMD_SET_NEW, (A_SET_NAME, "s"), by=1)
		ENOENT no transaction open	do(CMD_TXN_END, by=1)
		OK	do(CMD_NODE_GET, by=1)
		OK	do(CMD_SET_NEW, (A_SET_NAME, "s"))
		ENOENT no such set	do(CMD_SET_GET, (A_SET_NAME, "s"), by=1)
		ENOENT no such set	do(CMD_SET_GET, (A_SET_NAME, "s"))
		OK	close(by=0)
		OK	do(CMD_TXN_BEGIN, by=1)
		OK	do(CMD_SET_NEW, (A_SET_NAME, "t"), by=1)
		OK	do(CMD_TXN_END, (A_NODE_COMMIT, b""), by=1)
		ENOENT no such set	do(CMD_SET_GET, (A_SET_NAME, "s"))
		OK	do(CMD_SET_GET, (A_SET_NAME, "t"))
	END
}

# The process that has a transaction open dies in the middle.
transactions_die_with_their_writer() {
	one_node
	on n1 manxctl dp show -o json > "$scratch/before"
	mkfifo "$scratch/requests"
	python requests n1 < "$scratch/requests" &
	exec 3> "$scratch/requests"
	printf '%s\n' 'OK	do(CMD_TXN_BEGIN)' 'OK	do(CMD_TABLE_DEL, (A_TABLE_NAME, "any-in"))' >&3
	eventually busy
	reaches a $b4
	pkill -9 -f py/requests
	wait $! || true
	unchanged n1 "$scratch/before"
	python requests n1 <<< 'OK	do(CMD_TXN_BEGIN)'
}

busy() { python requests n1 <<< 'EBUSY another	do(CMD_TXN_BEGIN)'; }

transactions_need_the_right() {
	one_node
	refuse "CAP_NET_ADMIN" on n1 setpriv --bounding-set -net_admin manxctl dp show
	refuse "CAP_NET_ADMIN" on n1 setpriv --bounding-set -net_admin manxctl dp load - <<< '{}'
	refuse "not permitted" on n1 setpriv --bounding-set -net_admin manxctl dp monitor
	reaches a $b4
}

transactions_large_ones_come_back_as_they_were() {
	# limit: 120
	node n1
	awk 'BEGIN {
		printf "{\"sets\":[{\"name\":\"large\",\"members\":["
		for (i = 0; i < 100000; i++)
			printf "%s\"10.%d.%d.%d\"", (i ? "," : ""), i / 65536, i / 256 % 256, i % 256
		printf "]}],\"tables\":[{\"name\":\"large\",\"direction\":\"ingress\","
		printf "\"defaultAction\":\"deny\",\"rules\":["
		for (i = 1; i <= 10000; i++)
			printf "%s{\"id\":%d,\"action\":\"allow\",\"protocol\":\"tcp\",\"source\":" \
				"{\"sets\":[\"large\"]},\"destination\":{\"ports\":[%d]}}", (i > 1 ? "," : ""), i, i
		printf "]}]}"
	}' > "$scratch/large.json"
	on n1 manxctl dp load "$scratch/large.json" > "$scratch/generation"
	on n1 manxctl dp show -o json > "$scratch/shown.json"
	grep -o '"10\.[0-9.]*"' "$scratch/shown.json" | cmp - <(grep -o '"10\.[0-9.]*"' "$scratch/large.json")
	[ "$(grep -c '"ports"' "$scratch/shown.json")" = 10000 ]
	# there is no difference left to load
	on n1 manxctl dp load "$scratch/large.json" | cmp - "$scratch/generation"
	on n1 manxctl dp load "$scratch/shown.json" | cmp - "$scratch/generation"
	on n1 manxctl dp load - <<< '{}' > /dev/null
}

transactions_dumps_show_one_state_or_say_so() {
	node n1
	python dumps n1 12
}

# Whatever the policy is replaced by, one flow is always allowed, another never.
transactions_are_judged_by_as_a_whole() {
	# limit: 400
	one_node
	python replace n1 a b 1000
}

transactions_keep_to_limits() {
	node n1
	python requests n1 <<-'END'
		OK	do(CMD_NODE_SET, (A_NODE_MAX_MEMBERS, 3))
		OK	do(CMD_SET_NEW, (A_SET_NAME, "s"), *[(A_SET_MEMBER, prefix(f"10.0.0.{i}")) for i in range(3)])
		OK	do(CMD_MEMBER_ADD, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.0.1")))
		ENOSPC set s: more than 3 members (max-members)	do(CMD_MEMBER_ADD, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.0.3")))
		ENOSPC set t: more than 3 members (max-members)	do(CMD_SET_NEW, (A_SET_NAME, "t"), (A_SET_MEMBER, prefix("10.0.0.3")))
		OK	do(CMD_SET_NEW, (A_SET_NAME, "s"), *[(A_SET_MEMBER, prefix(f"10.0.1.{i}")) for i in range(3)])
		OK	do(CMD_NODE_SET, (A_NODE_MAX_MEMBERS, 1))
		ENOSPC set s: more than 1 members	do(CMD_MEMBER_ADD, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.1.3")))
		OK	do(CMD_MEMBER_DEL, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.1.1")), (A_SET_MEMBER, prefix("10.0.1.2")))
		ENOSPC set s: more than 1 members	do(CMD_MEMBER_ADD, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.1.3")))
		OK	do(CMD_NODE_SET, (A_NODE_MAX_MEMBERS, 1 << 20), (A_NODE_MAX_CLASSES, 2))
		OK	do(CMD_SET_NEW, (A_SET_NAME, "t"), (A_SET_MEMBER, prefix("10.0.1.9")))
		ENOSPC set u: more than 2 classes (max-classes)	do(CMD_SET_NEW, (A_SET_NAME, "u"), (A_SET_MEMBER, prefix("10.0.1.4")))
		ENOSPC set u: more than 2 classes (max-classes)	do(CMD_SET_NEW, (A_SET_NAME, "u"), (A_SET_MEMBER, prefix("10.0.1.9")))
		OK	do(CMD_SET_NEW, (A_SET_NAME, "t"), (A_SET_MEMBER, prefix("10.0.1.8")), (A_SET_MEMBER, prefix("10.0.1.9")))
		OK	do(CMD_NODE_SET, (A_NODE_MAX_CLASSES, 65535), (A_NODE_MAX_RULES, 2))
		OK	do(CMD_TABLE_NEW, *table("t", rule(1, 0), rule(2, 0)))
		ENOSPC table u: more than 2 rules (max-rules)	do(CMD_TABLE_NEW, *table("u", rule(1, 0)))
		OK	do(CMD_TABLE_NEW, *table("t", rule(3, 0), rule(4, 0)))
		OK	do(CMD_NODE_SET, (A_NODE_MAX_RULES, 1 << 20), (A_NODE_MAX_MEMORY, (20000).to_bytes(8, "little")))
		ENOSPC set big: more than 20000 octets (max-memory)	do(CMD_SET_NEW, (A_SET_NAME, "big"), *[(A_SET_MEMBER, prefix(f"10.1.{i >> 8}.{i & 255}")) for i in range(3000)])
		ENOSPC (max-memory)	do(CMD_TABLE_NEW, *table("big", *[rule(i, 0, (A_RULE_DST_NET, prefix("10.0.0.0/8"))) for i in range(400)]))
		OK	do(CMD_MEMBER_DEL, (A_SET_NAME, "s"), (A_SET_MEMBER, prefix("10.0.1.0")))
		OK	do(CMD_NODE_SET, (A_NODE_MAX_MEMORY, (1 << 33).to_bytes(8, "little")), (A_NODE_MAX_MEMBERS, 1 << 22))
		ERANGE 0 to 65535	do(CMD_NODE_SET, (A_NODE_MAX_CLASSES, 65536))
		ERANGE 0 to 1	do(CMD_NODE_SET, (A_NODE_AUDIT, 2))
		ERANGE 1 to	do(CMD_NODE_SET, (A_NODE_MAX_FLOWS, 0))
		ERANGE 1 to	do(CMD_NODE_SET, (A_NODE_TIMEOUTS, [attribute(A_TIMEOUTS_UDP, 0)]))
		ERANGE 1 to	do(CMD_NODE_SET, (A_NODE_TIMEOUTS, [attribute(A_TIMEOUTS_ICMP, 1 << 31)]))
		EINVAL 	do(CMD_NODE_SET, (A_NODE_MAX_MEMORY, 1))
	END
	[ "$(python requests n1 <<< 'OK	print(number(pick(do(CMD_NODE_GET)[0], A_NODE_MAX_MEMBERS)))')" = $((1 << 22)) ]
}

# What is the host's to give is not given by the root of a user namespace.
transactions_raise_limits_only_for_the_host() {
	unshare -Urn /usr/bin/python3 -s -S "$here/py/requests.py" - <<-'END'
		OK	do(CMD_NODE_SET, (A_NODE_MAX_MEMBERS, 1 << 20), (A_NODE_MAX_FLOWS, 1))
		EPERM takes CAP_NET_ADMIN on the host	do(CMD_NODE_SET, (A_NODE_MAX_MEMBERS, (1 << 20) + 1))
		EPERM takes CAP_NET_ADMIN on the host	do(CMD_NODE_SET, (A_NODE_MAX_RULES, (1 << 20) + 1))
		EPERM takes CAP_NET_ADMIN on the host	do(CMD_NODE_SET, (A_NODE_MAX_FLOWS, (1 << 18) + 1))
		EPERM takes CAP_NET_ADMIN on the host	do(CMD_NODE_SET, (A_NODE_MAX_FLOWS_FROM, (1 << 14) + 1))
		EPERM takes CAP_NET_ADMIN on the host	do(CMD_NODE_SET, (A_NODE_MAX_MEMORY, ((1 << 30) + 1).to_bytes(8, "little")))
		OK	do(CMD_NODE_SET, (A_NODE_MAX_FLOWS, 1 << 18))
		OK	do(CMD_SET_NEW, (A_SET_NAME, "s"))
	END
}

transactions_are_acknowledged_when_no_packet_sees_the_old_state() {
	node n1
	python requests n1 <<-'END'
		OK	do(CMD_TXN_BEGIN)
		OK	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_ADDRESS, prefix("10.0.0.1"))))
		OK	do(CMD_TXN_END, (A_NODE_COMMIT, b""), (A_NODE_SYNC, b""))
		OK	do(CMD_ENDPOINT_NEW, *endpoint(2, (A_ENDPOINT_ADDRESS, prefix("10.0.0.2"))))
		OK	do(CMD_ENDPOINT_DEL, (A_ENDPOINT_ID, 2))
		ERANGE 	do(CMD_TXN_END, (A_NODE_SYNC, 1))
	END
}

transactions_of_a_million_members() {
	# limit: 400
	node n1
	python million n1
}

transactions_move_both_masks_in_either_order() {
	node n1
	python requests n1 <<-'END'
		OK	do(CMD_NODE_SET, (A_NODE_MARK_STAY, 0x1))
		EINVAL mark-stay 0x1 and mark-mask 0xf have bits in common	do(CMD_NODE_SET, (A_NODE_MARK_MASK, 0xf))
		OK	do(CMD_TXN_BEGIN)
		OK	do(CMD_NODE_SET, (A_NODE_MARK_MASK, 0xf))
		OK	do(CMD_NODE_SET, (A_NODE_MARK_STAY, 0x10))
		OK	do(CMD_TXN_END, (A_NODE_COMMIT, b""))
		OK	do(CMD_TXN_BEGIN)
		OK	do(CMD_NODE_SET, (A_NODE_MARK_STAY, 0x1))
		OK	do(CMD_NODE_SET, (A_NODE_MARK_MASK, 0xf0))
		OK	do(CMD_TXN_END, (A_NODE_COMMIT, b""))
		OK	do(CMD_TXN_BEGIN)
		OK	do(CMD_NODE_SET, (A_NODE_MARK_STAY, 0xffffffff))
		EINVAL mark-stay 0xffffffff and mark-mask 0xf0 have bits in common	do(CMD_TXN_END, (A_NODE_COMMIT, b""))
	END
	on n1 manxctl dp show node | has 'mark-stay 0x00000001,' || fail "$(on n1 manxctl dp show node)"
}

transactions_survive_nonsense() {
	one_node
	python fuzz n1 6000
	python requests n1 <<-'END'
		OK	do(CMD_NODE_SET, (A_NODE_MAX_MEMBERS, 99), (A_NODE_MAX_RULES, 99), (A_NODE_MAX_CLASSES, 99), (A_NODE_MAX_FLOWS, 99), (A_NODE_MAX_FLOWS_FROM, 99), (A_NODE_MAX_FLOWS_TO, 99))
		OK	do(CMD_NODE_SET, (A_NODE_MAX_MEMORY, (1 << 30).to_bytes(8, "little")), (A_NODE_AUDIT, 0), (A_NODE_REFUSE_PICKUP, 0), (A_NODE_FRAGMENT_RATE, 9))
		OK	do(CMD_NODE_SET, (A_NODE_TIMEOUTS, [attribute(i, 99) for i in range(1, A_TIMEOUTS_OTHER + 1)]))
	END
	commit n1
	reaches a $b4
}
