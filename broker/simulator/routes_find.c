/*  routes_find.c: patterns against paths. Pure. */
#include "broker/simulator/routes.h"

#include <assert.h>
#include <string.h>

/*  What stands for the star: false = the path is another one. */
static bool match (const char *pattern, const char *path, char argument[HTTP_PATH_MAX])
{
    const char *star = strchr (pattern, '*');
    size_t size = strlen (path);
    argument[0] = 0;
    if (!star)
        return strcmp (pattern, path) == 0;
    size_t before = (size_t) (star - pattern);
    size_t after = strlen (star + 1);
    if (size <= before + after || strncmp (pattern, path, before) != 0 ||
        strcmp (path + size - after, star + 1) != 0)
        return false;
    size_t middle = size - before - after;
    assert (middle < HTTP_PATH_MAX);
    memcpy (argument, path + before, middle);
    argument[middle] = 0;
    return true;
}

const route_t *routes_find (const route_t *table, size_t count, http_method_t method, const char *path,
    char argument[HTTP_PATH_MAX], bool *known_p)
{
    assert (table && path && argument && known_p && strlen (path) < HTTP_PATH_MAX);
    *known_p = false;
    for (size_t i = 0; i < count; i++) {
        if (!match (table[i].pattern, path, argument))
            continue;
        if (table[i].method == method)
            return &table[i];
        *known_p = true;
    }
    return NULL;
}
