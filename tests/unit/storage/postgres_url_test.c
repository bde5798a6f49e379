/*  DATABASE_URL to what libpq is told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/postgres_url.h"

#include <string.h>

static postgres_url_t the_url;

static const char *value (const char *keyword)
{
    for (size_t i = 0; i < the_url.count; i++)
        if (strcmp (the_url.keywords[i], keyword) == 0)
            return the_url.values[i];
    return "";
}

static void takes (const char *url)
{
    problem_t problem = {0};
    if (postgres_url_parse (url, &the_url, &problem) != 0)
        fail_msg ("%s: %s", url, problem.detail);
    assert_null (the_url.keywords[the_url.count]);
}

static void refuses (const char *url, const char *because)
{
    problem_t problem = {0};
    assert_int_equal (postgres_url_parse (url, &the_url, &problem), -ERR_SETTING);
    assert_string_equal (problem.where, "DATABASE_URL");
    assert_null (strstr (problem.detail, "hunter2"));
    if (!strstr (problem.detail, because))
        fail_msg ("%s: \"%s\" does not say \"%s\"", url, problem.detail, because);
}

static void every_part_is_taken (void **state)
{
    (void) state;
    takes (
        "postgresql://copier:hunter%2F2%3F@db.example:5433/trades?sslmode=verify-full&sslrootcert=%2Fca.pem");
    assert_string_equal (value ("host"), "db.example");
    assert_string_equal (value ("port"), "5433");
    assert_string_equal (value ("user"), "copier");
    assert_string_equal (value ("password"), "hunter/2?");
    assert_string_equal (value ("dbname"), "trades");
    assert_string_equal (value ("sslmode"), "verify-full");
    assert_string_equal (value ("sslrootcert"), "/ca.pem");
    assert_string_equal (the_url.place, "postgresql://db.example:5433/trades");
    assert_string_equal (value ("connect_timeout"), "5"); /*  ours, when nothing else is said */
    assert_string_equal (value ("target_session_attrs"), "read-write");
    assert_string_equal (value ("client_encoding"), "UTF8");
    takes ("postgres://db.example/trades?connect_timeout=9");
    assert_string_equal (value ("connect_timeout"), "9");
    assert_string_equal (value ("password"), "");
}

static void the_python_copiers_forms_are_understood (void **state)
{
    (void) state;
    takes ("postgresql+asyncpg://copier:hunter2@db/trades?ssl=require");
    assert_string_equal (value ("sslmode"), "require");
    takes ("postgresql+psycopg://copier@db/trades");
}

static void a_socket_and_a_password_file_are_named_in_the_query (void **state)
{
    (void) state;
    takes ("postgresql:///trades?host=/run/postgresql&password_file=%2Frun%2Fsecrets%2Fdb&port=5433");
    assert_string_equal (value ("host"), "/run/postgresql");
    assert_string_equal (value ("port"), "5433");
    assert_string_equal (the_url.password_file, "/run/secrets/db");
    assert_string_equal (the_url.place, "postgresql:///trades?host=/run/postgresql");
    takes ("postgresql://a:hunter2?@db/trades"); /*  a '?' in the password, as libpq reads it */
    assert_string_equal (value ("password"), "hunter2?");
}

static void what_is_wrong_is_named_and_not_repeated (void **state)
{
    (void) state;
    refuses ("postgresql:hunter2", "not a URL");
    refuses ("postgresql+hunter2://a@b/c", "not a URL");
    refuses ("postgresql://a:hunter2@/trades", "no host");
    refuses ("postgresql://a:hunter2@db", "no database");
    refuses ("postgresql://a:hunter2@db/", "no database");
    refuses ("postgresql://a@db/trades?password=hunter2", "before the @");
    refuses ("postgresql://a:hunter2@db/trades?password_file=/x", "one of them");
    refuses ("postgresql://a@db/trades?password_file", "not well-formed");
    refuses ("postgresql://a@db/trades?ssl=on&ssl=hunter2", "twice");
    refuses ("postgresql://a@db/trades?hunter2=1", "not well-formed");
    refuses ("postgresql://a:hunter2@[db/trades", "not well-formed");
    refuses ("postgresql://a:hunter2%zz@db/trades", "not well-formed");
    refuses ("postgresql://a:hunter2@db/trades%0a", "control character");
    refuses ("postgresql://a@db/trades?replication=database", "replication");
    char text[POSTGRES_URL_MAX + 64];
    memset (text, 'x', sizeof text - 1);
    memcpy (text, "postgresql://a:", 15);
    text[sizeof text - 1] = '\0';
    refuses (text, "too long");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (every_part_is_taken),
        cmocka_unit_test (the_python_copiers_forms_are_understood),
        cmocka_unit_test (a_socket_and_a_password_file_are_named_in_the_query),
        cmocka_unit_test (what_is_wrong_is_named_and_not_repeated),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
