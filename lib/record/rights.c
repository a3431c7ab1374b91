/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/rights.h"

#define PARANOID "/proc/sys/kernel/perf_event_paranoid"

void pfl_rights_read(struct pfl_rights *rights, const struct pfl_sys *sys)
{
	*rights = (struct pfl_rights){
		.paranoid = pfl_sys_read_number(sys, PARANOID, 2),
		.kptr_restrict = pfl_sys_read_number(sys, "/proc/sys/kernel/kptr_restrict", -1),
		.mlock_kb = pfl_sys_read_number(sys, "/proc/sys/kernel/perf_event_mlock_kb", 516),
		.perfmon = sys->capable(CAP_PERFMON) || sys->capable(CAP_SYS_ADMIN),
		.syslog = sys->capable(CAP_SYSLOG),
		.ipc_lock = sys->capable(CAP_IPC_LOCK),
	};
}

/* The running binary, for a setcap(8) command that can be pasted. */
static const char *own_binary(char *buf, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", buf, size - 1);

	if (len <= 0)
		return "BINARY";
	buf[len] = '\0';
	return buf;
}

/* The user that process @pid belongs to, or -1. */
static long owner_of(const struct pfl_sys *sys, int32_t pid)
{
	struct pfl_strbuf path = { 0 }, text = { 0 };
	const char *line;
	long uid = -1;

	pfl_strbuf_addf(&path, "/proc/%d/status", pid);
	if (!path.error && !pfl_sys_read_file(sys, AT_FDCWD, path.text, 4096, &text) && text.len) {
		line = strstr(text.text, "\nUid:");
		if (line)
			uid = strtol(line + 5, NULL, 10);
	}
	pfl_strbuf_free(&path);
	pfl_strbuf_free(&text);
	return uid;
}

static const char *refused_name(enum pfl_refused what)
{
	static const char *const names[] = {
		[PFL_REFUSED_CPUS] = "whole CPUs",
		[PFL_REFUSED_TASK] = "a process",
		[PFL_REFUSED_KERNEL] = "the kernel's side",
		[PFL_REFUSED_TRACEPOINT] = "tracepoints",
	};

	return names[what];
}

/* Rights are there as far as one can see from here: something else said no. */
static int explain_privileged(struct pfl_ctx *ctx, enum pfl_refused what, int err)
{
	return pfl_fail(ctx, err, "recording %s was refused (%s) in spite of CAP_PERFMON: inside a "
			"container the runtime must allow it (docker run --cap-add PERFMON "
			"--security-opt seccomp=unconfined; podman and Kubernetes alike), or run "
			"on the host itself; else a security module (lockdown, SELinux) forbids it",
			refused_name(what), strerror(-err));
}

static int explain_paranoid(struct pfl_ctx *ctx, const struct pfl_rights *rights,
			    enum pfl_refused what, int err)
{
	static const int allows[] = {
		[PFL_REFUSED_CPUS] = 0,
		[PFL_REFUSED_TASK] = 2,
		[PFL_REFUSED_KERNEL] = 1,
		[PFL_REFUSED_TRACEPOINT] = -1,
	};
	char binary[PATH_MAX];
	const char *less = "";

	if (what == PFL_REFUSED_KERNEL && rights->paranoid <= 2)
		less = "; as things are, only their user side can be recorded (without --kernel)";
	else if (what == PFL_REFUSED_TRACEPOINT)
		less = "; without them there are where your own processes run (perf-oncpu) and how long "
		       "they wait (perf-offcpu)";
	else if (what != PFL_REFUSED_TASK && rights->paranoid <= 2)
		less = "; as things are, your own processes and commands can be recorded "
		       "(-p PID, or -- COMMAND)";
	return pfl_fail(ctx, err, "recording %s was refused (%s): kernel.perf_event_paranoid is %d and "
			"CAP_PERFMON is missing. Run as root, or let root do: "
			"sysctl kernel.perf_event_paranoid=%d, or: setcap "
			"cap_perfmon,cap_sys_ptrace,cap_syslog+ep %s%s",
			refused_name(what), strerror(-err), rights->paranoid, allows[what],
			own_binary(binary, sizeof(binary)), less);
}

int pfl_rights_explain(struct pfl_ctx *ctx, const struct pfl_sys *sys,
		       const struct pfl_rights *rights, enum pfl_refused what, int32_t pid, int err)
{
	char binary[PATH_MAX];
	long owner;

	if (rights->perfmon)
		return explain_privileged(ctx, what, err);
	/* At this level a user's own tasks are allowed: then it is somebody else's. */
	if (what == PFL_REFUSED_TASK && rights->paranoid <= 2) {
		owner = pid > 0 ? owner_of(sys, pid) : -1;
		if (owner >= 0 && owner != (long)geteuid())
			return pfl_fail(ctx, err, "process %d belongs to user %ld: run as that user "
					"or as root, or let root do: setcap "
					"cap_perfmon,cap_sys_ptrace,cap_syslog+ep %s",
					pid, owner, own_binary(binary, sizeof(binary)));
		return pfl_fail(ctx, err, "recording process %d was refused (%s): it is not yours to "
				"look into (it changed its user, or may not be dumped), or a "
				"container's seccomp filter forbids perf_event_open; run as root",
				pid, strerror(-err));
	}
	return explain_paranoid(ctx, rights, what, err);
}

void pfl_rights_note_user_only(struct pfl_ctx *ctx, const struct pfl_rights *rights, bool waits)
{
	char binary[PATH_MAX];

	pfl_note(ctx, "only the user side is recorded%s: kernel.perf_event_paranoid is %d and "
		 "CAP_PERFMON is missing. For %s run as root, or let root do: "
		 "sysctl kernel.perf_event_paranoid=1, or: setcap cap_perfmon,cap_syslog+ep %s",
		 waits ? ", and waits without stacks (context-switches stands in for sched:sched_switch)" : "",
		 rights->paranoid,
		 waits ? "both" : "the kernel's side", own_binary(binary, sizeof(binary)));
}

void pfl_rights_note_stand_in(struct pfl_ctx *ctx, const struct pfl_rights *rights, const char *tracefs)
{
	bool refused = !rights->perfmon && rights->paranoid >= 0;

	pfl_note(ctx, "context-switches stands in for sched:sched_switch, which is out of reach: it tells "
		 "no states (--state), and no wake-ups (--runq)%s%s%s%s",
		 tracefs || refused ? "; run as root, or let root do: " : "", tracefs ? tracefs : "",
		 tracefs && refused ? "; " : "", refused ? "sysctl kernel.perf_event_paranoid=-1" : "");
}

void pfl_rights_warn_memory(struct pfl_ctx *ctx, bool ptrace)
{
	static const char what[] = "threads that slept when recording began have no user stack: their "
				   "memory may not be read";
	char binary[PATH_MAX];

	if (ptrace)
		pfl_warn(ctx, "%s, not even with CAP_SYS_PTRACE: a security module or a container "
			 "forbids it", what);
	else
		pfl_warn(ctx, "%s; run as root, or let root do: setcap "
			 "cap_perfmon,cap_sys_ptrace,cap_syslog+ep %s", what,
			 own_binary(binary, sizeof(binary)));
}

void pfl_rights_warn_kptr(struct pfl_ctx *ctx, const struct pfl_rights *rights)
{
	if (rights->kptr_restrict < 0)
		pfl_warn(ctx, "kernel frames will have no names: /proc/sys/kernel/kptr_restrict cannot "
			 "be read; mount /proc");
	else if (rights->kptr_restrict >= 2 || rights->syslog)
		pfl_warn(ctx, "kernel frames will have no names: kernel.kptr_restrict is %d; as root: "
			 "sysctl kernel.kptr_restrict=0", rights->kptr_restrict);
	else
		pfl_warn(ctx, "kernel frames will have no names: /proc/kallsyms hides addresses from "
			 "those without CAP_SYSLOG; run as root, or let root do: "
			 "sysctl kernel.kptr_restrict=0 kernel.perf_event_paranoid=1");
}

void pfl_rights_warn_hidden(struct pfl_ctx *ctx, unsigned int count)
{
	char binary[PATH_MAX];

	pfl_warn(ctx, "the mappings of %u processes of others may not be read: their code will have "
		 "no names; run as root, or let root do: setcap "
		 "cap_perfmon,cap_sys_ptrace,cap_syslog+ep %s",
		 count, own_binary(binary, sizeof(binary)));
}

/* The first PID namespace has this inode everywhere: PROC_PID_INIT_INO of the kernel's proc_ns.h. */
#define FIRST_PID_NAMESPACE 0xeffffffcu

void pfl_rights_warn_namespace(struct pfl_ctx *ctx, const struct pfl_sys *sys)
{
	int fd = sys->openat(AT_FDCWD, "/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_ino != FIRST_PID_NAMESPACE)
		pfl_warn(ctx, "inside a PID namespace: the kernel does not tell which processes run "
			 "outside of it; record outside, or start the container with --pid=host");
	sys->close(fd);
}

bool pfl_rights_raise_files(struct pfl_ctx *ctx, const struct pfl_sys *sys, uint64_t need)
{
	struct rlimit limit;
	rlim_t soft;

	if (sys->getrlimit(RLIMIT_NOFILE, &limit))
		return true;
	if (need <= limit.rlim_cur)
		return true;
	soft = limit.rlim_cur;
	limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
	if (limit.rlim_cur > soft && !sys->setrlimit(RLIMIT_NOFILE, &limit)) {
		pfl_debug(ctx, "raised the limit of open files from %llu to %llu",
			  (unsigned long long)soft, (unsigned long long)limit.rlim_cur);
		soft = limit.rlim_cur;
	}
	return need <= soft;
}

#define KEEP(cap) cap, #cap

static const struct {
	cap_value_t cap;
	const char *name;
	bool for_command;	/* only where one was started */
	const char *reason;
} keep[] = {
	{ KEEP(CAP_SYSLOG), false, "/proc/kallsyms shows addresses: names of kernel frames" },
	{ KEEP(CAP_DAC_READ_SEARCH), false, "other users' binaries and JIT maps can be read" },
	{ KEEP(CAP_SYS_PTRACE), false, "other users' /proc/PID/maps and root can be read" },
	{ KEEP(CAP_CHECKPOINT_RESTORE), false, "/proc/PID/map_files opens what was replaced" },
	{ KEEP(CAP_KILL), true, "a command that changed its user can be stopped" },
};

/* What of @now stays: *kept. */
static int choose(struct pfl_ctx *ctx, cap_t now, cap_t kept, bool command)
{
	static const cap_flag_t sets[] = { CAP_PERMITTED, CAP_EFFECTIVE };
	cap_flag_value_t value;

	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		if (keep[i].for_command && !command)
			continue;
		if (cap_get_flag(now, keep[i].cap, CAP_PERMITTED, &value) || value != CAP_SET)
			continue;
		for (size_t s = 0; s < sizeof(sets) / sizeof(sets[0]); s++)
			if (cap_set_flag(kept, sets[s], 1, &keep[i].cap, CAP_SET))
				return -errno;
		pfl_debug(ctx, "keeping %s: %s", keep[i].name, keep[i].reason);
	}
	return 0;
}

int pfl_rights_drop(struct pfl_ctx *ctx, const struct pfl_sys *sys, bool command)
{
	cap_t now = cap_get_proc(), kept = cap_init();
	int err = -ENOMEM;

	if (now && kept)
		err = choose(ctx, now, kept, command);
	if (!err && sys->set_caps(kept))
		err = -errno;
	cap_free(now);
	cap_free(kept);
	if (err)
		return pfl_fail(ctx, err, "cannot give up capabilities: %s", strerror(-err));
	return 0;
}
