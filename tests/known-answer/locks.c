/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O1 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -fno-shrink-wrap -pthread */
/*
 * Waits for one thing after another, in functions of their own, and prints how often
 * and how long, a line each:
 *
 *	waits COUNT LEAST MOST STACK;[KIND]
 *	blames COUNT LEAST MOST STACK;[KIND]
 *
 * the latter with the stack that ended the wait. The times are nanoseconds between which
 * the truth is, whatever else the box does: most is what passed around the call that
 * waited; least, from when the one who lets go saw the waiter sleep in it until just
 * before it let go.
 *
 * The path of a directory for a file is its argument. Where there is no userfaultfd(2),
 * there are no lines for locks of the kernel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "work.h"

#define TURNS 5
#define HELD_NS 20000000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t semaphore;
static uint32_t word;
static pid_t main_tid;
static int file, uffd = -1;
static size_t page;
static char *absent;

static char text[16384];
static size_t len;

/* A wait, as both sides of it saw it. */
struct sight {
	uint64_t called, returned;	/* by who waited */
	uint64_t asleep, let_go;	/* by who let go */
};

static uint64_t now(void)
{
	return cpu_ns(CLOCK_MONOTONIC);
}

static void check(int error)
{
	if (error)
		_exit(1);
}

static void nap(uint64_t ns)
{
	struct timespec time = { .tv_nsec = ns };

	check(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL));
}

/* A pipe, so that telling one another when takes no futex. */
struct line {
	int ends[2];
};

static struct line go, gone, again, released;

static void say(const struct line *line)
{
	check(write(line->ends[1], "", 1) != 1);
}

static void hear(const struct line *line)
{
	char c;

	check(read(line->ends[0], &c, 1) != 1);
}

/* Until thread @tid sleeps in system call @number. */
static uint64_t await_sleep(pid_t tid, long number)
{
	char path[64], found[64], expected[32];
	size_t size = snprintf(expected, sizeof(expected), "%ld ", number);

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	for (;;) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t got = fd < 0 ? -1 : read(fd, found, sizeof(found));

		close(fd);
		if (got >= (ssize_t)size && !memcmp(found, expected, size))
			return now();
		nap(200000);
	}
}

static void add_line(const char *what, int count, uint64_t least, uint64_t most, const char *stack,
		     const char *kind)
{
	len += snprintf(text + len, sizeof(text) - len, "%s %d %llu %llu %s;[%s]\n", what, count,
			(unsigned long long)least, (unsigned long long)most, stack, kind);
}

static void told(const struct sight *sights, const char *waiter, const char *blamed, const char *kind)
{
	uint64_t least = 0, most = 0;

	for (int i = 0; i < TURNS; i++) {
		least += sights[i].let_go - sights[i].asleep;
		most += sights[i].returned - sights[i].called;
	}
	add_line("waits", TURNS, least, most, waiter, kind);
	add_line("blames", TURNS, least, most, blamed, kind);
}

/* What is waited for, by the thread and by main(). */
struct play {
	const char *kind, *waiter, *blamed;
	long call;		/* that the waiter sleeps in */
	void (*prepare)(void);	/* by main(), before the thread waits; or NULL */
	void (*wait)(void);	/* by the thread */
	void (*let_go)(void);	/* by main() */
};

static FUNCTION void holds_mutex(void)
{
	pthread_mutex_lock(&mutex);
	ENDS;
}

static FUNCTION void wants_mutex(void)
{
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	ENDS;
}

static FUNCTION void frees_mutex(void)
{
	pthread_mutex_unlock(&mutex);
	ENDS;
}

static FUNCTION void holds_rwlock(void)
{
	pthread_rwlock_wrlock(&rwlock);
	ENDS;
}

static FUNCTION void wants_to_read(void)
{
	pthread_rwlock_rdlock(&rwlock);
	pthread_rwlock_unlock(&rwlock);
	ENDS;
}

static FUNCTION void wants_to_write(void)
{
	pthread_rwlock_wrlock(&rwlock);
	pthread_rwlock_unlock(&rwlock);
	ENDS;
}

static FUNCTION void frees_rwlock(void)
{
	pthread_rwlock_unlock(&rwlock);
	ENDS;
}

static FUNCTION void waits_for_condition(void)
{
	pthread_mutex_lock(&guard);
	pthread_cond_wait(&condition, &guard);
	pthread_mutex_unlock(&guard);
	ENDS;
}

static FUNCTION void signals_condition(void)
{
	pthread_cond_signal(&condition);
	ENDS;
}

static FUNCTION void waits_for_semaphore(void)
{
	check(sem_wait(&semaphore));
	ENDS;
}

static FUNCTION void posts_semaphore(void)
{
	check(sem_post(&semaphore));
	ENDS;
}

static FUNCTION void waits_at_barrier(void)
{
	pthread_barrier_wait(&barrier);
	ENDS;
}

static FUNCTION void comes_to_barrier(void)
{
	pthread_barrier_wait(&barrier);
	ENDS;
}

static FUNCTION void waits_for_word(void)
{
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	ENDS;
}

static FUNCTION void wakes_by_word(void)
{
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	ENDS;
}

static const struct play plays[] = {
	{ "mutex", "on_thread;wait_once;wants_mutex", "main;frees_mutex", SYS_futex, holds_mutex, wants_mutex,
	  frees_mutex },
	{ "rwlock", "on_thread;wait_once;wants_to_read", "main;frees_rwlock", SYS_futex, holds_rwlock,
	  wants_to_read, frees_rwlock },
	{ "rwlock", "on_thread;wait_once;wants_to_write", "main;frees_rwlock", SYS_futex, holds_rwlock,
	  wants_to_write, frees_rwlock },
	{ "condvar", "on_thread;wait_once;waits_for_condition", "main;signals_condition", SYS_futex, NULL,
	  waits_for_condition, signals_condition },
	{ "semaphore", "on_thread;wait_once;waits_for_semaphore", "main;posts_semaphore", SYS_futex, NULL,
	  waits_for_semaphore, posts_semaphore },
	{ "barrier", "on_thread;wait_once;waits_at_barrier", "main;comes_to_barrier", SYS_futex, NULL,
	  waits_at_barrier, comes_to_barrier },
	{ "futex", "on_thread;wait_once;waits_for_word", "main;wakes_by_word", SYS_futex, NULL,
	  waits_for_word, wakes_by_word },
};

#define NPLAYS (sizeof(plays) / sizeof(plays[0]))

static struct sight sights[TURNS];
static pid_t waiter_tid;

static void wait_once(void (*wait)(void), struct sight *sight)
{
	hear(&go);
	sight->called = now();
	wait();
	sight->returned = now();
	say(&gone);
}

/* As a thread's function it has no frame of its own that calls on_thread(). */
static FUNCTION void *on_thread(void *data)
{
	waiter_tid = syscall(SYS_gettid);
	say(&gone);
	for (size_t i = 0; i < NPLAYS; i++)
		for (int turn = 0; turn < TURNS; turn++)
			wait_once(plays[i].wait, &sights[turn]);
	ENDS;
	return data;
}

static pthread_t start(void *(*function)(void *))
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, function, NULL));
	hear(&gone);
	return thread;
}

/* The other side's, inlined so that what lets go is called by main() itself. */
WORK_ALWAYS_INLINE void play(const struct play *it)
{
	for (int turn = 0; turn < TURNS; turn++) {
		struct sight *sight = &sights[turn];

		if (it->prepare)
			it->prepare();
		say(&go);
		sight->asleep = await_sleep(waiter_tid, it->call);
		nap(HELD_NS);
		sight->let_go = now();
		it->let_go();
		hear(&gone);
	}
	told(sights, it->waiter, it->blamed, it->kind);
}

/* Ends by itself, once main() waits for that. */
static void *ends(void *data)
{
	struct sight *sight = data;

	sight->asleep = await_sleep(main_tid, SYS_futex);
	nap(HELD_NS);
	sight->let_go = now();
	return NULL;
}

static FUNCTION void joins_thread(pthread_t thread)
{
	check(pthread_join(thread, NULL));
	ENDS;
}

WORK_ALWAYS_INLINE void join(void)
{
	uint64_t least = 0, most = 0;

	for (int turn = 0; turn < TURNS; turn++) {
		struct sight sight;
		pthread_t thread;

		check(pthread_create(&thread, NULL, ends, &sight));
		sight.called = now();
		joins_thread(thread);
		most += now() - sight.called;
		least += sight.let_go - sight.asleep;
	}
	add_line("waits", TURNS, least, most, "main;joins_thread", "join");
}

/* Nobody lets go: the time that was given is the least. */
static FUNCTION void gives_up(void)
{
	struct timespec until;

	check(clock_gettime(CLOCK_REALTIME, &until));
	until.tv_nsec += HELD_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	check(pthread_mutex_timedlock(&mutex, &until) != ETIMEDOUT);
	ENDS;
}

static FUNCTION void times_out(void)
{
	const struct timespec time = { .tv_nsec = HELD_NS };

	check(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0) != -1);
	check(errno != ETIMEDOUT);
	ENDS;
}

WORK_ALWAYS_INLINE void time_out(void (*wait)(void), const char *stack, const char *kind)
{
	uint64_t most = 0;

	for (int turn = 0; turn < TURNS; turn++) {
		uint64_t called = now();

		wait();
		most += now() - called;
	}
	add_line("waits", TURNS, (uint64_t)TURNS * HELD_NS * 9 / 10, most, stack, kind);
}

/*
 * Locks of the kernel: whoever copies from or to a page that is absent holds what it
 * has taken until the page is there. That is provided by main(), once it sees the
 * other one sleep.
 */
static FUNCTION void writes_absent(void)
{
	check(pwrite(file, absent, 1, 0) != 1);
	ENDS;
}

static FUNCTION void wants_to_pwrite(void)
{
	check(pwrite(file, "", 1, 0) != 1);
	ENDS;
}

static FUNCTION void reads_to_absent(void)
{
	check(read(file, absent, 1) != 1);
	ENDS;
}

static FUNCTION void wants_to_pread(void)
{
	char c;

	check(read(file, &c, 1) != 1);
	ENDS;
}

static const struct kernel_play {
	const char *kind, *waiter, *blamed;
	long call;
	void (*hold)(void), (*wait)(void);
} kernel_plays[] = {
	{ "rwsem:W", "on_waiter;wait_once;wants_to_pwrite", "on_holder;writes_absent",
	  SYS_pwrite64, writes_absent, wants_to_pwrite },
	{ "mutex", "on_waiter;wait_once;wants_to_pread", "on_holder;reads_to_absent",
	  SYS_read, reads_to_absent, wants_to_pread },
};

#define NKERNEL (sizeof(kernel_plays) / sizeof(kernel_plays[0]))

static FUNCTION void *on_holder(void *data)
{
	for (size_t i = 0; i < NKERNEL; i++) {
		for (int turn = 0; turn < TURNS; turn++) {
			kernel_plays[i].hold();
			say(&released);
			hear(&again);
		}
	}
	return data;
}

static FUNCTION void *on_waiter(void *data)
{
	waiter_tid = syscall(SYS_gettid);
	say(&gone);
	for (size_t i = 0; i < NKERNEL; i++)
		for (int turn = 0; turn < TURNS; turn++)
			wait_once(kernel_plays[i].wait, &sights[turn]);
	ENDS;
	return data;
}

static bool open_absent(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		return false;
	absent = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)absent;
	range.range.len = page;
	return absent != MAP_FAILED && !ioctl(uffd, UFFDIO_API, &api) &&
	       !ioctl(uffd, UFFDIO_REGISTER, &range);
}

static void await_fault(void)
{
	struct uffd_msg message;

	check(read(uffd, &message, sizeof(message)) != sizeof(message));
	check(message.event != UFFD_EVENT_PAGEFAULT);
}

static void provide(void)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)absent, page } };

	check(ioctl(uffd, UFFDIO_ZEROPAGE, &zero));
}

static void play_kernel(const struct kernel_play *it)
{
	for (int turn = 0; turn < TURNS; turn++) {
		struct sight *sight = &sights[turn];

		await_fault();
		say(&go);
		sight->asleep = await_sleep(waiter_tid, it->call);
		nap(HELD_NS);
		sight->let_go = now();
		provide();
		hear(&gone);
		hear(&released);
		check(madvise(absent, page, MADV_DONTNEED));
		say(&again);
	}
	told(sights, it->waiter, it->blamed, it->kind);
}

WORK_ALWAYS_INLINE void play_in_kernel(void)
{
	pthread_t waiter, holder;

	if (!open_absent())
		return;
	waiter = start(on_waiter);
	check(pthread_create(&holder, NULL, on_holder, NULL));
	for (size_t i = 0; i < NKERNEL; i++)
		play_kernel(&kernel_plays[i]);
	check(pthread_join(waiter, NULL) || pthread_join(holder, NULL));
}

int main(int argc, char **argv)
{
	static char path[4096];	/* a small stack is all that is dumped */
	pthread_t thread;

	page = sysconf(_SC_PAGESIZE);
	main_tid = getpid();
	snprintf(path, sizeof(path), "%s/locks.XXXXXX", argc > 1 ? argv[1] : "/tmp");
	file = mkstemp(path);
	check(file < 0 || unlink(path) || ftruncate(file, page));
	check(pipe(go.ends) || pipe(gone.ends) || pipe(again.ends) ||
	      pipe(released.ends) || sem_init(&semaphore, 0, 0) ||
	      pthread_barrier_init(&barrier, NULL, 2));
	wait_for_start();
	thread = start(on_thread);
	for (size_t i = 0; i < NPLAYS; i++)
		play(&plays[i]);
	check(pthread_join(thread, NULL));
	join();
	holds_mutex();
	time_out(gives_up, "main;gives_up", "mutex timed out");
	time_out(times_out, "main;times_out", "futex timed out");
	play_in_kernel();
	text[len] = '\0';
	tell(text);
	return 0;
}
