/*  sqlite_url: DATABASE_URL to a file's path, in the forms that SQLAlchemy taught the Python copier's users.
 */
#include "storage/sqlite_url.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char WHERE[] = "DATABASE_URL";
static const char EXPECTED[] =
    "expected sqlite:///relative.db, sqlite:////absolute/path.db or postgresql://user@host/dbname";

static bool scheme_is (const char *url, size_t size, const char *scheme)
{
    return strlen (scheme) == size && strncmp (url, scheme, size) == 0;
}

/*  What stands before "://" when it can be a scheme's name: letters, digits, + - . only, so that no password that was
 *  pasted into the wrong place is repeated. */
static size_t scheme_size (const char *url)
{
    size_t size = 0;
    while (size < 32 && (isalnum ((unsigned char) url[size]) || (url[size] && strchr ("+-.", url[size]))))
        size++;
    return strncmp (url + size, "://", 3) == 0 ? size : 0;
}

static int path_check (const char *path, size_t size, problem_t *problem)
{
    size_t length = strnlen (path, SQLITE_PATH_MAX);
    if (length == 0 || strncmp (path, ":memory:", 8) == 0)
        return problem_set (problem, ERR_SETTING, WHERE, "names no file; %s", EXPECTED);
    if (length >= size || length >= SQLITE_PATH_MAX)
        return problem_set (problem, ERR_SETTING, WHERE, "the path is longer than %zu bytes", size - 1);
    if (strncmp (path, "file:", 5) == 0 || strpbrk (path, "?#"))
        return problem_set (
            problem, ERR_SETTING, WHERE, "options (?, #, file:) are not supported; %s", EXPECTED);
    if (path[length - 1] == '/')
        return problem_set (problem, ERR_SETTING, WHERE, "names a directory; %s", EXPECTED);
    for (size_t i = 0; i < length; i++)
        if (iscntrl ((unsigned char) path[i]))
            return problem_set (
                problem, ERR_SETTING, WHERE, "has a control character at byte %zu of the path", i);
    return 0;
}

int sqlite_url_path (const char *url, char *path, size_t size, problem_t *problem)
{
    assert (url && path && size > 0);
    size_t scheme = scheme_size (url);
    if (scheme == 0)
        return problem_set (problem, ERR_SETTING, WHERE, "is not a database URL; %s", EXPECTED);
    if (!scheme_is (url, scheme, "sqlite") && !scheme_is (url, scheme, "sqlite+aiosqlite") &&
        !scheme_is (url, scheme, "sqlite+pysqlite"))
        return problem_set (
            problem, ERR_SETTING, WHERE, "%.*s:// is not supported; %s", (int) scheme, url, EXPECTED);
    const char *rest = url + scheme + 3;
    if (rest[0] != '/')
        return problem_set (problem, ERR_SETTING, WHERE, "a host has no meaning here; %s", EXPECTED);
    int result = path_check (rest + 1, size, problem);
    if (result == 0)
        memcpy (path, rest + 1, strlen (rest + 1) + 1);
    return result;
}
