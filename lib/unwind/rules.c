/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unwind/builder.h"
#include "util/array.h"
#include "util/bytes.h"

/*
 * Where a made-up file stops to cost memory. libLLVM 14, of 126 MB, has a million
 * rows and 14 thousand words of rules.
 */
#define MAX_ROWS (1u << 23)
#define MAX_POOL (1u << 22)	/* words */
#define MAX_EXPRESSIONS (1u << 22)
#define MAX_EXPRESSION 1024
/* Bytes of code at the entry point: it sets up a few registers and calls. */
#define MAX_ENTRY 128
#define RULE_WORDS (sizeof(struct pfl_rule) / 4)
#define SAVE_WORDS (sizeof(struct pfl_save) / 4)

void pfl_rules_free(struct pfl_rules *rules)
{
	if (!rules)
		return;
	free(rules->starts);
	free(rules->rule_of);
	free(rules->pool);
	free(rules->expressions);
	free(rules);
}

size_t pfl_rules_size(const struct pfl_rules *rules)
{
	return sizeof(*rules) + 8 * (size_t)rules->count + 4 * (size_t)rules->pool_used +
	       rules->expressions_size;
}

/* The row that covers @offset, or -1. */
static int64_t find_row(const struct pfl_rules *rules, uint64_t offset)
{
	uint64_t at = offset - rules->base;
	const uint32_t *starts = rules->starts;
	uint32_t count = rules->count, half;

	if (!count || offset < rules->base || at < starts[0] || at > UINT32_MAX)
		return -1;
	/* Always a row that begins no later; a move, not a branch, for each step. */
	while (count > 1) {
		half = count / 2;
		starts = starts[half] <= at ? starts + half : starts;
		count -= half;
	}
	return starts - rules->starts;
}

const struct pfl_rule *pfl_rules_find(const struct pfl_rules *rules, uint64_t offset)
{
	int64_t row = find_row(rules, offset);
	uint32_t place = row < 0 ? 0 : rules->rule_of[row];

	return place ? (const struct pfl_rule *)&rules->pool[place] : NULL;
}

bool pfl_rules_is_entry(const struct pfl_rules *rules, uint64_t offset)
{
	return rules->entry && offset - rules->entry < MAX_ENTRY &&
	       find_row(rules, offset) == find_row(rules, rules->entry);
}

const struct pfl_save *pfl_rule_save(const struct pfl_rule *rule, uint8_t reg)
{
	for (unsigned int i = 0; i < rule->nsaves; i++)
		if (rule->saves[i].reg == reg)
			return &rule->saves[i];
	return NULL;
}

const unsigned char *pfl_rules_expression(const struct pfl_rules *rules, int32_t value,
					  size_t *size)
{
	const unsigned char *at = rules->expressions + value;

	*size = at[0] | at[1] << 8;
	return at + 2;
}

int pfl_builder_init(struct pfl_builder *builder, const struct pfl_arch *arch, uint64_t base)
{
	static uint32_t serials;
	struct pfl_rules *rules = calloc(1, sizeof(*rules));

	*builder = (struct pfl_builder){ .rules = rules, .mask = 1023, .covered = base };
	if (!rules)
		return -ENOMEM;
	rules->arch = arch;
	rules->base = base;
	rules->serial = __atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
	rules->pool_used = 1;
	builder->slots = calloc(builder->mask + 1, sizeof(*builder->slots));
	return builder->slots ? 0 : -ENOMEM;
}

/* Rows grow together: both arrays are read by the same number. */
static int reserve_row(struct pfl_builder *builder)
{
	struct pfl_rules *rules = builder->rules;
	uint32_t room = builder->room, *starts, *rule_of;

	if (rules->count == MAX_ROWS)
		return -E2BIG;
	starts = pfl_array_grow(rules->starts, rules->count, &room, sizeof(*starts));
	if (!starts)
		return -ENOMEM;
	rules->starts = starts;
	rule_of = pfl_array_grow(rules->rule_of, rules->count, &builder->room, sizeof(*rule_of));
	if (!rule_of)
		return -ENOMEM;
	rules->rule_of = rule_of;
	return 0;
}

static int add_row(struct pfl_builder *builder, uint64_t start, uint32_t rule)
{
	struct pfl_rules *rules = builder->rules;
	int err;

	if (rules->count && rules->rule_of[rules->count - 1] == rule)
		return 0;
	err = reserve_row(builder);
	if (err)
		return err;
	rules->starts[rules->count] = start - rules->base;
	rules->rule_of[rules->count++] = rule;
	return 0;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

static uint64_t hash_rule(const struct pfl_rule *rule)
{
	uint64_t hash = mix(rule->nsaves, pfl_load64(rule));

	for (unsigned int i = 0; i < rule->nsaves; i++)
		hash = mix(hash, pfl_load64(&rule->saves[i]));
	return hash;
}

/* But for the flags, which need not be known to find it. */
static bool same_rule(const struct pfl_rule *a, const struct pfl_rule *b)
{
	if (a->nsaves != b->nsaves || pfl_load64(a) != pfl_load64(b))
		return false;
	for (unsigned int i = 0; i < a->nsaves; i++)
		if (pfl_load64(&a->saves[i]) != pfl_load64(&b->saves[i]))
			return false;
	return true;
}

static uint32_t rule_words(const struct pfl_rule *rule)
{
	return RULE_WORDS + SAVE_WORDS * rule->nsaves;
}

static const struct pfl_rule *rule_at(const struct pfl_rules *rules, uint32_t place)
{
	return (const struct pfl_rule *)&rules->pool[place];
}

static int rehash(struct pfl_builder *builder)
{
	const struct pfl_rules *rules = builder->rules;
	uint32_t mask = 2 * builder->mask + 1;
	uint32_t *slots = calloc((size_t)mask + 1, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (uint32_t at = 1; at < rules->pool_used; at += rule_words(rule_at(rules, at))) {
		uint32_t slot = hash_rule(rule_at(rules, at)) & mask;

		while (slots[slot])
			slot = (slot + 1) & mask;
		slots[slot] = at;
	}
	free(builder->slots);
	builder->slots = slots;
	builder->mask = mask;
	return 0;
}

/*
 * Whether the frame pointer leads to its saved value and the return address
 * behind it, as those expect who follow frame pointers. A realigned stack has
 * a copy of the return address there (GCC pushes it; the CFA is found below).
 */
static bool keeps_record(const struct pfl_arch *arch, const struct pfl_rule *rule)
{
	const struct pfl_save *fp = pfl_rule_save(rule, arch->fp);
	const struct pfl_save *ra = pfl_rule_save(rule, rule->ra);

	if (!fp || !ra || ra->how != PFL_SAVE_AT_CFA)
		return false;
	if (rule->cfa_how == PFL_CFA_DEREF)
		return rule->cfa_reg == arch->fp && fp->how == PFL_SAVE_AT_REGISTER &&
		       fp->base == arch->fp && !fp->value && ra->value == -8;
	if (fp->how != PFL_SAVE_AT_CFA || (int64_t)fp->value + 8 != ra->value)
		return false;
	return arch->pair_is_record ||
	       (rule->cfa_how == PFL_CFA_REGISTER && rule->cfa_reg == arch->fp &&
		rule->cfa_value == -(int64_t)fp->value);
}

static uint16_t flags_of(const struct pfl_arch *arch, const struct pfl_rule *rule)
{
	const struct pfl_save *ra = pfl_rule_save(rule, rule->ra);

	return (rule->signal ? PFL_RULE_SIGNAL : 0) |
	       (ra && ra->how == PFL_SAVE_UNDEFINED ? PFL_RULE_OUTERMOST : 0) |
	       (keeps_record(arch, rule) ? PFL_RULE_RECORD : 0);
}

/* The place of @rule in the pool, added where it is new. */
static int intern(struct pfl_builder *builder, struct pfl_rule *rule, uint32_t *place)
{
	struct pfl_rules *rules = builder->rules;
	uint32_t slot = hash_rule(rule) & builder->mask;
	uint32_t words = rule_words(rule), *pool;

	for (; builder->slots[slot]; slot = (slot + 1) & builder->mask) {
		*place = builder->slots[slot];
		if (same_rule(rule_at(rules, *place), rule))
			return 0;
	}
	if (words > MAX_POOL - rules->pool_used)
		return -E2BIG;
	pool = pfl_array_reserve(rules->pool, rules->pool_used, words, &builder->pool_room,
				 sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	rules->pool = pool;
	rule->flags = flags_of(rules->arch, rule);
	*place = rules->pool_used;
	memcpy(&pool[*place], rule, (size_t)words * 4);
	rules->pool_used += words;
	builder->slots[slot] = *place;
	return ++builder->used > builder->mask / 2 ? rehash(builder) : 0;
}

/*
 * Whether a rule must mention it: a preserved register is the same unless
 * something else is said, and any other one is lost.
 */
static bool worth_saying(const struct pfl_arch *arch, const struct pfl_save *save, uint8_t ra)
{
	if (save->how == PFL_SAVE_NONE)
		return false;
	if (save->reg == ra)
		return true;
	return save->how != (arch->preserved >> save->reg & 1 ? PFL_SAVE_SAME :
								PFL_SAVE_UNDEFINED);
}

int pfl_builder_row(struct pfl_builder *builder, uint64_t start, uint64_t end,
		    const struct pfl_cfi_state *state, uint8_t ra, bool signal)
{
	uint32_t words[RULE_WORDS + SAVE_WORDS * PFL_REGS_MAX], place;
	struct pfl_rule *rule = (struct pfl_rule *)words;
	const struct pfl_arch *arch = builder->rules->arch;
	int err = 0;

	if (start < builder->covered)
		start = builder->covered;
	if (start >= end || end - builder->rules->base > UINT32_MAX)
		return 0;
	/* a gap, this one, and what ends all */
	if (builder->rules->count + 3 > MAX_ROWS)
		return -E2BIG;
	*rule = (struct pfl_rule){ .cfa_how = state->cfa_how, .cfa_reg = state->cfa_reg,
				   .cfa_value = state->cfa_value, .ra = ra,
				   .signal = signal };
	for (uint64_t set = state->set; set; set &= set - 1) {
		const struct pfl_save *save = &state->saves[__builtin_ctzll(set)];

		if (worth_saying(arch, save, ra))
			rule->saves[rule->nsaves++] = *save;
	}
	err = intern(builder, rule, &place);
	if (!err && start > builder->covered)
		err = add_row(builder, builder->covered, 0);
	if (!err)
		err = add_row(builder, start, place);
	if (!err)
		builder->covered = end;
	return err;
}

int pfl_builder_expression(struct pfl_builder *builder, const void *bytes, size_t size,
			   int32_t *value)
{
	struct pfl_rules *rules = builder->rules;
	unsigned char *all, *at;

	*value = builder->last_expression;
	if (size > MAX_EXPRESSION)
		return -EILSEQ;
	/* A PLT has one for all, over and over. */
	if (rules->expressions_size && size == builder->last_size &&
	    !memcmp(rules->expressions + *value + 2, bytes, size))
		return 0;
	if (size + 2 > MAX_EXPRESSIONS - rules->expressions_size)
		return -E2BIG;
	all = pfl_array_reserve(rules->expressions, rules->expressions_size, size + 2,
				&builder->expressions_room, 1);
	if (!all)
		return -ENOMEM;
	rules->expressions = all;
	at = all + rules->expressions_size;
	at[0] = size;
	at[1] = size >> 8;
	memcpy(at + 2, bytes, size);
	builder->last_size = size;
	*value = builder->last_expression = rules->expressions_size;
	rules->expressions_size += size + 2;
	return 0;
}

int pfl_builder_finish(struct pfl_builder *builder, int err, struct pfl_rules **out)
{
	struct pfl_rules *rules = builder->rules;

	free(builder->slots);
	if (!err && !rules->count)
		err = -ENODATA;
	if (!err)
		err = add_row(builder, builder->covered, 0);
	if (err) {
		pfl_rules_free(rules);
		return err;
	}
	rules->starts = pfl_array_fit(rules->starts, rules->count * sizeof(*rules->starts));
	rules->rule_of = pfl_array_fit(rules->rule_of, rules->count * sizeof(*rules->rule_of));
	rules->pool = pfl_array_fit(rules->pool, rules->pool_used * sizeof(*rules->pool));
	*out = rules;
	return 0;
}
