/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pprof; what was read is written, and read again: that changes no total. */
#include <stdlib.h>

#include <perflame/exchange.h>

#include "fuzz.h"

static struct pfl_profile *read_pprof(const uint8_t *data, size_t size)
{
	struct pfl_pprof_read read = { 0 };
	struct pfl_profile *profile = NULL;
	struct pfl_input *input;

	must(!pfl_input_from_fd(file_of(data, size), "input", &input));
	if (pfl_pprof_read(checked_context(), input, &read, &profile))
		profile = NULL;
	pfl_input_close(input);
	return profile;
}

static void check_again(const struct pfl_profile *profile)
{
	const struct pfl_profile_info *info = pfl_profile_info(profile);
	const uint64_t *total = pfl_profile_node(profile, 0)->total;
	struct pfl_profile *again;
	char *bytes = NULL;
	size_t size;
	FILE *out = open_memstream(&bytes, &size);

	must(out && !pfl_pprof_write(profile, info->main_value, out) && !fclose(out));
	again = read_pprof((const uint8_t *)bytes, size);
	must(again || !(total[0] || total[1]));
	for (unsigned int v = 0; again && v < info->nvalues; v++)
		must(pfl_profile_node(again, 0)->total[v] == total[v] || total[v] > INT64_MAX);
	pfl_profile_free(again);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pfl_profile *profile = read_pprof(data, size);

	if (profile)
		check_again(profile);
	pfl_profile_free(profile);
	return 0;
}
