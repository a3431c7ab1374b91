/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "symbol/demangle.h"

static const struct {
	const char *name, *simple, *full;
} cases[] = {
	/* C++ */
	{ "_ZN3foo3barEi", "foo::bar", "foo::bar(int)" },
	{ "_ZN3fooIiE3barIdEEvT_", "foo<int>::bar<double>", "void foo<int>::bar<double>(double)" },
	{ "_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back",
	  "std::vector<int, std::allocator<int> >::push_back(int const&)" },
	{ "_Znwm", "operator new", "operator new(unsigned long)" },
	{ "_ZN12_GLOBAL__N_13fooEv", "(anonymous namespace)::foo", "(anonymous namespace)::foo()" },
	{ "_ZZN3foo3barEvENKUlvE_clEv", "foo::bar()::{lambda()#1}::operator()",
	  "foo::bar()::{lambda()#1}::operator()() const" },
	{ "_ZN3foo3barEi.isra.0", "foo::bar", "foo::bar(int) [clone .isra.0]" },
	{ "_ZN3foo3barEi.cold", "foo::bar", "foo::bar(int) [clone .cold]" },
	/* Rust, both schemes; the older one's hash is left out */
	{ "_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write", "core::fmt::write" },
	{ "_ZN66_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..ops..drop..Drop$GT$4drop"
	  "17h4c4c2a5e2dbd4ec3E.llvm.7", "<alloc::vec::Vec<T> as core::ops::drop::Drop>::drop",
	  "<alloc::vec::Vec<T> as core::ops::drop::Drop>::drop" },
	{ "_RNvCs15kBYyAo9fc_7mycrate7example", "mycrate::example", "mycrate::example" },
	{ "_RNvMsr_NtCs3ssYzQotkvD_3std4pathNtB5_7PathBuf3newCs15kBYyAo9fc_7mycrate",
	  "<std::path::PathBuf>::new", "<std::path::PathBuf>::new" },
	/* D */
	{ "_Dmain", "D main", "D main" },
	{ "_D8demangle4testFZv", "demangle.test", "demangle.test()" },
	{ "_D3foo3Bar3bazMxFZv", "foo.Bar.baz", "foo.Bar.baz() const" },
	{ "_D3foo3barFiZ3bazFZv", "foo.bar(int).baz", "foo.bar(int).baz()" },
	{ "_D3foo__T3barTiZ3bazMyFNbZi", "foo.bar!(int).baz", "foo.bar!(int).baz() immutable" },
	{ "_D3std5stdio__T7writelnTAyaZQnFNfQjZv", "std.stdio.writeln!(immutable(char)[]).writeln",
	  "std.stdio.writeln!(immutable(char)[]).writeln(immutable(char)[])" },
	{ "_D8demangle3foo6__initZ", "initializer for demangle.foo",
	  "initializer for demangle.foo" },
};

/* C, and what only looks mangled. */
static const char *const plain[] = {
	"main", "copy_from_user.isra.0", "_init", "_DYNAMIC", "_Zebra", "_Z", "_R", "_D", "_", "",
	"_Random", "_ZN3fo", "_ZN99999999999foo",
};

/* @want NULL: it stays as it is. */
static void check(enum pfl_demangle how, const char *name, const char *want)
{
	struct pfl_strbuf out = { 0 };

	pfl_strbuf_adds(&out, "kept:");
	assert_int_equal(pfl_demangle_name(how, name, &out), want != NULL);
	assert_string_equal(out.text + 5, want ? want : "");
	pfl_strbuf_free(&out);
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		check(PFL_DEMANGLE_SIMPLE, cases[i].name, cases[i].simple);
		check(PFL_DEMANGLE_FULL, cases[i].name, cases[i].full);
		check(PFL_DEMANGLE_NONE, cases[i].name, NULL);
	}
}

static void check_refused(const char *name)
{
	check(PFL_DEMANGLE_SIMPLE, name, NULL);
	check(PFL_DEMANGLE_FULL, name, NULL);
}

static void test_plain(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		check_refused(plain[i]);
}

/* f<A, P<A, A>, P<that, that>, …>: each level is twice as long as the one before. */
static char *double_cxx(int levels)
{
	const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct pfl_strbuf name = { 0 };

	/* Substitutions: S_ is f, S0_ A, S1_ P, S2_ P<A, A> and so on. */
	pfl_strbuf_adds(&name, "_Z1fI1A1PIS0_S0_E");
	for (int i = 2; i < levels; i++)
		pfl_strbuf_addf(&name, "S1_IS%c_S%c_E", digits[i], digits[i]);
	pfl_strbuf_adds(&name, "Evv");
	return name.text;
}

static void test_doubling_cxx(void **state)
{
	char *name = double_cxx(3);

	(void)state;
	check(PFL_DEMANGLE_SIMPLE, name, "f<A, P<A, A>, P<P<A, A>, P<A, A> > >");
	free(name);
	name = double_cxx(36);
	check_refused(name);
	free(name);
}

static void test_doubling_d(void **state)
{
	struct pfl_strbuf name = { 0 };
	size_t type, start;

	(void)state;
	/* An associative array whose key and value are the array before it, sixty times. */
	pfl_strbuf_adds(&name, "_D3fooF");
	type = name.len;
	pfl_strbuf_adds(&name, "Hii");
	for (int i = 0; i < 60; i++) {
		start = name.len;
		pfl_strbuf_addc(&name, 'H');
		for (int side = 0; side < 2; side++) {
			size_t back = name.len - type;

			pfl_strbuf_adds(&name, "Q");
			if (back >= 26)
				pfl_strbuf_addc(&name, 'A' + back / 26);
			pfl_strbuf_addc(&name, 'a' + back % 26);
		}
		type = start;
	}
	pfl_strbuf_adds(&name, "Zv");
	check_refused(name.text);
	pfl_strbuf_free(&name);
}

static void test_deep(void **state)
{
	static const char *const parts[] = {
		"_ZP", "_Z1fP", "_ZN", "_D1fFP", "_D1fFA", "_RNvY", "_RIB_", "_Z1fIXad", "_ZZ",
		"_ZNK",
	};
	struct pfl_strbuf out = { 0 };
	char *name;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		size_t len = strlen(parts[i]);

		for (size_t size = 1000; size <= 1000000; size *= 10) {
			name = malloc(size + 1);
			memset(name, parts[i][len - 1], size);
			memcpy(name, parts[i], len);
			name[size] = '\0';
			if (pfl_demangle_name(PFL_DEMANGLE_FULL, name, &out))
				assert_in_range(out.len, 1, 65536);
			pfl_strbuf_free(&out);
			free(name);
		}
	}
}

static void test_garbage(void **state)
{
	static const char letters[] = "ZNSKRPOFILEDQTXABCabcdefghijklmnopqrstuvwxyz0123456789_$.";
	unsigned int seed = 7;
	char name[200];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t len = 3 + rand_r(&seed) % 60;
		struct pfl_strbuf out = { 0 };

		name[0] = '_';
		name[1] = "ZRD"[rand_r(&seed) % 3];
		for (size_t k = 2; k < len; k++)
			name[k] = letters[rand_r(&seed) % (sizeof(letters) - 1)];
		name[len] = '\0';
		if (!pfl_demangle_name(i & 1 ? PFL_DEMANGLE_FULL : PFL_DEMANGLE_SIMPLE, name, &out))
			assert_int_equal(out.len, 0);
		assert_int_equal(out.error, 0);
		pfl_strbuf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_plain),
		cmocka_unit_test(test_doubling_cxx),
		cmocka_unit_test(test_doubling_d), cmocka_unit_test(test_deep),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
