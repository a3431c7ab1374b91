/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format/protobuf.h"

#define VARINT_BYTES 10		/* of 64 bits, seven a byte */

/* Seven bits a byte, the lowest first; the highest bit says that more follow. */
static uint64_t take_varint(struct pfl_bytes *from)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < VARINT_BYTES; i++) {
		const unsigned char *byte = pfl_bytes_take(from, 1);

		if (!byte)
			return 0;
		value |= (uint64_t)(*byte & 0x7f) << (7 * i);
		if (!(*byte & 0x80))
			return value;
	}
	from->bad = true;
	return 0;
}

bool pfl_proto_next(struct pfl_bytes *from, struct pfl_proto_field *field)
{
	uint64_t tag;
	size_t len = 0;

	if (from->bad || !pfl_bytes_left(from))
		return false;
	tag = take_varint(from);
	*field = (struct pfl_proto_field){ .number = tag >> 3, .type = tag & 7 };
	switch (field->type) {
	case PFL_WIRE_VARINT:
		field->value = take_varint(from);
		break;
	case PFL_WIRE_FIXED64:
		len = 8;
		break;
	case PFL_WIRE_FIXED32:
		len = 4;
		break;
	case PFL_WIRE_BYTES:
		tag = take_varint(from);
		len = tag < SIZE_MAX ? tag : SIZE_MAX;
		break;
	default:
		from->bad = true;
	}
	field->bytes = pfl_bytes(pfl_bytes_take(from, len), from->bad ? 0 : len, false);
	return !from->bad;
}

bool pfl_proto_number(struct pfl_proto_field *field, bool first, uint64_t *number)
{
	*number = field->value;
	if (field->type != PFL_WIRE_BYTES)
		return first;
	if (!pfl_bytes_left(&field->bytes))
		return false;
	*number = take_varint(&field->bytes);
	return !field->bytes.bad;
}

void pfl_proto_put_varint(struct pfl_strbuf *to, uint64_t value)
{
	char bytes[VARINT_BYTES];
	size_t len = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[len++] = 0x80 | (value & 0x7f);
	bytes[len++] = value;
	pfl_strbuf_add(to, bytes, len);
}

void pfl_proto_put_number(struct pfl_strbuf *to, uint32_t field, uint64_t value)
{
	if (!value)
		return;
	pfl_proto_put_varint(to, (uint64_t)field << 3 | PFL_WIRE_VARINT);
	pfl_proto_put_varint(to, value);
}

void pfl_proto_put_bytes(struct pfl_strbuf *to, uint32_t field, const char *bytes, size_t len)
{
	pfl_proto_put_varint(to, (uint64_t)field << 3 | PFL_WIRE_BYTES);
	pfl_proto_put_varint(to, len);
	pfl_strbuf_add(to, bytes, len);
}
