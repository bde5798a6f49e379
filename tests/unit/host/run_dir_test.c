/*  run_dir: one run a database, a private directory, and where the tap is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/run_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char root[64];
    char database[96];
} place_t;

static int make (void **state)
{
    place_t *place = (place_t *) calloc (1, sizeof *place);
    (void) strcpy (place->root, "/tmp/tc-test-XXXXXX");
    if (!mkdtemp (place->root))
        return -1;
    (void) snprintf (place->database, sizeof place->database, "%s/copier.db", place->root);
    *state = place;
    return 0;
}

static int clean (void **state)
{
    place_t *place = (place_t *) *state;
    char command[128];
    (void) snprintf (command, sizeof command, "rm -rf %s", place->root);
    (void) !system (command);
    free (place);
    return 0;
}

static void test_one_run_a_database (void **state)
{
    place_t *place = (place_t *) *state;
    problem_t problem = {0};
    run_dir_t first;
    run_dir_t second;
    char pid[32];
    assert_int_equal (run_dir_open (&first, place->root, place->database, &problem), 0);
    assert_int_equal (run_dir_open (&second, place->root, place->database, &problem), 0);
    assert_int_equal (run_dir_lock (&first, &problem), 0);
    assert_int_equal (run_dir_lock (&second, &problem), -ERR_BUSY);
    (void) snprintf (pid, sizeof pid, "(pid %d)", (int) getpid ());
    assert_non_null (strstr (problem.detail, pid));
    run_dir_close (&first);
    assert_int_equal (run_dir_lock (&second, &problem), 0);
    run_dir_close (&second);
}

static void test_the_private_directory_comes_and_goes (void **state)
{
    place_t *place = (place_t *) *state;
    problem_t problem = {0};
    run_dir_t run;
    struct stat info;
    char socket[RUN_PATH_MAX + 16];
    FILE *file;
    assert_int_equal (run_dir_open (&run, place->root, place->database, &problem), 0);
    assert_int_equal (run_dir_lock (&run, &problem), 0);
    assert_int_equal (run_dir_make (&run, &problem), 0);
    assert_int_equal (stat (run.base, &info), 0);
    assert_int_equal (info.st_mode & 0777, 0700);
    (void) snprintf (socket, sizeof socket, "%s/dispatcher", run.base);
    file = fopen (socket, "w");
    assert_non_null (file);
    (void) fclose (file);
    run_dir_close (&run);
    assert_int_not_equal (stat (run.base, &info), 0);
}

static void test_a_listener_finds_the_tap_while_it_is_there (void **state)
{
    place_t *place = (place_t *) *state;
    problem_t problem = {0};
    run_dir_t run;
    run_dir_t reader;
    char endpoint[128];
    assert_int_equal (run_dir_open (&run, place->root, place->database, &problem), 0);
    assert_int_equal (run_dir_open (&reader, place->root, place->database, &problem), 0);
    assert_int_equal (run_dir_find_tap (&reader, endpoint, sizeof endpoint, &problem), -ERR_NOT_FOUND);
    assert_int_equal (run_dir_lock (&run, &problem), 0);
    assert_int_equal (run_dir_announce (&run, "ipc:///tmp/x/tap", &problem), 0);
    assert_int_equal (run_dir_find_tap (&reader, endpoint, sizeof endpoint, &problem), 0);
    assert_string_equal (endpoint, "ipc:///tmp/x/tap");
    assert_int_equal (run_dir_make (&run, &problem), 0);
    assert_int_equal (run_dir_announce (&run, "", &problem), 0); /*  the tap is switched off */
    assert_int_equal (run_dir_find_tap (&reader, endpoint, sizeof endpoint, &problem), -ERR_CORRUPT);
    assert_int_equal (run_dir_find_base (&reader, endpoint, sizeof endpoint, &problem), 0);
    assert_string_equal (endpoint, run.base);
    assert_int_equal (run_dir_announce (&run, "ipc:///tmp/x/tap", &problem), 0);
    run_dir_close (&reader); /*  only looked: takes nothing away */
    assert_int_equal (run_dir_find_tap (&reader, endpoint, sizeof endpoint, &problem), 0);
    run_dir_close (&run);
    assert_int_equal (run_dir_find_tap (&reader, endpoint, sizeof endpoint, &problem), -ERR_NOT_FOUND);
}

static void test_a_directory_that_others_may_enter_is_refused (void **state)
{
    place_t *place = (place_t *) *state;
    problem_t problem = {0};
    run_dir_t run;
    assert_int_equal (run_dir_open (&run, place->root, place->database, &problem), 0);
    assert_int_equal (chmod (run.home, 0755), 0);
    assert_int_equal (run_dir_open (&run, place->root, place->database, &problem), -ERR_IO);
    assert_non_null (strstr (problem.detail, "0700"));
}

static void test_paths_that_cannot_be (void **state)
{
    place_t *place = (place_t *) *state;
    problem_t problem = {0};
    run_dir_t run;
    char longest[200];
    memset (longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    assert_int_equal (run_dir_open (&run, longest, place->database, &problem), -ERR_RANGE);
    assert_int_equal (run_dir_open (&run, place->root, "/nowhere/at/all.db", &problem), -ERR_NOT_FOUND);
    (void) snprintf (longest, sizeof longest, "%s/%050d", place->root, 0);
    assert_int_equal (run_dir_open (&run, longest, place->database, &problem), 0);
    assert_int_equal (run_dir_make (&run, &problem), -ERR_RANGE);
    assert_string_equal (problem.where, "RUN_DIR");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (test_one_run_a_database, make, clean),
        cmocka_unit_test_setup_teardown (test_the_private_directory_comes_and_goes, make, clean),
        cmocka_unit_test_setup_teardown (test_a_listener_finds_the_tap_while_it_is_there, make, clean),
        cmocka_unit_test_setup_teardown (test_a_directory_that_others_may_enter_is_refused, make, clean),
        cmocka_unit_test_setup_teardown (test_paths_that_cannot_be, make, clean),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
