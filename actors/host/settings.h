/*  settings.h: what a person configures: .env, then the environment over it, checked, with defaults.
 *
 *  Texts are owned by the settings and live as long as they do. Secrets live in locked, undumpable memory, are only
 *  copied out, and can be wiped one by one. After settings_load nothing changes; reading is safe from any thread
 *  (settings_wipe is not). Every error names `FILE:LINE NAME` or `environment NAME` and what was expected.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "actors/host/settings_list.h"
#include "messages/error.h"

#include <stdbool.h>
#include <stdint.h>

#define SETTING_TEXT_MAX 512 /*  longest value, with its NUL */
#define SETTINGS_NAME_MAX 64
#define SETTINGS_UNKNOWN_MAX 32 /*  unknown names that are remembered for a warning */

typedef enum {
#define _(name, kind, value, least, most, unit, issue, doc) SETTING_##name,
#define _S(title)
    SETTINGS_LIST (_, _S) SETTING_COUNT
#undef _
#undef _S
} setting_t;

typedef enum {
    SETTING_KIND_TEXT,
    SETTING_KIND_SECRET,
    SETTING_KIND_PATH,
    SETTING_KIND_URL,
    SETTING_KIND_BOOL, /*  true|false, yes|no, on|off, 1|0 */
    SETTING_KIND_INT,
    SETTING_KIND_DECIMAL,  /*  _e9 */
    SETTING_KIND_DURATION, /*  a number in the setting's unit, or with ns, us, ms, s, m, h behind it */
    SETTING_KIND_CHOICE
} setting_kind_t;

typedef struct settings settings_t;

/*  env_file NULL: `.env` of the working directory if there is one; a named file must exist (-ERR_NOT_FOUND).
 *  -ERR_SETTING, -ERR_SYNTAX (a line of the file), -ERR_RANGE (file too big), -ERR_IO, -ERR_MEMORY (cannot lock). */
int settings_load (settings_t **self_p, const char *env_file, problem_t *problem);

/*  The same from bytes instead of a file and from a list of "NAME=value" instead of environ (NULL = none): what
 *  settings_load and the tests stand on. `file` names the bytes in errors; bytes may be NULL when size is 0. */
int settings_parse (settings_t **self_p, const char *file, const char *bytes, size_t size,
    char *const *environment, problem_t *problem);
void settings_destroy (settings_t **self_p);

/*  TEXT, PATH, URL, CHOICE: "" = unset. */
const char *settings_text (const settings_t *self, setting_t setting);
bool settings_bool (const settings_t *self, setting_t setting);
/*  INT: the number; CHOICE: index of the word in the list (LOG_LEVEL: DEBUG = 0 ... CRITICAL = 4). */
int64_t settings_int (const settings_t *self, setting_t setting);
int64_t settings_e9 (const settings_t *self, setting_t setting); /*  DECIMAL */
int64_t settings_ns (const settings_t *self, setting_t setting); /*  DURATION */
/*  Is it set in the file or the environment (even if to its default)? */
bool settings_given (const settings_t *self, setting_t setting);

/*  SECRET: copies it (the caller wipes its copy). -ERR_MISSING: not set; -ERR_FULL: text too small. */
int settings_secret (const settings_t *self, setting_t setting, char *text, size_t size);
/*  Overwrites the secret in memory; later it reads as not set. The environment keeps its own copy, see below. */
void settings_wipe (settings_t *self, setting_t setting);
/*  Overwrites the values of all SECRET settings in this process's environment (also /proc/PID/environ, `ps e`).
 *  Children started afterwards do not get them. Not safe beside getenv in another thread. */
void settings_scrub_environment (void);

/*  The text of ENCRYPTION_KEY or of the file ENCRYPTION_KEY_FILE names (relative to the working directory), for
 *  vault_new; the caller wipes it. -ERR_SETTING: neither or both are set; -ERR_NOT_FOUND, -ERR_IO: the file. */
#define SETTINGS_KEY_TEXT_MAX 128
int settings_encryption_key (const settings_t *self, char text[SETTINGS_KEY_TEXT_MAX], problem_t *problem);

/*  DATABASE_URL for storage_open, with DATABASE_PASSWORD_FILE as its password_file; the caller wipes it: it may hold a
 *  password. -ERR_SETTING: too long together. */
#define SETTINGS_DATABASE_URL_MAX 1024
int settings_database_url (const settings_t *self, char url[SETTINGS_DATABASE_URL_MAX], problem_t *problem);

/*  ALPACA_BASE_URL, or the broker's paper or live address by USE_PAPER_TRADING; never a slash at the end. */
const char *settings_base_url (const settings_t *self);
/*  Live trading asks to be confirmed: 0, or -ERR_SETTING unless paper, live_flag (--live) or CONFIRM_LIVE=yes. */
int settings_check_live (const settings_t *self, bool live_flag, problem_t *problem);

/*  Names in the file that are none of ours (a typing error?), in order; NULL after the last: meant for a warning. */
const char *settings_unknown (const settings_t *self, size_t index);
/*  The file that was read ("" = none). */
const char *settings_file (const settings_t *self);

/*  About a setting: name, kind, default, unit (for choices: the words), issue, doc. Static. */
typedef struct {
    const char *name;
    setting_kind_t kind;
    int issue;         /*  0 = works now, else it comes with that issue */
    const char *value; /*  default */
    const char *least;
    const char *most;
    const char *unit;
    const char *doc;
} setting_info_t;
const setting_info_t *setting_info (setting_t setting);
/*  Title of the section that begins with this setting, NULL if none does. Static. */
const char *setting_section (setting_t setting);
/*  -ERR_NOT_FOUND */
int setting_find (const char *name, size_t size, setting_t *setting_p);

#endif
