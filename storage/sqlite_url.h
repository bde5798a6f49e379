/*  sqlite_url.h: DATABASE_URL to a file's path. Pure text; no library, no file is touched.
 */
#ifndef SQLITE_URL_H
#define SQLITE_URL_H

#include "messages/error.h"

#define SQLITE_PATH_MAX 1024 /*  longest path, with its NUL */

/*  "sqlite:///relative.db" and "sqlite:////absolute.db", also with "+aiosqlite" or "+pysqlite" after the scheme.
 *  0 or -ERR_SETTING; the problem names the scheme only, since other databases' URLs hold passwords. */
int sqlite_url_path (const char *url, char *path, size_t size, problem_t *problem);

#endif
