/*  supervisor: real processes that end well, crash, crash too often, refuse to stop. The test's own program is the
 *  actors' too: called as `… actor NAME …` it behaves as the file NAME in the run's directory says.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/log.h"
#include "actors/host/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define MS_NS INT64_C (1000000)

typedef struct {
    topology_t topology;
    settings_t *settings;
    supervisor_config_t config;
    char program[256];
    size_t lives_wanted; /*  then it is stopped from outside; SIZE_MAX = never */
} story_t;

/*  ---- the actors' side ---- */

static char s_trace[256];
static char s_name[32];

/*  "name what" into the trace that all of a run share. */
static void trace (const char *what)
{
    char line[64];
    int descriptor = open (s_trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    int size = snprintf (line, sizeof line, "%s %s\n", s_name, what);
    (void) !write (descriptor, line, (size_t) size);
    (void) close (descriptor);
}

static void on_term (int number)
{
    (void) number;
    trace ("stopped");
    _exit (0);
}

/*  orders: "live", "crash" (each time), "once" (crash at the first life), "config" (ends with 78), "deaf" */
static int be_an_actor (const char *name, const char *directory)
{
    char path[256];
    char orders[32] = "live";
    FILE *file;
    (void) snprintf (s_name, sizeof s_name, "%s", name);
    (void) snprintf (s_trace, sizeof s_trace, "%s/trace", directory);
    (void) snprintf (path, sizeof path, "%s/%s", directory, name);
    file = fopen (path, "r");
    if (file) {
        (void) !fscanf (file, "%31s", orders);
        (void) fclose (file);
    }
    (void) signal (SIGTERM, strcmp (orders, "deaf") == 0 ? SIG_IGN : on_term);
    trace ("started");
    if (strcmp (orders, "once") == 0)
        (void) unlink (path);
    if (strcmp (orders, "once") == 0 || strcmp (orders, "crash") == 0)
        (void) raise (SIGKILL);
    if (strcmp (orders, "config") == 0)
        return EX_CONFIG;
    for (;;)
        (void) pause ();
}

/*  ---- the test's side ---- */

static void order (const story_t *story, const char *name, const char *orders)
{
    char path[256];
    FILE *file;
    (void) snprintf (path, sizeof path, "%s/%s", story->topology.base, name);
    file = fopen (path, "w");
    assert_non_null (file);
    (void) fputs (orders, file);
    (void) fclose (file);
}

static size_t traced (const story_t *story, const char *what)
{
    char path[256];
    char line[64];
    size_t count = 0;
    FILE *file;
    (void) snprintf (path, sizeof path, "%s/trace", story->topology.base);
    file = fopen (path, "r");
    while (file && fgets (line, sizeof line, file))
        count += strncmp (line, what, strlen (what)) == 0;
    if (file)
        (void) fclose (file);
    return count;
}

/*  How many lives began. */
static size_t lives (const story_t *story)
{
    size_t count = 0;
    for (size_t n = 0; n < story->topology.count; n++) {
        char what[64];
        (void) snprintf (what, sizeof what, "%s started", story->topology.actors[n].name);
        count += traced (story, what);
    }
    return count;
}

/*  Called by the supervisor every 20 ms: stops it when everybody that the story waits for has come to life. */
static void stop_when_told (void *context)
{
    story_t *story = (story_t *) context;
    if (lives (story) >= story->lives_wanted)
        (void) kill (getpid (), SIGTERM);
}

static int make (void **state)
{
    static char base[64];
    story_t *story = (story_t *) calloc (1, sizeof *story);
    wire_setup ();
    (void) strcpy (base, "/tmp/tc-test-XXXXXX");
    assert_non_null (mkdtemp (base));
    assert_int_equal (settings_parse (&story->settings, "test", NULL, 0, NULL, NULL), 0);
    assert_int_equal (topology_load (&story->topology, "local", 2, false, NULL), 0);
    (void) strcpy (story->topology.base, base);
    assert_true (readlink ("/proc/self/exe", story->program, sizeof story->program - 1) > 0);
    story->config = (supervisor_config_t){.topology = &story->topology,
        .settings = story->settings,
        .outside = base,
        .processes = true,
        .program = story->program,
        .topology_name = "local",
        .on_interval = stop_when_told,
        .interval_ns = 20 * MS_NS,
        .context = story};
    story->lives_wanted = 7;
    *state = story;
    return 0;
}

static int clean (void **state)
{
    story_t *story = (story_t *) *state;
    char command[128];
    (void) snprintf (command, sizeof command, "rm -rf %s", story->topology.base);
    (void) !system (command);
    settings_destroy (&story->settings);
    free (story);
    return 0;
}

static void test_all_start_and_stop_in_order (void **state)
{
    static const char *const wanted[] = {"listener stopped", "executor-", "executor-", "dispatcher stopped",
        "audit stopped", "alert stopped", "tap stopped"};
    story_t *story = (story_t *) *state;
    char path[256];
    char line[64];
    size_t n = 0;
    FILE *file;
    assert_int_equal (supervisor_run (&story->config), 0);
    (void) snprintf (path, sizeof path, "%s/trace", story->topology.base);
    file = fopen (path, "r");
    assert_non_null (file);
    while (fgets (line, sizeof line, file))
        if (strstr (line, "stopped")) {
            assert_true (n < 7);
            assert_memory_equal (line, wanted[n], strlen (wanted[n]));
            n++;
        }
    (void) fclose (file);
    assert_int_equal (n, 7);
}

/*  t=0 executor-2 dies at once; 100 ms later it lives again and the others never noticed. */
static void test_a_crashed_actor_is_restarted (void **state)
{
    story_t *story = (story_t *) *state;
    order (story, "executor-2", "once");
    story->lives_wanted = 8;
    assert_int_equal (supervisor_run (&story->config), 0);
    assert_int_equal (traced (story, "executor-2 started"), 2);
    assert_int_equal (traced (story, "executor-2 stopped"), 1);
    assert_int_equal (traced (story, "executor-1 started"), 1);
}

/*  Pauses 100 + 200 + 400 + 800 ms: the fifth crash comes after 1.5 s, and that is enough. */
static void test_five_crashes_in_a_minute_end_the_run (void **state)
{
    story_t *story = (story_t *) *state;
    story->lives_wanted = SIZE_MAX;
    order (story, "audit", "crash");
    assert_int_equal (supervisor_run (&story->config), EX_SOFTWARE);
    assert_int_equal (traced (story, "audit started"), 5);
    assert_int_equal (traced (story, "listener stopped"), 1);
    assert_int_equal (traced (story, "tap stopped"), 1);
}

/*  Pauses 100 + 200 + 400 + 800 + 1600 ms: after its sixth end everybody else lives their first life. */
static void test_a_gateway_may_end_as_often_as_it_likes (void **state)
{
    story_t *story = (story_t *) *state;
    char base[TOPOLOGY_BASE_MAX];
    (void) strcpy (base, story->topology.base);
    assert_int_equal (topology_load (&story->topology, "local", 2, true, NULL), 0);
    (void) strcpy (story->topology.base, base);
    order (story, "gateway", "config");
    story->lives_wanted = 7 + 6;
    assert_int_equal (supervisor_run (&story->config), 0);
    assert_int_equal (traced (story, "gateway started"), 6);
    assert_int_equal (traced (story, "dispatcher started"), 1);
    assert_int_equal (traced (story, "dispatcher stopped"), 1);
}

static void test_a_wrong_configuration_is_not_tried_again (void **state)
{
    story_t *story = (story_t *) *state;
    story->lives_wanted = SIZE_MAX;
    order (story, "executor-1", "config");
    assert_int_equal (supervisor_run (&story->config), EX_CONFIG);
    assert_int_equal (traced (story, "executor-1 started"), 1);
}

static void test_a_program_that_is_not_there (void **state)
{
    story_t *story = (story_t *) *state;
    story->lives_wanted = SIZE_MAX;
    story->config.program = "/nowhere/trade-copier";
    assert_int_not_equal (supervisor_run (&story->config), 0);
}

/*  Whoever ignores the stop is killed, and the exit code tells; takes the 16 s that it takes. */
static void test_a_deaf_actor_is_killed (void **state)
{
    story_t *story = (story_t *) *state;
    order (story, "dispatcher", "deaf");
    assert_int_equal (supervisor_run (&story->config), EX_TEMPFAIL);
    assert_int_equal (traced (story, "dispatcher stopped"), 0);
    assert_int_equal (traced (story, "audit stopped"), 1); /*  those after it still stop well */
    assert_int_equal (traced (story, "tap stopped"), 1);
}

int main (int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (test_all_start_and_stop_in_order, make, clean),
        cmocka_unit_test_setup_teardown (test_a_crashed_actor_is_restarted, make, clean),
        cmocka_unit_test_setup_teardown (test_five_crashes_in_a_minute_end_the_run, make, clean),
        cmocka_unit_test_setup_teardown (test_a_gateway_may_end_as_often_as_it_likes, make, clean),
        cmocka_unit_test_setup_teardown (test_a_wrong_configuration_is_not_tried_again, make, clean),
        cmocka_unit_test_setup_teardown (test_a_program_that_is_not_there, make, clean),
        cmocka_unit_test_setup_teardown (test_a_deaf_actor_is_killed, make, clean),
    };
    if (argc > 6 && strcmp (argv[1], "actor") == 0)
        return be_an_actor (argv[2], argv[6]);
    return cmocka_run_group_tests (tests, NULL, NULL);
}
