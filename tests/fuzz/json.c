// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON that came from outside. What is accepted is accepted as it is printed, where
 * numbers have 15 digits.
 */
#include "fuzz.h"
#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *printed;
	struct manx_error err = { 0 };
	cJSON *json, *again;

	if (!manx_json_parse(text, size, &json, &err)) {
		printed = cJSON_PrintUnformatted(json);
		expect(printed);
		expect(!manx_json_parse(printed, strlen(printed), &again, &err));
		expect(cJSON_GetArraySize(again) == cJSON_GetArraySize(json));
		cJSON_free(printed);
		cJSON_Delete(again);
		cJSON_Delete(json);
	} else {
		expect(*err.text);
	}
	free(text);
	return 0;
}
