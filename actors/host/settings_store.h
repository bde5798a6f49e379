/*  settings_store.h: how settings are held; for settings*.c only. */
#ifndef SETTINGS_STORE_H
#define SETTINGS_STORE_H

#include "actors/host/settings.h"

#define SETTINGS_FILE_MAX 256
#define SETTINGS_LINE_UNSET 0
#define SETTINGS_LINE_ENVIRONMENT (-1)

struct settings {
    char file[SETTINGS_FILE_MAX];               /*  as named by the caller, "" = none */
    char text[SETTING_COUNT][SETTING_TEXT_MAX]; /*  "" for secrets */
    int64_t number[SETTING_COUNT];              /*  bool, int, _e9, ns or choice */
    int line[SETTING_COUNT];                    /*  of the file, or SETTINGS_LINE_* */
    char (*secret)[SETTING_TEXT_MAX];           /*  sodium_malloc: SETTING_COUNT texts */
    char unknown[SETTINGS_UNKNOWN_MAX][SETTINGS_NAME_MAX];
    size_t unknown_count;
    problem_t *problem; /*  of the parse under way */
};

/*  `file:line NAME`, `environment NAME`, or the bare name when it is the default's. Returns where. */
#define SETTINGS_WHERE_MAX 96
const char *settings_where (const settings_t *self, setting_t setting, char where[SETTINGS_WHERE_MAX]);
/*  Checks the value and keeps it; "" = the default. line: as in settings.line. */
int settings_set (settings_t *self, setting_t setting, const char *value, int line, problem_t *problem);
/*  What one setting alone cannot tell. */
int settings_check_together (const settings_t *self, problem_t *problem);
int settings_check_alerts (const settings_t *self, problem_t *problem); /*  its part about alerts */

#endif
