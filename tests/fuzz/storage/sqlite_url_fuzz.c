/*  Any text as DATABASE_URL: a bounded path or an error, and never a look at the file system.
 */
#include "storage/sqlite_url.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char *url = malloc (size + 1); /*  of its exact size, so that a read beyond it is seen */
    if (!url)
        return 0;
    memcpy (url, data, size);
    url[size] = '\0';
    char path[64];
    problem_t problem;
    if (sqlite_url_path (url, path, sizeof path, &problem) == 0 && (!path[0] || strlen (path) >= sizeof path))
        abort ();
    free (url);
    return 0;
}
