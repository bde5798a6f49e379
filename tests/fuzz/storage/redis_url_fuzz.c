/*  Any text as REDIS_URL: bounded parts or an error, which repeats none of the password.
 */
#include "storage/redis_url.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void check (const redis_url_t *to)
{
    if (!*to->host == !*to->path)
        abort (); /*  one of the two */
    if (*to->host && to->port == 0)
        abort ();
    if (*to->user && !*to->password)
        abort ();
    if (strlen (to->host) >= sizeof to->host || strlen (to->path) >= sizeof to->path ||
        strlen (to->user) >= sizeof to->user || strlen (to->password) >= sizeof to->password ||
        to->database > REDIS_URL_DATABASE_MAX)
        abort ();
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char *url = malloc (size + 1); /*  of its exact size, so that a read beyond it is seen */
    if (!url)
        return 0;
    memcpy (url, data, size);
    url[size] = '\0';
    redis_url_t to;
    problem_t problem = {0};
    if (redis_url_parse (url, &to, &problem) == 0)
        check (&to);
    else if (problem.code == 0 ||
             (*to.password && strlen (to.password) > 8 && strstr (problem.detail, to.password)))
        abort ();
    free (url);
    return 0;
}
