/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <gelf.h>

#include "symbol/elf.h"

__attribute__((noinline)) static int nested(int x)
{
	return x * 3 + 1;
}

__attribute__((noinline)) int elf_test_function(int x);
int elf_test_function(int x)
{
	return nested(x) ^ x;
}

/* The file and the offset in it that @addr is mapped from; the kernel says so. */
static uint64_t file_offset(const void *addr, char *path)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t start, end, offset, at = (uintptr_t)addr, found = 0;
	char line[5000];

	assert_non_null(maps);
	while (!found && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %4095[^\n]",
			   &start, &end, &offset, path) == 4 && at >= start && at < end)
			found = at - start + offset;
	fclose(maps);
	assert_int_not_equal(found, 0);
	return found;
}

static int read_path(const char *path, struct pfl_symtab *table)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	assert_true(fd >= 0);
	err = pfl_elf_read(fd, -1, PFL_ELF_OFFSETS, table);
	close(fd);
	return err;
}

static void check_own(const struct pfl_symtab *table, const void *addr, const char *name)
{
	char path[4096];
	uint64_t offset = file_offset(addr, path);
	const struct pfl_entry *entry = pfl_symtab_find(table, offset);

	assert_non_null(entry);
	assert_string_equal(pfl_symtab_name(table, entry), name);
	assert_int_equal(entry->start, offset);
	assert_ptr_equal(pfl_symtab_find(table, entry->end - 1), entry);
	assert_ptr_not_equal(pfl_symtab_find(table, entry->end), entry);
}

static void test_own_functions(void **state)
{
	struct pfl_symtab table;

	(void)state;
	assert_int_equal(read_path("/proc/self/exe", &table), 0);
	check_own(&table, (const void *)elf_test_function, "elf_test_function");
	check_own(&table, (const void *)nested, "nested");
	check_own(&table, (const void *)test_own_functions, "test_own_functions");
	pfl_symtab_free(&table);
}

static bool has_symtab(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	bool found = false;
	Elf *elf;

	assert_true(fd >= 0);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	while (!found && (scn = elf_nextscn(elf, scn)))
		found = gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB;
	elf_end(elf);
	close(fd);
	return found;
}

struct code {
	const char *in;		/* an address in the library looked for */
	const char *start;
	size_t size;
};

/* The executable segment that holds ->in. */
static int find_code(struct dl_phdr_info *info, size_t size, void *data)
{
	struct code *code = data;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *phdr = &info->dlpi_phdr[i];
		const char *start = (const char *)info->dlpi_addr + phdr->p_vaddr;

		if (phdr->p_type != PT_LOAD || !(phdr->p_flags & PF_X) || code->in < start ||
		    code->in >= start + phdr->p_memsz)
			continue;
		code->start = start;
		code->size = phdr->p_filesz;
		return 1;
	}
	return 0;
}

/* What the dynamic linker says of an address, against what we say of its offset. */
static void check_dladdr(const struct pfl_symtab *table, const char *addr, bool only_dynamic)
{
	char path[4096];
	const struct pfl_entry *entry = pfl_symtab_find(table, file_offset(addr, path));
	Dl_info info;

	assert_int_not_equal(dladdr(addr, &info), 0);
	if (entry && entry->flags & PFL_ENTRY_PLT)
		return;
	if (info.dli_saddr) {
		assert_non_null(entry);
		assert_int_equal(entry->start, file_offset(info.dli_saddr, path));
	} else if (only_dynamic) {
		assert_null(entry);
	}
}

static void check_library(const void *in)
{
	struct code code = { .in = in };
	unsigned int seed = 1;
	struct pfl_symtab table;
	char path[4096];
	bool only_dynamic;

	file_offset(in, path);
	only_dynamic = !has_symtab(path);
	assert_int_equal(dl_iterate_phdr(find_code, &code), 1);
	assert_int_equal(read_path(path, &table), 0);
	for (int i = 0; i < 3000; i++)
		check_dladdr(&table, code.start + rand_r(&seed) % code.size, only_dynamic);
	pfl_symtab_free(&table);
}

static void test_libraries(void **state)
{
	/* Looked up, so that none of them is a PLT entry of this program. */
	static const char *const in[] = { "qsort", "elf_begin", "_cmocka_run_group_tests" };

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++) {
		const void *addr = dlsym(RTLD_DEFAULT, in[i]);

		/* Not there: this program is linked with the archive. */
		if (addr)
			check_library(addr);
	}
	assert_non_null(dlsym(RTLD_DEFAULT, "qsort"));
}

/* How many PLT entries objdump names in @path, all of which we must name the same. */
static unsigned int check_plt(const char *path)
{
	uint64_t addr;
	char command[4200], line[4096], name[1024];
	const struct pfl_entry *entry;
	struct pfl_symtab table;
	unsigned int count = 0;
	FILE *dump;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pfl_elf_read(fd, -1, PFL_ELF_ADDRESSES, &table), 0);
	close(fd);
	snprintf(command, sizeof(command), "objdump -d --no-show-raw-insn -j .plt -j .plt.sec "
		 "-j .plt.got '%s' 2>/dev/null", path);
	dump = popen(command, "re");
	assert_non_null(dump);
	while (fgets(line, sizeof(line), dump)) {
		if (sscanf(line, "%" SCNx64 " <%1023[^@>]@plt>:", &addr, name) != 2 ||
		    !strstr(line, "@plt>:") || !*name || name[0] == '*')
			continue;
		entry = pfl_symtab_find(&table, addr + 4);
		assert_non_null(entry);
		assert_true(entry->flags & PFL_ENTRY_PLT);
		assert_string_equal(pfl_symtab_name(&table, entry), name);
		assert_int_equal(entry->start, addr);
		count++;
	}
	pclose(dump);
	pfl_symtab_free(&table);
	return count;
}

static void test_plt(void **state)
{
	char libc[4096], own[4096];

	(void)state;
	if (system("objdump --version >/dev/null 2>&1"))
		skip();
	file_offset(dlsym(RTLD_DEFAULT, "qsort"), libc);
	file_offset((const void *)test_plt, own);
	assert_true(check_plt(own) + check_plt("/bin/sh") + check_plt(libc) > 20);
}

/* Asks a table everything; ASan and UBSan look on. */
static void exercise(int fd)
{
	struct pfl_symtab table;
	const struct pfl_entry *entry;
	size_t length = 0;

	if (pfl_elf_read(fd, -1, PFL_ELF_OFFSETS, &table)) {
		assert_null(table.entries);
		assert_null(table.names);
		return;
	}
	for (uint32_t i = 0; i < table.count; i++) {
		entry = pfl_symtab_find(&table, table.entries[i].start);
		assert_non_null(entry);
		assert_true(table.entries[i].start < table.entries[i].end);
		length += strlen(pfl_symtab_name(&table, entry));
	}
	assert_true(length > 0);
	pfl_symtab_find(&table, 0);
	pfl_symtab_find(&table, UINT64_MAX);
	pfl_symtab_free(&table);
}

/* A copy in memory of the start of @path, and how large it is. */
static int copy_file(const char *path, size_t *size)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int to = memfd_create("elf", MFD_CLOEXEC);
	char bytes[65536];
	ssize_t got;

	assert_true(from >= 0 && to >= 0);
	for (*size = 0; (got = read(from, bytes, sizeof(bytes))) > 0; *size += got)
		assert_int_equal(write(to, bytes, got), got);
	close(from);
	return to;
}

static void flip(int fd, uint64_t offset, unsigned int bits)
{
	unsigned char byte, other;

	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	other = byte ^ bits;
	assert_int_equal(pwrite(fd, &other, 1, offset), 1);
	exercise(fd);
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
}

static void overwrite(int fd, uint64_t offset, uint64_t value)
{
	uint64_t was;

	if (pread(fd, &was, sizeof(was), offset) != sizeof(was))
		return;
	assert_int_equal(pwrite(fd, &value, sizeof(value), offset), sizeof(value));
	exercise(fd);
	assert_int_equal(pwrite(fd, &was, sizeof(was), offset), sizeof(was));
}

/* Damages the headers everywhere and the rest in places. */
static void damage(const char *path, unsigned int rounds)
{
	static const uint64_t values[] = {
		0, 1, 0xffff, 1 << 30, UINT32_MAX, INT64_MAX, UINT64_MAX,
	};
	unsigned int seed = 3;
	size_t size;
	int fd = copy_file(path, &size);
	GElf_Ehdr ehdr;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_non_null(gelf_getehdr(elf, &ehdr));
	elf_end(elf);
	for (uint64_t at = 0; at < ehdr.e_ehsize; at++)
		flip(fd, at, 1u << rand_r(&seed) % 8);
	for (unsigned int i = 0; i < rounds; i++) {
		uint64_t value = values[rand_r(&seed) % (sizeof(values) / sizeof(*values))];
		uint64_t in = (rand_r(&seed) % 64) * 8;

		overwrite(fd, ehdr.e_phoff + in % (ehdr.e_phnum * 56u), value);
		overwrite(fd, ehdr.e_shoff + rand_r(&seed) % ehdr.e_shnum * 64u + in % 64, value);
		flip(fd, ((uint64_t)rand_r(&seed) << 16 ^ rand_r(&seed)) % size, 0xff);
	}
	for (unsigned int i = 0; i < rounds; i++) {
		assert_int_equal(ftruncate(fd, size - size * i / rounds), 0);
		exercise(fd);
	}
	for (off_t left = 100; left >= 0; left--) {
		assert_int_equal(ftruncate(fd, left), 0);
		exercise(fd);
	}
	close(fd);
}

static void test_damaged_library(void **state)
{
	const void *in = dlsym(RTLD_DEFAULT, "_cmocka_run_group_tests");
	char path[4096];

	(void)state;
	if (!in)
		skip();
	file_offset(in, path);
	damage(path, 1000);
}

static void test_damaged_program(void **state)
{
	(void)state;
	damage("/proc/self/exe", 30);
}

static void test_sparse(void **state)
{
	Elf64_Ehdr ehdr = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_ehsize = sizeof(ehdr), .e_shentsize = sizeof(Elf64_Shdr), .e_shoff = 4096,
		.e_phentsize = sizeof(Elf64_Phdr),
	};
	Elf64_Shdr first = { .sh_size = 1ULL << 34 };
	int fd = memfd_create("sparse", MFD_CLOEXEC);
	struct pfl_symtab table;

	(void)state;
	/* A terabyte that holds billions of sections, by its own account. */
	assert_int_equal(ftruncate(fd, 1LL << 40), 0);
	assert_int_equal(pwrite(fd, &ehdr, sizeof(ehdr), 0), sizeof(ehdr));
	assert_int_equal(pwrite(fd, &first, sizeof(first), 4096), sizeof(first));
	assert_int_equal(pfl_elf_read(fd, -1, PFL_ELF_OFFSETS, &table), -ENOEXEC);
	/* Or a string section of that size. */
	ehdr.e_shnum = 2;
	ehdr.e_shstrndx = 1;
	first = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_size = 1ULL << 39 };
	assert_int_equal(pwrite(fd, &ehdr, sizeof(ehdr), 0), sizeof(ehdr));
	assert_int_equal(pwrite(fd, &first, sizeof(first), 4096 + 64), sizeof(first));
	assert_int_equal(pfl_elf_read(fd, -1, PFL_ELF_OFFSETS, &table), -ENOEXEC);
	close(fd);
}

/* A made file: .text, .symtab of @count symbols of the name at 1, and .strtab. */
struct made {
	Elf64_Ehdr ehdr;
	Elf64_Phdr code;
	Elf64_Shdr sections[5];
	char section_names[32];
};

enum { STRINGS_AT = 4096, TEXT_SIZE = 1 << 24 };

static struct made make(size_t count, size_t strings)
{
	size_t symbols_at = STRINGS_AT + strings;

	return (struct made){
		.ehdr = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_DYN, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			.e_ehsize = sizeof(Elf64_Ehdr), .e_shentsize = sizeof(Elf64_Shdr),
			.e_shnum = 5, .e_shoff = offsetof(struct made, sections), .e_shstrndx = 4,
			.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
			.e_phoff = offsetof(struct made, code),
		},
		.code = {
			.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = TEXT_SIZE,
			.p_memsz = TEXT_SIZE,
		},
		.sections = {
			[1] = { .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_size = TEXT_SIZE,
				.sh_flags = SHF_ALLOC | SHF_EXECINSTR },
			[2] = { .sh_name = 1, .sh_type = SHT_SYMTAB, .sh_link = 3,
				.sh_offset = symbols_at, .sh_entsize = sizeof(Elf64_Sym),
				.sh_size = count * sizeof(Elf64_Sym) },
			[3] = { .sh_name = 1, .sh_type = SHT_STRTAB, .sh_offset = STRINGS_AT,
				.sh_size = strings },
			[4] = { .sh_name = 1, .sh_type = SHT_STRTAB, .sh_size = 4,
				.sh_offset = offsetof(struct made, section_names) },
		},
		.section_names = "\0me",
	};
}

static int read_made(const struct made *made, size_t count, struct pfl_symtab *table)
{
	Elf64_Sym *symbols = calloc(count, sizeof(*symbols));
	size_t size = made->sections[3].sh_size;
	char *strings = malloc(size);
	int fd = memfd_create("made", MFD_CLOEXEC), err;

	assert_non_null(symbols);
	assert_non_null(strings);
	memset(strings, 'n', size);
	strings[0] = strings[size - 1] = '\0';
	for (size_t i = 0; i < count; i++)
		symbols[i] = (Elf64_Sym){
			.st_name = 1, .st_info = GELF_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = 1,
			.st_value = i * 16, .st_size = 16,
		};
	assert_int_equal(pwrite(fd, strings, size, STRINGS_AT), size);
	assert_int_equal(pwrite(fd, symbols, count * sizeof(*symbols), STRINGS_AT + size),
			 count * sizeof(*symbols));
	assert_int_equal(pwrite(fd, made, sizeof(*made), 0), sizeof(*made));
	free(symbols);
	free(strings);
	err = pfl_elf_read(fd, -1, PFL_ELF_OFFSETS, table);
	close(fd);
	return err;
}

/* What whoever makes a file may have many symbols, or sections, share. */
static void test_long_names(void **state)
{
	struct made made = make(2, 1 << 20);
	struct pfl_symtab table;

	(void)state;
	assert_int_equal(read_made(&made, 2, &table), 0);
	assert_int_equal(table.count, 2);
	assert_int_equal(strlen(pfl_symtab_name(&table, pfl_symtab_find(&table, 0))), 65535);
	pfl_symtab_free(&table);
	/* 2,000 times 64 KiB of one mebibyte; some more of that do share it */
	made = make(2000, 1 << 20);
	assert_int_equal(read_made(&made, 2000, &table), -EFBIG);
	made = make(1000, 1 << 20);
	assert_int_equal(read_made(&made, 1000, &table), 0);
	pfl_symtab_free(&table);
	/* More than all names may take; the file is a hole */
	made = make(2, 4096);
	made.sections[3].sh_size = 4096;
	made.sections[2].sh_size = 1 << 29;
	assert_int_equal(read_made(&made, 2, &table), -EFBIG);
	/* A name of a section that reaches beyond them all, and more sections than there are. */
	made = make(2, 4096);
	made.sections[4].sh_size = 3;
	assert_int_equal(read_made(&made, 2, &table), -ENOEXEC);
	made = make(2, 4096);
	made.ehdr.e_shnum = 5000;
	assert_int_equal(read_made(&made, 20000, &table), -ENOEXEC);
}

static void test_no_elf(void **state)
{
	static const char *const contents[] = {
		"",
		"#!/bin/sh\necho this is no ELF file, but long enough for the header of one\n",
		/* for libelf a relative of ELF */
		"!<arch>\nname/           0           0     0     644     6         `\nhello\n",
	};
	struct pfl_symtab table;

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(*contents); i++) {
		size_t size = strlen(contents[i]);
		int fd = memfd_create("text", MFD_CLOEXEC);

		assert_int_equal(write(fd, contents[i], size), size);
		assert_int_equal(pfl_elf_read(fd, -1, PFL_ELF_OFFSETS, &table), -ENOEXEC);
		close(fd);
	}
}

static void test_address(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct pfl_symtab table;
	uint64_t addr;

	(void)state;
	assert_int_equal(pfl_elf_address(fd, "elf_test_function", &addr), 0);
	assert_int_equal(pfl_elf_read(fd, -1, PFL_ELF_ADDRESSES, &table), 0);
	assert_int_equal(pfl_symtab_find(&table, addr)->start, addr);
	assert_string_equal(pfl_symtab_name(&table, pfl_symtab_find(&table, addr)),
			    "elf_test_function");
	assert_int_equal(pfl_elf_address(fd, "no_such_function", &addr), -ENOENT);
	pfl_symtab_free(&table);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_functions), cmocka_unit_test(test_libraries),
		cmocka_unit_test(test_plt), cmocka_unit_test(test_damaged_library),
		cmocka_unit_test(test_damaged_program), cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_no_elf), cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
