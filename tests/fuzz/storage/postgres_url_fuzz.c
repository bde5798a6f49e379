/*  Any text as DATABASE_URL of PostgreSQL: bounded options or an error, and nothing is opened or looked up. Once more behind
 *  a password: no error, and no place, repeats that.
 */
#include "storage/postgres_url.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "0nly-We-Know-1t"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void check (const postgres_url_t *to)
{
    if (to->count > POSTGRES_OPTIONS_MAX || to->keywords[to->count] || to->values[to->count])
        abort ();
    for (size_t i = 0; i < to->count; i++)
        if (!to->keywords[i] || !to->values[i] || !*to->values[i])
            abort ();
    if (strncmp (to->place, "postgresql://", 13) != 0 || strlen (to->place) >= sizeof to->place ||
        strlen (to->password_file) >= sizeof to->password_file)
        abort ();
}

static void parse (const char *url, const char *secret)
{
    static postgres_url_t to;
    problem_t problem = {0};
    if (postgres_url_parse (url, &to, &problem) == 0) {
        check (&to);
        if (secret && strstr (to.place, secret))
            abort ();
    } else if (problem.code == 0 ||
               (secret && (strstr (problem.detail, secret) || strstr (problem.where, secret))))
        abort ();
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const char begin[] = "postgresql://copier:" SECRET;
    char *url = malloc (size + sizeof begin); /*  of its exact size, so that a read beyond it is seen */
    if (!url)
        return 0;
    memcpy (url, data, size);
    url[size] = '\0';
    parse (url, NULL);
    if (strstr (url, SECRET)) { /*  the fuzzer reads our memory, too */
        free (url);
        return 0;
    }
    memcpy (url, begin, sizeof begin - 1);
    memcpy (url + sizeof begin - 1, data, size);
    url[sizeof begin - 1 + size] = '\0';
    /*  up to the '@' it is the password; with a '/' before it, it would be the host */
    size_t credentials = strcspn (url + sizeof begin - 1, "@/");
    parse (url, url[sizeof begin - 1 + credentials] == '@' ? SECRET : NULL);
    free (url);
    return 0;
}
