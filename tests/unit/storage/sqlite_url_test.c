/*  DATABASE_URL to a path. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/sqlite_url.h"

#include <stdio.h>
#include <string.h>

static void accepts (const char *url, const char *expected)
{
    char path[SQLITE_PATH_MAX];
    problem_t problem = {0};
    assert_int_equal (sqlite_url_path (url, path, sizeof path, &problem), 0);
    assert_string_equal (path, expected);
}

static void refuses (const char *url, const char *because)
{
    char path[SQLITE_PATH_MAX];
    problem_t problem = {0};
    assert_int_equal (sqlite_url_path (url, path, sizeof path, &problem), -ERR_SETTING);
    assert_string_equal (problem.where, "DATABASE_URL");
    if (!strstr (problem.detail, because))
        fail_msg ("%s: \"%s\" does not say \"%s\"", url, problem.detail, because);
}

static void three_slashes_are_relative_and_four_absolute (void **state)
{
    (void) state;
    accepts ("sqlite:///copier.db", "copier.db");
    accepts ("sqlite:///data/copier.db", "data/copier.db");
    accepts ("sqlite:////var/lib/copier.db", "/var/lib/copier.db");
}

static void the_python_copiers_drivers_are_understood (void **state)
{
    (void) state;
    accepts ("sqlite+aiosqlite:///trade_copier.db", "trade_copier.db");
    accepts ("sqlite+pysqlite:////tmp/x.db", "/tmp/x.db");
}

static void other_databases_are_refused_and_their_passwords_not_repeated (void **state)
{
    (void) state;
    refuses ("mysql://user:hunter2@host/db", "mysql:// is not supported");
    refuses ("mysql+aiomysql://user:hunter2@host/db", "mysql+aiomysql");
    char path[SQLITE_PATH_MAX];
    problem_t problem = {0};
    assert_int_equal (
        sqlite_url_path ("mysql://user:hunter2@host/db", path, sizeof path, &problem), -ERR_SETTING);
    assert_null (strstr (problem.detail, "hunter2"));
    assert_int_equal (sqlite_url_path ("hunter2", path, sizeof path, &problem), -ERR_SETTING);
    assert_null (strstr (problem.detail, "hunter2"));
}

static void what_names_no_file_is_refused (void **state)
{
    (void) state;
    refuses ("", "not a database URL");
    refuses ("copier.db", "not a database URL");
    refuses ("sqlite:/x.db", "not a database URL");
    refuses ("sqlite://", "host");
    refuses ("sqlite://host/x.db", "host");
    refuses ("sqlite:///", "no file");
    refuses ("sqlite:///:memory:", "no file");
    refuses ("sqlite:///x.db?timeout=5", "options");
    refuses ("sqlite:///file:x.db", "options");
    refuses ("sqlite:////var/lib/", "directory");
    refuses ("sqlite:///a\nb", "control character at byte 1");
    refuses ("sqlite3:///x.db", "not supported");
}

static void a_path_has_a_bound (void **state)
{
    (void) state;
    char url[SQLITE_PATH_MAX + 32];
    char path[SQLITE_PATH_MAX];
    memset (url, 'x', sizeof url);
    memcpy (url, "sqlite:///", 10);
    url[10 + SQLITE_PATH_MAX - 1] = '\0';
    assert_int_equal (sqlite_url_path (url, path, sizeof path, NULL), 0);
    assert_int_equal (strlen (path), SQLITE_PATH_MAX - 1);
    url[10 + SQLITE_PATH_MAX - 1] = 'x';
    url[10 + SQLITE_PATH_MAX] = '\0';
    refuses (url, "longer");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (three_slashes_are_relative_and_four_absolute),
        cmocka_unit_test (the_python_copiers_drivers_are_understood),
        cmocka_unit_test (other_databases_are_refused_and_their_passwords_not_repeated),
        cmocka_unit_test (what_names_no_file_is_refused),
        cmocka_unit_test (a_path_has_a_bound),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
