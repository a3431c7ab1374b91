/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inlined functions and lines against addr2line, which is a slow but independent
 * reader of DWARF: a C++ program is compiled in several ways, and both are asked
 * for addresses all over it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "symbol/dwarf.h"
#include "symbol/elf-file.h"
#include "symbol/openfile.h"
#include "symbol/room.h"
#include "symbol/symbol.h"

static char dir[] = "/tmp/perflame-inlines-XXXXXX";

static const char program[] =
	"#include <algorithm>\n"
	"#include <functional>\n"
	"#include <map>\n"
	"#include <numeric>\n"
	"#include <string>\n"
	"#include <vector>\n"
	"#include <cstdio>\n"
	"namespace app {\n"
	"static inline unsigned mix(unsigned x) { return (x ^ x >> 7) * 2654435761u; }\n"
	"template <int N> struct chain { static unsigned go(unsigned x) { return mix(chain<N - 1>::go(x + N)); } };\n"
	"template <> struct chain<0> { static unsigned go(unsigned x) { return x; } };\n"
	"struct table {\n"
	"	std::map<std::string, std::vector<unsigned>> rows;\n"
	"	void add(const std::string &key, unsigned value) { rows[key].push_back(mix(value)); }\n"
	"	template <class F> unsigned each(F f) const {\n"
	"		unsigned sum = 0;\n"
	"		for (auto &row : rows)\n"
	"			sum += std::accumulate(row.second.begin(), row.second.end(), 0u,\n"
	"					       [&](unsigned a, unsigned b) { return a + f(b); });\n"
	"		return sum;\n"
	"	}\n"
	"};\n"
	"__attribute__((noinline)) unsigned run(unsigned n)\n"
	"{\n"
	"	table t;\n"
	"	std::vector<std::string> words;\n"
	"	for (unsigned i = 0; i < n; i++)\n"
	"		words.push_back(\"w\" + std::to_string(i % 13));\n"
	"	std::sort(words.begin(), words.end(), [](auto &a, auto &b) { return a.size() < b.size(); });\n"
	"	for (auto &word : words)\n"
	"		t.add(word, chain<6>::go(word.size()));\n"
	"	std::function<unsigned(unsigned)> f = [n](unsigned x) { return mix(x) % n; };\n"
	"	return t.each([&](unsigned x) { return f(x) + chain<3>::go(x); });\n"
	"}\n"
	"}\n"
	"int main(int argc, char **) { printf(\"%u\\n\", app::run(100 + argc)); }\n";

/* Runs a shell command in @dir: its exit status. */
__attribute__((format(printf, 1, 2))) static int sh(const char *format, ...)
{
	char command[3000], line[3200];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "cd %s && { %s; } >log 2>&1", dir, command);
	return system(line);
}

static int make_source(void **state)
{
	char path[64];
	FILE *source;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/app.cc", dir);
	source = fopen(path, "we");
	assert_non_null(source);
	fputs(program, source);
	fclose(source);
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	return sh("rm -rf '%s'", dir);
}

struct answer {
	unsigned int count;
	char name[PFL_SYMBOL_FRAMES][4000];
	char place[PFL_SYMBOL_FRAMES][300];
};

/* As it stands behind the last directory: compilers and readers write the rest in several ways. */
static void keep_place(char *to, const char *place)
{
	const char *slash = strrchr(place, '/');
	size_t len = strcspn(slash ? slash + 1 : place, " \n");

	snprintf(to, 300, "%.*s", (int)len, slash ? slash + 1 : place);
	len = strlen(to);
	if (len && to[len - 1] == '?')
		to[len - 1] = '0';
}

/* What addr2line says next; the first line, the address, has been read. */
static void read_answer(FILE *from, struct answer *answer, char *line, size_t size)
{
	answer->count = 0;
	while (fgets(line, size, from) && strncmp(line, "0x", 2)) {
		assert_true(answer->count < PFL_SYMBOL_FRAMES);
		snprintf(answer->name[answer->count], 4000, "%.*s", (int)strcspn(line, "\n"), line);
		assert_non_null(fgets(line, size, from));
		keep_place(answer->place[answer->count++], line);
	}
}

struct setup {
	struct pfl_ctx *ctx;
	struct pfl_symbols *symbols;
	struct pfl_dso dso;
	char path[64];
	char messages[1000];
	struct pfl_segment text;
	uint64_t slide;		/* from addresses to offsets */
};

static void keep(void *data, enum pfl_level level, const char *text)
{
	char *messages = data;

	(void)level;
	strncat(messages, text, 999 - strlen(messages));
}

static void start(struct setup *setup, const char *name, bool lines)
{
	struct pfl_segments segments;
	GElf_Shdr shdr;
	Elf *elf;
	int fd;

	*setup = (struct setup){ .dso.kind = PFL_DSO_FILE };
	snprintf(setup->path, sizeof(setup->path), "%s/%s", dir, name);
	setup->dso.path = setup->dso.name = setup->path;
	assert_int_equal(pfl_ctx_new(&setup->ctx), 0);
	pfl_ctx_set_log(setup->ctx, PFL_DEBUG, keep, setup->messages);
	assert_int_equal(pfl_symbols_new(setup->ctx, &(struct pfl_symbols_origin){ 0 },
					 PFL_DEMANGLE_NONE, &setup->symbols), 0);
	pfl_symbols_set_debug(setup->symbols, true, lines);
	fd = open(setup->path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	elf = pfl_elf_begin(fd);
	assert_int_equal(pfl_segments_read(elf, &segments), 0);
	assert_true(segments.count > 0);
	setup->slide = segments.list[0].offset - segments.list[0].addr;
	assert_non_null(gelf_getshdr(pfl_elf_find_section(elf, ".text"), &shdr));
	setup->text = (struct pfl_segment){ shdr.sh_offset, shdr.sh_addr, shdr.sh_size };
	pfl_segments_free(&segments);
	elf_end(elf);
	close(fd);
}

static void end(struct setup *setup)
{
	pfl_symbols_free(setup->symbols);
	pfl_ctx_free(setup->ctx);
}

/*
 * The last function is named by the symbol table, where addr2line mostly takes
 * the DWARF's name: without the suffix of a clone, and for functions that the
 * linker knows nothing of without their scope.
 */
static bool same_outermost(const char *ours, const char *truth)
{
	char name[4000];

	if (!strncmp(ours, truth, strlen(truth)) || !strncmp(truth, "operator", 8))
		return true;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(truth, "<"), truth);
	return strstr(ours, name);
}

/* addr2line's first idea of a function that the linker knows nothing of is the symbol around it. */
static bool same_inlined(const char *ours, const char *truth, const char *outermost)
{
	return !strcmp(ours, truth) || (strncmp(ours, "_Z", 2) && !strcmp(truth, outermost));
}

struct tally {
	unsigned int addresses, inlined, deepest, wrong_names, wrong_lines, wrong_files;
};

static void compare(struct tally *tally, uint64_t addr, const struct pfl_symbol *ours, int count,
		    const struct answer *truth)
{
	bool names = count == (int)truth->count, lines = names, files = true;
	char place[300], text[400];

	for (int i = 0; i < count && i < (int)truth->count; i++) {
		snprintf(text, sizeof(text), "%s:%u", ours[i].file ? ours[i].file : "??",
			 ours[i].line);
		keep_place(place, text);
		files &= !strcmp(place, truth->place[i]);
		lines &= !strcmp(strrchr(place, ':'), strrchr(truth->place[i], ':'));
		names &= i < count - 1 ?
			 same_inlined(ours[i].name, truth->name[i], truth->name[truth->count - 1]) :
			 same_outermost(ours[i].name, truth->name[i]);
		assert_int_equal(ours[i].kind,
				 i < count - 1 ? PFL_FRAME_INLINED : PFL_FRAME_USER);
	}
	tally->addresses++;
	tally->inlined += count > 1;
	tally->deepest = count > (int)tally->deepest ? count : (int)tally->deepest;
	tally->wrong_names += !names;
	tally->wrong_lines += !lines;
	tally->wrong_files += !files;
	if ((names && lines) || tally->wrong_names + tally->wrong_lines > 3)
		return;
	print_message("%#" PRIx64 ":\n", addr);
	for (int i = 0; i < count || i < (int)truth->count; i++)
		print_message("  %.150s:%u | %.150s %s\n", i < count ? ours[i].name : "-",
			      i < count ? ours[i].line : 0,
			      i < (int)truth->count ? truth->name[i] : "-",
			      i < (int)truth->count ? truth->place[i] : "");
}

#define STRIDE 5

/*
 * Asks addr2line for each fifth byte of .text, twice: at first it takes symbols
 * for names of functions that the linker knows nothing of.
 */
static FILE *ask(const struct setup *setup, const char *symbols_in)
{
	char command[300], path[64];
	FILE *list;

	snprintf(path, sizeof(path), "%s/list", dir);
	list = fopen(path, "we");
	assert_non_null(list);
	for (int round = 0; round < 2; round++)
		for (uint64_t i = 0; i < setup->text.size; i += STRIDE)
			fprintf(list, "%" PRIx64 "\n", setup->text.addr + i);
	fclose(list);
	snprintf(command, sizeof(command), "cd %s && addr2line -a -i -f -e %s <list", dir,
		 symbols_in);
	return popen(command, "re");
}

static struct tally check(const char *name, const char *debug)
{
	static struct answer truth;
	struct pfl_symbol ours[PFL_SYMBOL_FRAMES];
	struct tally tally = { 0 };
	char line[4100];
	struct setup setup;
	FILE *from;

	start(&setup, name, true);
	from = ask(&setup, debug);
	assert_non_null(fgets(line, sizeof(line), from));
	for (uint64_t i = 0; i < setup.text.size; i += STRIDE)
		read_answer(from, &truth, line, sizeof(line));
	for (uint64_t i = 0; i < setup.text.size; i += STRIDE) {
		int count = pfl_symbols_frames(setup.symbols, &setup.dso,
					       setup.text.offset + i, false, ours);

		read_answer(from, &truth, line, sizeof(line));
		/* Between functions, where nothing is ever executed, the one before counts there. */
		if (count > 0 && ours[0].file)
			compare(&tally, setup.text.addr + i, ours, count, &truth);
	}
	pclose(from);
	assert_string_equal(setup.messages, "");
	end(&setup);
	return tally;
}

static void assert_agree(struct tally tally)
{
	assert_true(tally.addresses > 1000);
	assert_true(tally.inlined > tally.addresses / 4);
	assert_true(tally.deepest > 4);
	assert_int_equal(tally.wrong_names, 0);
	assert_int_equal(tally.wrong_lines, 0);
	/* Now and then addr2line takes an included file for the one that includes it. */
	assert_true(tally.wrong_files * 20 <= tally.addresses);
}

static bool compile(const char *options)
{
	return !sh("${CXX:-g++} -O2 -g %s -o app app.cc", options);
}

static bool has_addr2line(void)
{
	return !sh("addr2line --version");
}

static void check_options(const char *options)
{
	if (!has_addr2line() || !compile(options))
		skip();
	assert_agree(check("app", "app"));
}

static void test_dwarf5(void **state)
{
	(void)state;
	check_options("-gdwarf-5");
}

static void test_dwarf4(void **state)
{
	(void)state;
	check_options("-gdwarf-4");
}

static void test_o3_sections(void **state)
{
	(void)state;
	check_options("-O3 -ffunction-sections -Wl,--gc-sections -no-pie -fno-pie");
}

static void test_clang(void **state)
{
	(void)state;
	if (!has_addr2line() || sh("clang++ -O2 -g -gdwarf-4 -o app app.cc"))
		skip();
	assert_agree(check("app", "app"));
}

static void test_compressed(void **state)
{
	(void)state;
	check_options("-gz=zlib");
	if (compile("-gdwarf-4 -gz=zlib-gnu"))
		assert_agree(check("app", "app"));
}

static void test_no_aranges(void **state)
{
	(void)state;
	if (!has_addr2line() || !compile("") || sh("objcopy -R .debug_aranges app"))
		skip();
	assert_agree(check("app", "app"));
}

static void test_debug_file(void **state)
{
	(void)state;
	if (!has_addr2line() || !compile("") ||
	    sh("cp app full && objcopy --only-keep-debug app app.debug && strip app && "
	       "objcopy --add-gnu-debuglink=app.debug app"))
		skip();
	assert_agree(check("app", "full"));
}

/* The frames at the start of app::run, or of main, are of interest where there is no truth. */
static int frames_of(struct setup *setup, const char *function, struct pfl_symbol *most)
{
	struct pfl_symbol ours[PFL_SYMBOL_FRAMES];
	int best = 0;

	for (uint64_t i = 0; i < setup->text.size; i++) {
		int count = pfl_symbols_frames(setup->symbols, &setup->dso,
					       setup->text.offset + i, false, ours);

		if (count <= best || strcmp(ours[count - 1].name, function))
			continue;
		best = count;
		memcpy(most, ours, count * sizeof(*most));
	}
	return best;
}

static void check_split(const char *options)
{
	struct pfl_symbol most[PFL_SYMBOL_FRAMES];
	struct setup setup;

	/* addr2line knows nothing of split files: it gets the same code with everything in one. */
	if (!has_addr2line() || !compile(options) ||
	    sh("mv app whole && ${CXX:-g++} -O2 -g -gsplit-dwarf %s -c app.cc && "
	       "${CXX:-g++} -o app app.o && objcopy -O binary -j .text app text && "
	       "objcopy -O binary -j .text whole text2 && cmp text text2", options))
		skip();
	assert_agree(check("app", "whole"));

	/* Anybody can put a file there. */
	assert_int_equal(sh("chmod 777 ."), 0);
	start(&setup, "app", true);
	assert_int_equal(frames_of(&setup, "_ZN3app3runEj", most), 1);
	assert_non_null(strstr(setup.messages, "app: inlined functions of units compiled with -gsplit-dwarf are left out"));
	end(&setup);
	assert_int_equal(sh("chmod 700 . && rm app.dwo"), 0);
	start(&setup, "app", true);
	assert_int_equal(frames_of(&setup, "_ZN3app3runEj", most), 1);
	assert_non_null(most[0].file);	/* lines stay in the program */
	assert_non_null(strstr(setup.messages, "a .dwo file is missing"));
	end(&setup);
}

static void test_split5(void **state)
{
	(void)state;
	check_split("-gdwarf-5");
}

static void test_split4(void **state)
{
	(void)state;
	check_split("-gdwarf-4");
}

static void test_dwz(void **state)
{
	struct pfl_symbol most[PFL_SYMBOL_FRAMES];
	struct setup setup;

	(void)state;
	if (!has_addr2line() || !compile("-gdwarf-4") ||
	    sh("cp app app2 && cp app app3 && cp app full && dwz -m shared app app2 app3 && "
	       "objdump -h app | grep gnu_debugaltlink"))
		skip();
	assert_agree(check("app", "full"));
	assert_int_equal(sh("mv shared gone"), 0);
	start(&setup, "app", false);
	assert_int_equal(frames_of(&setup, "_ZN3app3runEj", most), 1);
	assert_non_null(strstr(setup.messages, ".gnu_debugaltlink"));
	end(&setup);
	/* Another file of that name. */
	assert_int_equal(sh("cp app2 shared"), 0);
	start(&setup, "app", false);
	assert_int_equal(frames_of(&setup, "_ZN3app3runEj", most), 1);
	end(&setup);
	assert_int_equal(sh("rm shared && mkfifo shared"), 0);
	start(&setup, "app", false);
	assert_int_equal(frames_of(&setup, "_ZN3app3runEj", most), 1);
	end(&setup);
}

static void test_what(void **state)
{
	struct pfl_symbol most[PFL_SYMBOL_FRAMES];
	struct setup setup;

	(void)state;
	if (!compile(""))
		skip();
	start(&setup, "app", false);
	assert_true(frames_of(&setup, "_ZN3app3runEj", most) > 3);
	assert_null(most[0].file);
	assert_int_equal(most[0].line, 0);
	end(&setup);

	start(&setup, "app", false);
	pfl_symbols_set_debug(setup.symbols, false, true);
	assert_int_equal(frames_of(&setup, "_ZN3app3runEj", most), 1);
	assert_non_null(strstr(most[0].file, "/app.cc"));
	assert_true(most[0].line > 20);
	end(&setup);

	/* Without any symbol the debug information names the function itself. */
	assert_int_equal(sh("objcopy -N _ZN3app3runEj app"), 0);
	start(&setup, "app", false);
	assert_true(frames_of(&setup, "_ZN3app3runEj", most) > 3);
	end(&setup);

	assert_int_equal(sh("strip -g app"), 0);
	start(&setup, "app", true);
	assert_int_equal(frames_of(&setup, "main", most), 1);
	assert_string_equal(setup.messages, "");
	end(&setup);
}

/* Flips bytes of the debug sections all over; ASan, UBSan and the clock of the test runner look on. */
static void test_damaged(void **state)
{
	struct pfl_dwarf_frame frames[PFL_SYMBOL_FRAMES];
	struct pfl_room room = { 1 << 30 };
	struct pfl_dwarf *dwarf;
	unsigned int seed = 7, opened = 0;
	struct setup setup;
	struct stat st;
	int fd;

	(void)state;
	if (!compile(""))
		skip();
	start(&setup, "app", false);
	end(&setup);
	fd = open(setup.path, O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	for (int round = 0; round < 300; round++) {
		unsigned char old[8], new[8];
		off_t at[8];

		for (int i = 0; i < 8; i++) {
			at[i] = ((uint64_t)rand_r(&seed) << 16 ^ rand_r(&seed)) % st.st_size;
			assert_int_equal(pread(fd, &old[i], 1, at[i]), 1);
			new[i] = rand_r(&seed);
			assert_int_equal(pwrite(fd, &new[i], 1, at[i]), 1);
		}
		dwarf = NULL;
		if (!pfl_dwarf_open(fd, -1, &room, &dwarf)) {
			opened++;
			for (uint64_t i = 0; i < setup.text.size; i += 501)
				pfl_dwarf_find(dwarf, setup.text.addr + i,
					       PFL_DWARF_INLINES | PFL_DWARF_LINES, frames,
					       PFL_SYMBOL_FRAMES);
		}
		pfl_dwarf_free(dwarf);
		for (int i = 7; i >= 0; i--)
			assert_int_equal(pwrite(fd, &old[i], 1, at[i]), 1);
	}
	assert_true(opened > 100);
	assert_int_equal(room.left, 1 << 30);
	/* Room for the file, but not for what its functions come to: they are left out, and told. */
	assert_int_equal(pfl_dwarf_open(fd, -1, &room, &dwarf), 0);
	assert_true(room.left < 1 << 30);
	room.left = 100;
	assert_int_equal(pfl_dwarf_find(dwarf, setup.text.addr, PFL_DWARF_INLINES, frames,
					PFL_SYMBOL_FRAMES), 0);
	assert_int_equal(room.left, 100);
	assert_non_null(strstr(pfl_dwarf_trouble(dwarf), "too large"));
	pfl_dwarf_free(dwarf);
	/* No room for it, and none is taken. */
	room.left = 1000;
	assert_int_equal(pfl_dwarf_open(fd, -1, &room, &dwarf), -E2BIG);
	assert_int_equal(room.left, 1000);
	close(fd);
}

static void test_private_path(void **state)
{
	char path[100];

	(void)state;
	if (sh("mkdir -p a/open && touch a/file && ln -s a link && chmod 777 a/open && chmod 755 a && "
	       "touch a/all && chmod 666 a/all && mkdir a/sticky && chmod 1777 a/sticky && "
	       "touch a/sticky/mine && mkfifo a/fifo"))
		fail();
#define is_private(name) (snprintf(path, sizeof(path), "%s/%s", dir, name), pfl_path_is_private(path))
	assert_true(is_private("a/file"));
	assert_true(is_private("a/"));
	assert_true(is_private("a//./file"));
	assert_true(is_private("a/missing/file"));
	assert_true(is_private("a/sticky/mine"));
	assert_false(is_private("a/sticky/missing"));
	assert_false(is_private("link/file"));
	assert_false(is_private("a/open/missing"));
	assert_false(is_private("a/fifo"));
	assert_false(pfl_path_is_private("a/file"));
	assert_false(pfl_path_is_private(""));
	if (!geteuid()) {
		assert_int_equal(sh("chown nobody a/file"), 0);
		assert_false(is_private("a/file"));
		assert_int_equal(sh("chown root a/file && chown nobody a"), 0);
		assert_false(is_private("a/file"));
		assert_int_equal(sh("chown root a"), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dwarf5), cmocka_unit_test(test_dwarf4),
		cmocka_unit_test(test_o3_sections), cmocka_unit_test(test_clang),
		cmocka_unit_test(test_compressed), cmocka_unit_test(test_no_aranges),
		cmocka_unit_test(test_debug_file), cmocka_unit_test(test_split5),
		cmocka_unit_test(test_split4), cmocka_unit_test(test_dwz),
		cmocka_unit_test(test_what), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_private_path),
	};

	return cmocka_run_group_tests(tests, make_source, remove_all);
}
