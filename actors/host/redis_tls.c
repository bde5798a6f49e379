/*  redis_tls.c: why it exists: hiredis' own context checks who signed a certificate, but not whose it is.
 */
#include "actors/host/redis_tls.h"

#ifdef HOUSE_REDIS_TLS

#include <arpa/inet.h>
#include <assert.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

struct redis_tls {
    SSL_CTX *context;
};

bool redis_tls_there (void)
{
    return true;
}

redis_tls_t *redis_tls_new (void)
{
    redis_tls_t *self = calloc (1, sizeof *self);
    if (self)
        self->context = SSL_CTX_new (TLS_client_method ());
    if (!self || !self->context || SSL_CTX_set_min_proto_version (self->context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_default_verify_paths (self->context) != 1) {
        redis_tls_destroy (&self);
        return NULL;
    }
    SSL_CTX_set_verify (self->context, SSL_VERIFY_PEER, NULL);
    return self;
}

void redis_tls_destroy (redis_tls_t **self_p)
{
    assert (self_p);
    redis_tls_t *self = *self_p;
    if (!self)
        return;
    SSL_CTX_free (self->context);
    free (self);
    *self_p = NULL;
}

static bool expect (SSL *ssl, const char *name)
{
    struct in6_addr address;
    if (inet_pton (AF_INET, name, &address) == 1 || inet_pton (AF_INET6, name, &address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc (SSL_get0_param (ssl), name) == 1;
    return SSL_set1_host (ssl, name) == 1 && SSL_set_tlsext_host_name (ssl, name) == 1;
}

struct ssl_st *redis_tls_begin (
    redis_tls_t *self, redisAsyncContext *redis, const char *name, char *why, size_t size)
{
    assert (self && redis && name && why);
    SSL *ssl = SSL_new (self->context);
    if (ssl && expect (ssl, name) && redisInitiateSSL (&redis->c, ssl) == REDIS_OK)
        return ssl;
    (void) snprintf (why, size, "%.100s", redis->c.err ? redis->c.errstr : "TLS cannot be begun");
    SSL_free (ssl);
    return NULL;
}

const char *redis_tls_fault (const struct ssl_st *ssl)
{
    assert (ssl);
    long result = SSL_get_verify_result (ssl);
    return result == X509_V_OK ? NULL : X509_verify_cert_error_string (result);
}

#else

bool redis_tls_there (void)
{
    return false;
}

redis_tls_t *redis_tls_new (void)
{
    return NULL;
}

void redis_tls_destroy (redis_tls_t **self_p)
{
    *self_p = NULL;
}

struct ssl_st *redis_tls_begin (
    redis_tls_t *self, redisAsyncContext *redis, const char *name, char *why, size_t size)
{
    (void) self;
    (void) redis;
    (void) name;
    (void) why;
    (void) size;
    return NULL;
}

const char *redis_tls_fault (const struct ssl_st *ssl)
{
    (void) ssl;
    return NULL;
}

#endif
