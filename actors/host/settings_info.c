/*  settings_info.c: the list of settings_list.h as a table. */
#include "actors/host/settings.h"

#include <assert.h>
#include <string.h>

static const setting_info_t infos[SETTING_COUNT] = {
#define _(id, type, dflt, low, high, of, from, about)                                                        \
    [SETTING_##id] = {.name = #id,                                                                           \
        .kind = SETTING_KIND_##type,                                                                         \
        .value = (dflt),                                                                                     \
        .least = (low),                                                                                      \
        .most = (high),                                                                                      \
        .unit = (of),                                                                                        \
        .issue = (from),                                                                                     \
        .doc = (about)},
#define _S(title)
    SETTINGS_LIST (_, _S)
#undef _
#undef _S
};

const setting_info_t *setting_info (setting_t setting)
{
    assert (setting >= 0 && setting < SETTING_COUNT);
    return &infos[setting];
}

const char *setting_section (setting_t setting)
{
    static const struct {
        const char *title; /*  NULL: the setting itself */
        int setting;
    } rows[] = {
#define _(id, type, dflt, low, high, of, from, about) {NULL, SETTING_##id},
#define _S(name) {(name), -1},
        SETTINGS_LIST (_, _S)
#undef _
#undef _S
    };
    for (size_t i = 1; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].setting == (int) setting)
            return rows[i - 1].title;
    }
    assert (setting >= SETTING_COUNT); /*  every other one was found */
    return NULL;
}

int setting_find (const char *name, size_t size, setting_t *setting_p)
{
    assert (name && setting_p);
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (strlen (infos[i].name) == size && memcmp (infos[i].name, name, size) == 0) {
            *setting_p = (setting_t) i;
            return 0;
        }
    }
    return -ERR_NOT_FOUND;
}
