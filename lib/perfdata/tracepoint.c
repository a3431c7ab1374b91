/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#include "perfdata/tracepoint.h"
#include "util/array.h"
#include "util/bytes.h"
#include "util/text.h"

void pfl_tracepoint_free(struct pfl_tracepoint *tracepoint)
{
	if (!tracepoint)
		return;
	for (unsigned int i = 0; i < tracepoint->nfields; i++)
		free(tracepoint->fields[i].name);
	for (unsigned int i = 0; i < tracepoint->nflags; i++) {
		free(tracepoint->flags[i].field);
		free(tracepoint->flags[i].name);
	}
	free(tracepoint->name);
	free(tracepoint->fields);
	free(tracepoint->flags);
	free(tracepoint);
}

static bool is_number(const struct tep_format_field *field)
{
	if (field->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC | TEP_FIELD_IS_STRING) ||
	    field->offset < 0)
		return false;
	return field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8;
}

static int add_field(struct pfl_tracepoint *tracepoint, const struct tep_format_field *from,
		     bool swap)
{
	struct pfl_tracepoint_field *list, *field;

	if (!is_number(from))
		return 0;
	list = pfl_array_grow(tracepoint->fields, tracepoint->nfields, &tracepoint->fields_room,
			      sizeof(*list));
	if (!list)
		return -ENOMEM;
	tracepoint->fields = list;
	field = &list[tracepoint->nfields++];
	*field = (struct pfl_tracepoint_field){
		.field = {
			.offset = from->offset, .size = from->size, .swap = swap,
			.is_signed = from->flags & TEP_FIELD_IS_SIGNED,
		},
	};
	return pfl_text_set(&field->name, from->name);
}

/* The field that an expression such as "REC->prev_state & 0xff" is about, or NULL. */
static const char *field_of(const struct tep_print_arg *arg)
{
	const char *name = NULL;

	while (arg && !name) {
		if (arg->type == TEP_PRINT_FIELD)
			return arg->field.name;
		if (arg->type == TEP_PRINT_TYPE) {
			arg = arg->typecast.item;
			continue;
		}
		if (arg->type != TEP_PRINT_OP)
			return NULL;
		name = field_of(arg->op.left);
		arg = arg->op.right;
	}
	return name;
}

static int add_flag(struct pfl_tracepoint *tracepoint, const char *field,
		    const struct tep_print_flag_sym *from)
{
	struct pfl_tracepoint_flag *list, *flag;
	int err;

	list = pfl_array_grow(tracepoint->flags, tracepoint->nflags, &tracepoint->flags_room,
			      sizeof(*list));
	if (!list)
		return -ENOMEM;
	tracepoint->flags = list;
	flag = &list[tracepoint->nflags++];
	*flag = (struct pfl_tracepoint_flag){
		.value = strtoull(from->value, NULL, 0),
	};
	err = pfl_text_set(&flag->field, field);
	return err ? err : pfl_text_set(&flag->name, from->str);
}

/* Flags may stand deep inside: "x ? __print_flags(…) : "R"". */
static int find_flags(struct pfl_tracepoint *tracepoint, const struct tep_print_arg *arg)
{
	const char *field;
	int err;

	if (!arg)
		return 0;
	if (arg->type == TEP_PRINT_OP) {
		err = find_flags(tracepoint, arg->op.left);
		return err ? err : find_flags(tracepoint, arg->op.right);
	}
	field = arg->type == TEP_PRINT_FLAGS ? field_of(arg->flags.field) : NULL;
	err = 0;
	if (field)
		for (const struct tep_print_flag_sym *flag = arg->flags.flags; flag && !err;
		     flag = flag->next)
			err = flag->value && flag->str ? add_flag(tracepoint, field, flag) : 0;
	return err;
}

struct pfl_tracepoint *pfl_tracepoint_new(const struct tep_event *event, bool swap)
{
	struct pfl_tracepoint *tracepoint = calloc(1, sizeof(*tracepoint));
	const struct tep_format_field *field;
	const struct tep_print_arg *arg;
	int err = -ENOMEM;

	if (tracepoint && asprintf(&tracepoint->name, "%s:%s", event->system, event->name) >= 0)
		err = 0;
	else if (tracepoint)
		tracepoint->name = NULL;
	for (field = event->format.common_fields; field && !err; field = field->next)
		err = add_field(tracepoint, field, swap);
	for (field = event->format.fields; field && !err; field = field->next)
		err = add_field(tracepoint, field, swap);
	for (arg = event->print_fmt.args; arg && !err; arg = arg->next)
		err = find_flags(tracepoint, arg);
	if (!err)
		return tracepoint;
	pfl_tracepoint_free(tracepoint);
	return NULL;
}

struct pfl_field pfl_tracepoint_field(const struct pfl_tracepoint *tracepoint, const char *name)
{
	for (unsigned int i = 0; tracepoint && i < tracepoint->nfields; i++)
		if (!strcmp(tracepoint->fields[i].name, name))
			return tracepoint->fields[i].field;
	return (struct pfl_field){ .size = 0 };
}

static uint64_t read_16(const unsigned char *at, bool swap)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return swap ? bswap_16(value) : value;
}

bool pfl_field_read(const struct pfl_field *field, const struct pfl_sample *sample,
		    uint64_t *value)
{
	unsigned int unused = 64 - 8 * field->size;
	const unsigned char *at;

	if (!field->size || field->offset > sample->raw_size ||
	    field->size > sample->raw_size - field->offset)
		return false;
	at = sample->raw + field->offset;
	if (field->size == 8)
		*value = field->swap ? bswap_64(pfl_load64(at)) : pfl_load64(at);
	else if (field->size == 4)
		*value = field->swap ? bswap_32(pfl_load32(at)) : pfl_load32(at);
	else
		*value = field->size == 2 ? read_16(at, field->swap) : *at;
	if (field->is_signed && unused)
		*value = (uint64_t)((int64_t)(*value << unused) >> unused);
	return true;
}
