/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a frame is in a program of some language, as far as its name tells:
 * runtimes name code in their own ways, and nothing else in a profile says it.
 */
#ifndef PFL_RENDER_LANGUAGE_H
#define PFL_RENDER_LANGUAGE_H

#include <perflame/profile.h>

enum pfl_language {
	PFL_LANGUAGE_NONE,
	PFL_LANGUAGE_JAVA,
	PFL_LANGUAGE_JS,
	PFL_LANGUAGE_PERL,
	PFL_LANGUAGE_PYTHON,
	PFL_LANGUAGE_RUST,
};

enum pfl_code_class {
	PFL_CODE_OWN,		/* the program's own, in the language */
	PFL_CODE_LIBRARY,	/* what others wrote in the language */
	PFL_CODE_RUNTIME,	/* what runs the language, or comes with it */
	PFL_CODE_KERNEL,
	PFL_CODE_NATIVE,	/* all else */
	PFL_CODE_CLASSES
};

enum pfl_code_class pfl_language_class(enum pfl_language language, const struct pfl_frame *frame);

/* What a class is called in the legend of a language; never freed. */
const char *pfl_language_label(enum pfl_language language, enum pfl_code_class class);

#endif
