/*  order_scan.c: see order_scan.h. Two steps: where each known value stands (the last one of a name counts, as in a JSON
 *  document), then what it says. */
#include "broker/alpaca/order_scan.h"

#include "messages/fixed.h"

#include <assert.h>
#include <string.h>

#define SCAN_SIZE_MAX 65536 /*  larger is not plain */
#define WORD_MAX 64

#define FIELD_LIST(_)                                                                                        \
    _ (ID, "id")                                                                                             \
    _ (CLIENT_ORDER_ID, "client_order_id")                                                                   \
    _ (SYMBOL, "symbol")                                                                                     \
    _ (REPLACES, "replaces")                                                                                 \
    _ (REPLACED_BY, "replaced_by")                                                                           \
    _ (TYPE, "type")                                                                                         \
    _ (ORDER_TYPE, "order_type")                                                                             \
    _ (TIF, "time_in_force")                                                                                 \
    _ (STATUS, "status")                                                                                     \
    _ (SIDE, "side")                                                                                         \
    _ (EXTENDED_HOURS, "extended_hours")                                                                     \
    _ (QTY, "qty")                                                                                           \
    _ (NOTIONAL, "notional")                                                                                 \
    _ (FILLED_QTY, "filled_qty")                                                                             \
    _ (FILLED_AVG_PRICE, "filled_avg_price")                                                                 \
    _ (LIMIT_PRICE, "limit_price")                                                                           \
    _ (STOP_PRICE, "stop_price")                                                                             \
    _ (CREATED_AT, "created_at")                                                                             \
    _ (SUBMITTED_AT, "submitted_at")                                                                         \
    _ (UPDATED_AT, "updated_at")                                                                             \
    _ (FILLED_AT, "filled_at")

enum {
#define _(name, text) FIELD_##name,
    FIELD_LIST (_)
#undef _
        FIELD_COUNT
};

typedef enum { VALUE_ABSENT, VALUE_TEXT, VALUE_TRUE, VALUE_FALSE, VALUE_LIST } value_kind_t;

typedef struct {
    value_kind_t kind;
    const char *text;
    size_t size;
} value_t;

typedef struct {
    const char *at;
    const char *end;
    value_t fields[FIELD_COUNT];
} scan_t;

static void skip_space (scan_t *self)
{
    while (self->at < self->end &&
           (*self->at == ' ' || *self->at == '\n' || *self->at == '\r' || *self->at == '\t'))
        self->at++;
}

/*  true: the next character is c, and is taken. */
static bool take (scan_t *self, char c)
{
    skip_space (self);
    if (self->at == self->end || *self->at != c)
        return false;
    self->at++;
    return true;
}

static bool take_word (scan_t *self, const char *word)
{
    size_t size = strlen (word);
    if ((size_t) (self->end - self->at) < size || memcmp (self->at, word, size) != 0)
        return false;
    self->at += size;
    return true;
}

/*  After the opening quote; printable ASCII without escapes. */
static bool take_text (scan_t *self, value_t *value)
{
    value->kind = VALUE_TEXT;
    value->text = self->at;
    while (
        self->at < self->end && *self->at >= ' ' && *self->at <= '~' && *self->at != '"' && *self->at != '\\')
        self->at++;
    value->size = (size_t) (self->at - value->text);
    return take_word (self, "\"");
}

static bool is_digit (char c)
{
    return c >= '0' && c <= '9';
}

static bool is_number_part (char c)
{
    return is_digit (c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/*  Its characters are what counts: whether they are a number is asked where one is needed. */
static void take_number (scan_t *self, value_t *value)
{
    value->kind = VALUE_TEXT;
    value->text = self->at;
    while (self->at < self->end && is_number_part (*self->at))
        self->at++;
    value->size = (size_t) (self->at - value->text);
}

static bool take_value (scan_t *self, value_t *value)
{
    skip_space (self);
    if (self->at == self->end)
        return false;
    *value = (value_t){.kind = VALUE_ABSENT};
    switch (*self->at) {
    case '"': self->at++; return take_text (self, value);
    case 'n': return take_word (self, "null");
    case 't': value->kind = VALUE_TRUE; return take_word (self, "true");
    case 'f': value->kind = VALUE_FALSE; return take_word (self, "false");
    case '[':
        value->kind = VALUE_LIST;
        self->at++;
        return take (self, ']');
    case '{':
        value->kind = VALUE_LIST;
        self->at++;
        return take (self, '}');
    default:
        if (*self->at != '-' && !is_digit (*self->at))
            return false;
        take_number (self, value);
        return true;
    }
}

static value_t *field_named (scan_t *self, const value_t *name)
{
    static const struct {
        const char *text;
        size_t size;
    } names[FIELD_COUNT] = {
#define _(name, text) {text, sizeof (text) - 1},
        FIELD_LIST (_)
#undef _
    };
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (names[i].size == name->size && memcmp (names[i].text, name->text, name->size) == 0)
            return &self->fields[i];
    return NULL;
}

static bool take_object (scan_t *self)
{
    value_t name;
    value_t value;
    if (!take (self, '{'))
        return false;
    do {
        if (!take (self, '"') || !take_text (self, &name) || !take (self, ':') || !take_value (self, &value))
            return false;
        value_t *field = field_named (self, &name);
        if (field)
            *field = value;
    } while (take (self, ','));
    if (!take (self, '}'))
        return false;
    skip_space (self);
    return self->at == self->end;
}

/*  Absent, null and "" are the same; a list or a truth value is not plain. */
static bool field_copy_text (const value_t *field, char *text, size_t room)
{
    text[0] = 0;
    if (field->kind == VALUE_ABSENT)
        return true;
    if (field->kind != VALUE_TEXT || field->size >= room)
        return false;
    memcpy (text, field->text, field->size);
    text[field->size] = 0;
    return true;
}

static bool read_ids (const scan_t *self, order_t *order)
{
    const value_t *fields = self->fields;
    return field_copy_text (&fields[FIELD_ID], order->id, sizeof order->id) && order->id[0] &&
           field_copy_text (
               &fields[FIELD_CLIENT_ORDER_ID], order->client_order_id, sizeof order->client_order_id) &&
           order->client_order_id[0] &&
           field_copy_text (&fields[FIELD_SYMBOL], order->symbol, sizeof order->symbol) && order->symbol[0] &&
           field_copy_text (&fields[FIELD_REPLACES], order->replaces, sizeof order->replaces) &&
           field_copy_text (&fields[FIELD_REPLACED_BY], order->replaced_by, sizeof order->replaced_by);
}

/*  Words that we do not know are json_order's to judge. */
static bool read_words (const scan_t *self, order_t *order)
{
    char word[WORD_MAX];
    const value_t *fields = self->fields;
    if (!field_copy_text (&fields[FIELD_TYPE], word, sizeof word))
        return false;
    if (!word[0] && !field_copy_text (&fields[FIELD_ORDER_TYPE], word, sizeof word))
        return false;
    if (order_type_parse (word, &order->type) != 0)
        return false;
    if (!field_copy_text (&fields[FIELD_TIF], word, sizeof word) || tif_parse (word, &order->tif) != 0)
        return false;
    if (!field_copy_text (&fields[FIELD_STATUS], word, sizeof word) ||
        order_status_parse (word, &order->status) != 0)
        return false;
    order->extended_hours = fields[FIELD_EXTENDED_HOURS].kind == VALUE_TRUE;
    return field_copy_text (&fields[FIELD_SIDE], word, sizeof word) && side_parse (word, &order->side) == 0;
}

static bool read_amounts (const scan_t *self, order_t *order)
{
    const struct {
        unsigned field;
        int64_t *value_e9;
    } amounts[] = {{FIELD_QTY, &order->qty_e9}, {FIELD_NOTIONAL, &order->notional_e9},
        {FIELD_FILLED_QTY, &order->filled_qty_e9}, {FIELD_FILLED_AVG_PRICE, &order->filled_avg_price_e9},
        {FIELD_LIMIT_PRICE, &order->limit_price_e9}, {FIELD_STOP_PRICE, &order->stop_price_e9}};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        const value_t *field = &self->fields[amounts[i].field];
        if (field->kind == VALUE_ABSENT || (field->kind == VALUE_TEXT && field->size == 0))
            continue;
        if (field->kind != VALUE_TEXT ||
            fixed_parse_rounded (field->text, field->size, amounts[i].value_e9) != 0)
            return false;
    }
    return true;
}

static bool read_times (const scan_t *self, order_t *order)
{
    const struct {
        unsigned field;
        int64_t *at_ns;
    } times[] = {{FIELD_CREATED_AT, &order->created_at_ns}, {FIELD_SUBMITTED_AT, &order->submitted_at_ns},
        {FIELD_UPDATED_AT, &order->updated_at_ns}, {FIELD_FILLED_AT, &order->filled_at_ns}};
    char text[WORD_MAX];
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (!field_copy_text (&self->fields[times[i].field], text, sizeof text))
            return false;
        if (text[0] && time_parse (text, times[i].at_ns) != 0)
            return false;
    }
    return true;
}

bool order_scan (const char *bytes, size_t size, order_t *order)
{
    assert ((bytes || size == 0) && order);
    if (size == 0 || size > SCAN_SIZE_MAX)
        return false;
    scan_t scan = {.at = bytes, .end = bytes + size};
    memset (order, 0, sizeof *order);
    return take_object (&scan) && read_ids (&scan, order) && read_words (&scan, order) &&
           read_amounts (&scan, order) && read_times (&scan, order);
}
