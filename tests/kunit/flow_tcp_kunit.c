// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a TCP connection in the flow table.
 */
#include <kunit/test.h>

#include "kmod/flow/tcp.h"

#define A MANX_TCP_ACK_FLAG
#define F MANX_TCP_FIN_FLAG
#define R MANX_TCP_RST_FLAG
#define S MANX_TCP_SYN_FLAG

#define O MANX_FLOW_ORIGINAL
#define B MANX_FLOW_REPLY	/* back */

struct segment {
	u8 dir;
	u8 flags;
	enum manx_tcp state;	/* afterwards */
};

/* The first segment comes from the originator; state 0 in the end is none. */
struct conversation {
	const char *name;
	struct segment segment[10];
	unsigned int n;
};

#define CONVERSATION(words, ...) {						\
	.name = words, .segment = { __VA_ARGS__ },				\
	.n = sizeof((struct segment[]){ __VA_ARGS__ }) / sizeof(struct segment),	\
}

static const struct conversation conversations[] = {
	CONVERSATION("opened, and closed by the originator",
		{ O, S, MANX_TCP_SYN }, { B, S | A, MANX_TCP_SYN_ACK },
		{ O, A, MANX_TCP_ESTABLISHED }, { B, A, MANX_TCP_ESTABLISHED },
		{ O, F | A, MANX_TCP_FIN_ORIGINAL }, { B, A, MANX_TCP_FIN_ORIGINAL },
		{ B, F | A, MANX_TCP_CLOSED }, { O, A, MANX_TCP_CLOSED }),
	CONVERSATION("closed by the other side",
		{ O, S, MANX_TCP_SYN }, { B, S | A, MANX_TCP_SYN_ACK },
		{ O, A, MANX_TCP_ESTABLISHED }, { B, F | A, MANX_TCP_FIN_REPLY },
		{ O, A, MANX_TCP_FIN_REPLY }, { B, F | A, MANX_TCP_FIN_REPLY },
		{ O, F | A, MANX_TCP_CLOSED }),
	CONVERSATION("segments sent again",
		{ O, S, MANX_TCP_SYN }, { O, S, MANX_TCP_SYN }, { B, S | A, MANX_TCP_SYN_ACK },
		{ B, S | A, MANX_TCP_SYN_ACK }, { O, S, MANX_TCP_SYN_ACK },
		{ O, A, MANX_TCP_ESTABLISHED }, { B, S | A, MANX_TCP_ESTABLISHED },
		{ O, S, MANX_TCP_ESTABLISHED }),
	CONVERSATION("simultaneous open",
		{ O, S, MANX_TCP_SYN }, { B, S, MANX_TCP_BOTH_SYN },
		{ O, S | A, MANX_TCP_SYN_ACK }, { B, S | A, MANX_TCP_SYN_ACK },
		{ O, A, MANX_TCP_ESTABLISHED }),
	CONVERSATION("simultaneous open, the other side is faster",
		{ O, S, MANX_TCP_SYN }, { B, S, MANX_TCP_BOTH_SYN }, { O, S, MANX_TCP_BOTH_SYN },
		{ B, S | A, MANX_TCP_SYN_ACK }, { O, S | A, MANX_TCP_ESTABLISHED }),
	CONVERSATION("refused", { O, S, MANX_TCP_SYN }, { B, R | A, MANX_TCP_CLOSED }),
	CONVERSATION("a reset that answers nothing",
		{ O, S, MANX_TCP_SYN }, { B, R, MANX_TCP_SYN }, { B, S | A, MANX_TCP_SYN_ACK }),
	CONVERSATION("a challenge, and the reset that it asks for",
		{ O, S, MANX_TCP_SYN }, { B, A, MANX_TCP_SYN }, { O, R, MANX_TCP_CLOSED },
		{ O, S, MANX_TCP_REOPENED }),
	CONVERSATION("broken off",
		{ O, S, MANX_TCP_SYN }, { B, S | A, MANX_TCP_SYN_ACK },
		{ O, A, MANX_TCP_ESTABLISHED }, { O, R, MANX_TCP_CLOSED },
		{ B, A, MANX_TCP_CLOSED }),
	CONVERSATION("opened again by its originator",
		{ O, S, MANX_TCP_SYN }, { B, S | A, MANX_TCP_SYN_ACK },
		{ O, F | A, MANX_TCP_FIN_ORIGINAL }, { O, S, MANX_TCP_REOPENED }),
	CONVERSATION("opened again by the other side",
		{ O, S, MANX_TCP_SYN }, { B, S | A, MANX_TCP_SYN_ACK },
		{ O, A, MANX_TCP_ESTABLISHED }, { B, R, MANX_TCP_CLOSED },
		{ B, S, MANX_TCP_REOPENED }),
	CONVERSATION("not opened again by an answer",
		{ O, S, MANX_TCP_SYN }, { B, R | A, MANX_TCP_CLOSED },
		{ B, S | A, MANX_TCP_CLOSED }, { B, S | F, MANX_TCP_CLOSED }),
	CONVERSATION("picked up", { O, A, MANX_TCP_ESTABLISHED }, { B, A, MANX_TCP_ESTABLISHED },
		{ B, F | A, MANX_TCP_FIN_REPLY }),
	CONVERSATION("picked up at its answer", { O, S | A, MANX_TCP_SYN_ACK },
		{ B, A, MANX_TCP_ESTABLISHED }),
	CONVERSATION("picked up at its end", { O, F | A, MANX_TCP_FIN_ORIGINAL },
		{ B, F | A, MANX_TCP_CLOSED }),
	CONVERSATION("closed by both at once",
		{ O, S, MANX_TCP_SYN }, { B, S | A, MANX_TCP_SYN_ACK },
		{ O, A, MANX_TCP_ESTABLISHED }, { O, F | A, MANX_TCP_FIN_ORIGINAL },
		{ B, F | A, MANX_TCP_CLOSED }),
	CONVERSATION("data with the handshake's end, and closed",
		{ O, S, MANX_TCP_SYN }, { B, S | A, MANX_TCP_SYN_ACK },
		{ O, A | F, MANX_TCP_FIN_ORIGINAL }),
};

static void manx_tcp_conversations(struct kunit *test)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(conversations); i++) {
		const struct conversation *c = &conversations[i];
		enum manx_tcp state = manx_tcp_first(c->segment[0].flags);

		KUNIT_EXPECT_EQ_MSG(test, state, c->segment[0].state, "%s", c->name);
		for (j = 1; j < c->n; j++) {
			state = manx_tcp_next(state, c->segment[j].dir, c->segment[j].flags);
			KUNIT_EXPECT_EQ_MSG(test, state, c->segment[j].state, "%s, segment %u",
					    c->name, j);
		}
	}
}

/* Whatever comes: a state that exists, no way back before the end, no reopening but by SYN. */
static void manx_tcp_everything(struct kunit *test)
{
	unsigned int state, dir, flags, next;

	for (state = MANX_TCP_SYN; state <= MANX_TCP_CLOSED; state++)
		for (dir = O; dir <= B; dir++)
			for (flags = 0; flags <= U8_MAX; flags++) {
				next = manx_tcp_next(state, dir, flags);
				KUNIT_ASSERT_LE(test, next, (unsigned int)MANX_TCP_REOPENED);
				if (next == MANX_TCP_REOPENED)
					KUNIT_EXPECT_TRUE(test, manx_tcp_opens(flags) &&
							  state >= MANX_TCP_FIN_ORIGINAL);
				else
					KUNIT_EXPECT_GE(test, next, state);
				if (flags & R && next != state)
					KUNIT_EXPECT_EQ(test, next,
							(unsigned int)MANX_TCP_CLOSED);
			}
}

static void manx_tcp_beginnings(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, manx_tcp_opens(S));
	/* ECN is negotiated with the SYN (RFC 3168) */
	KUNIT_EXPECT_TRUE(test, manx_tcp_opens(S | 0xc0));
	KUNIT_EXPECT_FALSE(test, manx_tcp_opens(S | A));
	KUNIT_EXPECT_FALSE(test, manx_tcp_opens(S | R));
	KUNIT_EXPECT_FALSE(test, manx_tcp_opens(S | F));
	KUNIT_EXPECT_FALSE(test, manx_tcp_opens(A));
	KUNIT_EXPECT_FALSE(test, manx_tcp_opens(0));
}

static struct kunit_case manx_flow_tcp_cases[] = {
	KUNIT_CASE(manx_tcp_conversations),
	KUNIT_CASE(manx_tcp_everything),
	KUNIT_CASE(manx_tcp_beginnings),
	{}
};

static struct kunit_suite manx_flow_tcp_suite = {
	.name = "manx_flow_tcp",
	.test_cases = manx_flow_tcp_cases,
};
kunit_test_suite(manx_flow_tcp_suite);
