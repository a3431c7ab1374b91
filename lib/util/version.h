/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PFL_UTIL_VERSION_H
#define PFL_UTIL_VERSION_H

#define PFL_VERSION "0.1.0"

#endif
