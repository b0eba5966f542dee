/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks around what bench/profile is to count: instructions that do nothing, anywhere,
 * but that the plugin bench/count/count.c knows by their octets, in the kernel as in a
 * program: nopl with a displacement that no compiler writes.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define BENCH_MARK(kind)	".byte 0x0f, 0x1f, 0x80, 'm', 'n', 'x', " #kind

/* What is executed from here on is counted; it is one more passage. */
#define bench_mark_begin()	__asm__ volatile(BENCH_MARK(1) ::: "memory")
/* What is executed from here on is not. */
#define bench_mark_end()	__asm__ volatile(BENCH_MARK(2) ::: "memory")

#endif /* BENCH_MARK_H */
