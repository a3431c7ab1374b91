/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O3 -fomit-frame-pointer -fno-optimize-sibling-calls -pthread */
#include "shapes.c"
