/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where an interrupt begins, in stacks that were taken inside of one. The kernel walks on
 * from there into whatever was interrupted, which had nothing to do with it. In a program
 * that is told by the chain itself (fold/chain.c). In the kernel only the name of the
 * function tells by which interrupts enter: so it is told when code has names, and where it
 * has none the whole stack stays.
 *
 * The innermost entry counts: a timer's interrupt that comes while another one's softirq
 * runs has nothing to do with that either. Exceptions (a page fault) are no interrupts: what
 * is outside of one has led to it. A softirq that runs in a thread, be it ksoftirqd's or the
 * one that sent a packet to its own machine, has no such entry, and stays what it is.
 */
#ifndef PFL_TYPES_INTERRUPT_H
#define PFL_TYPES_INTERRUPT_H

struct pfl_books;

/* The mark that such a stack begins with; or, upside down above another, ends with. */
#define PFL_INTERRUPT "[irq]"
/* What stands between that other one and it. */
#define PFL_BETWEEN "--"

/*
 * Of a tracepoint's common_flags: hard, soft, NMI; enum trace_flag_type of the kernel's
 * include/linux/trace_events.h.
 */
#define PFL_IN_INTERRUPT (0x08 | 0x10 | 0x40)

/* Takes what was interrupted out of all stacks: as pfl_accountant.named. */
int pfl_interrupts_trim(struct pfl_books *books);

#endif
