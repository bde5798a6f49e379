/*  channel_tls.c: see channel_tls.h. OpenSSL reads from the bytes at hand and writes straight into the connection's
 *  buffer, through a BIO of our own: no copy, and every byte that leaves is counted there. */
#include "broker/alpaca/channel_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <assert.h>
#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct channel_tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *method;
};

struct channel_tls {
    SSL *ssl;
    const uint8_t *in;
    size_t in_size;
    channel_buffer_t *out;
    char reason[128];
};

static int on_bio_write (BIO *bio, const char *bytes, size_t size, size_t *written_p)
{
    channel_tls_t *self = BIO_get_data (bio);
    *written_p = 0;
    BIO_clear_retry_flags (bio);
    if (channel_buffer_put (self->out, bytes, size) != 0)
        return 0;
    *written_p = size;
    return 1;
}

static int on_bio_read (BIO *bio, char *bytes, size_t room, size_t *got_p)
{
    channel_tls_t *self = BIO_get_data (bio);
    size_t got = room < self->in_size ? room : self->in_size;
    *got_p = got;
    BIO_clear_retry_flags (bio);
    if (got == 0) {
        BIO_set_retry_read (bio);
        return 0;
    }
    memcpy (bytes, self->in, got);
    self->in += got;
    self->in_size -= got;
    return 1;
}

static long on_bio_control (BIO *bio, int command, long number, void *pointer)
{
    (void) bio, (void) number, (void) pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int on_bio_create (BIO *bio)
{
    BIO_set_init (bio, 1);
    return 1;
}

static BIO_METHOD *method_new (void)
{
    BIO_METHOD *method = BIO_meth_new (BIO_get_new_index () | BIO_TYPE_SOURCE_SINK, "channel");
    if (method && BIO_meth_set_write_ex (method, on_bio_write) &&
        BIO_meth_set_read_ex (method, on_bio_read) && BIO_meth_set_ctrl (method, on_bio_control) &&
        BIO_meth_set_create (method, on_bio_create))
        return method;
    BIO_meth_free (method);
    return NULL;
}

static int context_prepare (SSL_CTX *ssl, const char *ca_file, problem_t *problem)
{
    static const unsigned char offered[] = "\x02h2\x08http/1.1";
    SSL_CTX_set_min_proto_version (ssl, TLS1_2_VERSION);
    SSL_CTX_set_verify (ssl, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_options (ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode (ssl, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode (ssl, SSL_SESS_CACHE_OFF);
    /*  an authority may be named by a certificate that is not at the end of its chain, as libcurl allows */
    X509_VERIFY_PARAM_set_flags (SSL_CTX_get0_param (ssl), X509_V_FLAG_PARTIAL_CHAIN);
    if (SSL_CTX_set_alpn_protos (ssl, offered, sizeof offered - 1) != 0)
        return problem_set (problem, ERR_MEMORY, "order channel", "no TLS context");
    int loaded =
        ca_file ? SSL_CTX_load_verify_locations (ssl, ca_file, NULL) : SSL_CTX_set_default_verify_paths (ssl);
    return loaded == 1 ? 0
                       : problem_set (problem, ERR_SETTING, ca_file ? ca_file : "the system's authorities",
                             "no certificates in PEM can be read");
}

channel_tls_context_t *channel_tls_context_new (const char *ca_file, problem_t *problem)
{
    channel_tls_context_t *self = calloc (1, sizeof *self);
    if (self) {
        self->ssl = SSL_CTX_new (TLS_client_method ());
        self->method = method_new ();
    }
    if (!self || !self->ssl || !self->method)
        (void) problem_set (problem, ERR_MEMORY, "order channel", "no TLS context");
    else if (context_prepare (self->ssl, ca_file, problem) == 0)
        return self;
    ERR_clear_error ();
    channel_tls_context_destroy (&self);
    return NULL;
}

void channel_tls_context_destroy (channel_tls_context_t **self_p)
{
    assert (self_p);
    channel_tls_context_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    SSL_CTX_free (self->ssl);
    BIO_meth_free (self->method);
    free (self);
}

static bool tls_expect (SSL *ssl, const char *host)
{
    unsigned char address[16];
    SSL_set_hostflags (ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (inet_pton (AF_INET, host, address) == 1 || inet_pton (AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc (SSL_get0_param (ssl), host) == 1;
    return SSL_set1_host (ssl, host) == 1 && SSL_set_tlsext_host_name (ssl, host) == 1;
}

channel_tls_t *channel_tls_new (channel_tls_context_t *context, const char *host, channel_buffer_t *out)
{
    assert (context && host && out);
    channel_tls_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->out = out;
    self->ssl = SSL_new (context->ssl);
    BIO *bio = BIO_new (context->method);
    if (!self->ssl || !bio || !tls_expect (self->ssl, host)) {
        BIO_free (bio);
        channel_tls_destroy (&self);
        return NULL;
    }
    BIO_set_data (bio, self);
    SSL_set_bio (self->ssl, bio, bio);
    SSL_set_connect_state (self->ssl);
    return self;
}

void channel_tls_destroy (channel_tls_t **self_p)
{
    assert (self_p);
    channel_tls_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    SSL_free (self->ssl);
    ERR_clear_error ();
    free (self);
}

void channel_tls_input (channel_tls_t *self, const uint8_t *bytes, size_t size)
{
    assert (self && self->in_size == 0);
    self->in = bytes;
    self->in_size = size;
}

static int tls_fail (channel_tls_t *self)
{
    long verified = SSL_get_verify_result (self->ssl);
    const char *text = ERR_reason_error_string (ERR_peek_last_error ());
    if (verified != X509_V_OK)
        text = X509_verify_cert_error_string (verified);
    (void) snprintf (self->reason, sizeof self->reason, "TLS: %s", text ? text : "the connection broke");
    ERR_clear_error ();
    self->in_size = 0;
    return -ERR_IO;
}

int channel_tls_greet (channel_tls_t *self)
{
    assert (self);
    ERR_clear_error ();
    int rc = SSL_do_handshake (self->ssl);
    if (rc == 1)
        return 1;
    int error = SSL_get_error (self->ssl, rc);
    return error == SSL_ERROR_WANT_READ ? 0 : tls_fail (self);
}

bool channel_tls_is_two (const channel_tls_t *self)
{
    assert (self);
    const unsigned char *name = NULL;
    unsigned int size = 0;
    SSL_get0_alpn_selected (self->ssl, &name, &size);
    return size == 2 && memcmp (name, "h2", 2) == 0;
}

int channel_tls_read (channel_tls_t *self, uint8_t *bytes, size_t room, size_t *got_p)
{
    assert (self && bytes && got_p);
    ERR_clear_error ();
    if (SSL_read_ex (self->ssl, bytes, room, got_p) == 1)
        return 1;
    int error = SSL_get_error (self->ssl, 0);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) {
        self->in_size = 0; /*  after the peer's goodbye nothing counts */
        return 0;
    }
    return tls_fail (self);
}

bool channel_tls_ended (const channel_tls_t *self)
{
    assert (self);
    return (SSL_get_shutdown (self->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

int channel_tls_write (channel_tls_t *self, const uint8_t *bytes, size_t size)
{
    assert (self && bytes);
    size_t written = 0;
    ERR_clear_error ();
    if (size > 0 && (SSL_write_ex (self->ssl, bytes, size, &written) != 1 || written != size))
        return tls_fail (self);
    return 0;
}

const char *channel_tls_reason (const channel_tls_t *self)
{
    assert (self);
    return self->reason;
}
