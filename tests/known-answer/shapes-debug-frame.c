/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -g -fomit-frame-pointer -fno-optimize-sibling-calls -pthread -fno-asynchronous-unwind-tables -fno-unwind-tables */
#include "shapes.c"
