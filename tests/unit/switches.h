/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings of context switches, each with a kibibyte of the stack that it happened in. */
#ifndef TESTS_SWITCHES_H
#define TESTS_SWITCHES_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "record/session.h"

static const struct pfl_event_spec switches = {
	.name = "context-switches",
	.type = PERF_TYPE_SOFTWARE,
	.config = PERF_COUNT_SW_CONTEXT_SWITCHES,
	.callchain = true,
};
static const struct pfl_event_spec *const events[] = { &switches };
static const struct pfl_type_spec type = {
	.type = "switches", .events = events, .nevents = 1,
	.ring_kib = 2048,	/* room for all of it: nothing can be lost */
	.dump_bytes = PFL_DUMP_EACH,
};

static struct pfl_sys sys;
static struct pfl_ctx *ctx;

/* A test records more than once. */
static int keep_caps(cap_t caps)
{
	(void)caps;
	return 0;
}

static int make_context(void)
{
	sys = pfl_sys_linux;
	sys.set_caps = keep_caps;
	return pfl_ctx_new(&ctx);
}

/* A recording of that type as @opts say; the test is skipped where the kernel refuses it. */
static struct pfl_record *open_switches(const struct pfl_record_opts *opts)
{
	struct pfl_record *record = NULL;
	int err = pfl_session_open(ctx, &sys, &type, opts, &record);

	if (err == -EACCES || err == -EPERM)
		skip();
	assert_int_equal(err, 0);
	return record;
}

#endif
