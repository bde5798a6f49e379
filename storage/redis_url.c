/*  redis_url: REDIS_URL in its usual forms. Errors name the part, never its text: any of it could be the password.
 */
#include "storage/redis_url.h"

#include "storage/url_text.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#define PORT 6379

static const char WHERE[] = "REDIS_URL";
static const char EXPECTED[] =
    "expected redis://[[user]:password@]host[:port][/db], rediss://… or redis+unix:///path";

static int refuse (problem_t *problem, const char *what)
{
    return problem_set (problem, ERR_SETTING, WHERE, "%s; %s", what, EXPECTED);
}

static bool number (const char *text, size_t length, uint32_t most, uint32_t *value_p)
{
    uint32_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || i >= 5)
            return false;
        value = 10 * value + (uint32_t) (text[i] - '0');
    }
    *value_p = value;
    return length > 0 && value <= most;
}

/*  "[user][:password]" before the '@' */
static int take_user (redis_url_t *to, const char *text, size_t length, problem_t *problem)
{
    const char *colon = memchr (text, ':', length);
    size_t user = colon ? (size_t) (colon - text) : length;
    if (!url_text_decode (text, user, to->user, sizeof to->user))
        return refuse (problem, "the user is too long or badly encoded");
    if (colon && !url_text_decode (colon + 1, length - user - 1, to->password, sizeof to->password))
        return refuse (problem, "the password is too long or badly encoded");
    if (!*to->password)
        return refuse (problem, "a user without a password");
    return 0;
}

static int take_port (redis_url_t *to, const char *text, size_t length, problem_t *problem)
{
    uint32_t port = PORT;
    if (length > 0 && (text[0] != ':' || !number (text + 1, length - 1, 65535, &port) || port == 0))
        return refuse (problem, "the port is no number from 1 to 65535");
    to->port = (uint16_t) port;
    return 0;
}

/*  "host[:port]" or "[v6]:port" */
static int take_host (redis_url_t *to, const char *text, size_t length, problem_t *problem)
{
    bool brackets = length > 0 && text[0] == '[';
    const char *end = brackets ? memchr (text, ']', length) : memchr (text, ':', length);
    if (brackets && !end)
        return refuse (problem, "an address without its closing bracket");
    size_t size = end ? (size_t) (end - text) : length;
    const char *host = brackets ? text + 1 : text;
    size_t host_size = brackets ? size - 1 : size;
    if (host_size == 0 || host_size >= sizeof to->host)
        return refuse (problem, "no host, or one that is too long");
    for (size_t i = 0; i < host_size; i++)
        if (!isalnum ((unsigned char) host[i]) && !strchr (brackets ? ":.%" : ".-_", host[i]))
            return refuse (problem, "a character that no host has");
    memcpy (to->host, host, host_size);
    to->host[host_size] = '\0';
    size += brackets ? 1 : 0;
    return take_port (to, text + size, length - size, problem);
}

static int take_database (redis_url_t *to, const char *text, problem_t *problem)
{
    if (*text && !number (text, strlen (text), REDIS_URL_DATABASE_MAX, &to->database))
        return refuse (problem, "the database is no number from 0 to 65535");
    return 0;
}

static int take_socket (redis_url_t *to, const char *text, problem_t *problem)
{
    size_t length = strcspn (text, "?");
    if (text[0] != '/' || length < 2 || !url_text_decode (text, length, to->path, sizeof to->path))
        return refuse (problem, "the socket's path is not absolute, too long or badly encoded");
    if (!text[length])
        return 0;
    if (strncmp (text + length, "?db=", 4) != 0 || !text[length + 4])
        return refuse (problem, "the only option of a socket is ?db=n");
    return take_database (to, text + length + 4, problem);
}

static int take_rest (redis_url_t *to, const char *rest, bool local, problem_t *problem)
{
    /*  the last '@' before the path: a password with an '@' of its own is encoded, or forgiven */
    size_t authority = local ? strlen (rest) : strcspn (rest, "/");
    const char *at = memrchr (rest, '@', authority);
    if (!at && !local && strchr (rest + authority, '@'))
        return refuse (problem, "a '/' in the password must be written %2F");
    if (at && at > rest && !(local && rest[0] == '/')) {
        int result = take_user (to, rest, (size_t) (at - rest), problem);
        if (result != 0)
            return result;
        authority -= (size_t) (at + 1 - rest);
        rest = at + 1;
    }
    if (local)
        return take_socket (to, rest, problem);
    int result = take_host (to, rest, authority, problem);
    return result == 0 && rest[authority] ? take_database (to, rest + authority + 1, problem) : result;
}

int redis_url_parse (const char *url, redis_url_t *to, problem_t *problem)
{
    static const struct {
        const char *scheme;
        bool tls;
        bool local;
    } schemes[] = {{"redis://", false, false}, {"rediss://", true, false}, {"redis+unix://", false, true},
        {"unix://", false, true}};
    assert (url && to);
    memset (to, 0, sizeof *to);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t length = strlen (schemes[i].scheme);
        if (strncmp (url, schemes[i].scheme, length) != 0)
            continue;
        to->tls = schemes[i].tls;
        return take_rest (to, url + length, schemes[i].local, problem);
    }
    return refuse (problem, "is not a Redis address");
}
