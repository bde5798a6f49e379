/*  postgres_url: libpq's own parser reads it; around that are the names that are not libpq's, bounds, and what is told when the
 *  URL says nothing of it.
 */
#include "storage/postgres_url.h"

#include "storage/url_text.h"

#include <assert.h>
#include <ctype.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

static const char WHERE[] = "DATABASE_URL";
static const char EXPECTED[] = "expected postgresql://[user[:password]@]host[:port]/dbname[?sslmode=…]";
static const char *const schemes[] = {"postgresql", "postgres", "postgresql+asyncpg", "postgres+asyncpg",
    "postgresql+psycopg", "postgresql+psycopg2"};

/*  A server that is gone is noticed, a standby is passed over, and nothing waits longer than this for a connection. */
static const char *const defaults[][2] = {{"connect_timeout", "5"}, {"keepalives_idle", "10"},
    {"keepalives_interval", "5"}, {"keepalives_count", "3"}, {"tcp_user_timeout", "10000"},
    {"target_session_attrs", "read-write"}, {"gssencmode", "disable"},
    {"fallback_application_name", "trade-copier"}};
#define DEFAULTS (sizeof defaults / sizeof *defaults)

static int refuse (problem_t *problem, const char *what)
{
    return problem_set (problem, ERR_SETTING, WHERE, "%s; %s", what, EXPECTED);
}

bool postgres_url_is (const char *url)
{
    assert (url);
    return strncmp (url, "postgres", 8) == 0;
}

/*  What stands behind "://"; NULL: another scheme. */
static const char *after_scheme (const char *url)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t size = strlen (schemes[i]);
        if (strncmp (url, schemes[i], size) == 0 && strncmp (url + size, "://", 3) == 0)
            return url + size + 3;
    }
    return NULL;
}

typedef struct {
    char text[POSTGRES_URL_MAX + 64];
    size_t used;
} plain_t;

static void append (plain_t *self, const char *text, size_t size)
{
    assert (self->used + size < sizeof self->text); /*  "ssl" grows by four, once */
    memcpy (self->text + self->used, text, size);
    self->used += size;
    self->text[self->used] = '\0';
}

static bool is_name (const char *at, size_t size, const char *name)
{
    return size == strlen (name) && strncmp (at, name, size) == 0;
}

/*  The query as libpq knows it: without what is ours, and with asyncpg's one name changed. */
static int take_query (const char *at, postgres_url_t *to, plain_t *plain, problem_t *problem)
{
    bool tls = false;
    for (char joint = '?'; *at; at += *at == '&') {
        size_t size = strcspn (at, "&");
        size_t name = strcspn (at, "=&");
        if (is_name (at, name, "password"))
            return refuse (problem, "a password stands before the @ or in DATABASE_PASSWORD_FILE");
        if (is_name (at, name, "password_file")) {
            if (size == name || !url_text_decode (at + name + 1, size - name - 1, to->password_file,
                                    sizeof to->password_file))
                return refuse (problem, "the path of the password's file is not well-formed");
        } else {
            bool ssl = is_name (at, name, "ssl");
            if (ssl && tls)
                return refuse (problem, "ssl stands there twice");
            tls = tls || ssl;
            append (plain, &joint, 1);
            append (plain, ssl ? "sslmode" : at, ssl ? strlen ("sslmode") : name);
            append (plain, at + name, size - name);
            joint = '&';
        }
        at += size;
    }
    return 0;
}

static int make_plain (const char *url, postgres_url_t *to, plain_t *plain, problem_t *problem)
{
    const char *rest = after_scheme (url);
    if (!rest)
        return refuse (problem, "is not a URL of a PostgreSQL database");
    if (strnlen (url, POSTGRES_URL_MAX) == POSTGRES_URL_MAX)
        return refuse (problem, "is too long");
    append (plain, "postgresql://", strlen ("postgresql://"));
    /*  as libpq finds the credentials' end: their password may hold a '?' */
    size_t credentials = strcspn (rest, "@/");
    size_t path = rest[credentials] == '@' ? credentials : 0;
    path += strcspn (rest + path, "?");
    append (plain, rest, path);
    return rest[path] ? take_query (rest + path + 1, to, plain, problem) : 0;
}

static const char *value_of (const postgres_url_t *self, const char *keyword)
{
    for (size_t i = 0; i < self->count; i++)
        if (strcmp (self->keywords[i], keyword) == 0)
            return self->values[i];
    return NULL;
}

static bool clean (const char *text)
{
    for (; *text; text++)
        if (iscntrl ((unsigned char) *text))
            return false;
    return true;
}

/*  keyword: static text */
static void put (postgres_url_t *self, const char *keyword, const char *value)
{
    assert (self->count < POSTGRES_OPTIONS_MAX);
    self->keywords[self->count] = keyword;
    self->values[self->count++] = value;
}

static const char *static_keyword (const char *keyword)
{
    static const char *const known[] = {"host", "hostaddr", "port", "dbname", "user", "password", "passfile",
        "connect_timeout", "options", "application_name", "keepalives", "keepalives_idle",
        "keepalives_interval", "keepalives_count", "tcp_user_timeout", "sslmode", "sslcert", "sslkey",
        "sslpassword", "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "ssl_min_protocol_version",
        "ssl_max_protocol_version", "channel_binding", "gssencmode", "krbsrvname", "gsslib",
        "target_session_attrs", "requirepeer", "require_auth", "sslcertmode", "sslnegotiation",
        "load_balance_hosts"};
    _Static_assert(sizeof known / sizeof *known + DEFAULTS + 2 < POSTGRES_OPTIONS_MAX, "room for each");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp (known[i], keyword) == 0)
            return known[i];
    return NULL;
}

static int take_options (const PQconninfoOption *options, postgres_url_t *to, problem_t *problem)
{
    size_t used = 0;
    for (; options->keyword; options++) {
        if (!options->val || !*options->val)
            continue;
        size_t size = strlen (options->val) + 1;
        const char *keyword = static_keyword (options->keyword);
        if (!keyword)
            return problem_set (
                problem, ERR_SETTING, WHERE, "the option %.40s is not for us", options->keyword);
        if (size > sizeof to->text - used)
            return refuse (problem, "is too long");
        if (strcmp (keyword, "password") != 0 && !clean (options->val))
            return refuse (problem, "has a control character in it");
        memcpy (to->text + used, options->val, size);
        put (to, keyword, to->text + used);
        used += size;
    }
    return 0;
}

/*  What has to be there, and the place. */
static int finish (postgres_url_t *to, problem_t *problem)
{
    const char *host = value_of (to, "host");
    const char *name = value_of (to, "dbname");
    const char *port = value_of (to, "port");
    if (!host)
        host = value_of (to, "hostaddr");
    if (!host)
        return refuse (problem, "names no host (a Unix socket's: ?host=/its/directory)");
    if (!name)
        return refuse (problem, "names no database");
    if (*to->password_file && value_of (to, "password"))
        return refuse (problem, "has a password, and a file for it too, expected one of them");
    if (*host == '/')
        (void) snprintf (to->place, sizeof to->place, "postgresql:///%.60s?host=%.70s", name, host);
    else
        (void) snprintf (to->place, sizeof to->place, "postgresql://%.60s%s%.20s/%.60s", host,
            port ? ":" : "", port ? port : "", name);
    for (size_t i = 0; i < DEFAULTS; i++)
        if (!value_of (to, defaults[i][0]))
            put (to, defaults[i][0], defaults[i][1]);
    put (to, "client_encoding", "UTF8");
    return 0;
}

int postgres_url_parse (const char *url, postgres_url_t *to, problem_t *problem)
{
    assert (url && to);
    plain_t plain = {0};
    PQconninfoOption *options = NULL;
    memset (to, 0, sizeof *to);
    int result = make_plain (url, to, &plain, problem);
    if (result == 0) {
        char *message = NULL; /*  repeats parts of the URL */
        options = PQconninfoParse (plain.text, &message);
        PQfreemem (message);
        if (!options)
            result = refuse (problem, "is not well-formed");
    }
    if (options)
        result = take_options (options, to, problem);
    if (result == 0)
        result = finish (to, problem);
    PQconninfoFree (options);
    explicit_bzero (&plain, sizeof plain);
    return result;
}
