/*  activity.c: executions: the FILL activities of an account and the checker's record of what really happened. */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  "20260302093001123::<execution id>", in New York time (seen by third parties, section 1). */
static void activity_name (engine_execution_t *execution)
{
    newyork_t wall;
    newyork_of (execution->at_ns, &wall);
    unsigned ms = (unsigned) (execution->at_ns / ENGINE_MS_NS % 1000);
    snprintf (execution->id, sizeof execution->id, "%04u%02u%02u%02u%02u%02u%03u::%.36s",
        (unsigned) wall.year % 10000, (unsigned) wall.month % 100, (unsigned) wall.day % 100,
        (unsigned) wall.hour % 100, (unsigned) wall.minute % 100, (unsigned) wall.second % 100, ms,
        execution->execution_id);
}

engine_execution_t *activity_add (engine_t *self, record_t *record, int64_t price_e9, int64_t qty_e9)
{
    assert (self && record && price_e9 > 0 && qty_e9 > 0);
    holder_t *holder = account_at (self, record->shown.account);
    void *grown = array_grow ((void *) holder->executions, sizeof (engine_execution_t *),
        holder->executions_count, &holder->executions_capacity);
    if (!grown)
        return NULL;
    holder->executions = grown;
    engine_execution_t *execution = table_add (&self->executions);
    if (!execution)
        return NULL;
    holder->executions[holder->executions_count++] = execution;
    chance_uuid (&self->id_chance, execution->execution_id, sizeof execution->execution_id);
    execution->order = &record->shown;
    execution->at_ns = self->now_ns;
    execution->price_e9 = price_e9;
    execution->qty_e9 = qty_e9;
    activity_name (execution);
    return execution;
}

size_t engine_executions_count (const engine_t *self)
{
    assert (self);
    return self->executions.count;
}

const engine_execution_t *engine_execution_at (const engine_t *self, size_t index)
{
    assert (self);
    return table_at (&self->executions, index);
}

typedef struct {
    bool fills; /*  FILL is among the types asked for */
    bool ascending;
    int64_t after_ns;
    int64_t until_ns;
    char order_id[UUID_TEXT_MAX];
    size_t size;
    const engine_execution_t *token; /*  the last one of the page before */
} activity_page_t;

static const char *const other_types[] = {"ACATC", "ACATS", "CFEE", "CSD", "CSW", "DIV", "DIVCGL", "DIVCGS",
    "DIVNRA", "DIVROC", "DIVTXEX", "FEE", "INT", "INTNRA", "INTTW", "JNL", "JNLC", "JNLS", "MA", "MISC", "NC",
    "OPASN", "OPCA", "OPEXC", "OPEXP", "OPTRD", "PTC", "PTR", "REORG", "SPIN", "SPLIT", "SSO", "SSP",
    "TRANS"};

static int types_parse (const char *types, bool *fills_p, engine_error_t *error)
{
    *fills_p = !text_set (types);
    for (const char *at = types; text_set (at);) {
        size_t size = strcspn (at, ",");
        bool known = size == 4 && memcmp (at, "FILL", 4) == 0;
        *fills_p = *fills_p || known;
        for (size_t i = 0; !known && i < sizeof other_types / sizeof other_types[0]; i++)
            known = strlen (other_types[i]) == size && memcmp (at, other_types[i], size) == 0;
        if (!known)
            return refuse (
                error, 422, 40010001, "invalid activity type: %.*s", (int) (size > 40 ? 40 : size), at);
        at += size + (at[size] == ',');
    }
    return 0;
}

static int token_parse (
    const holder_t *holder, const char *token, activity_page_t *page, engine_error_t *error)
{
    for (size_t i = 0; i < holder->executions_count; i++)
        if (strcmp (holder->executions[i]->id, token) == 0) {
            page->token = holder->executions[i];
            return 0;
        }
    return refuse (error, 422, 40010001, "invalid page_token: %.70s", token);
}

static int times_parse (const engine_activity_filter_t *filter, activity_page_t *page, engine_error_t *error)
{
    page->after_ns = -1;
    page->until_ns = INT64_MAX;
    if (text_set (filter->date) && (text_set (filter->after) || text_set (filter->until)))
        return refuse (error, 422, 40010001, "date cannot be combined with after or until");
    if (text_set (filter->date)) {
        int64_t day_number;
        if (!day_parse (filter->date, &day_number))
            return refuse (error, 422, 40010001, "invalid format for parameter date: %.40s", filter->date);
        page->after_ns = newyork_ns (day_number, 0) - 1;
        page->until_ns = newyork_ns (day_number + 1, 0) - 1;
    }
    if (text_set (filter->after) && when_parse ("after", filter->after, &page->after_ns, error) != 0)
        return -ERR_BROKER;
    if (text_set (filter->until) && when_parse ("until", filter->until, &page->until_ns, error) != 0)
        return -ERR_BROKER;
    return 0;
}

static int page_parse (const holder_t *holder, const engine_activity_filter_t *filter, activity_page_t *page,
    engine_error_t *error)
{
    memset (page, 0, sizeof *page);
    page->size = ENGINE_ACTIVITIES_MAX;
    if (types_parse (filter->activity_types, &page->fills, error) != 0 ||
        times_parse (filter, page, error) != 0)
        return -ERR_BROKER;
    if (text_set (filter->category) && strcmp (filter->category, "trade_activity") != 0) {
        if (strcmp (filter->category, "non_trade_activity") != 0)
            return refuse (error, 422, 40010001, "invalid category: %.40s", filter->category);
        page->fills = false;
    }
    if (text_set (filter->direction)) {
        page->ascending = strcmp (filter->direction, "asc") == 0;
        if (!page->ascending && strcmp (filter->direction, "desc") != 0)
            return refuse (error, 422, 40010001, "invalid direction: %.40s", filter->direction);
    }
    if (text_set (filter->order_id) && !uuid_canonical (filter->order_id, page->order_id))
        return refuse (error, 422, 40010001, "order_id is invalid");
    if (text_set (filter->page_size)) {
        char *end;
        long size = strtol (filter->page_size, &end, 10);
        if (*end || size < 1 || size > ENGINE_ACTIVITIES_MAX)
            return refuse (error, 422, 40010001, "page_size must be between 1 and %d", ENGINE_ACTIVITIES_MAX);
        page->size = (size_t) size;
    }
    return text_set (filter->page_token) ? token_parse (holder, filter->page_token, page, error) : 0;
}

static bool page_wants (const activity_page_t *page, const engine_execution_t *execution)
{
    if (execution->at_ns <= page->after_ns || execution->at_ns > page->until_ns)
        return false;
    return !page->order_id[0] || strcmp (page->order_id, execution->order->id) == 0;
}

int engine_activities_list (engine_t *self, uint32_t account, const engine_activity_filter_t *filter,
    int64_t now_ns, const engine_execution_t **executions, size_t capacity, size_t *count_p,
    engine_error_t *error)
{
    assert (self && filter && executions && count_p && error);
    engine_advance (self, now_ns);
    const holder_t *holder = account_at (self, account);
    *count_p = 0;
    activity_page_t page;
    if (page_parse (holder, filter, &page, error) != 0)
        return -ERR_BROKER;
    if (page.size > capacity)
        page.size = capacity;
    bool passed_token = page.token == NULL;
    for (size_t i = 0; page.fills && i < holder->executions_count && *count_p < page.size; i++) {
        const engine_execution_t *execution =
            holder->executions[page.ascending ? i : holder->executions_count - 1 - i];
        if (passed_token && page_wants (&page, execution))
            executions[(*count_p)++] = execution;
        if (execution == page.token)
            passed_token = true;
    }
    return 0;
}
