/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a recording says of itself beside its records: the feature sections of a
 * file, the FEATURE records of a pipe; both hold the same bytes.
 */
#ifndef PFL_PERFDATA_FEATURES_H
#define PFL_PERFDATA_FEATURES_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>

#include "perfdata/event.h"
#include "util/build-id.h"

struct pfl_file_build_id {
	char *path;
	struct pfl_build_id id;
};

struct pfl_features {
	struct pfl_events *events;	/* get their names from here */
	bool swap;
	char *hostname, *osrelease, *arch;	/* NULL: not told */
	struct pfl_file_build_id *build_ids;
	uint32_t nbuild_ids, build_ids_room;
};

/* Frees what was taken in. */
void pfl_features_free(struct pfl_features *features);

/*
 * Takes feature number @feature, @size bytes. Features that we have no use for
 * are passed over. 0; -EILSEQ for one that does not hold what it must; -ENOMEM.
 */
int pfl_features_take(struct pfl_features *features, unsigned int feature, const void *bytes,
		      size_t size);

/* A build-id record: the entries of the BUILD_ID feature, and of its own in a pipe. */
int pfl_features_build_id(struct pfl_features *features, const struct perf_event_header *header,
			  const void *record);

/*
 * Tracing data: tells the tracepoints' formats, and the names of those that have
 * none but their number. Best effort: what libtraceevent cannot read stays unknown.
 */
int pfl_features_tracing_data(struct pfl_features *features, const void *bytes, size_t size);

#endif
