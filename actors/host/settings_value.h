/*  settings_value.h: the text of one setting, checked against its kind and bounds. Pure. */
#ifndef SETTINGS_VALUE_H
#define SETTINGS_VALUE_H

#include "actors/host/settings.h"

/*  *number_p: bool 0 or 1, int, _e9, ns, or the choice's index; 0 for texts. text is not empty.
 *  -ERR_SETTING with *problem: `where` as given, what was found (not of a secret) and what was expected. */
int settings_value_parse (
    const setting_info_t *info, const char *text, const char *where, int64_t *number_p, problem_t *problem);

#endif
