// SPDX-License-Identifier: GPL-2.0-only
/*
 * manx-resources(5): a section for each kind, a paragraph for each field. An object
 * that stands in several places is told where it stands first.
 */
#include "manual.h"

#include <inttypes.h>
#include <string.h>

#include "model.h"
#include "scalar.h"
#include "schema.h"

#define PLACE_MAX 200
#define SCHEMAS_MAX 64

/* What messages call them, in few words. */
static const struct {
	manx_scalar_fn type;
	const char *words;
} types[] = {
	{ manx_scalar_text, "text" }, { manx_scalar_bool, "true or false" },
	{ manx_scalar_number, "number" }, { manx_scalar_name, "name" },
	{ manx_scalar_selector, "selector" },
	{ manx_scalar_namespace_selector, "selector, or global()" },
	{ manx_scalar_interface_addr, "address, perhaps with the length of its subnet" },
	{ manx_scalar_cidr, "network without bits beyond its length" },
	{ manx_scalar_host, "address as a network" }, { manx_scalar_mac, "Ethernet address" },
	{ manx_scalar_protocol, "TCP, UDP, ICMP, ICMPv6, SCTP, UDPLite or 1 to 255" },
	{ manx_scalar_port, "port, or range like 8080:8090" },
	{ manx_scalar_as_number, "AS number, also like 64512.1" },
	{ manx_scalar_duration, "time like 90s, 1m30s or 50ms" },
	{ manx_scalar_label_key, "key of a label" }, { manx_scalar_label_value, "value of a label" },
	{ manx_scalar_interface, "name of a device" },
	{ manx_scalar_interface_pattern, "name of a device, * for any part" },
	{ manx_scalar_port_name, "name of a port" },
	{ manx_scalar_community, "community like 64512:1 or 64512:1:2" },
	{ manx_scalar_peer, "address, perhaps with a port" },
};

/**
 * struct page - the page being written
 * @schema, @path: objects that were told, and where
 */
struct page {
	FILE *f;
	const struct manx_schema *schema[SCHEMAS_MAX];
	char path[SCHEMAS_MAX][PLACE_MAX + 32];
	size_t n;
};

/* roff takes '\', '-' and a line's first '.' or ''' for its own. */
static void put(struct page *p, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", p->f);
		else if (*text == '-')
			fputs("\\-", p->f);
		else if (*text == '\'')
			fputs("\\(aq", p->f);
		else
			fputc(*text, p->f);
	}
}

static void put_words(struct page *p, const struct manx_field *f)
{
	for (const char *const *word = f->words; *word; word++) {
		fputs(word == f->words ? "" : word[1] ? ", " : " or ", p->f);
		put(p, *word);
	}
}

static void put_scalar(struct page *p, const struct manx_field *f)
{
	const char *family = f->min == 4 ? "IPv4 " : f->min == 6 ? "IPv6 " : "";

	if (f->words) {
		put_words(p, f);
	} else if (f->scalar == manx_scalar_int) {
		fprintf(p->f, "%s%" PRId64 " to %" PRId64, f->min < 0 ? "\\" : "", f->min, f->max);
	} else if (f->scalar == manx_scalar_addr) {
		fprintf(p->f, "%saddress", family);
	} else if (f->scalar == manx_scalar_net) {
		fprintf(p->f, "%snetwork", family);
	} else {
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			if (types[i].type == f->scalar)
				put(p, types[i].words);
	}
}

static void put_type(struct page *p, const struct manx_field *f)
{
	if (!f->object && !f->scalar) {
		fputs("not read", p->f);
		return;
	}
	if (f->list && f->max_items)
		fprintf(p->f, "list of at most %zu: ", f->max_items);
	else if (f->list)
		fputs("list: ", p->f);
	if (f->map)
		fputs("keys with values: ", p->f);
	if (f->object)
		fputs("object", p->f);
	else
		put_scalar(p, f);
	if (f->required)
		fputs("; required", p->f);
	if (f->preset && !f->object) {
		fputs("; default ", p->f);
		put(p, f->preset);
	}
}

static void put_class(struct page *p, const struct manx_field *f)
{
	switch (f->class) {
	case MANX_FIELD_DONE:
		if (f->note)
			put(p, f->note);
		break;
	case MANX_FIELD_KEPT:
		fputs("\\fIKept:\\fR ", p->f);
		put(p, f->note);
		break;
	case MANX_FIELD_REFUSED:
		fputs("\\fIRefused", p->f);
		if (f->harmless) {
			fputs("\\fR unless ", p->f);
			put(p, f->harmless);
		}
		fputs(":\\fR ", p->f);
		put(p, f->note);
		break;
	case MANX_FIELD_IGNORED:
		break;
	}
}

/* Where @schema was told before, or NULL, and then it is now. */
static const char *told(struct page *p, const struct manx_schema *schema, const char *kind,
			const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->schema[i] == schema)
			return p->path[i];
	if (p->n < SCHEMAS_MAX) {
		snprintf(p->path[p->n], sizeof(p->path[0]), "%s %.*s", kind, PLACE_MAX, path);
		p->schema[p->n++] = schema;
	}
	return NULL;
}

static void put_schema(struct page *p, const struct manx_schema *schema, const char *kind,
		       const char *path)
{
	for (const struct manx_field *f = schema->fields; f->name; f++) {
		char place[PLACE_MAX];
		const char *before;

		snprintf(place, sizeof(place), "%s.%s%s", path, f->name, f->list ? "[]" : "");
		fputs(".TP\n\\fB", p->f);
		put(p, place);
		fputs("\\fR (", p->f);
		put_type(p, f);
		fputs(")\n", p->f);
		put_class(p, f);
		before = f->object ? told(p, f->object, kind, place) : NULL;
		if (before) {
			fputs(f->note ? "; fields as in " : "Fields as in ", p->f);
			put(p, before);
		}
		fputs(f->note || before ? ".\n" : "\\&\n", p->f);
		if (f->object && !before)
			put_schema(p, f->object, kind, place);
	}
}

static void put_kind(struct page *p, const struct manx_kind *kind)
{
	fprintf(p->f, ".SH %s\n", kind->kind);
	put(p, kind->about);
	fputs(".\n", p->f);
	if (strcmp(kind->api, MANX_API_VERSION))
		fprintf(p->f, "Its apiVersion is\n.BR %s .\n", kind->api);
	fprintf(p->f, "On a command line also\n");
	for (const char *const *name = kind->names; *name; name++)
		fprintf(p->f, "%s%s%s", name == kind->names ? ".BR " : " \", \" ", *name, name[1] ? "" : " .\n");
	if (kind->spec)
		put_schema(p, kind->spec, kind->kind, "spec");
}

static const char head[] =
	".\\\" SPDX-License-Identifier: GPL-2.0-only\n"
	".\\\" Made from the tables in tools/lib/kind_*.c by \"make manual\".\n"
	".TH MANX-RESOURCES 5 2026-11-22 manx \"File formats\"\n"
	".SH NAME\nmanx-resources \\- fields of the resources that manxctl takes\n"
	".SH DESCRIPTION\n"
	"Resources are those of Calico's API\n.BR projectcalico.org/v3 ,\n"
	"as YAML or JSON, with the same field names and defaults, and two of Kubernetes' own.\n"
	"A file may hold several documents, and lists: \\fBList\\fR of any kinds, or\n"
	"\\fIKIND\\fR\\fBList\\fR of one.\n"
	"Every field of Calico's schema stands below; any other is an error that names\nthe nearest.\n"
	"Types come from here, never from how a value is written: quotes make no difference.\n"
	".PP\nA field without further words does what it says in Calico.\n"
	"One that is\n.I kept\n"
	"is checked, stored and returned and has no effect in this version; a warning says so.\n"
	"One that is\n.I refused\n"
	"would change who may talk to whom, or how packets travel, if it were passed over;\n"
	"so it is an error, which names the remedy, unless it is empty or has the value given here.\n"
	".SH METADATA\n"
	"Every kind has\n.BR metadata.name ,\n"
	"at most 253 lower-case letters, digits, dashes and dots,\n"
	".BR metadata.labels \" and \" metadata.annotations ;\n"
	"NetworkPolicy, NetworkSet and WorkloadEndpoint also\n.BR metadata.namespace ,\n"
	"by default\n.BR default .\n"
	".B metadata.resourceVersion\n"
	"is the version that was read: a change is refused when it is not the present one any\nmore.\n"
	".IR uid \", \" creationTimestamp \", \" generation \", \" managedFields \", \" finalizers ,\n"
	".I ownerReferences\n"
	"and what else another datastore notes there, and\n.IR status ,\n"
	"are accepted and not stored.\n"
	".PP\nA NetworkPolicy of\n.B networking.k8s.io/v1\n"
	"is stored in Calico's form, with the name\n.BI knp.default. NAME\\fR,\n"
	"which other commands show and take.\n"
	"Its named ports are refused.\n";

static const char tail[] =
	".SH SEE ALSO\n.BR manxctl (8),\n.BR manxd (8)\n";

void manx_manual_resources(FILE *f)
{
	struct page p = { .f = f };

	fputs(head, f);
	for (int id = 0; id < MANX_KINDS; id++)
		put_kind(&p, manx_kind((enum manx_kind_id)id));
	fputs(tail, f);
}
