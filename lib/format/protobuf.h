/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Protocol buffers, as far as pprof needs them: a message is fields, each a number,
 * a wire type and a value. Source: protobuf.dev/programming-guides/encoding.
 */
#ifndef PFL_FORMAT_PROTOBUF_H
#define PFL_FORMAT_PROTOBUF_H

#include <stdbool.h>
#include <stdint.h>

#include "util/bytes.h"
#include "util/strbuf.h"

enum pfl_wire_type {
	PFL_WIRE_VARINT = 0,
	PFL_WIRE_FIXED64 = 1,
	PFL_WIRE_BYTES = 2,
	PFL_WIRE_FIXED32 = 5,
};

/* A field as it was read. */
struct pfl_proto_field {
	uint32_t number;
	enum pfl_wire_type type;
	uint64_t value;		/* of a varint */
	struct pfl_bytes bytes;	/* of what has a length */
};

/* The next field of a message: false at its end, and where @from is bad. */
bool pfl_proto_next(struct pfl_bytes *from, struct pfl_proto_field *field);

/*
 * The next number of @field, a repeated one: packed, where it has a length and
 * holds many, or alone. False when all were taken. @first: it was not asked yet.
 */
bool pfl_proto_number(struct pfl_proto_field *field, bool first, uint64_t *number);

void pfl_proto_put_varint(struct pfl_strbuf *to, uint64_t value);

/* A field of a number; 0 is what a missing one means, and is left out. */
void pfl_proto_put_number(struct pfl_strbuf *to, uint32_t field, uint64_t value);

void pfl_proto_put_bytes(struct pfl_strbuf *to, uint32_t field, const char *bytes, size_t len);

#endif
