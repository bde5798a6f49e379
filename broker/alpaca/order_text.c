/*  order_text.c: see order_text.h. Amounts are texts, as the broker's own SDKs send them. */
#include "broker/alpaca/order_text.h"

#include "messages/fixed.h"

#include <assert.h>
#include <string.h>

typedef struct {
    char *at;
    char *end;
    bool cut;
} writer_t;

static void put (writer_t *self, const char *text, size_t size)
{
    if ((size_t) (self->end - self->at) < size) {
        self->cut = true;
        return;
    }
    memcpy (self->at, text, size);
    self->at += size;
}

/*  A piece of literal text. */
#define PUT(self, literal) put (self, literal, sizeof (literal) - 1)

/*  A text from outside, in quotes. */
static void put_quoted (writer_t *self, const char *text)
{
    const char *begin = text; /*  of what is not written yet */
    PUT (self, "\"");
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            self->cut = true;
        if (*text != '"' && *text != '\\')
            continue;
        put (self, begin, (size_t) (text - begin));
        PUT (self, "\\");
        begin = text;
    }
    put (self, begin, (size_t) (text - begin));
    PUT (self, "\"");
}

static void put_word (writer_t *self, const char *word)
{
    PUT (self, "\"");
    put (self, word, strlen (word));
    PUT (self, "\"");
}

/*  As fixed_format of value_e9 > 0. */
static void put_amount (writer_t *self, int64_t value_e9)
{
    char digits[FIXED_TEXT_MAX];
    size_t at = sizeof digits;
    uint64_t whole = (uint64_t) value_e9 / (uint64_t) FIXED_ONE;
    uint64_t fraction = (uint64_t) value_e9 % (uint64_t) FIXED_ONE;
    if (fraction > 0) {
        unsigned places = 9;
        for (; fraction % 10 == 0; places--)
            fraction /= 10;
        for (; places > 0; places--, fraction /= 10)
            digits[--at] = (char) ('0' + fraction % 10);
        digits[--at] = '.';
    }
    do {
        digits[--at] = (char) ('0' + whole % 10);
        whole /= 10;
    } while (whole > 0);
    PUT (self, "\"");
    put (self, digits + at, sizeof digits - at);
    PUT (self, "\"");
}

size_t order_text (const order_request_t *request, char *text, size_t room)
{
    assert (request && text && room > 0);
    if (request->qty_e9 < 0 || request->notional_e9 < 0 || request->limit_price_e9 < 0 ||
        request->stop_price_e9 < 0)
        return 0;
    writer_t writer = {.at = text, .end = text + room - 1};
    writer_t *self = &writer;
    PUT (self, "{\"symbol\":");
    put_quoted (self, request->symbol);
    if (request->qty_e9 > 0) {
        PUT (self, ",\"qty\":");
        put_amount (self, request->qty_e9);
    }
    if (request->notional_e9 > 0) {
        PUT (self, ",\"notional\":");
        put_amount (self, request->notional_e9);
    }
    PUT (self, ",\"side\":");
    put_word (self, side_text (request->side));
    PUT (self, ",\"type\":");
    put_word (self, order_type_text (request->type));
    PUT (self, ",\"time_in_force\":");
    put_word (self, tif_text (request->tif));
    if (request->limit_price_e9 > 0) {
        PUT (self, ",\"limit_price\":");
        put_amount (self, request->limit_price_e9);
    }
    if (request->stop_price_e9 > 0) {
        PUT (self, ",\"stop_price\":");
        put_amount (self, request->stop_price_e9);
    }
    if (request->extended_hours)
        PUT (self, ",\"extended_hours\":true");
    if (request->intent != INTENT_NONE) {
        PUT (self, ",\"position_intent\":");
        put_word (self, intent_text (request->intent));
    }
    PUT (self, ",\"client_order_id\":");
    put_quoted (self, request->client_order_id);
    PUT (self, "}");
    *writer.at = 0;
    return writer.cut ? 0 : (size_t) (writer.at - text);
}
