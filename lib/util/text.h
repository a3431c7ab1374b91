/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings that somebody keeps for himself. */
#ifndef PFL_UTIL_TEXT_H
#define PFL_UTIL_TEXT_H

/* Puts a copy of @text in *@place and frees what was there. 0; -ENOMEM: *@place is as it was. */
int pfl_text_set(char **place, const char *text);

/* Makes the borrowed string in *@place a copy of its own; NULL stays. 0; -ENOMEM: it is NULL. */
int pfl_text_own(const char **place);

#endif
