/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folded stacks; what was read is written, and read again: that changes nothing. */
#include <stdlib.h>
#include <string.h>

#include <perflame/folded.h>

#include "fuzz.h"
#include "profile/value.h"

struct text {
	char *bytes;
	size_t size;
};

static struct pfl_profile *read_text(const uint8_t *data, size_t size)
{
	struct pfl_folded_read read = { 0 };
	struct pfl_profile *profile = NULL;
	struct pfl_input *input;

	must(!pfl_input_from_fd(file_of(data, size), "input", &input));
	if (pfl_folded_read(checked_context(), input, &read, &profile))
		profile = NULL;
	pfl_input_close(input);
	return profile;
}

static struct text write_text(const struct pfl_profile *profile)
{
	static const struct pfl_folded_write opts = { .annotate = 1 };
	struct text text = { 0 };
	FILE *out = open_memstream(&text.bytes, &text.size);

	must(out && !pfl_folded_write(profile, &opts, out) && !fclose(out));
	return text;
}

/* Trailing zeros are not written, so that the unit of a number may be another one again. */
static long double total(const struct pfl_profile *profile)
{
	unsigned int decimals = pfl_profile_info(profile)->decimals;

	return pfl_profile_node(profile, 0)->total[0] / (long double)pfl_power_of_ten(decimals);
}

/* Writes @profile, frees it, and reads what was written: NULL where all of it rounds to nothing. */
static struct pfl_profile *write_and_read(struct pfl_profile *profile, struct text *text)
{
	long double sum = total(profile);
	struct pfl_profile *again;

	*text = write_text(profile);
	again = read_text((const uint8_t *)text->bytes, text->size);
	must(!again == !text->size);
	must(!again || total(again) == sum);
	pfl_profile_free(profile);
	return again;
}

/* Names that would be read as something else are changed, and then sorted elsewhere, once. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pfl_profile *profile = read_text(data, size);
	struct text texts[3] = { 0 };

	for (int i = 0; i < 3 && profile; i++)
		profile = write_and_read(profile, &texts[i]);
	pfl_profile_free(profile);
	if (texts[2].size)
		must(texts[1].size == texts[2].size &&
		     !memcmp(texts[1].bytes, texts[2].bytes, texts[1].size));
	for (int i = 0; i < 3; i++)
		free(texts[i].bytes);
	return 0;
}
