/*  steps.c: trade.steps in one column of the table events: "executed_at_ns qty_e9 opened_e9 remaining_e18;" each. */
#include "storage/database.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void steps_write (const trade_t *trade, char text[STEPS_SIZE])
{
    assert (trade && text && trade->steps_count <= STEPS_MAX);
    size_t used = 0;
    text[0] = '\0';
    for (size_t at = 0; at < trade->steps_count; at++) {
        const step_t *step = &trade->steps[at];
        used += (size_t) snprintf (text + used, STEPS_SIZE - used,
            "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 ";", step->executed_at_ns, step->qty_e9,
            step->opened_e9, step->remaining_e18);
    }
}

/*  A number and the character that ends it; false: that is not what stands there. */
static bool number (const char **text, char end, int64_t *value)
{
    char *stop = NULL;
    errno = 0;
    *value = strtoll (*text, &stop, 10);
    if (errno != 0 || stop == *text || *stop != end)
        return false;
    *text = stop + 1;
    return true;
}

void steps_get (row_t *row, trade_t *trade)
{
    assert (row && trade);
    char text[STEPS_SIZE];
    row_get_text (row, text, sizeof text);
    trade->steps_count = 0;
    for (const char *at = text; !row->fault && *at;) {
        step_t step = {0};
        if (trade->steps_count == STEPS_MAX || !number (&at, ' ', &step.executed_at_ns) ||
            !number (&at, ' ', &step.qty_e9) || !number (&at, ' ', &step.opened_e9) ||
            !number (&at, ';', &step.remaining_e18))
            row_fault (row);
        else
            trade->steps[trade->steps_count++] = step;
    }
}
