/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules in the order in which they are asked, and the first that fits counts.
 * They follow what runtimes write: perf-map-agent and the JVM's own jitdump for
 * Java, --perf-basic-prof of V8, the perf trampoline of CPython, demangled Rust.
 */
#include <stdbool.h>
#include <string.h>

#include "render/language.h"

enum where { START, ANYWHERE };

struct rule {
	enum where where;
	const char *text;
	enum pfl_code_class class;
};

static const struct rule java[] = {
	{ START, "java/", PFL_CODE_LIBRARY }, { START, "javax/", PFL_CODE_LIBRARY },
	{ START, "jdk/", PFL_CODE_LIBRARY }, { START, "sun/", PFL_CODE_LIBRARY },
	{ START, "com/sun/", PFL_CODE_LIBRARY }, { START, "java.", PFL_CODE_LIBRARY },
	{ START, "javax.", PFL_CODE_LIBRARY }, { START, "jdk.", PFL_CODE_LIBRARY },
	{ START, "sun.", PFL_CODE_LIBRARY }, { START, "com/", PFL_CODE_OWN },
	{ START, "org/", PFL_CODE_OWN }, { START, "net/", PFL_CODE_OWN },
	{ START, "io/", PFL_CODE_OWN }, { START, "com.", PFL_CODE_OWN },
	{ START, "org.", PFL_CODE_OWN }, { START, "net.", PFL_CODE_OWN },
	{ START, "io.", PFL_CODE_OWN }, { ANYWHERE, "::", PFL_CODE_RUNTIME }, { 0, NULL, 0 }
};

static const struct rule js[] = {
	{ ANYWHERE, "node_modules", PFL_CODE_LIBRARY }, { ANYWHERE, "node:", PFL_CODE_LIBRARY },
	{ START, "Builtin", PFL_CODE_RUNTIME }, { START, "BytecodeHandler:", PFL_CODE_RUNTIME },
	{ START, "Stub:", PFL_CODE_RUNTIME }, { START, "RegExp:", PFL_CODE_RUNTIME },
	{ ANYWHERE, ".js", PFL_CODE_OWN }, { ANYWHERE, ".mjs", PFL_CODE_OWN },
	{ ANYWHERE, ".ts", PFL_CODE_OWN }, { START, "LazyCompile:", PFL_CODE_OWN },
	{ START, "Function:", PFL_CODE_OWN }, { START, "JS:", PFL_CODE_OWN },
	{ START, "Script:", PFL_CODE_OWN }, { START, "Eval:", PFL_CODE_OWN },
	{ ANYWHERE, "::", PFL_CODE_RUNTIME }, { 0, NULL, 0 }
};

static const struct rule perl[] = {
	{ START, "Perl_", PFL_CODE_RUNTIME }, { START, "perl_", PFL_CODE_RUNTIME },
	{ START, "PerlIO", PFL_CODE_RUNTIME }, { START, "S_", PFL_CODE_RUNTIME },
	{ START, "XS_", PFL_CODE_LIBRARY }, { ANYWHERE, ".pl", PFL_CODE_OWN },
	{ ANYWHERE, ".pm", PFL_CODE_LIBRARY }, { ANYWHERE, "::", PFL_CODE_OWN }, { 0, NULL, 0 }
};

static const struct rule python[] = {
	{ ANYWHERE, "site-packages", PFL_CODE_LIBRARY },
	{ ANYWHERE, "dist-packages", PFL_CODE_LIBRARY },
	{ ANYWHERE, "/lib/python", PFL_CODE_LIBRARY }, { ANYWHERE, "<frozen", PFL_CODE_LIBRARY },
	{ START, "py::", PFL_CODE_OWN }, { ANYWHERE, ".py", PFL_CODE_OWN },
	{ START, "Py", PFL_CODE_RUNTIME }, { START, "_Py", PFL_CODE_RUNTIME }, { 0, NULL, 0 }
};

static const struct rule rust[] = {
	{ START, "std::", PFL_CODE_LIBRARY }, { START, "core::", PFL_CODE_LIBRARY },
	{ START, "alloc::", PFL_CODE_LIBRARY }, { START, "<std::", PFL_CODE_LIBRARY },
	{ START, "<core::", PFL_CODE_LIBRARY }, { START, "<alloc::", PFL_CODE_LIBRARY },
	{ START, "__rust", PFL_CODE_RUNTIME }, { START, "rust_", PFL_CODE_RUNTIME },
	{ ANYWHERE, "::", PFL_CODE_OWN }, { 0, NULL, 0 }
};

static const struct {
	const struct rule *rules;
	const char *labels[PFL_CODE_CLASSES];
} languages[] = {
	[PFL_LANGUAGE_JAVA] = { java, { "Java", "JDK", "C++", "kernel", "native" } },
	[PFL_LANGUAGE_JS] = { js, { "JavaScript", "packages", "V8, C++", "kernel", "native" } },
	[PFL_LANGUAGE_PERL] = { perl, { "Perl", "modules", "interpreter", "kernel", "native" } },
	[PFL_LANGUAGE_PYTHON] = { python, { "Python", "packages", "interpreter", "kernel",
					    "native" } },
	[PFL_LANGUAGE_RUST] = { rust, { "Rust", "std", "runtime", "kernel", "native" } },
};

static bool fits(const struct rule *rule, const char *name)
{
	if (rule->where == START)
		return strncmp(name, rule->text, strlen(rule->text)) == 0;
	return strstr(name, rule->text);
}

enum pfl_code_class pfl_language_class(enum pfl_language language, const struct pfl_frame *frame)
{
	const struct rule *rule = languages[language].rules;
	const char *name = frame->name;

	if (frame->kind == PFL_FRAME_KERNEL)
		return PFL_CODE_KERNEL;
	if (language == PFL_LANGUAGE_JAVA && name[0] == 'L' && strchr(name, '/'))
		name++;		/* Ljava/lang/String; as the JVM itself writes it */
	for (; rule->text; rule++)
		if (fits(rule, name))
			return rule->class;
	return frame->kind == PFL_FRAME_JIT ? PFL_CODE_OWN : PFL_CODE_NATIVE;
}

const char *pfl_language_label(enum pfl_language language, enum pfl_code_class class)
{
	return languages[language].labels[class];
}
