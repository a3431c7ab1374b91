/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "symbol/buildid.h"
#include "symbol/debugfile.h"
#include "symbol/elf-file.h"
#include "symbol/openfile.h"
#include "util/bytes.h"

/* A second or two of reading; only files without a build-id are read for their checksum. */
#define MAX_CHECKED (4ULL << 30)

#define MAX_LINK 4096

struct search {
	const struct pfl_debug_query *query;
	struct pfl_build_id id;		/* of the DSO */
	char hex[PFL_BUILD_ID_TEXT];
	char link[MAX_LINK];		/* name in .gnu_debuglink, or "" */
	uint32_t crc;			/* of the file that the link means */
};

bool pfl_debugfile_has(int fd, const char *name)
{
	Elf *elf = pfl_elf_begin(fd);
	Elf_Scn *scn = elf ? pfl_elf_find_section(elf, name) : NULL;
	GElf_Shdr shdr;
	bool has = scn && gelf_getshdr(scn, &shdr) && shdr.sh_type != SHT_NOBITS && shdr.sh_size;

	elf_end(elf);
	return has;
}

static bool has_checksum(int fd, uint32_t crc)
{
	unsigned char bytes[16384];
	uLong sum = crc32(0, NULL, 0);
	struct stat st;
	off_t at = 0;
	ssize_t got;

	if (fstat(fd, &st) || (uint64_t)st.st_size > MAX_CHECKED)
		return false;
	while (at < st.st_size && (got = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		sum = crc32(sum, bytes, got);
		at += got;
	}
	return at == st.st_size && sum == crc;
}

/* Whether @fd is the DSO's debug file, and of use. */
static bool is_it(const struct search *search, int fd)
{
	struct pfl_build_id id;

	if (!pfl_debugfile_has(fd, search->query->section))
		return false;
	if (!pfl_build_id_read(fd, &id) && search->id.size)
		return pfl_build_id_equal(&id, &search->id);
	return search->link[0] && has_checksum(fd, search->crc);
}

static int keep_if_it(const struct search *search, int fd)
{
	if (fd >= 0 && is_it(search, fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -ENOENT;
}

/* As the process sees the path, then as we do: a container may bring its own debug files. */
static int open_checked(const struct search *search, const char *path)
{
	const struct pfl_debug_query *query = search->query;
	int fd = -ENOENT;

	if (query->near == PFL_NEAR_LIVE && query->dso->pid > 0)
		fd = keep_if_it(search, pfl_open_in_process(query->dso->pid, path, PFL_LINKS_ALL));
	return fd >= 0 ? fd : keep_if_it(search, pfl_open_regular(path, PFL_LINKS_ALL));
}

/* One debug directory of "DIR:DIR..." after the other; NULL behind the last. */
static const char *next_dir(const char *dirs, int *len)
{
	dirs += strspn(dirs, ":");
	*len = strcspn(dirs, ":");
	return *len ? dirs : NULL;
}

static int open_by_build_id(const struct search *search)
{
	const char *dir = search->query->dirs;
	char path[PATH_MAX];
	int fd = -ENOENT, len;

	if (search->id.size < 2)
		return -ENOENT;
	for (; fd < 0 && (dir = next_dir(dir, &len)); dir += len)
		if (snprintf(path, sizeof(path), "%.*s/.build-id/%.2s/%s.debug", len, dir,
			     search->hex, search->hex + 2) < (int)sizeof(path))
			fd = open_checked(search, path);
	return fd;
}

/*
 * perf's cache. Whoever owns it decides what is in it: with sudo HOME may be
 * that of somebody who may not tell root what to read.
 */
static int open_in_cache(const char *hex, const char *name)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX];
	struct stat st;

	if (!home || home[0] != '/' ||
	    snprintf(path, sizeof(path), "%s/.debug", home) >= (int)sizeof(path) ||
	    stat(path, &st) || (st.st_uid != geteuid() && st.st_uid) ||
	    snprintf(path, sizeof(path), "%s/.debug/.build-id/%.2s/%s/%s", home, hex, hex + 2,
		     name) >= (int)sizeof(path))
		return -ENOENT;
	return pfl_open_regular(path, PFL_LINKS_ALL);
}

static int open_cached(const struct search *search)
{
	int fd;

	if (search->id.size < 2)
		return -ENOENT;
	fd = keep_if_it(search, open_in_cache(search->hex, "debug"));
	return fd >= 0 ? fd : keep_if_it(search, open_in_cache(search->hex, "elf"));
}

/* The directory of the DSO's file, with the slash at its end. */
static int directory_len(const struct pfl_dso *dso)
{
	const char *slash = strrchr(dso->path, '/');

	return dso->path[0] == '/' ? (int)(slash - dso->path) + 1 : 0;
}

/* Places as gdb looks at them: beside the file, below it, and as it lies below the debug dirs. */
static int open_by_link(const struct search *search)
{
	const struct pfl_dso *dso = search->query->dso;
	const char *dir = search->query->dirs;
	int own = directory_len(dso), fd = -ENOENT, len;
	char path[PATH_MAX];

	if (!search->link[0] || !own)
		return -ENOENT;
	if (snprintf(path, sizeof(path), "%.*s%s", own, dso->path, search->link) <
	    (int)sizeof(path))
		fd = open_checked(search, path);
	if (fd < 0 && snprintf(path, sizeof(path), "%.*s.debug/%s", own, dso->path,
			       search->link) < (int)sizeof(path))
		fd = open_checked(search, path);
	for (; fd < 0 && (dir = next_dir(dir, &len)); dir += len)
		if (snprintf(path, sizeof(path), "%.*s%.*s%s", len, dir, own, dso->path,
			     search->link) < (int)sizeof(path))
			fd = open_checked(search, path);
	return fd;
}

/* What a file carries in itself needs no proof that it belongs to it. */
static int open_carried(const struct search *search)
{
	int fd = search->query->fd >= 0 ? pfl_debugdata_open(search->query->fd) : -ENOENT;

	if (fd < 0 || pfl_debugfile_has(fd, search->query->section))
		return fd;
	close(fd);
	return -ENOENT;
}

static int (*const finders[])(const struct search *search) = {
	open_by_build_id,
	open_cached,
	open_by_link,
	open_carried,
};

/* .gnu_debuglink: a name, NUL, padding to 4 bytes, CRC-32 in the file's byte order. */
static void read_link(struct search *search)
{
	Elf *elf = pfl_elf_begin(search->query->fd);
	Elf_Scn *scn = elf ? pfl_elf_find_section(elf, ".gnu_debuglink") : NULL;
	Elf_Data *data = NULL;
	struct pfl_bytes bytes;
	GElf_Shdr shdr;
	const char *name;
	size_t size;
	bool swap;

	if (scn && gelf_getshdr(scn, &shdr) && shdr.sh_size < MAX_LINK)
		data = elf_rawdata(scn, NULL);
	if (data && data->d_buf) {
		swap = elf_getident(elf, NULL)[EI_DATA] !=
		       (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB);
		size = strnlen(data->d_buf, data->d_size);
		bytes = pfl_bytes(data->d_buf, data->d_size, swap);
		name = pfl_bytes_take(&bytes, (size + 4) & ~(size_t)3);
		search->crc = pfl_bytes_u32(&bytes);
		/* A name, not a path that leads elsewhere. */
		if (!bytes.bad && !memchr(name, '/', size))
			memcpy(search->link, name, size + 1);
	}
	elf_end(elf);
}

int pfl_debugfile_open(const struct pfl_debug_query *query)
{
	struct search search = { .query = query, .id = query->dso->build_id };
	int fd = -ENOENT;

	if (query->fd >= 0) {
		if (!search.id.size)
			pfl_build_id_read(query->fd, &search.id);
		read_link(&search);
	}
	pfl_build_id_format(&search.id, search.hex);
	for (size_t i = 0; i < sizeof(finders) / sizeof(*finders) && fd == -ENOENT; i++)
		fd = finders[i](&search);
	return fd;
}

int pfl_debugfile_open_copy(const struct pfl_dso *dso)
{
	char hex[PFL_BUILD_ID_TEXT];
	struct pfl_build_id id;
	int fd;

	if (dso->build_id.size < 2)
		return -ENOENT;
	fd = open_in_cache(pfl_build_id_format(&dso->build_id, hex), "elf");
	if (fd < 0)
		return -ENOENT;
	if (!pfl_build_id_read(fd, &id) && pfl_build_id_equal(&id, &dso->build_id))
		return fd;
	close(fd);
	return -ENOENT;
}

/* .gnu_debugaltlink: a path, NUL, the build-id. False: there is none. */
static bool read_alt_link(int fd, char *path, size_t size, struct pfl_build_id *id)
{
	Elf *elf = pfl_elf_begin(fd);
	Elf_Scn *scn = elf ? pfl_elf_find_section(elf, ".gnu_debugaltlink") : NULL;
	Elf_Data *data = NULL;
	GElf_Shdr shdr;
	size_t len = 0;

	*id = (struct pfl_build_id){ 0 };
	if (scn && gelf_getshdr(scn, &shdr) && shdr.sh_size < size)
		data = elf_rawdata(scn, NULL);
	if (data && data->d_buf) {
		len = strnlen(data->d_buf, data->d_size);
		memcpy(path, data->d_buf, len);
		path[len++] = '\0';
	}
	if (len && len < data->d_size && data->d_size - len <= PFL_BUILD_ID_MAX) {
		id->size = data->d_size - len;
		memcpy(id->bytes, (char *)data->d_buf + len, id->size);
	}
	elf_end(elf);
	return id->size;
}

/* A relative link starts from the debug file's own directory. */
static int open_alt_path(const struct search *search, int fd, const char *link)
{
	char name[32], path[PATH_MAX], *slash;
	ssize_t len;

	if (link[0] == '/')
		return open_checked(search, link);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	len = readlink(name, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash - path) + strlen(link) + 2 > sizeof(path))
		return -ENOENT;
	memcpy(slash + 1, link, strlen(link) + 1);
	return open_checked(search, path);
}

int pfl_debugfile_open_alt(int fd, const struct pfl_dso *dso, enum pfl_nearness near,
			   const char *dirs)
{
	struct pfl_debug_query query = {
		.dso = dso, .near = near, .fd = -1, .dirs = dirs, .section = ".debug_info",
	};
	struct search search = { .query = &query };
	char link[MAX_LINK];
	int alt;

	if (!read_alt_link(fd, link, sizeof(link), &search.id))
		return -ENOENT;
	pfl_build_id_format(&search.id, search.hex);
	alt = open_by_build_id(&search);
	return alt >= 0 ? alt : open_alt_path(&search, fd, link);
}
