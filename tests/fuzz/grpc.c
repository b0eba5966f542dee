// SPDX-License-Identifier: GPL-2.0-only
/*
 * The framing of gRPC: what libcurl hands over, in pieces. The input is a row of
 * pieces, each an octet that tells its length, and whether it is a header or of the
 * body, and then itself.
 */
#include "fuzz.h"
#include "grpc_internal.h"

static void receive_all(struct manx_grpc_call *call)
{
	const uint8_t *message;
	size_t size;

	while ((message = manx_grpc_receive(call, &size)) != NULL)
		free(fuzz_text(message, size));	/* reads all of it */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manx_grpc_call call = { .is_grpc = size % 2 };
	struct manx_grpc_status status;
	bool goes_on = true;

	while (size && goes_on) {
		size_t n = *data & 0x7f;
		bool is_header = *data & 0x80;
		char *piece;

		data++;
		size--;
		n = n < size ? n : size;
		piece = fuzz_text(data, n);
		goes_on = is_header ? manx_grpc_on_header(piece, 1, n, &call) == n
				    : manx_grpc_on_body(piece, 1, n, &call) == n;
		expect(goes_on || call.fault);
		free(piece);
		data += n;
		size -= n;
		receive_all(&call);
	}
	call.is_over = true;
	if (call.fault || call.has_status) {
		expect(manx_grpc_is_over(&call, &status));
		for (const char *s = status.text; *s; s++)
			expect(*s >= ' ' && *s <= '~');
	}
	free(call.in.data);
	return 0;
}
