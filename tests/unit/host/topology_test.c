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
    assert_int_equal (topology_load (&s_topology, "local", 3, true, &s_problem), 0);
    assert_int_equal (s_topology.transport, TRANSPORT_IPC);
    assert_int_equal (s_topology.count, 9);
    assert_non_null (topology_find (&s_topology, "gateway"));
    assert_int_equal (topology_load (&s_topology, "local", 3, false, &s_problem), 0);
    assert_null (topology_find (&s_topology, "gateway"));
    assert_int_equal (topology_find (&s_topology, "executor-3")->role, ROLE_EXECUTOR);
    assert_null (topology_find (&s_topology, "executor-4"));
    assert_int_equal (topology_load (&s_topology, "single", 1, true, &s_problem), 0);
    assert_int_equal (s_topology.transport, TRANSPORT_INPROC);
    assert_int_equal (topology_load (&s_topology, "local", 64, true, &s_problem), 0);
}

static void test_actors_share_a_thread (void **state)
{
    (void) state;
    assert_int_equal (topology_load (&s_topology, "single", 2, true, &s_problem), 0);
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
    assert_int_equal (topology_load (&s_topology, "/nowhere/at.all", 1, true, &s_problem), -ERR_NOT_FOUND);
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
    assert_null (topology_admit (&s_topology, "audit", &s_problem)); /*  which is no executor */
    assert_int_equal (s_problem.code, ERR_EXISTS);
    assert_int_equal (parse (HEAD "actor e executor\n"), 0);
    assert_null (topology_admit (&s_topology, "f", &s_problem));
    assert_int_equal (s_problem.code, ERR_NOT_FOUND);
    assert_string_equal (topology_admit (&s_topology, "e", &s_problem)->name, "e"); /*  it is named */
}

static void test_the_files_in_compose_are_the_built_in_ones (void **state)
{
    static const char *const names[] = {"local", "single"};
    static topology_t built_in;
    (void) state;
    for (int n = 0; n < 2; n++) {
        char path[512];
        (void) snprintf (path, sizeof path, "%s/compose/topology/%s.topology", SOURCE_DIR, names[n]);
        assert_int_equal (topology_load (&s_topology, path, 2, true, &s_problem), 0);
        assert_int_equal (topology_load (&built_in, names[n], 2, true, &s_problem), 0);
        assert_memory_equal (&s_topology, &built_in, sizeof built_in);
    }
}

static void test_the_sharded_one_can_be_read (void **state)
{
    (void) state;
    assert_int_equal (
        topology_load (&s_topology, SOURCE_DIR "/compose/topology/sharded.topology", 2, false, &s_problem),
        0);
    assert_int_equal (s_topology.transport, TRANSPORT_TCP);
    assert_string_equal (s_topology.tap, "tap:7610");
}

static void place_is (bool bound, topology_spot_t spot, const char *wanted)
{
    char text[WIRE_ENDPOINT_MAX];
    assert_string_equal (bound ? topology_bind_endpoint (&s_topology, spot, text)
                               : topology_endpoint (&s_topology, spot, text),
        wanted);
}

static void test_the_tap_may_live_at_another_host (void **state)
{
    (void) state;
    assert_int_equal (
        parse ("transport tcp\nbase dispatcher:7600\ntap tap:7610\n" HEAD "actor e executor\n"), 0);
    place_is (false, SPOT_DISPATCHER, "tcp://dispatcher:7600");
    place_is (false, SPOT_TAP_IN, "tcp://tap:7610");
    place_is (false, SPOT_TAP, "tcp://tap:7611");
    /*  a name is where the others look for it: it listens everywhere */
    place_is (true, SPOT_DISPATCHER, "tcp://*:7600");
    place_is (true, SPOT_TAP, "tcp://*:7611");
    refused ("transport tcp\nbase a:1\ntap tap\n" HEAD "actor e executor\n", -ERR_RANGE, "t.topology");
    refused ("transport tcp\nbase a:1\ntap tap:7x\n" HEAD "actor e executor\n", -ERR_RANGE, "t.topology");
    refused ("transport tcp\nbase :1\n" HEAD "actor e executor\n", -ERR_MISSING, "t.topology");
    refused ("transport ipc\ntap tap:7610\n" HEAD "actor e executor\n", -ERR_RANGE, "t.topology");
    refused ("tap\n", -ERR_RANGE, "t.topology:1");
}

static void test_a_binder_takes_its_own_address_or_all (void **state)
{
    (void) state;
    assert_int_equal (parse ("transport tcp\nbase localhost:7600\n" HEAD "actor e executor\n"), 0);
    place_is (true, SPOT_TAP, "tcp://127.0.0.1:7602");
    assert_int_equal (parse ("transport tcp\nbase 127.0.0.3:7600\n" HEAD "actor e executor\n"), 0);
    place_is (true, SPOT_DISPATCHER, "tcp://127.0.0.3:7600");
    /*  of a documentation network: nobody has it, so somebody forwards it to us */
    assert_int_equal (parse ("transport tcp\nbase 203.0.113.7:7600\n" HEAD "actor e executor\n"), 0);
    place_is (true, SPOT_DISPATCHER, "tcp://*:7600");
    place_is (false, SPOT_DISPATCHER, "tcp://203.0.113.7:7600");
    assert_int_equal (parse ("transport ipc\nbase /run/x\n" HEAD "actor e executor\n"), 0);
    place_is (true, SPOT_TAP_IN, "ipc:///run/x/tap-in");
}

static void test_a_dispatcher_may_be_at_several_places (void **state)
{
    (void) state;
    assert_int_equal (
        parse ("transport tcp\nbase 10.99.0.1:7600,10.99.0.2:7700\n" HEAD "actor e executor\n"), 0);
    place_is (false, SPOT_DISPATCHER, "tcp://10.99.0.1:7600,tcp://10.99.0.2:7700");
    place_is (false, SPOT_TAP_IN, "tcp://10.99.0.1:7601");         /*  the tap stands once */
    place_is (true, SPOT_DISPATCHER, "tcp://*:7600,tcp://*:7700"); /*  none of them is this machine's */
    assert_int_equal (
        parse ("transport tcp\nbase 203.0.113.7:7600,127.0.0.1:7600,localhost:7600,127.0.0.1:76\n"
               "tap tap:1\n" HEAD "actor e executor\n"),
        0);
    place_is (true, SPOT_DISPATCHER, "tcp://127.0.0.1:7600,tcp://127.0.0.1:76"); /*  ours, each once */
    place_is (true, SPOT_TAP, "tcp://*:2");
    assert_int_equal (parse ("transport tcp\nbase a:1,b:1\nbase c:1\n" HEAD "actor e executor\n"), 0);
    place_is (false, SPOT_DISPATCHER, "tcp://c:1");
    refused ("transport tcp\nbase a:1,b\n" HEAD "actor e executor\n", -ERR_RANGE, "t.topology");
    refused ("transport ipc\nbase /run/a,/run/b\n" HEAD "actor e executor\n", -ERR_RANGE, "t.topology");
    refused ("transport tcp\nbase a:1,b:1,c:1,d:1,e:1\n", -ERR_RANGE, "t.topology:2");
    refused ("base ,\n", -ERR_RANGE, "t.topology:1");
    refused ("base\n", -ERR_RANGE, "t.topology:1");
}

/*  As long as a base may be, all of its endpoints still fit. */
static void test_long_places_fit (void **state)
{
    char text[512];
    char endpoints[WIRE_ENDPOINT_MAX];
    char name[64];
    (void) state;
    memset (name, 'n', sizeof name);
    (void) snprintf (text, sizeof text,
        "transport tcp\nbase %.48s:65533,%.47sa:65533,%.47sb:65533,%.46sc:65533\n" HEAD "actor e executor\n",
        name, name, name, name);
    assert_int_equal (parse (text), 0);
    (void) topology_endpoint (&s_topology, SPOT_DISPATCHER, endpoints);
    assert_non_null (strstr (endpoints, "c:65533"));
    assert_int_equal (strlen (strstr (endpoints, "c:65533")), 7);
    (void) snprintf (
        text, sizeof text, "base %.60s:65533,%.60s:65533,%.60s:65533,%.60s:65533\n", name, name, name, name);
    refused (text, -ERR_RANGE, "t.topology:1");
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
        cmocka_unit_test (test_the_sharded_one_can_be_read),
        cmocka_unit_test (test_the_tap_may_live_at_another_host),
        cmocka_unit_test (test_a_binder_takes_its_own_address_or_all),
        cmocka_unit_test (test_a_dispatcher_may_be_at_several_places),
        cmocka_unit_test (test_long_places_fit),
        cmocka_unit_test (test_the_order_of_a_stop),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
