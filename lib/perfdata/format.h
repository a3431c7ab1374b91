/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The perf.data format, as far as <linux/perf_event.h> does not tell it.
 * Source: tools/perf/Documentation/perf.data-file-format.txt and
 * tools/perf/util/{event,header}.h of the kernel.
 */
#ifndef PFL_PERFDATA_FORMAT_H
#define PFL_PERFDATA_FORMAT_H

#include <linux/perf_event.h>
#include <stdint.h>

/* Newer than the headers we build with: a word for each branch, behind all of them. */
#define PFL_BRANCH_COUNTERS (1ULL << 19)

#define PFL_MAGIC 0x32454c4946524550ULL		/* "PERFILE2" on a little-endian machine */

struct pfl_file_section {
	uint64_t offset;
	uint64_t size;
};

struct pfl_file_header {
	uint64_t magic;
	uint64_t size;		/* of this header; of a pipe's (magic and size): 16 */
	uint64_t attr_size;	/* of struct perf_event_attr with a section for the ids behind it */
	struct pfl_file_section attrs;
	struct pfl_file_section data;
	struct pfl_file_section event_types;
	uint64_t features[4];	/* a bit each; their sections stand behind the data, in bit order */
};

#define PFL_PIPE_HEADER_SIZE 16

/* Bits of features[], and numbers of HEADER_FEATURE records. */
enum pfl_feature {
	PFL_FEATURE_TRACING_DATA = 1,
	PFL_FEATURE_BUILD_ID = 2,
	PFL_FEATURE_HOSTNAME = 3,
	PFL_FEATURE_OSRELEASE = 4,
	PFL_FEATURE_VERSION = 5,
	PFL_FEATURE_ARCH = 6,
	PFL_FEATURE_NRCPUS = 7,
	PFL_FEATURE_CPUDESC = 8,
	PFL_FEATURE_TOTAL_MEM = 10,
	PFL_FEATURE_CMDLINE = 11,
	PFL_FEATURE_EVENT_DESC = 12,
	PFL_FEATURE_SAMPLE_TIME = 21,
	PFL_FEATURE_CLOCKID = 23,
	PFL_FEATURE_COMPRESSED = 27,
	PFL_FEATURE_CLOCK_DATA = 29,
	PFL_FEATURES = 256,
};

/* Records that perf itself writes; the kernel's are below 64. */
enum pfl_record_type {
	PFL_RECORD_CALLCHAIN_DEFERRED = 22,	/* newer than the headers we build with */
	PFL_RECORD_KERNEL_MAX = 22,
	PFL_RECORD_USER = 64,
	PFL_RECORD_ATTR = 64,
	PFL_RECORD_EVENT_TYPE = 65,
	PFL_RECORD_TRACING_DATA = 66,	/* u32 size; that many bytes follow the record */
	PFL_RECORD_BUILD_ID = 67,
	PFL_RECORD_FINISHED_ROUND = 68,
	PFL_RECORD_AUXTRACE = 71,	/* u64 size; that many bytes follow the record */
	PFL_RECORD_EVENT_UPDATE = 78,
	PFL_RECORD_FEATURE = 80,
	PFL_RECORD_COMPRESSED = 81,
	PFL_RECORD_FINISHED_INIT = 82,
	PFL_RECORD_COMPRESSED2 = 83,
	PFL_RECORD_MAX = 255,		/* beyond it no record was ever defined */
};

#define PFL_EVENT_UPDATE_NAME 2		/* of EVENT_UPDATE: u64 what, u64 id, then a string */

/* A frame number in a callchain at or above this is not an address but a PERF_CONTEXT_ marker. */
#define PFL_CONTEXT_MAX ((uint64_t)PERF_CONTEXT_MAX)
#define PFL_CONTEXT_USER_DEFERRED ((uint64_t)-640)	/* 6.18: a cookie follows */

/* Build-id record and feature entry: header, pid, id, then the file name. */
#define PFL_BUILD_ID_MISC_SIZE (1 << 15)	/* the byte behind the 20 of the id tells its length */
#define PFL_BUILD_ID_NAME_AT 36			/* header 8, pid 4, id 20 and its length 4 */

#endif
