/*  resolve.c: uv_getaddrinfo, with an owner who may lose interest. */
#include "broker/alpaca/resolve.h"

#include <uv.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct resolve {
    uv_getaddrinfo_t request;
    resolve_fn *on_result; /*  NULL: cancelled */
    void *context;
};

static void result_add (resolve_result_t *result, const struct addrinfo *info)
{
    char *text = result->text[result->count];
    int failed = -1;
    if (info->ai_family == AF_INET)
        failed =
            uv_ip4_name ((const struct sockaddr_in *) (const void *) info->ai_addr, text, RESOLVE_TEXT_MAX);
    else if (info->ai_family == AF_INET6)
        failed =
            uv_ip6_name ((const struct sockaddr_in6 *) (const void *) info->ai_addr, text, RESOLVE_TEXT_MAX);
    if (failed == 0)
        result->count++;
}

static void on_resolved (uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    resolve_t *self = request->data;
    resolve_result_t result = {.count = 0, .reason = ""};
    for (const struct addrinfo *info = list; info && result.count < RESOLVE_ADDRESSES_MAX;
         info = info->ai_next)
        result_add (&result, info);
    uv_freeaddrinfo (list);
    if (result.count == 0)
        result.reason = status < 0 ? uv_strerror (status) : "the name has no address";
    if (self->on_result)
        self->on_result (self->context, &result);
    free (self);
}

resolve_t *resolve_start (void *uv_loop, const char *host, resolve_fn *on_result, void *context)
{
    assert (uv_loop && host && on_result);
    resolve_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->on_result = on_result;
    self->context = context;
    self->request.data = self;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    if (uv_getaddrinfo (uv_loop, &self->request, on_resolved, host, NULL, &hints) != 0) {
        free (self);
        return NULL;
    }
    return self;
}

void resolve_cancel (resolve_t **self_p)
{
    assert (self_p);
    resolve_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    self->on_result = NULL;
    (void) uv_cancel ((uv_req_t *) &self->request); /*  on_resolved comes in any case */
}
