/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the reader and the writer of pprof agree on: the numbers of fields in
 * profile.proto, and how values are called there.
 */
#ifndef PFL_FORMAT_PPROF_H
#define PFL_FORMAT_PPROF_H

enum {
	PPROF_SAMPLE_TYPE = 1,
	PPROF_SAMPLE = 2,
	PPROF_MAPPING = 3,
	PPROF_LOCATION = 4,
	PPROF_FUNCTION = 5,
	PPROF_STRING_TABLE = 6,
	PPROF_COMMENT = 13,
	PPROF_DEFAULT_SAMPLE_TYPE = 14,

	PPROF_VALUE_TYPE = 1,		/* of a ValueType */
	PPROF_VALUE_UNIT = 2,

	PPROF_SAMPLE_LOCATION = 1,	/* the innermost first */
	PPROF_SAMPLE_VALUE = 2,

	PPROF_MAPPING_ID = 1,
	PPROF_MAPPING_FILENAME = 5,
	PPROF_MAPPING_HAS_FUNCTIONS = 7,

	PPROF_LOCATION_ID = 1,
	PPROF_LOCATION_MAPPING = 2,
	PPROF_LOCATION_LINE = 4,	/* the innermost of the inlined ones first */

	PPROF_LINE_FUNCTION = 1,

	PPROF_FUNCTION_ID = 1,
	PPROF_FUNCTION_NAME = 2,
	PPROF_FUNCTION_SYSTEM_NAME = 3,
};

/* A comment of ours tells the profile type: this, and its name. */
#define PPROF_TYPE_COMMENT "perflame profile type: "

/* The two values of a difference. */
#define PPROF_BEFORE "before"
#define PPROF_AFTER "after"

#endif
