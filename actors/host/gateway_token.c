/*  gateway_token.c: two processes may want the file at once: whoever makes it first wins, and both read it. */
#include "actors/host/gateway_token.h"

#include "storage/sqlite_url.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TOKEN_BYTES 32

static int check (const char *token, const char *where, problem_t *problem)
{
    size_t length = strlen (token);
    bool good = length >= GATEWAY_TOKEN_MIN;
    for (size_t n = 0; n < length && good; n++)
        good = token[n] > ' ' && token[n] < 0x7f;
    if (good)
        return 0;
    return problem_set (problem, ERR_SETTING, where,
        "expected a token of %d to %d printable characters without spaces", GATEWAY_TOKEN_MIN,
        GATEWAY_TOKEN_MAX - 1);
}

static int read_file (const char *path, char token[GATEWAY_TOKEN_MAX], problem_t *problem)
{
    int file = open (path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return problem_set (problem, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "GATEWAY_TOKEN_FILE",
            "%.200s: %s", path, strerror (errno));
    ssize_t size = read (file, token, GATEWAY_TOKEN_MAX - 1);
    int error = errno;
    (void) close (file);
    if (size < 0)
        return problem_set (problem, ERR_IO, "GATEWAY_TOKEN_FILE", "%.200s: %s", path, strerror (error));
    token[size] = '\0';
    token[strcspn (token, "\r\n")] = '\0';
    return check (token, path, problem);
}

/*  Whole or not at all: written under another name, then linked to its own. */
static int make_file (const char *path, problem_t *problem)
{
    unsigned char bytes[TOKEN_BYTES];
    char line[sodium_base64_ENCODED_LEN (TOKEN_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING) + 1];
    char temporary[GATEWAY_TOKEN_PATH_MAX + 16];
    int rc = 0;
    randombytes_buf (bytes, sizeof bytes);
    (void) sodium_bin2base64 (
        line, sizeof line, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    size_t length = strlen (line);
    line[length] = '\n';
    (void) snprintf (temporary, sizeof temporary, "%s.%ld", path, (long) getpid ());
    int file = open (temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool written = file >= 0 && write (file, line, length + 1) == (ssize_t) length + 1;
    if (file >= 0 && close (file) != 0)
        written = false;
    if (!written || (link (temporary, path) != 0 && errno != EEXIST))
        rc = problem_set (
            problem, ERR_IO, "GATEWAY_TOKEN_FILE", "cannot make %.200s: %s", path, strerror (errno));
    (void) unlink (temporary);
    sodium_memzero (bytes, sizeof bytes);
    sodium_memzero (line, sizeof line);
    return rc;
}

static void own_path (const settings_t *settings, char path[GATEWAY_TOKEN_PATH_MAX])
{
    char database[SQLITE_PATH_MAX];
    const char *run_dir = settings_text (settings, SETTING_RUN_DIR);
    if (sqlite_url_path (settings_text (settings, SETTING_DATABASE_URL), database, sizeof database, NULL) ==
        0)
        (void) snprintf (path, GATEWAY_TOKEN_PATH_MAX, "%s.gateway-token", database);
    else
        (void) snprintf (path, GATEWAY_TOKEN_PATH_MAX, "%s%sgateway-token", run_dir, *run_dir ? "/" : "");
}

int gateway_token_load (const settings_t *settings, char token[GATEWAY_TOKEN_MAX],
    char where[GATEWAY_TOKEN_PATH_MAX], problem_t *problem)
{
    const char *path = settings_text (settings, SETTING_GATEWAY_TOKEN_FILE);
    assert (settings && token && where);
    int rc = settings_secret (settings, SETTING_GATEWAY_TOKEN, token, GATEWAY_TOKEN_MAX);
    if (rc == 0 && *path)
        return problem_set (problem, ERR_SETTING, "GATEWAY_TOKEN_FILE",
            "GATEWAY_TOKEN is set too, expected only one of them");
    if (rc == 0) {
        (void) snprintf (where, GATEWAY_TOKEN_PATH_MAX, "GATEWAY_TOKEN");
        return check (token, where, problem);
    }
    if (*path) {
        (void) snprintf (where, GATEWAY_TOKEN_PATH_MAX, "%s", path);
        return read_file (path, token, problem);
    }
    own_path (settings, where);
    rc = access (where, F_OK) != 0 ? make_file (where, problem) : 0;
    return rc == 0 ? read_file (where, token, problem) : rc;
}
