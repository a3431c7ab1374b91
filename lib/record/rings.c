/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/rings.h"

/* Descriptor number @n of CPU @cpu, counted through threads and events; -1 where there is none. */
static int fd_at(const struct pfl_counters *c, unsigned int cpu, size_t n)
{
	return pfl_counter_fd(c, &c->list[n % c->count], cpu, n / c->count);
}

static size_t fds_per_cpu(const struct pfl_counters *c)
{
	return (size_t)c->count * c->nthreads;
}

/* The first descriptor of @cpu at or behind @from; fds_per_cpu() where there is none. */
static size_t next_fd(const struct pfl_counters *c, unsigned int cpu, size_t from)
{
	while (from < fds_per_cpu(c) && fd_at(c, cpu, from) < 0)
		from++;
	return from;
}

static void unmap_all(struct pfl_rings *rings)
{
	long page = sysconf(_SC_PAGESIZE);

	for (unsigned int i = 0; i < rings->count; i++)
		if (rings->list[i].page)
			rings->counters->sys->munmap(rings->list[i].page,
						     rings->list[i].size + page);
	memset(rings->list, 0, rings->count * sizeof(*rings->list));
	rings->live = 0;
}

static int map_ring(struct pfl_rings *rings, unsigned int cpu, unsigned int pages)
{
	const struct pfl_counters *c = rings->counters;
	struct pfl_ring *ring = &rings->list[cpu];
	size_t first = next_fd(c, cpu, 0), page = sysconf(_SC_PAGESIZE);
	void *map;

	rings->watched[cpu] = first;
	if (first == fds_per_cpu(c))
		return 0;
	map = c->sys->mmap((pages + 1ULL) * page, PROT_READ | PROT_WRITE, fd_at(c, cpu, first));
	if (map == MAP_FAILED)
		return -errno;
	ring->page = map;
	/* Set since 4.1; what stands there is right wherever the two differ. */
	ring->data = (unsigned char *)map + (ring->page->data_offset ?: page);
	ring->size = (uint64_t)pages * page;
	rings->live++;
	return 0;
}

static int map_all(struct pfl_rings *rings, unsigned int pages)
{
	int err = 0;

	rings->size = (uint64_t)pages * sysconf(_SC_PAGESIZE);
	for (unsigned int cpu = 0; cpu < rings->count && !err; cpu++)
		err = map_ring(rings, cpu, pages);
	if (err)
		unmap_all(rings);
	return err;
}

/* All other events of the CPU write where its first one does. */
static int redirect(const struct pfl_rings *rings, unsigned int cpu)
{
	const struct pfl_counters *c = rings->counters;
	size_t first = next_fd(c, cpu, 0), n = first;

	while ((n = next_fd(c, cpu, n + 1)) < fds_per_cpu(c))
		if (c->sys->ioctl(fd_at(c, cpu, n), PERF_EVENT_IOC_SET_OUTPUT, fd_at(c, cpu, first)))
			return pfl_fail(c->ctx, -errno, "%s: cannot write to the ring of its CPU: %s",
					c->list[n % c->count].name, strerror(errno));
	return 0;
}

static int refused(const struct pfl_counters *c, unsigned int pages, int err)
{
	if (err == -EPERM)
		return pfl_fail(c->ctx, err, "memory for the rings, even of %u page, was refused: "
				"raise the limit of locked memory (ulimit -l), or as root: "
				"sysctl kernel.perf_event_mlock_kb=516", pages);
	return pfl_fail(c->ctx, err, "cannot map the rings: %s", strerror(-err));
}

static void note_smaller(const struct pfl_counters *c, unsigned int asked, unsigned int pages)
{
	long page = sysconf(_SC_PAGESIZE);

	pfl_note(c->ctx, "rings of %ld KiB instead of %ld: kernel.perf_event_mlock_kb is %d; where "
		 "records get lost, run with CAP_IPC_LOCK, or as root: "
		 "sysctl kernel.perf_event_mlock_kb=%ld", pages * page / 1024, asked * page / 1024,
		 c->rights->mlock_kb, (asked + 1) * page / 1024);
}

int pfl_rings_open(struct pfl_rings *rings, const struct pfl_counters *counters,
		   unsigned int pages)
{
	unsigned int asked = pages;
	int err;

	*rings = (struct pfl_rings){
		.counters = counters,
		.count = counters->ncpus,
		.list = calloc(counters->ncpus, sizeof(*rings->list)),
		.watched = calloc(counters->ncpus, sizeof(*rings->watched)),
	};
	if (!rings->list || !rings->watched)
		return -ENOMEM;
	while ((err = map_all(rings, pages)) && (err == -EPERM || err == -ENOMEM) && pages > 1)
		pages /= 2;
	if (err)
		return refused(counters, pages, err);
	if (pages < asked)
		note_smaller(counters, asked, pages);
	for (unsigned int cpu = 0; cpu < rings->count && !err; cpu++)
		err = redirect(rings, cpu);
	return err;
}

void pfl_rings_free(struct pfl_rings *rings)
{
	if (rings->list)
		unmap_all(rings);
	free(rings->list);
	free(rings->watched);
	*rings = (struct pfl_rings){ 0 };
}

void pfl_rings_begin(const struct pfl_rings *rings)
{
	for (unsigned int i = 0; i < rings->count; i++)
		if (rings->list[i].page)
			rings->list[i].until = pfl_ring_head(&rings->list[i]);
}

int pfl_rings_look(const struct pfl_rings *rings, struct pfl_table *pids)
{
	int err = 0;

	for (unsigned int i = 0; i < rings->count && !err; i++)
		if (rings->list[i].page)
			err = pfl_ring_look(&rings->list[i], pids);
	return err;
}

int pfl_rings_drain(const struct pfl_rings *rings, pid_t self, pfl_ring_sink *sink, void *data,
		    struct pfl_ring_tally *tally)
{
	int err, first = 0;

	for (unsigned int i = 0; i < rings->count; i++) {
		struct pfl_ring *ring = &rings->list[i];

		if (!ring->page)
			continue;
		err = pfl_ring_drain(ring, ring->until, self, sink, data, tally);
		if (!first)
			first = err;
	}
	return first;
}

void pfl_rings_watch(const struct pfl_rings *rings, struct pollfd *fds)
{
	const struct pfl_counters *c = rings->counters;

	for (unsigned int i = 0; i < rings->count; i++) {
		bool ended = rings->watched[i] == fds_per_cpu(c);

		fds[i] = (struct pollfd){
			.fd = ended ? -1 : fd_at(c, i, rings->watched[i]),
			.events = POLLIN,
		};
	}
}

bool pfl_rings_alive(struct pfl_rings *rings, const struct pollfd *fds)
{
	const struct pfl_counters *c = rings->counters;
	bool alive = false;

	for (unsigned int i = 0; i < rings->count; i++) {
		/* An event that has ended hangs up for ever: watch the next in its place. */
		if (fds[i].fd >= 0 && (fds[i].revents & (POLLHUP | POLLERR | POLLNVAL)))
			rings->watched[i] = next_fd(c, i, rings->watched[i] + 1);
		alive |= rings->watched[i] < fds_per_cpu(c);
	}
	return alive;
}
