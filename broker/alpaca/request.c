/*  request.c: what each call is as method, URL and body. */
#include "broker/alpaca/request.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define LIST_REPLY_MAX (8u * 1024 * 1024)
#define ENCODED_MAX (3 * CLIENT_ORDER_ID_MAX)

/*  Percent-encodes all but RFC 3986's unreserved characters: symbols hold slashes (BTC/USD), times colons. */
static const char *request_encode (const char *text, char encoded[ENCODED_MAX])
{
    static const char digits[] = "0123456789ABCDEF";
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    size_t used = 0;
    for (; *text && used + 4 < ENCODED_MAX; text++) {
        unsigned char c = (unsigned char) *text;
        if (strchr (plain, c)) {
            encoded[used++] = *text;
            continue;
        }
        encoded[used++] = '%';
        encoded[used++] = digits[c >> 4];
        encoded[used++] = digits[c & 15];
    }
    encoded[used] = 0;
    return encoded;
}

static int request_url (request_t *self, const char *base, const char *path, const char *key)
{
    char encoded[ENCODED_MAX];
    int size = snprintf (self->url, sizeof self->url, "%s%s%s", base, path, request_encode (key, encoded));
    return size > 0 && (size_t) size < sizeof self->url ? 0 : -ERR_RANGE;
}

static int request_append (request_t *self, const char *name, const char *value)
{
    char encoded[ENCODED_MAX];
    size_t used = strlen (self->url);
    if (!*value)
        return 0;
    int size =
        snprintf (self->url + used, sizeof self->url - used, "&%s=%s", name, request_encode (value, encoded));
    return size > 0 && (size_t) size < sizeof self->url - used ? 0 : -ERR_RANGE;
}

static int request_open_orders (request_t *self, const char *base, const char *cursor)
{
    char path[96];
    (void) snprintf (
        path, sizeof path, "/v2/orders?status=open&limit=%d&direction=asc&nested=false", REQUEST_ORDERS_PAGE);
    int result = request_url (self, base, path, "");
    return result == 0 ? request_append (self, "after_order_id", cursor) : result;
}

static int request_orders (request_t *self, const char *base, int64_t since_ns, const char *cursor)
{
    char path[96];
    char time[TIME_TEXT_MAX];
    (void) snprintf (
        path, sizeof path, "/v2/orders?status=all&limit=%d&direction=asc&nested=false", REQUEST_ORDERS_PAGE);
    int result = request_url (self, base, path, "");
    if (result == 0 && *cursor) /*  the broker takes a time or a cursor, not both */
        return request_append (self, "after_order_id", cursor);
    return result == 0 && since_ns > 0 ? request_append (self, "after", time_format (since_ns, time))
                                       : result;
}

static int request_fills (request_t *self, const char *base, int64_t since_ns, const char *cursor)
{
    char path[96];
    char time[TIME_TEXT_MAX];
    (void) snprintf (
        path, sizeof path, "/v2/account/activities/FILL?direction=asc&page_size=%d", REQUEST_ACTIVITIES_PAGE);
    int result = request_url (self, base, path, "");
    if (result == 0 && since_ns > 0)
        result = request_append (self, "after", time_format (since_ns, time));
    return result == 0 ? request_append (self, "page_token", cursor) : result;
}

static int request_latest_trade (request_t *self, const char *data_url, const char *symbol)
{
    int result = request_url (self, data_url, "/v2/stocks/", symbol);
    size_t used = strlen (self->url);
    if (result != 0 || used + sizeof "/trades/latest" > sizeof self->url)
        return -ERR_RANGE;
    memcpy (self->url + used, "/trades/latest", sizeof "/trades/latest");
    return 0;
}

static bool call_is_list (call_kind_t kind)
{
    return kind == CALL_POSITIONS || kind == CALL_OPEN_ORDERS || kind == CALL_FILLS || kind == CALL_ORDERS;
}

int request_make (request_t *self, const broker_call_t *call, const char *base_url, const char *data_url,
    const char *cursor)
{
    assert (self && call && base_url && data_url && cursor);
    assert (memchr (call->key, 0, sizeof call->key));
    self->method = REST_GET;
    self->body_size = 0;
    self->reply_max = call_is_list (call->kind) ? LIST_REPLY_MAX : REQUEST_REPLY_MAX;
    switch (call->kind) {
    case CALL_SUBMIT:
        self->method = REST_POST;
        return request_url (self, base_url, "/v2/orders", "") == 0
                   ? json_request (&call->request, self->body, &self->body_size)
                   : -ERR_RANGE;
    case CALL_CANCEL:
        self->method = REST_DELETE;
        return request_url (self, base_url, "/v2/orders/", call->key);
    case CALL_ORDER: return request_url (self, base_url, "/v2/orders/", call->key);
    case CALL_ORDER_BY_CLIENT_ID:
        return request_url (self, base_url, "/v2/orders:by_client_order_id?client_order_id=", call->key);
    case CALL_ACCOUNT: return request_url (self, base_url, "/v2/account", "");
    case CALL_POSITIONS: return request_url (self, base_url, "/v2/positions", "");
    case CALL_OPEN_ORDERS: return request_open_orders (self, base_url, cursor);
    case CALL_ORDERS: return request_orders (self, base_url, call->since_ns, cursor);
    case CALL_FILLS: return request_fills (self, base_url, call->since_ns, cursor);
    case CALL_ASSET: return request_url (self, base_url, "/v2/assets/", call->key);
    case CALL_CLOCK: return request_url (self, base_url, "/v2/clock", "");
    case CALL_LATEST_TRADE: return request_latest_trade (self, data_url, call->key);
    case CALL_COUNT: break;
    }
    return -ERR_RANGE;
}
