/*  channel_streams_test.c: the table of streams does what a list does, however numbers meet in it. */
#include "broker/alpaca/channel_streams.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#define STEPS 60000
#define IDS 4096 /*  odd numbers below twice this */

typedef struct {
    channel_streams_t streams;
    int64_t windows[IDS]; /*  by half of the number; 0 = not there */
    size_t count;
    uint32_t seed;
} model_t;

static channel_call_t calls[IDS];

static uint32_t draw (model_t *self, uint32_t below)
{
    self->seed = self->seed * 1664525u + 1013904223u;
    return (self->seed >> 8) % below;
}

static void expect (const model_t *self, uint32_t half)
{
    const channel_stream_t *stream = channel_streams_find (&self->streams, 2 * half + 1);
    assert_int_equal (stream != NULL, self->windows[half] != 0);
    if (!stream)
        return;
    assert_int_equal (stream->id, 2 * half + 1);
    assert_ptr_equal (stream->call, &calls[half]);
    assert_int_equal (stream->window, self->windows[half]);
    assert_int_equal (stream->length, -1);
    assert_int_equal (stream->unsaid, 0);
}

static void expect_all (const model_t *self)
{
    uint32_t id = 0;
    for (uint32_t half = 0; half < IDS; half++) {
        expect (self, half);
        if (self->windows[half] == 0)
            continue;
        const channel_stream_t *next = channel_streams_after (&self->streams, id);
        assert_non_null (next);
        assert_int_equal (next->id, 2 * half + 1);
        id = next->id;
    }
    assert_null (channel_streams_after (&self->streams, id));
}

static void put (model_t *self, uint32_t half)
{
    channel_stream_t *stream = channel_streams_add (&self->streams, 2 * half + 1, &calls[half]);
    assert_non_null (stream);
    assert_int_equal (stream->window, 0);
    stream->window = self->windows[half] = 1 + (int64_t) draw (self, 1000000);
    self->count++;
}

static void take (model_t *self, uint32_t half)
{
    self->count -= self->windows[half] != 0;
    self->windows[half] = 0;
    channel_streams_remove (&self->streams, 2 * half + 1);
}

/*  most: how many are there at a time. stride: numbers apart by it have the same home in a small table. */
static void walk (uint32_t seed, size_t most, uint32_t stride)
{
    static model_t model;
    model = (model_t){.seed = seed};
    for (int step = 0; step < STEPS; step++) {
        uint32_t half = draw (&model, IDS / stride) * stride;
        if (model.windows[half] == 0 && model.count < most && draw (&model, 4) > 0)
            put (&model, half);
        else if (draw (&model, 2) == 0)
            take (&model, half);
        expect (&model, half);
        assert_int_equal (model.streams.count, model.count);
        assert_true (model.count == 0 || 2 * model.count <= model.streams.size);
        if (step % 1000 == 0)
            expect_all (&model);
    }
    expect_all (&model);
    assert_true (model.streams.size <= 256 || model.streams.size <= 4 * most);
    channel_streams_free (&model.streams);
    assert_int_equal (model.streams.count, 0);
    assert_null (channel_streams_find (&model.streams, 1));
}

static void a_table_does_what_a_list_does (void **state)
{
    (void) state;
    walk (1, IDS, 1);
    walk (2, 120, 1);
    walk (3, 128, 1);
}

static void numbers_that_share_a_home_are_told_apart (void **state)
{
    (void) state;
    walk (4, 16, 256);
    walk (5, 100, 32);
    walk (6, 128, 3);
}

/*  As a connection does it: numbers rise, the oldest go first, but for a few. */
static void numbers_rise_and_the_table_does_not (void **state)
{
    (void) state;
    channel_streams_t streams = {0};
    for (uint32_t id = 1; id < 200001; id += 2) {
        channel_stream_t *stream = channel_streams_add (&streams, id, &calls[0]);
        assert_non_null (stream);
        stream->window = id;
        if (id > 101)
            channel_streams_remove (&streams, id - 100);
        assert_int_equal (streams.size, 256);
    }
    assert_int_equal (streams.count, 51);
    assert_int_equal (channel_streams_find (&streams, 1)->window, 1);
    assert_int_equal (channel_streams_after (&streams, 1)->id, 199901);
    channel_streams_remove (&streams, 3);
    assert_int_equal (streams.count, 51);
    channel_streams_free (&streams);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (a_table_does_what_a_list_does),
        cmocka_unit_test (numbers_that_share_a_home_are_told_apart),
        cmocka_unit_test (numbers_rise_and_the_table_does_not)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
