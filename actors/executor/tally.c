/*  tally.c: a row for each kind and reason; what finds no row counts as "other". */
#include "actors/executor/tally.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void word_of (outcome_kind_t kind, const char *reason, int64_t code, char word[TALLY_REASON_MAX])
{
    size_t length = strspn (reason, "abcdefghijklmnopqrstuvwxyz0123456789_");
    bool is_word = length > 0 && length < TALLY_REASON_MAX && reason[length] == '\0';
    if (kind == OUTCOME_KIND_REJECTED && code != 0)
        (void) snprintf (word, TALLY_REASON_MAX, "code_%" PRId64, code);
    else if (is_word)
        (void) snprintf (word, TALLY_REASON_MAX, "%s", reason);
    else
        (void) snprintf (word, TALLY_REASON_MAX, "%s", *reason ? "other" : "none");
}

void tally_outcome (tally_t *self, outcome_kind_t kind, const char *reason, int64_t code)
{
    char word[TALLY_REASON_MAX];
    assert (self && reason);
    word_of (kind, reason, code, word);
    for (uint32_t n = 0; n < self->rows_count; n++)
        if (self->rows[n].kind == kind && strcmp (self->rows[n].reason, word) == 0) {
            self->rows[n].count++;
            return;
        }
    if (self->rows_count == TALLY_ROWS) {
        self->rows[TALLY_ROWS - 1].count++;
        return;
    }
    tally_row_t *row = &self->rows[self->rows_count++];
    *row = (tally_row_t){.kind = kind, .count = 1};
    if (self->rows_count == TALLY_ROWS) /*  the last one takes whatever comes from here on */
        (void) snprintf (word, sizeof word, "other");
    memcpy (row->reason, word, sizeof row->reason);
}

void tally_order (tally_t *self, int64_t received_at_ns, int64_t submitted_at_ns, int64_t answered_at_ns)
{
    assert (self);
    self->orders++;
    if (received_at_ns > 0 && submitted_at_ns >= received_at_ns)
        histogram_add (&self->latency, submitted_at_ns - received_at_ns);
    if (submitted_at_ns > 0 && answered_at_ns >= submitted_at_ns)
        histogram_add (&self->answer, answered_at_ns - submitted_at_ns);
}

void tally_measure (const tally_t *self, actor_stats_t *stats)
{
    assert (self && stats);
    measure_put (stats, "orders", (int64_t) self->orders);
    measure_put_histogram (stats, "latency", &self->latency);
    measure_put_histogram (stats, "answer", &self->answer);
    for (uint32_t n = 0; n < self->rows_count; n++) {
        char name[64];
        const tally_row_t *row = &self->rows[n];
        (void) snprintf (name, sizeof name, "%.15s.%.31s", outcome_kind_text (row->kind), row->reason);
        measure_put_of (stats, "outcome", name, (int64_t) row->count);
    }
}
