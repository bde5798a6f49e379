/*  orders.c: GET orders: the list of an account's orders, filtered and paged, as the list shows them (it may lag). */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    bool open;
    bool closed;
    bool ascending;
    bool has_side;
    side_t side;
    size_t limit;
    int64_t after_ns; /*  exclusive, of submitted_at */
    int64_t until_ns;
    uint64_t after_number; /*  exclusive, of the order's number */
    uint64_t before_number;
    const char *symbols;
    const char *asset_class;
} order_page_t;

/*  Is word one of the comma separated list? */
static bool csv_has (const char *list, const char *word)
{
    size_t size = strlen (word);
    for (const char *at = list; *at;) {
        size_t item = strcspn (at, ",");
        if (item == size && memcmp (at, word, size) == 0)
            return true;
        at += item + (at[item] == ',');
    }
    return false;
}

static int parse_status (const engine_order_filter_t *filter, order_page_t *page, engine_error_t *error)
{
    const char *status = text_set (filter->status) ? filter->status : "open";
    page->open = strcmp (status, "open") == 0 || strcmp (status, "all") == 0;
    page->closed = strcmp (status, "closed") == 0 || strcmp (status, "all") == 0;
    if (!page->open && !page->closed)
        return refuse (error, 422, 40010001, "invalid order status: %.40s", status);
    const char *direction = text_set (filter->direction) ? filter->direction : "desc";
    page->ascending = strcmp (direction, "asc") == 0;
    if (!page->ascending && strcmp (direction, "desc") != 0)
        return refuse (error, 422, 40010001, "invalid direction: %.40s", direction);
    page->has_side = text_set (filter->side);
    if (page->has_side && side_parse (filter->side, &page->side) != 0)
        return refuse (error, 422, 40010001, "invalid side: %.40s", filter->side);
    page->limit = 50;
    if (text_set (filter->limit)) {
        char *end;
        long limit = strtol (filter->limit, &end, 10);
        if (*end || limit < 1 || limit > ENGINE_LIST_MAX)
            return refuse (error, 422, 40010001, "limit must be between 1 and %d", ENGINE_LIST_MAX);
        page->limit = (size_t) limit;
    }
    page->symbols = text_set (filter->symbols) ? filter->symbols : NULL;
    bool any_class = !text_set (filter->asset_class) || csv_has (filter->asset_class, "all");
    page->asset_class = any_class ? NULL : filter->asset_class;
    return 0;
}

static int parse_bounds (engine_t *self, uint32_t account, const engine_order_filter_t *filter,
    order_page_t *page, engine_error_t *error)
{
    page->after_ns = -1;
    page->until_ns = INT64_MAX;
    page->before_number = UINT64_MAX;
    bool by_time = text_set (filter->after) || text_set (filter->until);
    int cursors = text_set (filter->before_order_id) + text_set (filter->after_order_id);
    if (cursors > 1 || (cursors == 1 && by_time))
        return refuse (error, 422, 40010001,
            "only one of before_order_id, after_order_id, or after with until is accepted");
    if (text_set (filter->after) && when_parse ("after", filter->after, &page->after_ns, error) != 0)
        return -ERR_BROKER;
    if (text_set (filter->until) && when_parse ("until", filter->until, &page->until_ns, error) != 0)
        return -ERR_BROKER;
    if (cursors == 0)
        return 0;
    bool before = text_set (filter->before_order_id);
    const record_t *record =
        order_find (self, account, before ? filter->before_order_id : filter->after_order_id, error);
    if (!record)
        return -ERR_BROKER;
    if (before)
        page->before_number = record->shown.number;
    else
        page->after_number = record->shown.number;
    return 0;
}

static bool page_wants (const order_page_t *page, const record_t *record)
{
    const engine_order_t *order = &record->shown;
    if (!record->is_listed || order->number <= page->after_number || order->number >= page->before_number)
        return false;
    if (order->submitted_at_ns <= page->after_ns || order->submitted_at_ns >= page->until_ns)
        return false;
    if (order_status_final (record->listed.status) ? !page->closed : !page->open)
        return false;
    if (page->has_side && page->side != order->side)
        return false;
    if (page->asset_class && !csv_has (page->asset_class, engine_class_text (order->asset->asset_class)))
        return false;
    return !page->symbols || csv_has (page->symbols, order->asset->symbol) ||
           csv_has (page->symbols, order->asset->position_symbol);
}

int engine_orders_list (engine_t *self, uint32_t account, const engine_order_filter_t *filter, int64_t now_ns,
    engine_order_t *orders, size_t capacity, size_t *count_p, engine_error_t *error)
{
    assert (self && filter && orders && count_p && error);
    engine_advance (self, now_ns);
    *count_p = 0;
    order_page_t page = {0};
    if (parse_status (filter, &page, error) != 0 || parse_bounds (self, account, filter, &page, error) != 0)
        return -ERR_BROKER;
    if (page.limit > capacity)
        page.limit = capacity;
    const holder_t *holder = account_at (self, account);
    for (size_t i = 0; i < holder->orders_count && *count_p < page.limit; i++) {
        const record_t *record = holder->orders[page.ascending ? i : holder->orders_count - 1 - i];
        if (!page_wants (&page, record))
            continue;
        engine_order_t *order = &orders[(*count_p)++];
        *order = record->shown;
        order->state = record->listed;
    }
    return 0;
}
