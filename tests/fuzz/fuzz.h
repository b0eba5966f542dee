/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the targets share. Each has LLVMFuzzerTestOneInput(), which libFuzzer calls
 * with whatever it comes up with; nothing may crash, leak, or take long, and what is
 * checked by expect() must hold.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define expect(what) do { \
	if (!(what)) { \
		fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #what); \
		abort(); \
	} \
} while (0)

/* A copy with a NUL behind, of its very size, so that reading beyond it is seen. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	expect(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif /* FUZZ_H */
