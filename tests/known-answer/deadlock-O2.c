/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fomit-frame-pointer -fno-optimize-sibling-calls -pthread */
#include "deadlock.c"
