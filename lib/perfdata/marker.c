/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "perfdata/marker.h"

bool pfl_marker_event(const struct pfl_event *event)
{
	return event->attr.type == PERF_TYPE_SOFTWARE &&
	       event->attr.config == PERF_COUNT_SW_BPF_OUTPUT &&
	       !strncmp(event->name, PFL_MARKER_EVENT, strlen(PFL_MARKER_EVENT));
}

const char *pfl_marker_type(const struct pfl_event *event)
{
	const char *type = event->name + strlen(PFL_MARKER_EVENT);

	return pfl_marker_event(event) && *type == ':' ? type + 1 : NULL;
}

/* Line number @n of the text, without its end. */
static const char *line_at(const struct pfl_sample *sample, unsigned int n, size_t *len)
{
	const char *at = (const char *)sample->raw, *end, *text_end;

	if (!at)
		return NULL;
	text_end = at + strnlen(at, sample->raw_size);
	for (; at < text_end; at = end + 1) {
		end = memchr(at, '\n', text_end - at);
		if (!end)
			return NULL;
		if (!n--) {
			*len = end - at;
			return at;
		}
	}
	return NULL;
}

enum pfl_marker_kind pfl_marker_kind(const struct pfl_sample *sample)
{
	static const char *const names[] = {
		[PFL_MARKER_START] = PFL_MARKER_MAGIC "start",
		[PFL_MARKER_SLEEPER] = PFL_MARKER_MAGIC "sleeper",
		[PFL_MARKER_END] = PFL_MARKER_MAGIC "end",
	};
	size_t len;
	const char *line = line_at(sample, 0, &len);

	for (int kind = PFL_MARKER_START; line && kind <= PFL_MARKER_END; kind++)
		if (len == strlen(names[kind]) && !memcmp(line, names[kind], len))
			return kind;
	return PFL_MARKER_NONE;
}

const char *pfl_marker_value(const struct pfl_sample *sample, const char *key, size_t *len)
{
	size_t key_len = strlen(key);
	const char *line;

	for (unsigned int n = 1; (line = line_at(sample, n, len)); n++) {
		if (*len <= key_len || memcmp(line, key, key_len) || line[key_len] != ' ')
			continue;
		*len -= key_len + 1;
		return line + key_len + 1;
	}
	return NULL;
}

uint64_t pfl_marker_number(const struct pfl_sample *sample, const char *key)
{
	size_t len;
	const char *at = pfl_marker_value(sample, key, &len);
	uint64_t number = 0;

	for (; at && len && *at >= '0' && *at <= '9'; at++, len--)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *at - '0', &number))
			return 0;
	return number;
}
