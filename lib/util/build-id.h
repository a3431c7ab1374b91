/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The build-id: what tells one build of a binary from another.
 */
#ifndef PFL_UTIL_BUILD_ID_H
#define PFL_UTIL_BUILD_ID_H

#include <stdint.h>

#define PFL_BUILD_ID_MAX 20

struct pfl_build_id {
	uint8_t size;		/* 0: not known */
	uint8_t bytes[PFL_BUILD_ID_MAX];
};

#endif
