/*  certificate.c: names, and what a certificate's file holds. */
#include "actors/host/certificate.h"
#include "messages/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define SPARE '~'

static const char *const s_roles[CERTIFICATE_ROLES] = {
    "dispatcher", "listener", "executor", "audit", "alert", "gateway", "tap", "monitor"};

const char *certificate_role_text (certificate_role_t role)
{
    assert (role < CERTIFICATE_ROLES);
    return s_roles[role];
}

/*  `name` is the role's word, or begins with it and a dash. */
static bool is_of_role (const char *name, certificate_role_t role)
{
    size_t size = strlen (s_roles[role]);
    return strncmp (name, s_roles[role], size) == 0 && (name[size] == '\0' || name[size] == '-');
}

static bool role_of (const char *name, certificate_role_t *role_p)
{
    for (int role = 0; role < CERTIFICATE_ROLES; role++)
        if (is_of_role (name, (certificate_role_t) role)) {
            *role_p = (certificate_role_t) role;
            return true;
        }
    return false;
}

bool certificate_name (certificate_t *self, const char *label)
{
    size_t whole = strspn (label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~");
    size_t size = strcspn (label, "~");
    assert (self);
    memset (self, 0, sizeof *self); /*  tables of them are compared */
    if (label[whole] != '\0' || whole >= sizeof self->label || size >= sizeof self->name ||
        strchr (label, SPARE) != strrchr (label, SPARE))
        return false;
    memcpy (self->label, label, whole);
    memcpy (self->name, label, size);
    return role_of (self->name, &self->role);
}

bool certificate_covers (const certificate_t *self, const char *name)
{
    certificate_role_t role = CERTIFICATE_EXECUTOR;
    assert (self && name);
    (void) role_of (name, &role);
    return role == self->role && (strcmp (self->name, s_roles[role]) == 0 || strcmp (self->name, name) == 0);
}

/*  ---- what a file holds ---- */

typedef struct {
    const char *file;
    int line;
    problem_t *problem;
} place_t;

static int refuse (const place_t *place, int code, const char *what)
{
    char where[96];
    size_t length = strlen (place->file);
    const char *end =
        place->file + (length > 80 ? length - 80 : 0); /*  the end tells more than the beginning */
    if (place->line > 0)
        (void) snprintf (where, sizeof where, "%s:%d", end, place->line);
    else
        TEXT_SET (where, end);
    return problem_set (place->problem, code, where, "%s", what);
}

/*  The text behind `word =`, if the line is that; never shown in an error. */
static const char *value_of (const char *line, const char *word)
{
    line += strspn (line, " \t");
    size_t size = strlen (word);
    if (strncmp (line, word, size) != 0)
        return NULL;
    line += size;
    line += strspn (line, " \t");
    return *line == '=' ? line + 1 + strspn (line + 1, " \t") : NULL;
}

static int take_key (const place_t *place, const char *value, const char *what, char text[CERTIFICATE_TEXT])
{
    uint8_t bytes[32];
    char quote = *value == '"' || *value == '\'' ? *value++ : '\0';
    size_t size = strnlen (value, CERTIFICATE_TEXT);
    const char *rest = value + CERTIFICATE_TEXT - 1;
    if (*text)
        return refuse (place, ERR_SYNTAX, "that key stands there twice");
    if (size < CERTIFICATE_TEXT - 1 || (quote && *rest++ != quote) || rest[strspn (rest, " \t")] != '\0')
        return refuse (place, ERR_SYNTAX, what);
    memcpy (text, value, CERTIFICATE_TEXT - 1);
    text[CERTIFICATE_TEXT - 1] = '\0';
    bool good = zmq_z85_decode (bytes, text) != NULL;
    sodium_memzero (bytes, sizeof bytes);
    return good ? 0 : refuse (place, ERR_SYNTAX, what);
}

static int take_line (
    const place_t *place, const char *line, char key[CERTIFICATE_TEXT], char *secret, bool *secret_found)
{
    const char *value = value_of (line, "public-key");
    if (value)
        return take_key (place, value, "public-key: expected 40 characters of Z85 between quotes", key);
    value = value_of (line, "secret-key");
    if (!value)
        return 0; /*  a comment, a section, what is said about the certificate */
    *secret_found = true;
    if (!secret)
        return refuse (place, ERR_SETTING,
            "a secret key in a public file: expected only the public one; make a new pair, this one was "
            "shown");
    return take_key (place, value, "secret-key: expected 40 characters of Z85 between quotes", secret);
}

static int check_pair (const place_t *place, const char *key, const char *secret)
{
    char derived[CERTIFICATE_TEXT];
    if (!*key)
        return refuse (
            place, ERR_MISSING, "no public-key: expected a certificate of `trade-copier keygen --actors`");
    if (!secret)
        return 0;
    if (!*secret)
        return refuse (
            place, ERR_MISSING, "no secret-key: expected the file in secret/, not the one in public/");
    if (zmq_curve_public (derived, secret) != 0)
        return refuse (place, ERR_IO, "libzmq was built without CURVE");
    return strcmp (derived, key) == 0 ? 0 : refuse (place, ERR_CORRUPT, "its two keys are no pair");
}

int certificate_parse (const char *file, const char *text, size_t size, char key[CERTIFICATE_TEXT],
    char *secret, problem_t *problem)
{
    place_t place = {.file = file, .problem = problem};
    char line[256];
    bool secret_found = false;
    int rc = 0;
    assert (file && text && key);
    *key = '\0';
    if (secret)
        *secret = '\0';
    if (size >= CERTIFICATE_FILE_MAX || memchr (text, '\0', size))
        return refuse (&place, ERR_RANGE, "no certificate: longer than 4095 bytes or not text");
    for (size_t at = 0; at < size && rc == 0;) {
        const char *end = memchr (text + at, '\n', size - at);
        size_t length = end ? (size_t) (end - text) - at : size - at;
        place.line++;
        if (length >= sizeof line)
            rc = refuse (&place, ERR_RANGE, "longer than 255 bytes");
        if (rc == 0) {
            memcpy (line, text + at, length);
            line[length] = '\0';
            line[strcspn (line, "\r")] = '\0';
            rc = take_line (&place, line, key, secret, &secret_found);
        }
        at += length + 1;
    }
    sodium_memzero (line, sizeof line);
    place.line = 0;
    return rc == 0 ? check_pair (&place, key, secret) : rc;
}

/*  ---- files ---- */

static int load (const char *path, char key[CERTIFICATE_TEXT], char *secret, problem_t *problem)
{
    place_t place = {.file = path, .problem = problem};
    char text[CERTIFICATE_FILE_MAX];
    int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /*  a pipe of that name must not hold us up */
    if (fd < 0)
        return refuse (&place, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, strerror (errno));
    ssize_t size = 0;
    size_t whole = 0;
    while (whole < sizeof text && (size = read (fd, text + whole, sizeof text - whole)) > 0)
        whole += (size_t) size;
    int error = errno;
    (void) close (fd);
    int rc = size < 0 ? refuse (&place, ERR_IO, strerror (error))
                      : certificate_parse (path, text, whole, key, secret, problem);
    sodium_memzero (text, sizeof text);
    return rc;
}

int certificate_load_secret (
    const char *path, char key[CERTIFICATE_TEXT], char secret[CERTIFICATE_TEXT], problem_t *problem)
{
    assert (path && key && secret);
    int rc = load (path, key, secret, problem);
    if (rc != 0)
        sodium_memzero (secret, CERTIFICATE_TEXT);
    return rc;
}

int certificate_load_public (certificate_t *self, const char *directory, problem_t *problem)
{
    char path[CERTIFICATE_PATH_MAX];
    assert (self && *self->label && directory);
    int rc = snprintf (path, sizeof path, "%s/%s.key", directory, self->label) < (int) sizeof path
                 ? 0
                 : problem_set (problem, ERR_RANGE, self->label, "its path is too long");
    return rc == 0 ? load (path, self->key, NULL, problem) : rc;
}
