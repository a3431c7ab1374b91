/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "types/interrupt.h"
#include "types/type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Whether it is where the kernel is entered by an interrupt, on x86 or arm64. */
static bool enters_kernel(const char *function)
{
	static const char *const names[] = {
		/* x86; what is not maskable comes as an exception does */
		"asm_common_interrupt", "asm_spurious_interrupt", "asm_exc_nmi",
		"asm_exc_machine_check", "asm_exc_xen_hypervisor_callback",
		/* … where the CPU has FRED, which enters by one function for all */
		"fred_extint",
		/* … before 5.8 */
		"ret_from_intr", "apic_timer_interrupt", "reschedule_interrupt",
		"call_function_interrupt", "call_function_single_interrupt",
		"irq_work_interrupt",
		/* arm64 */
		"el1h_64_irq", "el1h_64_fiq", "el1t_64_irq", "el1t_64_fiq", "el0t_64_irq",
		"el0t_64_fiq", "el0t_32_irq", "el0t_32_fiq",
		/* … before 5.14 */
		"el1_irq", "el0_irq",
	};

	/* x86's own vectors have one each: asm_sysvec_apic_timer_interrupt */
	if (!strncmp(function, "asm_sysvec_", strlen("asm_sysvec_")))
		return true;
	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

static bool is_entry(struct pfl_books *books, uint32_t node)
{
	const struct pfl_frame *frame = books->function(books, node);

	return frame && frame->kind == PFL_FRAME_KERNEL && enters_kernel(frame->name);
}

/* The stack above which @interrupt stands upside down has its leaf beside the other stack. */
static void trim_upside_down(struct pfl_books *books, uint32_t interrupt, uint32_t between)
{
	struct pfl_stack_node *nodes = books->stacks->nodes;
	uint32_t entry = PFL_NONE;

	for (uint32_t i = nodes[interrupt].parent; i != PFL_NONE; i = nodes[i].parent) {
		if (nodes[i].frame == between)
			break;
		if (is_entry(books, i))
			entry = i;
	}
	if (entry != PFL_NONE)
		nodes[interrupt].parent = entry;
}

/* The number of mark @name, as a frame. 0 or -ENOMEM. */
static int mark_of(struct pfl_books *books, const char *name, uint32_t *frame)
{
	uint32_t node = books->mark(books, PFL_NONE, name);

	if (node == PFL_NONE)
		return -ENOMEM;
	*frame = books->stacks->nodes[node].frame;
	return 0;
}

/* A parent comes before its children, so one pass sees what each stack begins with. */
int pfl_interrupts_trim(struct pfl_books *books)
{
	const uint32_t count = books->stacks->count;
	struct pfl_stack_node *nodes;
	uint32_t interrupt, between, *first;

	if (mark_of(books, PFL_INTERRUPT, &interrupt) || mark_of(books, PFL_BETWEEN, &between))
		return -ENOMEM;
	first = malloc(((size_t)count + 1) * sizeof(*first));
	if (!first)
		return -ENOMEM;
	nodes = books->stacks->nodes;
	for (uint32_t i = 0; i < count; i++) {
		first[i] = nodes[i].parent == PFL_NONE ? i : first[nodes[i].parent];
		if (nodes[first[i]].frame == interrupt && i != first[i] && is_entry(books, i))
			nodes[i].parent = first[i];
		else if (nodes[i].frame == interrupt && i != first[i])
			trim_upside_down(books, i, between);
	}
	free(first);
	return 0;
}
