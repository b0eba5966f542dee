// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "model.h"

#define NAME_MAX_LEN 253

static bool alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/*
 * RFC 1123: labels of lower-case letters, digits and inner dashes, joined by
 * dots. Single labels may be longer than DNS allows, as with Kubernetes.
 */
bool manx_name_is_valid(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool first = i == 0 || s[i - 1] == '.';
		bool last = i + 1 == n || s[i + 1] == '.';

		if (!alnum(s[i]) && (first || last || (s[i] != '-' && s[i] != '.')))
			return false;
	}
	return true;
}
