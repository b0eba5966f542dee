// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON that came from outside. What is accepted is accepted as it is printed, and is
 * the same then.
 */
#include "fuzz.h"
#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *printed, *second;
	struct manx_error err = { 0 };
	cJSON *json, *again;

	if (!manx_json_parse(text, size, &json, &err)) {
		printed = manx_json_print(json, false);
		expect(printed);
		expect(!manx_json_parse(printed, strlen(printed), &again, &err));
		expect(again->valuedouble == json->valuedouble || again->type != json->type);
		second = manx_json_print(again, false);
		expect(second && !strcmp(printed, second));
		free(second);
		free(printed);
		cJSON_Delete(again);
		cJSON_Delete(json);
	} else {
		expect(*err.text);
	}
	free(text);
	return 0;
}
