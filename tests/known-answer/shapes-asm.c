/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fomit-frame-pointer -fno-optimize-sibling-calls */
/*
 * Functions written by hand: with CFI that no compiler writes, and without any but
 * with a frame pointer. A function with neither cannot be left by anybody.
 */
#include "work.h"

#define MS 100

static struct place places[] = {
	{ "main;with_cfi;burn", 0 },
	{ "main;with_expression;burn", 0 },
	{ "main;with_frame_pointer;burn", 0 },
	{ "main;with_red_zone", 0 },
};

void with_cfi(struct place *place), with_expression(struct place *place);
void with_frame_pointer(struct place *place), burn(struct place *place);
void with_red_zone(unsigned long turns);

FUNCTION void burn(struct place *place)
{
	work(place, MS);
	ENDS;
}

#if defined(__x86_64__)
__asm__(".text\n"
	/* The CFA in a register that is none of the usual. */
	".type with_cfi, @function\n"
	"with_cfi:\n"
	".cfi_startproc\n"
	"	push %r12\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %r12, -16\n"
	"	lea 16(%rsp), %r12\n"
	"	.cfi_def_cfa %r12, 0\n"
	"	sub $0x1008, %rsp\n"
	"	call burn\n"
	"	lea -16(%r12), %rsp\n"
	"	.cfi_def_cfa %rsp, 16\n"
	"	pop %r12\n"
	"	.cfi_def_cfa_offset 8\n"
	"	.cfi_restore %r12\n"
	"	ret\n"
	".cfi_endproc\n"
	".size with_cfi, .-with_cfi\n"
	/* The CFA is what stands at SP + 8: DW_CFA_def_cfa_expression, breg7 8, deref, plus_uconst 16. */
	".type with_expression, @function\n"
	"with_expression:\n"
	".cfi_startproc\n"
	"	mov %rsp, %rax\n"
	"	sub $8, %rax\n"
	"	and $-128, %rsp\n"
	"	push %rax\n"
	"	push %rax\n"
	"	.cfi_escape 0x0f, 5, 0x77, 8, 0x06, 0x23, 16\n"
	"	call burn\n"
	"	mov 8(%rsp), %rsp\n"
	"	lea 8(%rsp), %rsp\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	".cfi_endproc\n"
	".size with_expression, .-with_expression\n"
	".type with_frame_pointer, @function\n"
	"with_frame_pointer:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	sub $0x2000, %rsp\n"
	"	call burn\n"
	"	leave\n"
	"	ret\n"
	".size with_frame_pointer, .-with_frame_pointer\n"
	/* A leaf that leaves SP where it was, and keeps its own below it. */
	".type with_red_zone, @function\n"
	"with_red_zone:\n"
	".cfi_startproc\n"
	"1:	mov %rdi, -8(%rsp)\n"
	"	decq -8(%rsp)\n"
	"	mov -8(%rsp), %rdi\n"
	"	test %rdi, %rdi\n"
	"	jnz 1b\n"
	"	ret\n"
	".cfi_endproc\n"
	".size with_red_zone, .-with_red_zone\n");
#else
FUNCTION void with_cfi(struct place *place) { burn(place); ENDS; }
FUNCTION void with_expression(struct place *place) { burn(place); ENDS; }
FUNCTION void with_frame_pointer(struct place *place) { burn(place); ENDS; }
FUNCTION void with_red_zone(unsigned long turns) { while (turns--) ENDS; }
#endif

int main(void)
{
	wait_for_start();
	with_cfi(&places[0]);
	with_expression(&places[1]);
	with_frame_pointer(&places[2]);
	with_red_zone(MS * TURNS_PER_MS / 10UL);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		expect(&places[i]);
	spent();
	return 0;
}
