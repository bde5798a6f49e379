/*  Any text as REDIS_URL: bounded parts or an error, which repeats none of it: any of it could be the password. What an
 *  error says may hold a word of the text by coincidence, so the same form in other letters is parsed, too: it must get
 *  the same answer, word by word.
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

/*  Behind the scheme every letter that is no hexadecimal digit (nor of "?db=") becomes another one. */
static void disguise (char *url)
{
    char *rest = strstr (url, "://");
    for (char *at = rest ? rest : url; *at; at++) {
        if ((*at >= 'g' && *at <= 'z') || (*at >= 'G' && *at <= 'Z'))
            *at = *at == 'z' ? 'g' : *at == 'Z' ? 'G' : (char) (*at + 1);
    }
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
    problem_t other = {0};
    int result = redis_url_parse (url, &to, &problem);
    if (result == 0)
        check (&to);
    else if (problem.code == 0)
        abort ();
    disguise (url);
    if (redis_url_parse (url, &to, &other) != result || problem.code != other.code ||
        strcmp (problem.where, other.where) != 0 || strcmp (problem.detail, other.detail) != 0)
        abort ();
    free (url);
    return 0;
}
