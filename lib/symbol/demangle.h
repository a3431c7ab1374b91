/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PFL_SYMBOL_DEMANGLE_H
#define PFL_SYMBOL_DEMANGLE_H

#include <stdbool.h>

#include <perflame/fold.h>

#include "util/strbuf.h"

/*
 * Appends what the mangled @name (C++, Rust, D) stands for to @out. False, and
 * nothing appended: it is no mangled name, or one that does not demangle within
 * bounds, and is best shown as it is.
 */
bool pfl_demangle_name(enum pfl_demangle how, const char *name, struct pfl_strbuf *out);

#endif
