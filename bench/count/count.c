// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU's emulator: counts, for each address of the kernel, how often its
 * instruction was executed between the marks of bench/mark.h.
 *
 *	qemu-system-x86_64 -plugin count.so,out=FILE
 *
 * Every instruction of the kernel is translated with an addition to a counter of its own,
 * which costs no call. A mark is a call, which keeps what the counters were or adds up by
 * how much they grew: exact to the instruction, however often it is switched. The machine
 * must have one processor.
 *
 * FILE begins with "passages N", how often counting began; a line "ADDRESS COUNT" for each
 * address follows, in hexadecimal and decimal.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu-plugin.h"

#define SLOTS		(1U << 22)	/* Debian's kernels have about so many instructions */
#define KERNEL		0xffff800000000000ULL
#define MARK_SIZE	7

QEMU_PLUGIN_EXPORT int qemu_plugin_version = 1;

static const unsigned char mark[MARK_SIZE - 1] = { 0x0f, 0x1f, 0x80, 'm', 'n', 'x' };

/* Of counter i: its address, how it stands, how it stood at the mark, what was counted. */
static struct counters {
	uint64_t address[SLOTS];
	uint64_t now[SLOTS];
	uint64_t then[SLOTS];
	uint64_t sum[SLOTS];
} *counters;
static uint32_t slot_of[2 * SLOTS];	/* counter + 1, by a hash of its address */
static uint32_t used;
static uint64_t passages;
static bool on;
static char path[4096];

/* The counter of an address, or NULL: there are no more. */
static uint64_t *counter_of(uint64_t address)
{
	uint32_t i = (address * 0x9e3779b97f4a7c15ULL) >> 41;

	while (slot_of[i] && counters->address[slot_of[i] - 1] != address)
		i = (i + 1) % (2 * SLOTS);
	if (!slot_of[i]) {
		if (used == SLOTS)
			return NULL;
		counters->address[used] = address;
		slot_of[i] = ++used;
	}
	return &counters->now[slot_of[i] - 1];
}

static void begin(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	memcpy(counters->then, counters->now, used * sizeof(counters->now[0]));
	passages++;
	on = true;
}

static void end(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	for (uint32_t i = 0; on && i < used; i++)
		counters->sum[i] += counters->now[i] - counters->then[i];
	on = false;
}

static void translate_instruction(struct qemu_plugin_insn *insn)
{
	uint64_t address = qemu_plugin_insn_vaddr(insn);
	const unsigned char *octets = qemu_plugin_insn_data(insn);
	uint64_t *counter;

	if (qemu_plugin_insn_size(insn) == MARK_SIZE && !memcmp(octets, mark, sizeof(mark))) {
		qemu_plugin_register_vcpu_insn_exec_cb(insn, octets[MARK_SIZE - 1] == 1 ? begin : end,
						       QEMU_PLUGIN_CB_NO_REGS, NULL);
		return;
	}
	counter = address >= KERNEL ? counter_of(address) : NULL;
	if (counter)
		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, counter, 1);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++)
		translate_instruction(qemu_plugin_tb_get_insn(block, i));
}

static void write_counts(qemu_plugin_id_t id, void *data)
{
	FILE *file = fopen(path, "w");

	(void)id;
	(void)data;
	if (!file) {
		perror(path);
		return;
	}
	if (used == SLOTS)
		fprintf(stderr, "count: more than %u instructions\n", SLOTS);
	fprintf(file, "passages %" PRIu64 "\n", passages);
	for (uint32_t i = 0; i < used; i++) {
		if (counters->sum[i])
			fprintf(file, "%" PRIx64 " %" PRIu64 "\n", counters->address[i],
				counters->sum[i]);
	}
	fclose(file);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
					   char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "out=", 4) == 0)
			snprintf(path, sizeof(path), "%s", argv[i] + 4);
	}
	counters = calloc(1, sizeof(*counters));
	if (!path[0] || !counters) {
		fprintf(stderr, "count: no out=FILE, or no memory\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, write_counts, NULL);
	return 0;
}
