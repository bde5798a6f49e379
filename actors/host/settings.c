/*  settings.c: holds the values and hands them out; settings_read.c fills them. */
#include "actors/host/settings.h"

#include "actors/host/settings_store.h"
#include "actors/host/settings_value.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char paper_url[] = "https://paper-api.alpaca.markets";
static const char live_url[] = "https://api.alpaca.markets";

void settings_destroy (settings_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    sodium_free ((*self_p)->secret);
    free (*self_p);
    *self_p = NULL;
}

const char *settings_where (const settings_t *self, setting_t setting, char where[SETTINGS_WHERE_MAX])
{
    const char *name = setting_info (setting)->name;
    size_t size = strlen (self->file);
    const char *file = size > 45 ? self->file + size - 45 : self->file;
    if (self->line[setting] > 0)
        snprintf (where, SETTINGS_WHERE_MAX, "%s%.48s:%d %s", size > 45 ? "..." : "", file,
            self->line[setting], name);
    else if (self->line[setting] == SETTINGS_LINE_ENVIRONMENT)
        snprintf (where, SETTINGS_WHERE_MAX, "environment %s", name);
    else
        snprintf (where, SETTINGS_WHERE_MAX, "%s", name);
    return where;
}

int settings_set (settings_t *self, setting_t setting, const char *value, int line, problem_t *problem)
{
    const setting_info_t *info = setting_info (setting);
    char where[SETTINGS_WHERE_MAX];
    self->line[setting] = line;
    settings_where (self, setting, where);
    const char *text = *value ? value : info->value;
    int64_t number = 0;
    if (strlen (text) >= SETTING_TEXT_MAX)
        return problem_set (
            problem, ERR_SETTING, where, "too long, expected at most %d characters", SETTING_TEXT_MAX - 1);
    int rc = *text ? settings_value_parse (info, text, where, &number, problem) : 0;
    if (rc)
        return rc;
    self->number[setting] = number;
    char *kept = info->kind == SETTING_KIND_SECRET ? self->secret[setting] : self->text[setting];
    sodium_memzero (kept, SETTING_TEXT_MAX);
    memcpy (kept, text, strlen (text) + 1);
    size_t size = strlen (kept);
    if (info->kind == SETTING_KIND_URL && size > 1 && kept[size - 1] == '/' && kept[size - 2] != '/')
        kept[size - 1] = '\0';
    return 0;
}

const char *settings_text (const settings_t *self, setting_t setting)
{
    assert (self && setting_info (setting)->kind != SETTING_KIND_SECRET);
    return self->text[setting];
}

static int64_t number_of (const settings_t *self, setting_t setting, setting_kind_t kind)
{
    assert (self && setting_info (setting)->kind == kind);
    return self->number[setting];
}

bool settings_bool (const settings_t *self, setting_t setting)
{
    return number_of (self, setting, SETTING_KIND_BOOL) != 0;
}

int64_t settings_int (const settings_t *self, setting_t setting)
{
    bool choice = setting_info (setting)->kind == SETTING_KIND_CHOICE;
    return number_of (self, setting, choice ? SETTING_KIND_CHOICE : SETTING_KIND_INT);
}

int64_t settings_e9 (const settings_t *self, setting_t setting)
{
    return number_of (self, setting, SETTING_KIND_DECIMAL);
}

int64_t settings_ns (const settings_t *self, setting_t setting)
{
    return number_of (self, setting, SETTING_KIND_DURATION);
}

bool settings_given (const settings_t *self, setting_t setting)
{
    assert (self && setting < SETTING_COUNT);
    return self->line[setting] != SETTINGS_LINE_UNSET;
}

int settings_secret (const settings_t *self, setting_t setting, char *text, size_t size)
{
    assert (self && text && size > 0 && setting_info (setting)->kind == SETTING_KIND_SECRET);
    const char *secret = self->secret[setting];
    *text = '\0';
    if (!*secret)
        return -ERR_MISSING;
    if (strlen (secret) >= size)
        return -ERR_FULL;
    memcpy (text, secret, strlen (secret) + 1);
    return 0;
}

void settings_wipe (settings_t *self, setting_t setting)
{
    assert (self && setting_info (setting)->kind == SETTING_KIND_SECRET);
    sodium_memzero (self->secret[setting], SETTING_TEXT_MAX);
}

/*  The first line of the key file, without spaces around it. */
static int read_key_file (const char *path, char text[SETTINGS_KEY_TEXT_MAX], problem_t *problem)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return problem_set (problem, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "ENCRYPTION_KEY_FILE",
            "%.200s: %s", path, strerror (errno));
    ssize_t size = read (fd, text, SETTINGS_KEY_TEXT_MAX - 1);
    int error = errno;
    close (fd);
    if (size < 0)
        return problem_set (problem, ERR_IO, "ENCRYPTION_KEY_FILE", "%.200s: %s", path, strerror (error));
    text[size] = '\0';
    text[strcspn (text, "\r\n \t")] = '\0';
    if (!*text)
        return problem_set (problem, ERR_SETTING, "ENCRYPTION_KEY_FILE", "%.200s begins with no key", path);
    return 0;
}

int settings_encryption_key (const settings_t *self, char text[SETTINGS_KEY_TEXT_MAX], problem_t *problem)
{
    assert (self && text);
    const char *path = self->text[SETTING_ENCRYPTION_KEY_FILE];
    bool direct = *self->secret[SETTING_ENCRYPTION_KEY] != '\0';
    char where[SETTINGS_WHERE_MAX];
    if (direct && *path)
        return problem_set (problem, ERR_SETTING, settings_where (self, SETTING_ENCRYPTION_KEY_FILE, where),
            "ENCRYPTION_KEY is set too, expected only one of them");
    if (*path)
        return read_key_file (path, text, problem);
    if (!direct)
        return problem_set (problem, ERR_SETTING, settings_where (self, SETTING_ENCRYPTION_KEY, where),
            "not set, expected a key: make one with `trade-copier keygen`");
    return settings_secret (self, SETTING_ENCRYPTION_KEY, text, SETTINGS_KEY_TEXT_MAX);
}

/*  Percent-encoded, all but what cannot be misread. false: no room. */
static bool append_encoded (char *to, size_t size, const char *text)
{
    size_t used = strlen (to);
    for (; *text && used + 4 < size; text++) {
        bool plain = isalnum ((unsigned char) *text) || strchr ("/._-", *text);
        used += (size_t) snprintf (
            to + used, size - used, plain ? "%c" : "%%%02X", (unsigned) (unsigned char) *text);
    }
    return *text == '\0';
}

int settings_database_url (const settings_t *self, char url[SETTINGS_DATABASE_URL_MAX], problem_t *problem)
{
    assert (self && url);
    const char *text = self->text[SETTING_DATABASE_URL];
    const char *path = self->text[SETTING_DATABASE_PASSWORD_FILE];
    char where[SETTINGS_WHERE_MAX];
    bool file = *path && strncmp (text, "postgres", 8) == 0;
    (void) snprintf (url, SETTINGS_DATABASE_URL_MAX, "%s%s", text,
        !file                ? ""
        : strchr (text, '?') ? "&password_file="
                             : "?password_file=");
    if (file && !append_encoded (url, SETTINGS_DATABASE_URL_MAX, path))
        return problem_set (problem, ERR_SETTING,
            settings_where (self, SETTING_DATABASE_PASSWORD_FILE, where), "is too long");
    return 0;
}

const char *settings_base_url (const settings_t *self)
{
    assert (self);
    if (*self->text[SETTING_ALPACA_BASE_URL])
        return self->text[SETTING_ALPACA_BASE_URL];
    return settings_bool (self, SETTING_USE_PAPER_TRADING) ? paper_url : live_url;
}

int settings_check_live (const settings_t *self, bool live_flag, problem_t *problem)
{
    assert (self);
    char where[SETTINGS_WHERE_MAX];
    if (settings_bool (self, SETTING_USE_PAPER_TRADING) || live_flag ||
        settings_bool (self, SETTING_CONFIRM_LIVE))
        return 0;
    return problem_set (problem, ERR_SETTING, settings_where (self, SETTING_USE_PAPER_TRADING, where),
        "live trading moves real money: expected --live or CONFIRM_LIVE=yes beside it");
}

const char *settings_unknown (const settings_t *self, size_t index)
{
    assert (self);
    return index < self->unknown_count ? self->unknown[index] : NULL;
}

const char *settings_file (const settings_t *self)
{
    assert (self);
    return self->file;
}
