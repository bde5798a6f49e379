/*  topology: the files a person writes, and what is said about the wrong ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/topology.h"

#include <string.h>

#define HEAD                                                                                                 \
    "actor tap tap\nactor alert alert\nactor audit audit\nactor dispatcher dispatcher\nactor listener "      \
    "listener\n"

static topology_t s_topology;
static problem_t s_problem;

static int parse (const char *text)
{
    memset (&s_problem, 0, sizeof s_problem);
    return topology_parse (&s_topology, "t.topology", text, &s_problem);
}

static void test_the_built_in_ones (void **state)
{
    (void) state;
    assert_int_equal (topology_load (&s_topology, "local", 3, &s_problem), 0);
    assert_int_equal (s_topology.transport, TRANSPORT_IPC);
    assert_int_equal (s_topology.count, 8);
    assert_int_equal (topology_find (&s_topology, "executor-3")->role, ROLE_EXECUTOR);
    assert_null (topology_find (&s_topology, "executor-4"));
    assert_int_equal (topology_load (&s_topology, "single", 1, &s_problem), 0);
    assert_int_equal (s_topology.transport, TRANSPORT_INPROC);
    assert_int_equal (topology_load (&s_topology, "local", 64, &s_problem), 0);
}

static void test_actors_share_a_thread (void **state)
{
    (void) state;
    assert_int_equal (topology_load (&s_topology, "single", 2, &s_problem), 0);
    int thread = topology_find (&s_topology, "dispatcher")->thread;
    assert_true (thread > 0);
    assert_int_equal (topology_find (&s_topology, "executor-1")->thread, thread);
    assert_int_equal (topology_find (&s_topology, "listener")->thread, thread);
    assert_int_equal (topology_find (&s_topology, "executor-2")->thread, 0); /*  its own */
    assert_int_equal (
        parse ("transport inproc\n" HEAD "actor e executor\nthread listener e\nthread audit alert\n"), 0);
    assert_int_not_equal (
        topology_find (&s_topology, "e")->thread, topology_find (&s_topology, "audit")->thread);
}

static void test_a_file_with_everything (void **state)
{
    char text[WIRE_ENDPOINT_MAX];
    (void) state;
    assert_int_equal (parse ("# mine\ntransport tcp\nbase 127.0.0.1:7000 # three ports\n" HEAD
                             "actor fast\texecutor 1\r\nactor slow executor"),
        0);
    assert_int_equal (s_topology.count, 7);
    assert_int_equal (topology_find (&s_topology, "fast")->processor, 1);
    assert_int_equal (topology_find (&s_topology, "slow")->processor, -1);
    assert_string_equal (topology_endpoint (&s_topology, SPOT_DISPATCHER, text), "tcp://127.0.0.1:7000");
    assert_string_equal (topology_endpoint (&s_topology, SPOT_TAP, text), "tcp://127.0.0.1:7002");
}

static void refused (const char *text, int rc, const char *where)
{
    assert_int_equal (parse (text), rc);
    assert_string_equal (s_problem.where, where);
}

static void test_mistakes_name_their_line (void **state)
{
    (void) state;
    refused ("transport ipc\nactor x\n", -ERR_SYNTAX, "t.topology:2");
    refused ("actor x trader\n", -ERR_SYNTAX, "t.topology:1");
    refused (HEAD "actor e executor 5000\n", -ERR_RANGE, "t.topology:6");
    refused (HEAD "actor e executor 1 2\n", -ERR_SYNTAX, "t.topology:6");
    refused (HEAD "actor tap executor\n", -ERR_EXISTS, "t.topology:6");
    refused ("actor boss dispatcher\n", -ERR_RANGE, "t.topology:1");
    refused ("actor e/1 executor\n", -ERR_SYNTAX, "t.topology:1");
    refused ("transport pigeon\n", -ERR_SYNTAX, "t.topology:1");
    refused ("colour red\n", -ERR_SYNTAX, "t.topology:1");
    refused (HEAD "thread listener nobody\n", -ERR_NOT_FOUND, "t.topology:6");
    refused (HEAD "thread listener tap\n", -ERR_RANGE, "t.topology:6");
    refused (HEAD "thread audit alert\nthread alert listener\n", -ERR_RANGE, "t.topology:7");
    refused ("transport ipc\n" HEAD "actor e executor\nthread e listener\n", -ERR_RANGE, "t.topology");
    refused (HEAD, -ERR_MISSING, "t.topology");
    assert_non_null (strstr (s_problem.detail, "executor"));
    refused ("transport tcp\n" HEAD "actor e executor\n", -ERR_MISSING, "t.topology");
    assert_int_equal (topology_load (&s_topology, "/nowhere/at.all", 1, &s_problem), -ERR_NOT_FOUND);
}

/*  Executors that nobody names. */
static void test_any_executor_may_come (void **state)
{
    (void) state;
    assert_int_equal (parse (HEAD "actor * executor\n"), 0);
    assert_true (s_topology.any_executor);
    assert_int_equal (s_topology.count, 5);
    const topology_actor_t *actor = topology_admit (&s_topology, "3f2a91c0d1e2", &s_problem);
    assert_non_null (actor);
    assert_int_equal (actor->role, ROLE_EXECUTOR);
    assert_null (topology_admit (&s_topology, "a b", &s_problem));
    assert_int_equal (s_problem.code, ERR_SYNTAX);
    refused (HEAD "actor * listener\n", -ERR_SYNTAX, "t.topology:6");
    refused (HEAD "actor * executor 1\n", -ERR_SYNTAX, "t.topology:6");
    assert_int_equal (parse (HEAD "actor e executor\n"), 0);
    assert_null (topology_admit (&s_topology, "f", &s_problem));
    assert_int_equal (s_problem.code, ERR_NOT_FOUND);
}

static void test_the_files_in_compose_are_the_built_in_ones (void **state)
{
    static const char *const names[] = {"local", "single"};
    static topology_t built_in;
    (void) state;
    for (int n = 0; n < 2; n++) {
        char path[512];
        (void) snprintf (path, sizeof path, "%s/compose/topology/%s.topology", SOURCE_DIR, names[n]);
        assert_int_equal (topology_load (&s_topology, path, 2, &s_problem), 0);
        assert_int_equal (topology_load (&built_in, names[n], 2, &s_problem), 0);
        assert_memory_equal (&s_topology, &built_in, sizeof built_in);
    }
}

static void test_the_order_of_a_stop (void **state)
{
    (void) state;
    assert_true (topology_stop_rank (ROLE_LISTENER) < topology_stop_rank (ROLE_EXECUTOR));
    assert_true (topology_stop_rank (ROLE_EXECUTOR) < topology_stop_rank (ROLE_DISPATCHER));
    assert_true (topology_stop_rank (ROLE_DISPATCHER) < topology_stop_rank (ROLE_AUDIT));
    assert_true (topology_stop_rank (ROLE_AUDIT) < topology_stop_rank (ROLE_ALERT));
    assert_true (topology_stop_rank (ROLE_ALERT) < topology_stop_rank (ROLE_TAP));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_the_built_in_ones),
        cmocka_unit_test (test_actors_share_a_thread),
        cmocka_unit_test (test_a_file_with_everything),
        cmocka_unit_test (test_mistakes_name_their_line),
        cmocka_unit_test (test_any_executor_may_come),
        cmocka_unit_test (test_the_files_in_compose_are_the_built_in_ones),
        cmocka_unit_test (test_the_order_of_a_stop),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
