/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puts FILE into the library as the NUL-terminated string SYMBOL, and its
 * length without the NUL as the size_t LENGTH.
 */
	.section .rodata
	.balign 8
	.global LENGTH
	.type LENGTH, %object
	.size LENGTH, 8
LENGTH:
	.quad 1f - SYMBOL
	.global SYMBOL
	.type SYMBOL, %object
SYMBOL:
	.incbin FILE
1:	.byte 0
	.size SYMBOL, . - SYMBOL
	.section .note.GNU-stack, "", %progbits
