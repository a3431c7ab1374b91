/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page as bytes: what is in it, and that nothing else gets in. What it does: tests/browser. */
#include "folded-input.h"

#include <errno.h>

#include <perflame/render.h>

#include "profile/profile.h"

/* Twice in one page. */
static int draw(struct pfl_ctx *ctx, const struct pfl_profile *profile, const void *opts, FILE *file)
{
	const struct pfl_graph graphs[] = {
		{ .name = "<a>\xff\"&", .profile = profile }, { .profile = profile },
	};

	return pfl_html_write(ctx, graphs, 2, opts, file);
}

static char *html_of(const char *folded, const struct pfl_html_opts *opts)
{
	return drawn(folded, "oncpu", draw, opts);
}

static void a_page_holds_each_profile(void **state)
{
	const struct pfl_html_opts opts = { .inverted = 1, .diff = { .threshold = 2.5 } };
	char *html = html_of("a;x_[k] 3000\na;y 2000\nb 1000\n", &opts);

	(void)state;
	assert_int_equal(strncmp(html, "<!DOCTYPE html>\n", 16), 0);
	assert_int_equal(count(html, "<script type=\"application/json\" class=\"profile\">"), 2);
	assert_int_equal(count(html, "<script type=\"text/plain\" class=\"nodes\">"), 2);
	assert_int_equal(count(html, "{\"nodes\":5,"), 2);
	assert_int_equal(count(html, "\"names\":[\"all\",\"a\",\"x\",\"y\",\"b\"]"), 2);
	/* levels up, frame, value in thousands, of all five */
	assert_int_equal(count(html, ">???" "?@?" "?AB" "@BA" "AC@" "<"), 2);
	assert_non_null(strstr(html, "\"scale\":1000"));
	assert_non_null(strstr(html, "data-inverted=\"1\""));
	assert_non_null(strstr(html, "data-threshold=\"2.5\""));
	assert_non_null(strstr(html, "<title>2 profiles</title>"));
	free(html);
}

/* One script, one style, nothing from anywhere: by hash, so that no name becomes either. */
static void the_policy_allows_its_own_script_only(void **state)
{
	const struct pfl_html_opts opts = { 0 };
	char *html = html_of("a 1\n", &opts);

	(void)state;
	assert_non_null(strstr(html, "content=\"default-src 'none'; script-src 'sha256-"));
	assert_null(strstr(html, "unsafe-"));
	assert_int_equal(count(html, "<script>"), 1);
	assert_int_equal(count(html, "<style>"), 1);
	assert_int_equal(count(html, " src=") + count(html, "@import"), 0);
	free(html);
}

static void everything_from_outside_is_escaped(void **state)
{
	const struct pfl_html_opts opts = {
		.title = "</title><t>", .subtitle = "</template><s>\033", .notes = "<!--\xff",
	};
	char *html = html_of("</script><c>;<!--;]]>;\\\"\033[31m;\xff\xfe;\xe2\x80\xae 5\n", &opts);

	(void)state;
	assert_int_equal(count(html, "<t>") + count(html, "<s>") + count(html, "<c>") +
			 count(html, "<a>"), 0);
	assert_int_equal(count(html, "<!--"), 1);	/* the licence of the body */
	assert_int_equal(count(html, "\033") + count(html, "\xff"), 0);
	assert_int_equal(count(html, "</script>"), 2 * 3 + 1);
	assert_int_equal(count(html, "\xe2\x80\xae"), 0);
	free(html);
}

static void differences_leave_their_colours_to_the_page(void **state)
{
	const struct pfl_html_opts opts = { .diff = { .by_total = 1, .negate = 1 } };
	char *html = html_of("a;x 1 2\na;gone 3 0\n", &opts);

	(void)state;
	assert_non_null(strstr(html, "\"differential\":1"));
	assert_non_null(strstr(html, "\"byNode\":0"));
	assert_non_null(strstr(html, "data-basis=\"total\" data-negate=\"1\""));
	/* all, a, gone 3 0, x 1 2: what is gone is in it */
	assert_non_null(strstr(html, ">????" "?@??" "?AB?" "@B@A" "<"));
	free(html);
}

/* @values of the node that is called @name are those of a task. */
static void share(struct pfl_profile *profile, const char *name, const char *task,
		  uint64_t count, uint64_t time)
{
	const uint64_t values[PFL_VALUES] = { count, time };
	uint32_t node = pfl_profile_size(profile);

	while (strcmp(pfl_profile_frame_at(profile, pfl_profile_node(profile, --node)->frame)->name, name))
		assert_true(node);
	assert_int_equal(pfl_profile_share(profile, node, task, strlen(task), values), 0);
}

static uint32_t child(struct pfl_profile *profile, uint32_t parent, const char *name)
{
	return pfl_profile_child(profile, parent, pfl_profile_frame(profile, name, strlen(name), NULL,
								    PFL_FRAME_USER));
}

static void threads_have_their_shares(void **state)
{
	const struct pfl_profile_info info = {
		.nvalues = 2,
		.values = { { "count", "waits", 1 }, { "time", "ns", 1000 } },
	};
	const struct pfl_html_opts opts = { 0 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_graph graph = { 0 };
	struct pfl_profile *profile;
	uint32_t b;
	char *html;
	FILE *file = open_text(&html);

	(void)state;
	assert_int_equal(pfl_profile_new(ctx, &info, &profile), 0);
	b = child(profile, child(profile, 0, "a"), "b");
	pfl_profile_charge(profile, b, (uint64_t[]){ 5, 9 });
	pfl_profile_charge(profile, child(profile, b, "c"), (uint64_t[]){ 4, 3 });
	/* in any order, and in pieces: a-1/2 has 2 and 4 of b, and a-1/1 the rest */
	share(profile, "c", "a-1/1", 1, 1);
	share(profile, "b", "a-1/2", 1, 3);
	share(profile, "b", "a-1/1", 3, 5);
	share(profile, "b", "a-1/2", 1, 1);
	assert_int_equal(pfl_profile_finish(profile), 0);
	graph.profile = profile;
	assert_int_equal(pfl_html_write(ctx, &graph, 1, &opts, file), 0);
	fclose(file);
	assert_non_null(strstr(html, "\"tasks\":[0,\"a-1/\",4,\"2\"]"));
	/* two nodes on is b: two, of which the second is what is left. c: one, and not all of it */
	assert_non_null(strstr(html, "class=\"shares\">" "AB" "?BD" "?" "??" "?@@" "<"));
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
	free(html);
}

static void what_is_not_there_is_refused(void **state)
{
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "a 1\n", NULL);
	const struct pfl_graph good = { .profile = profile };
	const struct pfl_graph bad = { .profile = profile, .value = 7 };
	const struct pfl_html_opts opts = { .palette = "bogus" };
	const struct pfl_html_opts none = { 0 };
	char *text;
	FILE *file = open_text(&text);

	(void)state;
	assert_int_equal(pfl_html_write(ctx, &good, 1, &opts, file), -EINVAL);
	assert_int_equal(pfl_html_write(ctx, &bad, 1, &none, file), -EINVAL);
	assert_int_equal(pfl_html_write(ctx, &good, 0, &none, file), -EINVAL);
	fclose(file);
	free(text);
	file = fopen("/dev/full", "w");
	assert_non_null(file);
	assert_int_equal(pfl_html_write(ctx, &good, 1, &none, file), -ENOSPC);
	fclose(file);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_holds_each_profile),
		cmocka_unit_test(the_policy_allows_its_own_script_only),
		cmocka_unit_test(everything_from_outside_is_escaped),
		cmocka_unit_test(differences_leave_their_colours_to_the_page),
		cmocka_unit_test(threads_have_their_shares),
		cmocka_unit_test(what_is_not_there_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
