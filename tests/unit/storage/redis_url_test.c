/*  REDIS_URL to an address. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/redis_url.h"

#include <string.h>

static redis_url_t parse (const char *url)
{
    redis_url_t to;
    problem_t problem = {0};
    if (redis_url_parse (url, &to, &problem) != 0)
        fail_msg ("%s: %s", url, problem.detail);
    return to;
}

static void refuses (const char *url, const char *because)
{
    redis_url_t to;
    problem_t problem = {0};
    assert_int_equal (redis_url_parse (url, &to, &problem), -ERR_SETTING);
    assert_string_equal (problem.where, "REDIS_URL");
    if (!strstr (problem.detail, because))
        fail_msg ("%s: \"%s\" does not say \"%s\"", url, problem.detail, because);
    assert_null (strstr (problem.detail, "hunter2"));
}

static void a_host_is_enough (void **state)
{
    (void) state;
    redis_url_t to = parse ("redis://cache.example");
    assert_string_equal (to.host, "cache.example");
    assert_int_equal (to.port, 6379);
    assert_int_equal (to.database, 0);
    assert_string_equal (to.user, "");
    assert_string_equal (to.password, "");
    assert_false (to.tls);
    assert_int_equal (parse ("redis://cache.example/").database, 0);
}

static void everything_can_be_said (void **state)
{
    (void) state;
    redis_url_t to = parse ("rediss://the%20copier:hunter2%2F%40%25:x@cache-1.example:6380/15");
    assert_true (to.tls);
    assert_string_equal (to.user, "the copier");
    assert_string_equal (to.password, "hunter2/@%:x");
    assert_string_equal (to.host, "cache-1.example");
    assert_int_equal (to.port, 6380);
    assert_int_equal (to.database, 15);
    assert_string_equal (parse ("redis://:hunter2@h").password, "hunter2");
    assert_string_equal (parse ("redis://:hunter2@h").user, "");
    assert_string_equal (parse ("redis://:hunter@2@h").password, "hunter@2"); /*  forgiven */
}

static void addresses_in_brackets (void **state)
{
    (void) state;
    redis_url_t to = parse ("redis://:p@[fe80::1%eth0]:7000/1");
    assert_string_equal (to.host, "fe80::1%eth0");
    assert_int_equal (to.port, 7000);
    assert_string_equal (parse ("redis://[::1]").host, "::1");
    refuses ("redis://[::1", "bracket");
    refuses ("redis://[::1]x", "port");
    refuses ("redis://[]", "no host");
}

static void sockets (void **state)
{
    (void) state;
    redis_url_t to = parse ("redis+unix://user:hunter2@/run/redis/redis.sock?db=3");
    assert_string_equal (to.path, "/run/redis/redis.sock");
    assert_string_equal (to.host, "");
    assert_string_equal (to.user, "user");
    assert_string_equal (to.password, "hunter2");
    assert_int_equal (to.database, 3);
    assert_string_equal (parse ("unix:///tmp/a@b").path, "/tmp/a@b");
    refuses ("redis+unix://relative.sock", "absolute");
    refuses ("redis+unix:///x?timeout=3", "?db=n");
    refuses ("redis+unix:///x?db=", "?db=n");
    refuses ("redis+unix:///", "absolute");
}

static void what_is_wrong_is_named_and_nothing_repeated (void **state)
{
    (void) state;
    refuses ("hunter2", "no");
    refuses ("", "address");
    refuses ("postgresql://u:hunter2@h", "address");
    refuses ("redis://", "host");
    refuses ("redis://:hunter2@", "host");
    refuses ("redis://user@h", "password");
    refuses ("redis://:hunter2%zz@h", "encoded");
    refuses ("redis://:hunter2%00@h", "encoded");
    refuses ("redis://:hunter2/x@h", "%2F");
    refuses ("redis://:hunter2@h:0", "port");
    refuses ("redis://:hunter2@h:65536", "port");
    refuses ("redis://:hunter2@h:", "port");
    refuses ("redis://:hunter2@h:6379x", "port");
    refuses ("redis://:hunter2@h/two", "database");
    refuses ("redis://:hunter2@h/65536", "database");
    refuses ("redis://:hunter2@h/-1", "database");
    refuses ("redis://:hunter2@h/1/2", "database");
    refuses ("redis://h o s t", "character");
}

static void everything_is_bounded (void **state)
{
    (void) state;
    char url[1200];
    memset (url, 'a', sizeof url);
    memcpy (url, "redis://", 8);
    url[8 + 255] = '\0';
    assert_int_equal (strlen (parse (url).host), 255);
    url[8 + 255] = 'a';
    url[8 + 256] = '\0';
    refuses (url, "too long");
    memset (url + 8, 'a', 1000);
    memcpy (url + 8, ":", 1);
    memcpy (url + 1000, "@h", 3);
    refuses (url, "password");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_host_is_enough),
        cmocka_unit_test (everything_can_be_said),
        cmocka_unit_test (addresses_in_brackets),
        cmocka_unit_test (sockets),
        cmocka_unit_test (what_is_wrong_is_named_and_nothing_repeated),
        cmocka_unit_test (everything_is_bounded),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
