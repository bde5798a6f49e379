/*  postgres_url.h: DATABASE_URL to what libpq is told. Pure text: nothing is looked up, read or opened.
 *
 *      postgresql://[user[:password]@]host[:port]/dbname[?sslmode=verify-full&…]    postgresql:///dbname?host=/directory
 *
 *  Also postgres://, and the Python copier's postgresql+asyncpg:// (its ?ssl=… is sslmode). ?password_file=PATH: the first
 *  line of that file is the password, read whenever a connection is made.
 */
#ifndef POSTGRES_URL_H
#define POSTGRES_URL_H

#include "messages/error.h"

#include <stdbool.h>

#define POSTGRES_OPTIONS_MAX 48
#define POSTGRES_URL_MAX 1024 /*  longest, with its NUL */

/*  Not to be copied (it points into itself). Holds a password: whoever has one wipes it. */
typedef struct {
    size_t count;
    const char *keywords[POSTGRES_OPTIONS_MAX + 2]; /*  ends with NULL, as PQconnectdbParams wants it */
    const char *values[POSTGRES_OPTIONS_MAX + 2];
    char password_file[256]; /*  "" = none */
    char place[160];         /*  postgresql://host:port/dbname: for people */
    char text[2 * POSTGRES_URL_MAX];
} postgres_url_t;

/*  Does it name this kind of database, well or badly? */
bool postgres_url_is (const char *url);
/*  0 or -ERR_SETTING; the problem says which part is wrong and repeats none of it: any of it could be the password. */
int postgres_url_parse (const char *url, postgres_url_t *to, problem_t *problem);

#endif
