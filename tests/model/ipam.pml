// SPDX-License-Identifier: GPL-2.0-only
/*
 * The protocol of address management: transactions whose guards rest on what was
 * read at any time before.
 *
 * A revision is modelled by what a guard asks of it: whether the record was written
 * since it was read. So what a client knows of a record is its value and one bit,
 * "stale", which every transaction that writes the record sets for all who know it;
 * the space of states is finite though nothing is bounded in number.
 *
 * A client knows records in whatever order it came to read them. From what it knows it
 * makes a transaction, which is sent; each time it is sent, it may be executed and the
 * answer come, or be lost, so that it is sent again; a copy may linger in the network
 * and be executed at any time later (slot LATE); and at each point the client may die
 * and begin again knowing nothing. Operators remove a node, delete a pool and change
 * the configuration meanwhile, in the steps of ipam_node.c and ipam_pool_delete.c, and
 * may die between any two, and begin again.
 *
 * A guard has the name that it has in ipam_guard.c; -DNO_GUARD_<name> leaves it out.
 * -DNO_RECORD: a node that has read no record of itself gives addresses all the same.
 * -DNO_COMPARISON: what stands is not compared with what was sent, when an answer was lost.
 *
 * What is checked, after every step: sound(), below.
 *
 * A scope is named by -DSCOPE_<name>. -DLINGER: copies linger. -DDEATH: all may die.
 */

#if defined(SCOPE_neighbours)	/* two nodes, one block of two addresses */
#define NODES 2
#define CLIENTS 2
#define HANDLES 2
#define BLOCKS 1
#define EACH 2
#define HANDLE_OF(p) (p)
#define NODE_OF(h) (h)
#elif defined(SCOPE_twins)	/* two of one node and one handle; one block is allowed */
#define NODES 1
#define CLIENTS 2
#define HANDLES 1
#define BLOCKS 2
#define EACH 1
#define HANDLE_OF(p) 0
#define NODE_OF(h) 0
#define MAX 1
#elif defined(SCOPE_removal)	/* the second node is removed, and comes again */
#define NODES 2
#define CLIENTS 2
#define HANDLES 2
#define BLOCKS 1
#define EACH 1
#define HANDLE_OF(p) (p)
#define NODE_OF(h) (h)
#define REMOVAL
#elif defined(SCOPE_pool)	/* the pool is disabled, deleted, and made again */
#define NODES 2
#define CLIENTS 2
#define HANDLES 2
#define BLOCKS 1
#define EACH 1
#define HANDLE_OF(p) (p)
#define NODE_OF(h) (h)
#define POOL
#elif defined(SCOPE_config)	/* borrowing is forbidden and allowed again */
#define NODES 2
#define CLIENTS 2
#define HANDLES 2
#define BLOCKS 1
#define EACH 1
#define HANDLE_OF(p) (p)
#define NODE_OF(h) (h)
#define CONFIG
#endif

#define ADDRS	(BLOCKS * EACH)
#define LATE	CLIENTS		/* the transaction that lingers */
#define OPER	(CLIENTS + 1)	/* the operator */
#define SLOTS	(CLIENTS + 2)
#define BLOCK_OF(x)	((x) / EACH)

/* owner of a block: 0 there is none, node + 1, or: */
#define NOBODYS	9
/* what is known of a block, besides its owner; 0: nothing */
#define FREE	8

/* --- the store; numbers of what is named are one more than the index, 0 is nothing --- */
byte owner[BLOCKS];		/* b/ */
bit index[NODES * BLOCKS];	/* i/ */
byte used[ADDRS];		/* a/: its handle */
byte used_uid[ADDRS];
bit lent[ADDRS];		/* x/ */
byte handle[HANDLES];		/* h/: its address; with it comes and goes the endpoint */
byte handle_uid[HANDLES];
bit node[NODES], gone[NODES];	/* r/nodes/, m/gone/ */
mtype = { none, on, disabled };
mtype pool = on;
bit strict;			/* of the IPAMConfiguration */

/* --- what is so in the world: a container that was told its address and lives --- */
byte living[HANDLES];

/* --- what each knows --- */
bit k_pool[SLOTS], s_pool[SLOTS];
byte k_config[SLOTS];		/* 1 borrowing is allowed, 2 it is not */
bit s_config[SLOTS];
bit k_node[SLOTS], s_node[SLOTS];
bit k_index[SLOTS], s_index[SLOTS];	/* the node may have one more block */
byte k_block[SLOTS * BLOCKS];
bit s_block[SLOTS * BLOCKS];
byte k_handle[SLOTS];		/* of a handle that is released */
bit s_handle[SLOTS];

/* --- the transaction of each --- */
mtype = { idle, add, ahead, back, del };
mtype todo[SLOTS] = idle;
mtype = { own, claim, take, borrow };
mtype how[SLOTS] = own;
byte addr[SLOTS];		/* of add; of ahead and back: the first one of the block */
byte attempt[SLOTS];		/* uid */
bit trying[CLIENTS];		/* the attempt has begun */
bit vain[CLIENTS];		/* its container was ended meanwhile */
byte whose[SLOTS];		/* client, which tells node and handle */
bit again[SLOTS];

#define NODE(s)		NODE_OF(HANDLE(s))
#define HANDLE(s)	HANDLE_OF(whose[s])
#define BLOCK(s)	BLOCK_OF(addr[s])
#define KB(s, b)	((s) * BLOCKS + (b))
#define INDEX(n, b)	((n) * BLOCKS + (b))

/* --- guards --- */
#ifdef NO_GUARD_node_not_removed
#define node_not_removed(s)	true
#else
#define node_not_removed(s)	(!s_node[s] && !gone[NODE(s)])
#endif
#ifdef NO_GUARD_config_unchanged
#define config_unchanged(s)	true
#else
#define config_unchanged(s)	(!s_config[s])
#endif
#ifdef NO_GUARD_pool_enabled
#define pool_enabled(s)		true
#else
#define pool_enabled(s)		(!s_pool[s])
#endif
#ifdef NO_GUARD_block_claim
#define block_claim(s, b)	true
#else
#define block_claim(s, b)	(!s_block[KB(s, b)])
#endif
#ifdef NO_GUARD_block_absent
#define block_absent(b)		true
#else
#define block_absent(b)		(owner[b] == 0)
#endif
#ifdef NO_GUARD_block_empty
#define block_empty(b)		true
#else
#define block_empty(b)		EMPTY(b)
#endif
#ifdef NO_GUARD_address_absent
#define address_absent(x)	true
#else
#define address_absent(x)	(used[x] == 0)
#endif
#ifdef NO_GUARD_handle_absent
#define handle_absent(h)	true
#else
#define handle_absent(h)	(handle[h] == 0)
#endif
#ifdef NO_GUARD_handle_unchanged
#define handle_unchanged(s)	true
#else
#define handle_unchanged(s)	(!s_handle[s])
#endif
#if defined(NO_GUARD_budget) || !defined(MAX)
#define budget(s)		true
#else
#define budget(s)		(!s_index[s])
#endif

/* What nobody changes in this scope is known to all from the beginning. */
#ifdef POOL
#define KNOWN_POOL	0
#else
#define KNOWN_POOL	1
#endif
#ifdef CONFIG
#define KNOWN_CONFIG	0
#else
#define KNOWN_CONFIG	1
#endif
#ifdef REMOVAL
#define KNOWN_NODE	0
#else
#define KNOWN_NODE	1
#endif
#ifdef MAX
#define UNLIMITED	0
#else
#define UNLIMITED	1
#endif

#if EACH == 1
#define EMPTY(b)	(used[b] == 0)
#else
#define EMPTY(b)	(used[(b) * 2] == 0 && used[(b) * 2 + 1] == 0)
#endif

byte i, j, count;	/* of d_steps alone; 0 outside */

/* What must hold between the records, and between them and the world. */
inline sound()
{
	for (i : 0 .. ADDRS - 1) {
		if
		:: used[i] ->
			/* lost: not found by who would release it, or its block is given again */
			assert(handle[used[i] - 1] == i + 1);
			assert(owner[BLOCK_OF(i)] != 0);
			assert(lent[i] == (owner[BLOCK_OF(i)] != NODE_OF(used[i] - 1) + 1));
			assert(node[NODE_OF(used[i] - 1)] || gone[NODE_OF(used[i] - 1)])
		:: else -> assert(!lent[i])
		fi
	}
	for (i : 0 .. HANDLES - 1) {
		assert(handle[i] == 0 || used[handle[i] - 1] == i + 1);
		/* freed while it lives */
		assert(living[i] == 0 || handle[i] == living[i]);
		for (j : 0 .. HANDLES - 1) {	/* given twice */
			assert(i == j || living[i] == 0 || living[i] != living[j])
		}
	}
	for (i : 0 .. NODES - 1) {
		count = 0;
		for (j : 0 .. BLOCKS - 1) {
			assert(index[INDEX(i, j)] == (owner[j] == i + 1));
			count = count + index[INDEX(i, j)];
			/* lost: of a pool or a node that nobody will ever clean up */
			assert(owner[j] == 0 || pool != none);
			assert(owner[j] != i + 1 || node[i] || gone[i])
		}
#ifdef MAX
		assert(count <= MAX)
#endif
	}
	i = 0;
	j = 0;
	count = 0
}

/* --- who knows a record that is written knows something old from now on --- */
inline wrote_block(b)
{
	for (i : 0 .. SLOTS - 1) {
		s_block[KB(i, b)] = (k_block[KB(i, b)] != 0)
	}
}
inline wrote_index(n)
{
	for (i : 0 .. CLIENTS) {
		s_index[i] = s_index[i] || (k_index[i] && NODE(i) == n && !UNLIMITED)
	}
}
inline wrote_handle(h)
{
	for (i : 0 .. SLOTS - 1) {
		s_handle[i] = s_handle[i] || (k_handle[i] && HANDLE(i) == h)
	}
}
inline wrote_node(n)
{
	for (i : 0 .. CLIENTS) {
		s_node[i] = s_node[i] || (k_node[i] && NODE(i) == n)
	}
}
inline wrote_pool()
{
	for (i : 0 .. CLIENTS) {
		s_pool[i] = k_pool[i]
	}
}
inline wrote_config()
{
	for (i : 0 .. CLIENTS) {
		s_config[i] = (k_config[i] != 0)
	}
}

inline forget(s)
{
	k_pool[s] = KNOWN_POOL; s_pool[s] = 0;
	k_config[s] = KNOWN_CONFIG; s_config[s] = 0;
	k_node[s] = KNOWN_NODE; s_node[s] = 0;
	k_index[s] = UNLIMITED; s_index[s] = 0;
	k_handle[s] = 0; s_handle[s] = 0;
	for (j : 0 .. BLOCKS - 1) {
		k_block[KB(s, j)] = 0; s_block[KB(s, j)] = 0
	}
	j = 0
}

/* An attempt is over: its uid is nobody's. */
inline forget_uid(u)
{
	for (i : 0 .. ADDRS - 1) {
		if :: used_uid[i] == u -> used_uid[i] = 0 :: else fi
	}
	for (i : 0 .. HANDLES - 1) {
		if :: handle_uid[i] == u -> handle_uid[i] = 0 :: else fi
	}
	if :: attempt[LATE] == u -> attempt[LATE] = 0 :: else fi
	i = 0
}

inline end(s)
{
	todo[s] = idle; how[s] = own; addr[s] = 0; again[s] = 0;
	k_handle[s] = 0; s_handle[s] = 0
}

/* --- one transaction: ok tells whether the guards held --- */
#define STANDING(s)	(node_not_removed(s) && config_unchanged(s) && pool_enabled(s))
#define MAY_CLAIM(s)	(how[s] != claim || (block_absent(BLOCK(s)) && budget(s)))
#define MAY_TAKE(s)	(how[s] != take || (block_claim(s, BLOCK(s)) && \
					    block_empty(BLOCK(s)) && budget(s)))
#define MAY_USE(s)	((how[s] != own && how[s] != borrow) || block_claim(s, BLOCK(s)))

inline put_block(s)
{
	if
	:: how[s] == claim || how[s] == take ->
		owner[BLOCK(s)] = NODE(s) + 1;
		index[INDEX(NODE(s), BLOCK(s))] = 1;
		if
		:: how[s] == take && k_block[KB(s, BLOCK(s))] != NOBODYS ->
			index[INDEX(k_block[KB(s, BLOCK(s))] - 1, BLOCK(s))] = 0
		:: else
		fi;
		wrote_block(BLOCK(s));
		wrote_index(NODE(s))
	:: else
	fi
}

inline execute(s, ok)
{
	ok = false;
	if
	:: todo[s] == add && STANDING(s) && MAY_CLAIM(s) && MAY_TAKE(s) && MAY_USE(s) &&
	   handle_absent(HANDLE(s)) && address_absent(addr[s]) ->
		ok = true;
		put_block(s);
		/* forbidden by now */
		assert(how[s] != borrow || !strict);
		if :: how[s] == borrow -> lent[addr[s]] = 1 :: else fi;
		used[addr[s]] = HANDLE(s) + 1;
		used_uid[addr[s]] = attempt[s];
		handle[HANDLE(s)] = addr[s] + 1;
		handle_uid[HANDLE(s)] = attempt[s];
		wrote_handle(HANDLE(s))
	:: todo[s] == ahead && STANDING(s) && MAY_CLAIM(s) && MAY_TAKE(s) ->
		ok = true;
		put_block(s)
	:: todo[s] == back && block_claim(s, BLOCK(s)) && block_empty(BLOCK(s)) ->
		ok = true;
		owner[BLOCK(s)] = 0;
		if
		:: k_block[KB(s, BLOCK(s))] != NOBODYS ->
			index[INDEX(k_block[KB(s, BLOCK(s))] - 1, BLOCK(s))] = 0
		:: else
		fi;
		wrote_block(BLOCK(s))
	:: todo[s] == del && handle_unchanged(s) ->
		ok = true;
		handle[HANDLE(s)] = 0;
		handle_uid[HANDLE(s)] = 0;
		used[k_handle[s] - 1] = 0;
		used_uid[k_handle[s] - 1] = 0;
		lent[k_handle[s] - 1] = 0;
		wrote_handle(HANDLE(s))
	:: else
	fi;
	i = 0
}

/* The guards did not hold: because it was done already? */
#ifdef NO_COMPARISON	/* one that was sent twice is believed to be done */
#define STANDS(s)	again[s]
#else
#define STANDS(s) \
	((todo[s] == add && handle[HANDLE(s)] == addr[s] + 1 && \
	  handle_uid[HANDLE(s)] == attempt[s] && used[addr[s]] == HANDLE(s) + 1) || \
	 (todo[s] == ahead && again[s] && owner[BLOCK(s)] == NODE(s) + 1) || \
	 (todo[s] == back && again[s] && owner[BLOCK(s)] == 0) || \
	 (todo[s] == del && again[s] && handle[HANDLE(s)] == 0))
#endif

/* What is told to nobody, or while the node is removed by force, is given up with it. */
inline tell(p, x)
{
	if
	:: !vain[p] && node[NODE(p)] && !gone[NODE(p)] -> living[HANDLE(p)] = x + 1
	:: else
	fi;
	forget_uid(attempt[p])
}

/* The answer is there; @ok: it was done. */
inline answered(p, ok)
{
	if
	:: todo[p] == add && ok -> tell(p, addr[p])
	:: todo[p] == add && !ok && handle[HANDLE(p)] && handle_uid[HANDLE(p)] == attempt[p] ->
		/* something that was sent before came through after all */
		tell(p, handle[HANDLE(p)] - 1)
	:: else
	fi;
	if
	:: ok && todo[p] != del && todo[p] != back && (how[p] == claim || how[p] == take) ->
		k_block[KB(p, BLOCK(p))] = NODE(p) + 1;
		s_block[KB(p, BLOCK(p))] = (owner[BLOCK(p)] != NODE(p) + 1)
	:: ok && todo[p] == back ->
		k_block[KB(p, BLOCK(p))] = 0;
		s_block[KB(p, BLOCK(p))] = 0
	:: else
	fi;
	end(p)
}

inline lose_memory(p)
{
	end(p);
	forget(p);
	forget_uid(attempt[p])
}

#define HANDLE_HERE	HANDLE_OF(p)
#define NODE_HERE	NODE_OF(HANDLE_OF(p))
#ifdef NO_RECORD
#define KNOWS(p)	(k_pool[p] && k_config[p])
#else
#define KNOWS(p)	(k_pool[p] && k_config[p] && k_node[p])
#endif

proctype client(byte p)
{
	byte x;
	bool ok, tried;

	do
	/* reading what is not known, or old by now */
	:: d_step { todo[p] == idle && (!k_pool[p] || s_pool[p]) && pool == on ->
		k_pool[p] = 1; s_pool[p] = 0 }
	:: d_step { todo[p] == idle && (!k_config[p] || s_config[p]) ->
		k_config[p] = 1 + strict; s_config[p] = 0 }
	:: d_step { todo[p] == idle && (!k_node[p] || s_node[p]) && node[NODE_HERE] ->
		k_node[p] = 1; s_node[p] = 0 }
#ifdef MAX
	:: d_step { todo[p] == idle && (!k_index[p] || s_index[p]) ->
		count = 0;
		for (i : 0 .. BLOCKS - 1) {
			count = count + index[INDEX(NODE_HERE, i)]
		}
		k_index[p] = (count < MAX); s_index[p] = 0;
		i = 0; count = 0 }
#endif
	:: atomic { todo[p] == idle ->
		select (x : 0 .. BLOCKS - 1);
		if
		:: !k_block[KB(p, x)] || s_block[KB(p, x)] ->
			d_step {
				k_block[KB(p, x)] = (owner[x] -> owner[x] : FREE);
				s_block[KB(p, x)] = 0
			}
		:: else
		fi;
		x = 0 }

	/* an address, of a block known to be: */
	:: atomic { todo[p] == idle && KNOWS(p) && !living[HANDLE_HERE] ->
		select (x : 0 .. ADDRS - 1);
		addr[p] = x;
		todo[p] = add;
		tried = trying[p];
		trying[p] = 1;
		if
		:: k_block[KB(p, BLOCK_OF(x))] == NODE_HERE + 1 -> how[p] = own
		:: k_block[KB(p, BLOCK_OF(x))] == FREE && k_index[p] -> how[p] = claim
		:: k_block[KB(p, BLOCK_OF(x))] && k_block[KB(p, BLOCK_OF(x))] != FREE &&
		   k_block[KB(p, BLOCK_OF(x))] != NODE_HERE + 1 && k_index[p] -> how[p] = take
		:: k_block[KB(p, BLOCK_OF(x))] && k_block[KB(p, BLOCK_OF(x))] != FREE &&
		   k_block[KB(p, BLOCK_OF(x))] != NODE_HERE + 1 && k_config[p] == 1 ->
			how[p] = borrow
		:: else -> todo[p] = idle; addr[p] = 0; trying[p] = tried
		fi;
		tried = 0;
		x = 0 }
	:: d_step { todo[p] == idle && trying[p] -> forget_uid(attempt[p]) }	/* it has failed */
	/* a block more, or one less */
	:: atomic { todo[p] == idle && KNOWS(p) && k_index[p] ->
		select (x : 0 .. BLOCKS - 1);
		if
		:: k_block[KB(p, x)] == FREE ->
			addr[p] = x * EACH; how[p] = claim; todo[p] = ahead
		:: else
		fi;
		x = 0 }
	:: atomic { todo[p] == idle ->
		select (x : 0 .. BLOCKS - 1);
		if
		:: k_block[KB(p, x)] == NODE_HERE + 1 -> addr[p] = x * EACH; todo[p] = back
		:: else
		fi;
		x = 0 }
	/* the container ends: from here on it does not live */
	:: d_step { todo[p] == idle && handle[HANDLE_HERE] ->
		living[HANDLE_HERE] = 0;
		for (i : 0 .. CLIENTS - 1) {
			if :: HANDLE_OF(i) == HANDLE_HERE -> vain[i] = trying[i] :: else fi
		}
		i = 0;
		k_handle[p] = handle[HANDLE_HERE];
		todo[p] = del }

	/* sent: */
	:: d_step { todo[p] != idle ->
		execute(p, ok);
		if :: !ok && STANDS(p) -> ok = true :: else fi;
		answered(p, ok);
		sound();
		ok = false }
	:: d_step { todo[p] != idle && !again[p] ->
		execute(p, ok);
		again[p] = 1;
		sound();
		ok = false }
#ifdef LINGER
	:: d_step { todo[p] != idle && todo[LATE] == idle ->
		todo[LATE] = todo[p]; how[LATE] = how[p]; addr[LATE] = addr[p];
		attempt[LATE] = attempt[p]; whose[LATE] = p;
		k_pool[LATE] = k_pool[p]; s_pool[LATE] = s_pool[p];
		k_config[LATE] = k_config[p]; s_config[LATE] = s_config[p];
		k_node[LATE] = k_node[p]; s_node[LATE] = s_node[p];
		k_index[LATE] = k_index[p]; s_index[LATE] = s_index[p];
		k_handle[LATE] = k_handle[p]; s_handle[LATE] = s_handle[p];
		k_block[KB(LATE, BLOCK(p))] = k_block[KB(p, BLOCK(p))];
		s_block[KB(LATE, BLOCK(p))] = s_block[KB(p, BLOCK(p))] }
#endif
#ifdef DEATH
	:: d_step { todo[p] != idle -> lose_memory(p) }
#endif
	od
}

#ifdef LINGER
proctype network()
{
	bool ok;

	do
	:: d_step { todo[LATE] != idle ->
		execute(LATE, ok);
		ok = false;
		end(LATE);
		forget(LATE);
		attempt[LATE] = 0; whose[LATE] = 0;
		sound() }
	:: d_step { todo[LATE] != idle ->	/* or it never arrives */
		end(LATE);
		forget(LATE);
		attempt[LATE] = 0; whose[LATE] = 0 }
	od
}
#endif

/* Steps of operators. */
inline read_block(b)
{
	d_step { k_block[KB(OPER, b)] = owner[b]; s_block[KB(OPER, b)] = 0 }
}
inline unread_block(b)
{
	k_block[KB(OPER, b)] = 0; s_block[KB(OPER, b)] = 0
}
inline give_back(b)
{
	addr[OPER] = (b) * EACH; todo[OPER] = back;
	execute(OPER, ok);
	todo[OPER] = idle; addr[OPER] = 0
}

#ifdef REMOVAL
#define GONER	(NODES - 1)
/* Whether an endpoint of the node is there. */
inline look_for_endpoints(found)
{
	found = false;
	for (i : 0 .. HANDLES - 1) {
		found = found || (NODE_OF(i) == GONER && handle[i])
	}
	i = 0
}

proctype remover()
{
	byte n;
	bool ok, found;

start:	n = 0; ok = false; found = false;
	do
	:: d_step { !gone[GONER] && node[GONER] ->	/* fence, if it has no endpoints */
		look_for_endpoints(found);
		if
		:: !found -> node[GONER] = 0; gone[GONER] = 1; wrote_node(GONER); i = 0
		:: else
		fi;
		found = false;
		sound() }
	:: d_step { !gone[GONER] && node[GONER] ->	/* by force */
		for (i : 0 .. HANDLES - 1) {
			if :: NODE_OF(i) == GONER -> living[i] = 0 :: else fi
		}
		node[GONER] = 0; gone[GONER] = 1; wrote_node(GONER); i = 0;
		sound() }
	:: d_step { !node[GONER] -> node[GONER] = 1 }	/* it comes again */
	:: gone[GONER] -> break
	od;
	/* handles: one that was changed is read again */
	do
	:: n < CLIENTS && NODE_OF(HANDLE_OF(n)) == GONER ->
		do
		:: d_step { handle[HANDLE_OF(n)] ->
			whose[OPER] = n; k_handle[OPER] = handle[HANDLE_OF(n)]; todo[OPER] = del }
			if
			:: d_step { true ->
				execute(OPER, ok); ok = false; end(OPER); whose[OPER] = 0; sound() }
#ifdef DEATH
			:: d_step { true -> end(OPER); whose[OPER] = 0; n = 0 }; goto start
#endif
			fi
		:: !handle[HANDLE_OF(n)] -> break
		od;
		n++
	:: n < CLIENTS && NODE_OF(HANDLE_OF(n)) != GONER -> n++
	:: n == CLIENTS -> n = 0; break
	od;
	/* blocks */
	do
	:: n < BLOCKS ->
		read_block(n);
		if
		:: k_block[KB(OPER, n)] == GONER + 1 || k_block[KB(OPER, n)] == NOBODYS ->
			d_step { true -> give_back(n); sound() }
			if
			:: !ok && k_block[KB(OPER, n)] == GONER + 1 ->
				d_step { true ->	/* disown */
					if
					:: block_claim(OPER, n) ->
						owner[n] = NOBODYS;
						index[INDEX(GONER, n)] = 0;
						wrote_block(n); i = 0; ok = true
					:: else
					fi;
					sound() }
			:: else -> ok = true
			fi
		:: else -> ok = true
		fi;
		if
		:: d_step { true -> unread_block(n) }
#ifdef DEATH
		:: d_step { true -> unread_block(n) }; goto start
#endif
		fi;
		if
		:: ok -> n++; ok = false
		:: else -> goto start
		fi
	:: n == BLOCKS -> n = 0; break
	od;
	skip;
	/* the fence goes when nothing is left */
	d_step { true ->
		look_for_endpoints(found);
		for (i : 0 .. BLOCKS - 1) {
			found = found || index[INDEX(GONER, i)]
		}
		i = 0;
		if :: !found -> gone[GONER] = 0 :: else fi;
		found = false;
		sound() }
	goto start
}
#endif

#ifdef POOL
proctype pool_operator()
{
	byte n;
	bool ok;

	do
	:: d_step { pool == on -> pool = disabled; wrote_pool(); i = 0 }
	:: d_step { pool == disabled -> pool = on; wrote_pool(); i = 0 }
	:: d_step { pool == none -> pool = on; wrote_pool(); i = 0 }
	:: pool == disabled ->
		n = 0;
		do
		:: n < BLOCKS ->
			read_block(n);
			if
			:: k_block[KB(OPER, n)] ->
				d_step { true -> give_back(n); ok = false; sound() }
			:: else
			fi;
			d_step { true -> unread_block(n); n++ }
		:: n == BLOCKS -> n = 0; break
		od;
		skip;
		d_step { true ->	/* if no block is left in it */
			ok = true;
			for (i : 0 .. BLOCKS - 1) {
				ok = ok && owner[i] == 0
			}
			i = 0;
			if :: ok -> pool = none; wrote_pool(); i = 0 :: else fi;
			ok = false;
			sound() }
	od
}
#endif

#ifdef CONFIG
proctype config_operator()
{
	do
	:: d_step { strict = 1 - strict; wrote_config(); i = 0 }
	od
}
#endif

init {
	atomic {
		for (i : 0 .. NODES - 1) {
			node[i] = 1
		}
		for (i : 0 .. CLIENTS - 1) {
			attempt[i] = i + 1;
			whose[i] = i;
			forget(i);
			run client(i)
		}
		i = 0;
#ifdef LINGER
		run network();
#endif
#ifdef REMOVAL
		run remover();
#endif
#ifdef POOL
		run pool_operator();
#endif
#ifdef CONFIG
		run config_operator();
#endif
	}
}
