/*  gateway_token_test.c: where the token comes from; one that is made stays the same and is nobody else's to read. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "actors/host/gateway_token.h"

static char s_dir[64];
static char s_token[GATEWAY_TOKEN_MAX];
static char s_where[GATEWAY_TOKEN_PATH_MAX];
static problem_t s_problem;

static int setup (void **state)
{
    (void) state;
    (void) snprintf (s_dir, sizeof s_dir, "/tmp/tc-token-XXXXXX");
    return mkdtemp (s_dir) ? 0 : -1;
}

static int teardown (void **state)
{
    char command[96];
    (void) state;
    (void) snprintf (command, sizeof command, "rm -r %s", s_dir);
    return system (command);
}

/*  format: one %s for the directory. */
static int load (const char *format)
{
    char text[512];
    settings_t *settings = NULL;
    (void) snprintf (text, sizeof text, format, s_dir);
    assert_int_equal (settings_parse (&settings, "test.env", text, strlen (text), NULL, &s_problem), 0);
    int rc = gateway_token_load (settings, s_token, s_where, &s_problem);
    settings_destroy (&settings);
    return rc;
}

static void one_is_made_beside_the_database_and_stays (void **state)
{
    char first[GATEWAY_TOKEN_MAX];
    struct stat info;
    (void) state;
    assert_int_equal (load ("DATABASE_URL=sqlite:///%s/a.db\n"), 0);
    assert_int_equal (strlen (s_token), 43);
    assert_int_equal (stat (s_where, &info), 0);
    assert_int_equal (info.st_mode & 0777, 0600);
    assert_non_null (strstr (s_where, "/a.db.gateway-token"));
    (void) strcpy (first, s_token);
    assert_int_equal (load ("DATABASE_URL=sqlite:///%s/a.db\n"), 0);
    assert_string_equal (s_token, first);
    assert_int_equal (load ("DATABASE_URL=sqlite:///%s/b.db\n"), 0);
    assert_string_not_equal (s_token, first);
}

static void a_given_one_is_taken_and_nothing_is_made (void **state)
{
    char path[128];
    (void) state;
    assert_int_equal (load ("DATABASE_URL=sqlite:///%s/a.db\nGATEWAY_TOKEN=0123456789abcdef\n"), 0);
    assert_string_equal (s_token, "0123456789abcdef");
    assert_string_equal (s_where, "GATEWAY_TOKEN");
    (void) snprintf (path, sizeof path, "%s/a.db.gateway-token", s_dir);
    assert_int_not_equal (access (path, F_OK), 0);
}

static void bad_ones_are_refused_by_name_and_not_shown (void **state)
{
    (void) state;
    assert_int_equal (load ("DATABASE_URL=sqlite:///%s/a.db\nGATEWAY_TOKEN=tooshort\n"), -ERR_SETTING);
    assert_string_equal (s_problem.where, "GATEWAY_TOKEN");
    assert_null (strstr (s_problem.detail, "tooshort"));
    assert_int_equal (load ("GATEWAY_TOKEN_FILE=%s/none\n"), -ERR_NOT_FOUND);
    assert_string_equal (s_problem.where, "GATEWAY_TOKEN_FILE");
    assert_int_equal (load ("GATEWAY_TOKEN=0123456789abcdef\nGATEWAY_TOKEN_FILE=%s/none\n"), -ERR_SETTING);
    assert_int_equal (load ("DATABASE_URL=sqlite:///%s/none/a.db\n"), -ERR_IO);
}

static void a_database_that_is_no_file_leaves_it_to_the_run_directory (void **state)
{
    (void) state;
    assert_int_equal (load ("DATABASE_URL=postgresql://h/db\nRUN_DIR=%s\n"), 0);
    assert_non_null (strstr (s_where, "/gateway-token"));
    assert_int_equal (strncmp (s_where, s_dir, strlen (s_dir)), 0);
}

static void a_file_of_ones_own (void **state)
{
    char path[128];
    (void) state;
    (void) snprintf (path, sizeof path, "%s/mine", s_dir);
    FILE *file = fopen (path, "w");
    assert_non_null (file);
    (void) fputs ("a-token-of-my-own-0\r\nand more\n", file);
    (void) fclose (file);
    assert_int_equal (load ("GATEWAY_TOKEN_FILE=%s/mine\n"), 0);
    assert_string_equal (s_token, "a-token-of-my-own-0");
}

int main (void)
{
#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
    const struct CMUnitTest tests[] = {STORY (one_is_made_beside_the_database_and_stays),
        STORY (a_given_one_is_taken_and_nothing_is_made), STORY (bad_ones_are_refused_by_name_and_not_shown),
        STORY (a_database_that_is_no_file_leaves_it_to_the_run_directory), STORY (a_file_of_ones_own)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
