// SPDX-License-Identifier: GPL-2.0-only
#include "mac.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool manx_mac_parse(const char *s, uint8_t mac[6])
{
	uint8_t parsed[6];

	if (strlen(s) != MANX_MAC_STRLEN - 1)
		return false;
	for (int i = 0; i < 6; i++, s += 3) {
		if (!isxdigit((unsigned char)s[0]) || !isxdigit((unsigned char)s[1]) ||
		    s[2] != (i < 5 ? ':' : '\0'))
			return false;
		parsed[i] = (uint8_t)strtoul(s, NULL, 16);
	}
	memcpy(mac, parsed, sizeof(parsed));
	return true;
}

const char *manx_mac_format(const uint8_t mac[6], char *buf)
{
	snprintf(buf, MANX_MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return buf;
}
