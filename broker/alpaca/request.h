/*  request.h: a broker call as an HTTP request (alpaca-api.md section 1). Pure functions. */
#ifndef BROKER_ALPACA_REQUEST_H
#define BROKER_ALPACA_REQUEST_H

#include "broker/alpaca/json.h"
#include "broker/alpaca/rest.h"

#include "messages/call.h"

#define REQUEST_BASE_MAX 256
#define REQUEST_CURSOR_MAX 72
#define REQUEST_ORDERS_PAGE 500 /*  the broker's largest */
#define REQUEST_ACTIVITIES_PAGE 100
#define REQUEST_PAGES_MAX 200
#define REQUEST_REPLY_MAX (256u * 1024) /*  of all that is no list */

typedef struct {
    rest_method_t method;
    char url[REST_URL_MAX];
    char body[JSON_REQUEST_MAX];
    size_t body_size;
    size_t reply_max; /*  8 MiB for lists, 256 KiB for the rest */
} request_t;

/*  cursor: "" for the first page, then the last item's id of the one before. -ERR_RANGE: an URL or body would not
 *  fit. The bases have no slash at their end. */
int request_make (request_t *self, const broker_call_t *call, const char *base_url, const char *data_url,
    const char *cursor);

#endif
